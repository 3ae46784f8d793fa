"""What words mean is the same in both languages and every dialect, and is kept apart where it must be."""

from itertools import combinations, pairwise
from pathlib import Path

import pytest
import yaml

from api.conversations.safety_features import pieces_of, plain, tokens_of
from bot.words.concept_forms import mutations_of, read_concepts
from bot.words.concepts import SIGNS, Concepts

FOLDER = Path("data/concepts")
# As `yaml.safe_load` would not: every word is a word, "no" and "on" too.
LISTED = {
    path.name: yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    for path in sorted(FOLDER.glob("*.yml"))
}


@pytest.fixture(scope="module")
def concepts() -> Concepts:
    return Concepts(**read_concepts(FOLDER))


def named(concepts: Concepts, text: str) -> list[str]:
    return [name for name, _ in concepts.named(tokens_of(pieces_of(text)))]


@pytest.mark.parametrize(
    "texts",
    [
        ("ma' fe'n bwrw", "mae o'n curo", "he is hitting"),
        ("cyllell", "gyllell", "nghyllell", "knife"),
        ("tu fas", "tu allan", "outside"),
        ("nawr", "rŵan", "right now"),
        ("moyn", "isio", "eisiau", "wants"),
        ("ar hyn o bryd", "at the moment"),
    ],
)
def test_the_same_is_said_in_every_dialect(concepts: Concepts, texts: tuple[str, ...]) -> None:
    found = [sorted(named(concepts, text)) for text in texts]

    assert all(first == second for first, second in pairwise(found)), found


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("mae e'n curo", "fe gurodd e"),
        ("kicking me", "kicked me"),
        ("maen nhw'n taflu", "fe daflon nhw"),
        ("mae", "roedd"),
        ("dw i'n gweld", "gwelais i"),
    ],
)
def test_now_and_then_are_two_things(concepts: Concepts, now: str, then: str) -> None:
    assert set(named(concepts, now)) != set(named(concepts, then))


def test_the_longest_phrase_wins(concepts: Concepts) -> None:
    assert "figure_of_speech" in named(concepts, "dwi bron â marw isio bwyd")
    assert "figure_of_speech" not in named(concepts, "mae o bron yma")


def test_every_concept_begins_where_its_words_do(concepts: Concepts) -> None:
    tokens = tokens_of(pieces_of("ar hyn o bryd mae cyllell ganddo"))
    found, places = concepts.of(tokens)

    assert len(found) == len(places)
    assert [tokens[place] for place in places][1:4] == ["ar", "mae", "cyllell"]


def test_a_word_without_a_concept_says_only_whether_it_is_past(concepts: Concepts) -> None:
    assert named(concepts, "xylofonodd xylofonio") == [".", "<", "_", "."]


def test_welsh_words_are_known_in_every_mutation() -> None:
    assert mutations_of("cyllell") == {"cyllell", "gyllell", "nghyllell", "chyllell"}
    assert mutations_of("ty") == {"ty"}


def test_every_concept_has_words_and_few_have_them_in_one_language_only() -> None:
    content = {name: words for listed in LISTED.values() for name, words in listed.items()}
    empty = [name for name, words in content.items() if not words["cy"] and not words["en"]]
    one_sided = [
        name
        for name, words in content.items()
        if not (words["cy"] and words["en"]) and not name.endswith("<")
    ]

    assert empty == []
    assert set(SIGNS).isdisjoint(content)
    assert len(one_sided) <= 6, one_sided


def test_words_are_listed_as_messages_are_read() -> None:
    """Small letters without diacritics and apostrophes: another word would never be found."""
    wrong = [
        entry
        for listed in LISTED.values()
        for words in listed.values()
        for language in ("cy", "en")
        for entry in words[language].split()
        if plain(entry) != entry
    ]
    assert wrong == []


def test_no_word_of_one_file_stands_in_another() -> None:
    """Which of them had it would hang on the names of the files."""
    files = [
        {entry for words in listed.values() for entry in f"{words['cy']} {words['en']}".split()}
        for listed in LISTED.values()
    ]
    assert [first & second for first, second in combinations(files, 2)] == [set()]


@pytest.mark.parametrize(
    ("word", "concept"),
    [
        # Listed, and also the nasal mutation of "bore", and "alla" with an 'n.
        ("more", "more"),
        ("allan", "out"),
        # Made by a rule: "cau'r", "tynnu'i", "the neighbour's".
        ("caur", "shut"),
        ("tynnui", "grab"),
        ("neighbours", "neighbour"),
        ("mums", "mum"),
    ],
)
def test_a_listed_word_comes_before_one_made_by_a_rule(
    concepts: Concepts, word: str, concept: str
) -> None:
    assert concept in named(concepts, word)

"""What the safety layer learns from: nothing of a test set, and nothing under two kinds."""

import re
from collections import defaultdict
from pathlib import Path

from api.conversations.safety_features import plain
from api.conversations.train_safety import SafetyExample, names_told, read_lexicon

DATA = Path("data/safety")
SETS = Path("tests/evaluation")
KINDS = {"danger", "suicide", "hard", "answers"}


def words_of(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", plain(text)))


def learned() -> dict[str, set[str]]:
    """The kinds that each message stands under."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for path in DATA.glob("*_??.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                kinds[words_of(line)].add(path.stem.rsplit("_", 1)[0])
    return kinds


def test_no_message_of_a_test_set_is_learned_from() -> None:
    held_back = {
        words_of(line.split("\t")[-1])
        for path in SETS.rglob("*.tsv")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    }

    assert sorted(held_back & set(learned())) == []


def test_every_message_stands_under_one_known_kind() -> None:
    kinds = learned()

    assert {text: found for text, found in kinds.items() if len(found) > 1} == {}
    assert set().union(*kinds.values()) == KINDS


def test_no_number_is_a_risk_but_those_that_call_for_help() -> None:
    numbers = {
        text.replace(" ", "")
        for text, kinds in learned().items()
        if kinds & {"danger", "suicide"} and text.replace(" ", "").isdigit()
    }

    assert {number for number in numbers if set(number) != {"9"}} <= {"112", "911", "101"}


def test_names_within_stories_are_learned_as_answers() -> None:
    told = [
        "he stabbed Wojciech outside Wojciech had done nothing",
        "Then they ran past Zamira into the Mosque",
        "a man by the mosque",
    ]
    examples = [SafetyExample("en", "danger", "danger", text) for text in told]

    assert names_told(Path(), examples) == [("en", "Wojciech"), ("en", "Zamira")]


def test_every_group_of_the_lexicon_has_words() -> None:
    assert all(read_lexicon(DATA / "lexicon.yml").values())

"""Every Welsh word that the product says is in the dictionary, or in a short list with a reason."""

import pytest

from tests.wording.catalogue import everything_said, read_yaml
from tests.wording.spelling import (
    ACCEPTED_FILE,
    in_dictionary,
    is_spelled_well,
    words_of,
)

LONGEST_LIST = 100


def test_every_welsh_word_is_spelled_as_in_the_dictionary() -> None:
    wrong = [
        f"{word} in {said}: {said.raw}"
        for said in everything_said()
        if said.language == "cy"
        for word in words_of(said.text)
        if not is_spelled_well(word)
    ]
    assert wrong == [], f"correct them, or add them with a reason to {ACCEPTED_FILE.name}"


def test_accepted_words_have_a_reason_and_are_not_in_the_dictionary() -> None:
    groups = read_yaml(ACCEPTED_FILE)
    assert all(group["reason"] and group["words"] for group in groups)
    words = [word for group in groups for word in group["words"]]
    assert [word for word in words if in_dictionary(word)] == []
    assert len(set(words)) == len(words) <= LONGEST_LIST


@pytest.mark.parametrize(
    "word",
    [
        *("gasineb", "nghrefydd", "phwy", "hysgrifennu", "ngeiriau", "ddioddefwyr", "Mhowys"),
        *("geiriau'n", "â'ch", "i'w", "o'r", "pethau'n", "wedi'i", "e-bost", "ail-lwytho"),
    ],
)
def test_mutations_and_what_leans_on_a_word_are_known(word: str) -> None:
    assert in_dictionary(word)


@pytest.mark.parametrize(
    "word",
    [
        *("digwydodd", "hysgrifenu", "gwybodeath", "cyfeirif", "sywddog", "cefnogath"),
        *("digwydd'n", "swyddog'r", "adroddaid", "ngyfeirnod", "ddrosedd", "camfanteiso"),
    ],
)
def test_misspellings_and_impossible_mutations_are_found(word: str) -> None:
    assert not is_spelled_well(word)

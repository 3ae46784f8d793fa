"""What is looked for all at once is found as if each pattern were searched for by itself."""

import random
import re
from pathlib import Path

import pytest
import re2

from api.conversations.safety_features import pieces_of, words_of
from api.conversations.safety_flags import FlagFinder
from api.conversations.train_safety import compiled

ROOT = Path()


@pytest.fixture(scope="module")
def artefact() -> dict[str, dict[str, list[str]]]:
    return compiled(ROOT, {})


@pytest.fixture(scope="module")
def finder(artefact: dict[str, dict[str, list[str]]]) -> FlagFinder:
    return FlagFinder(artefact["flags"], artefact["not_a_flag"])


def lines() -> list[str]:
    found: list[str] = []
    for path in sorted((ROOT / "data" / "safety").glob("*_??.txt")):
        found += path.read_text(encoding="utf-8").splitlines()
    return found


def test_the_same_flags_are_found_as_by_searching_for_each(
    artefact: dict[str, dict[str, list[str]]], finder: FlagFinder
) -> None:
    chance = random.Random(20)
    every = lines()
    texts = chance.sample(every, 1500) + [" ".join(chance.sample(every, 8)) for _ in range(100)]
    flagged = 0
    for text in texts:
        words = words_of(pieces_of(text))
        expected = set()
        for flag, patterns in artefact["flags"].items():
            read = " ".join(words)
            for harmless in artefact["not_a_flag"].get(flag, ()):
                read = re.sub(harmless, " ", read)
            if any(re.search(pattern, read) for pattern in patterns):
                expected.add(flag)
        assert finder.find(words) == expected, text
        flagged += bool(expected)
    assert flagged > 60


@pytest.mark.parametrize(
    "text",
    [
        "I'm 15 minutes from home",
        "She's 12 years older than me",
        "I'm nine and a half stone",
        "dwi'n 10 munud o'r dre",
        "dwi'n 12 stôn",
    ],
)
def test_a_number_that_counts_something_else_is_no_age(finder: FlagFinder, text: str) -> None:
    assert "child" not in finder.find(words_of(pieces_of(text)))


@pytest.mark.parametrize("text", ["I'm 15", "dwi'n 12", "I'm 15, ten minutes from school"])
def test_an_age_is_still_one_beside_other_numbers(finder: FlagFinder, text: str) -> None:
    assert "child" in finder.find(words_of(pieces_of(text)))


def test_a_pattern_that_re2_does_not_read_is_refused() -> None:
    with pytest.raises(re2.error):
        FlagFinder({"child": [r"\bim 15(?! minutes)"]}, {})

"""Trying a pattern only where its first word begins finds what searching the whole text does."""

import random
import re
from pathlib import Path

import pytest

from api.conversations.safety_features import pieces_of, words_of
from api.conversations.safety_flags import FlagFinder, beginnings_of
from api.conversations.train_safety import compiled

ROOT = Path()


def lines() -> list[str]:
    found: list[str] = []
    for path in sorted((ROOT / "data" / "safety").glob("*_??.txt")):
        found += path.read_text(encoding="utf-8").splitlines()
    return found


def test_the_same_flags_are_found_as_by_searching_everything() -> None:
    artefact = compiled(ROOT, {})
    finder = FlagFinder(artefact["flags"], artefact["not_a_flag"])
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


def test_the_first_word_is_read_from_the_pattern() -> None:
    assert beginnings_of(r"\b(?:im|i am) (?:only )?\d+") == {"im", "i"}
    assert beginnings_of(r"\bkick(?:s|ed)?\b") == {"kic"}


@pytest.mark.parametrize("pattern", ["knife", r"\b.*knife", r"\b(?:a )?\s"])
def test_a_pattern_that_begins_anywhere_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        beginnings_of(pattern)

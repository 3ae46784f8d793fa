"""Moments on a page: what they say, and that Welsh softens them where it must."""

import re
from datetime import UTC, datetime

import pytest

from api.runtime import load_words
from api.ui import assets
from api.ui.dates import say_moment
from api.words import Language

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
THEN = datetime(2026, 3, 3, 21, 5, tzinfo=UTC)
# Words and the moment straight after them, as templates write them.
WORDS_AND_MOMENT = re.compile(r"\{\{ t\('(\w+)'\) \}\} \{\{ moment\(([^}]*)\) \}\}")


@pytest.mark.parametrize(
    ("language", "soft", "said"),
    [
        ("cy", False, "dydd Mawrth 3 Mawrth, 21:05"),
        ("cy", True, "ddydd Mawrth 3 Mawrth, 21:05"),
        ("en", False, "Tuesday 3 March, 21:05"),
        ("en", True, "Tuesday 3 March, 21:05"),
    ],
)
def test_welsh_softens_a_day_that_goes_on_from_words(
    language: Language, soft: bool, said: str
) -> None:
    assert say_moment(THEN, language, NOW, soft=soft) == said


def test_a_moment_of_another_year_says_which() -> None:
    then = THEN.replace(year=2025)
    assert say_moment(then, "cy", NOW, soft=True) == "ddydd Llun 3 Mawrth 2025, 21:05"


def test_on_every_page_a_moment_after_tan_is_softened() -> None:
    words, found = load_words(), 0
    for path in assets.TEMPLATES.rglob("*.html"):
        for key, arguments in WORDS_AND_MOMENT.findall(path.read_text()):
            if words.say(key, "cy").casefold().split()[-1] == "tan":
                found += 1
                assert "soft=True" in arguments, f"{path.name}: {key}"
    assert found

"""Words that people read: both languages of everything, with the same places to fill."""

import re
from pathlib import Path

import pytest

from api.runtime import load_words
from api.words import LANGUAGES, SpokenLanguage, Words, WordsIncomplete, spoken

PLACE = re.compile(r"\{(\w+)\}")
ALL = load_words()


@pytest.mark.parametrize("key", sorted(ALL.phrases))
def test_every_phrase_says_something_in_both_languages_and_fills_the_same_places(key: str) -> None:
    welsh, english = (ALL.phrases[key][language] for language in LANGUAGES)
    assert welsh.strip()
    assert english.strip()
    assert set(PLACE.findall(welsh)) == set(PLACE.findall(english))


def test_both_languages_are_said_welsh_first() -> None:
    words = Words({"hello": {"cy": "Helo {name}", "en": "Hello {name}"}})
    assert words.say("hello", "cy+en", name="Siân") == "Helo Siân\n\nHello Siân"
    assert words.say("hello", "en", name="Siân") == "Hello Siân"


def test_a_value_may_differ_by_language() -> None:
    words = Words({"by": {"cy": "erbyn {date}", "en": "by {date}"}})
    date = {"cy": "dydd Llun", "en": "Monday"}
    assert words.say("by", "cy+en", date=date) == "erbyn dydd Llun\n\nby Monday"


def test_what_is_filled_in_is_not_filled_again() -> None:
    words = Words({"hello": {"cy": "{name}", "en": "{name}"}})
    assert words.say("hello", "cy", name="{secret}") == "{secret}"


def test_facts_stand_in_every_phrase_and_what_is_given_wins() -> None:
    words = Words(
        {"call": {"cy": "Ffoniwch {number}", "en": "Call {number}"}},
        {"cy": {"number": "1"}, "en": {"number": "2"}},
    )
    assert words.say("call", "cy+en") == "Ffoniwch 1\n\nCall 2"
    assert words.say("call", "en", number="3") == "Call 3"


@pytest.mark.parametrize(
    "phrase", [{"cy": "x"}, {"en": "x"}, {"cy": "x", "en": "y", "fr": "z"}, {}]
)
def test_a_phrase_without_exactly_both_languages_is_refused(phrase: dict[str, str]) -> None:
    with pytest.raises(WordsIncomplete, match="hello"):
        Words({"hello": phrase})


def test_a_phrase_in_two_files_is_refused(tmp_path: Path) -> None:
    files = [tmp_path / "one.yml", tmp_path / "two.yml"]
    for file in files:
        file.write_text("hello: {cy: Helo, en: Hello}")
    with pytest.raises(ValueError, match="two files"):
        Words.load(*files)


def test_an_unknown_phrase_or_a_missing_value_is_an_error() -> None:
    words = Words({"hello": {"cy": "{name}", "en": "{name}"}})
    with pytest.raises(KeyError):
        words.say("goodbye", "cy")
    with pytest.raises(KeyError):
        words.say("hello", "cy")


@pytest.mark.parametrize(
    ("language", "expected"), [("cy", "cy"), ("en", "en"), (None, "cy+en"), ("fr", "cy+en")]
)
def test_a_language_that_is_not_known_yet_is_both(
    language: str | None, expected: SpokenLanguage
) -> None:
    assert spoken(language) == expected

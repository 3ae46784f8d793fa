"""By text message: everything that is asked fits into three segments, with its choices numbered."""

import pytest
import yaml

from actions.catalogue import Catalogue
from api.runtime import load_words
from api.words import Language
from channels.sms import segments, with_choices
from tests.dialogue.assistant import ROOT

MOST_SEGMENTS = 3
# What is filled in later, at its ordinary length.
TYPICAL: dict[str, str | dict[str, str]] = {
    "reference": "LL-4K7M-9QXT",
    "update_code": "12345678",
    "date": {"cy": "dydd Mercher 30 Medi", "en": "Wednesday 30 September"},
    "read": {"cy": "nos Fawrth 17 Tachwedd", "en": "Tuesday night, 17 November"},
    "value": {"cy": "rhywbeth", "en": "something"},
    "lines": {"cy": "", "en": ""},
    "code": "1234 5678 9012",
    "day": {"cy": "dydd Mercher", "en": "Wednesday"},
    "time": "15:30",
    "hours": "24",
    "until": {"cy": "dydd Mercher 30 Medi", "en": "Wednesday 30 September"},
}


@pytest.mark.parametrize("language", ["cy", "en"])
def test_no_reply_is_longer_than_three_segments(language: str) -> None:
    catalogue = Catalogue.load(ROOT)
    values = {
        name: value if isinstance(value, str) else value[language]
        for name, value in TYPICAL.items()
    }
    lengths = {
        name: segments(
            with_choices(
                catalogue.say(name, language, **values),
                [
                    {"label": button["title"], "value": button["payload"]}
                    for button in catalogue.buttons(name, language)
                ],
            )
        )
        for name in catalogue.names()
    }
    too_long = {name: length for name, length in lengths.items() if length > MOST_SEGMENTS}
    assert too_long == {}


@pytest.mark.parametrize("language", ["cy", "en"])
def test_nothing_that_the_service_says_itself_is_longer_either(language: Language) -> None:
    words = load_words()
    own = yaml.safe_load((ROOT / "api" / "conversations" / "words.yml").read_text())
    values = dict(TYPICAL)
    lengths = {key: segments(words.say(key, language, **values)) for key in own}
    assert {key: length for key, length in lengths.items() if length > MOST_SEGMENTS} == {}


def test_the_opening_by_text_is_two_segments_in_both_languages_together() -> None:
    assert segments(load_words().say("opening_text", "cy+en")) <= 2

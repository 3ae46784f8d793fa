"""Which language: requests by name win, short words never switch, and the same message always gets the same answer."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.conversations.language import Language, LanguageDecider

MODEL_DIR = Path(".build/model")
LANGUAGES = st.sampled_from(["cy", "en", None])


@pytest.fixture(scope="module")
def decider() -> LanguageDecider:
    return LanguageDecider.load(MODEL_DIR)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Cymraeg", "cy"),
        ("Welsh please", "cy"),
        ("can we do this in welsh", "cy"),
        ("Yn Gymraeg, os gwelwch yn dda", "cy"),
        ("ga i siarad cymraeg", "cy"),
        ("gymreag plis", "cy"),
        ("English", "en"),
        ("saesneg plîs", "en"),
        ("allwn ni newid i'r Saesneg", "en"),
        ("mae'n well gen i Saesneg", "en"),
        ("can you speak english", "en"),
        ("sorry my Welsh isn't good", "en"),
        ("dwi ddim yn siarad Cymraeg yn dda", "en"),
        ("sori, my Welsh isn't good, English please", "en"),
        ("Saesneg nid Cymraeg", "en"),
    ],
)
@pytest.mark.parametrize("current", ["cy", "en", None])
def test_a_request_by_name_is_granted_in_either_language(
    decider: LanguageDecider, text: str, language: Language, current: Language | None
) -> None:
    decision = decider.decide(text, current)

    assert (decision.language, decision.reason) == (language, "requested")


@pytest.mark.parametrize(
    "text",
    [
        "he told me to speak English",
        "they shouted at us for speaking Welsh on the bus",
        "my English teacher called me a name",
        "she said go back and learn Welsh",
    ],
)
def test_an_account_that_names_a_language_is_no_request(
    decider: LanguageDecider, text: str
) -> None:
    assert decider.decide(text, "en").reason != "requested"


@pytest.mark.parametrize(
    "text", ["yes", "thank you", "diolch yn", "bore da", "ok", "no", "na", "help", "?", "123"]
)
@pytest.mark.parametrize("current", ["cy", "en"])
def test_fewer_than_three_words_never_switch(
    decider: LanguageDecider, text: str, current: Language
) -> None:
    assert decider.decide(text, current).language == current


@pytest.mark.parametrize(
    ("text", "current", "language"),
    [
        ("someone shouted at me outside the school yesterday", "cy", "en"),
        ("I don't know his name", "cy", "en"),
        ("nath rhywun weiddi arna i tu fas i'r ysgol ddoe", "en", "cy"),
        ("dwi ddim yn gwybod ei enw o", "en", "cy"),
        ("rwyn cael fy mwlio bob dydd", "en", "cy"),
    ],
)
def test_a_clear_sentence_in_the_other_language_switches(
    decider: LanguageDecider, text: str, current: Language, language: Language
) -> None:
    decision = decider.decide(text, current)

    assert (decision.language, decision.reason) == (language, "clear-sentence")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ges i racist abuse ar y bws", "cy"),
        ("ma'n neighbours i'n shouto arnon ni bob nos", "cy"),
        ("they shouted at us outside Ysgol Bro Dinefwr in Llandeilo", "en"),
        ("I live in Dinbych-y-pysgod near the beach", "en"),
        ('galwodd e fi\'n "you dirty immigrant go back home" yn y siop', "cy"),
    ],
)
def test_mixed_messages_follow_the_language_that_carries_them(
    decider: LanguageDecider, text: str, language: Language
) -> None:
    assert decider.decide(text, None).language == language


@pytest.mark.parametrize(
    "place", ["Aberystwyth", "Hwlffordd", "Ysgol Bro Myrddin", "Heol y Môr", "Dafydd"]
)
def test_names_switch_nothing(decider: LanguageDecider, place: str) -> None:
    assert decider.decide(place, "en").language == "en"
    assert decider.decide(place, "cy").language == "cy"


@pytest.mark.parametrize("text", ["", "?", "123", "ok", "help", "parc", "👍"])
def test_a_first_message_that_says_nothing_is_undecided(
    decider: LanguageDecider, text: str
) -> None:
    decision = decider.decide(text, None)

    assert decision.reason == "undecided"
    assert decision.confidence == 0.5


def test_a_first_message_gets_an_answer(decider: LanguageDecider) -> None:
    assert decider.decide("I want to report something", None).language == "en"
    assert decider.decide("dw i am roi gwybod am rywbeth", None).language == "cy"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), LANGUAGES)
def test_any_text_gets_the_same_answer_twice(text: str, current: Language | None) -> None:
    decider = LanguageDecider.load(MODEL_DIR)

    first = decider.decide(text, current)

    assert first == decider.decide(text, current)
    assert 0.0 <= first.confidence <= 1.0


@pytest.mark.parametrize(
    "piece", ["a", "ll ", "welsh ", "mae e'n dweud ", "' ", '"', "english welsh no don't "]
)
def test_time_stays_in_line_with_length(decider: LanguageDecider, piece: str) -> None:
    def seconds(text: str) -> float:
        started = time.perf_counter()
        decider.decide(text, "cy")
        return time.perf_counter() - started

    short, long = piece * (1000 // len(piece)), piece * (4000 // len(piece))
    best_short = min(seconds(short) for _ in range(5))
    best_long = min(seconds(long) for _ in range(5))

    assert best_long < 12 * best_short + 0.003

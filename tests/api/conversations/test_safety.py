"""Danger and suicide are seen in both languages, in any spelling; what only sounds like them shows softly."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from api.conversations.safety import SafetyLayer
from api.conversations.train_safety import read_answers

MODEL_DIR = Path(".build/model")
LEVELS = {"none", "soft", "card"}

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def layer() -> SafetyLayer:
    return SafetyLayer.load(MODEL_DIR)


@pytest.mark.parametrize(
    "text",
    [
        "he's outside my door with a knife",
        "hes outside my door wiv a knife",
        "mae e tu fas y drws nawr",
        "mae gynno fo gyllell",
        "ma cyllell da fe",
        "someone is breaking in",
        "the house is on fire",
        "mae'r tŷ ar dân",
        "I'll kill him",
        "ladda i fe",
        "he says he'll kill me tonight",
        "my dad has collapsed and he's not breathing",
        "dyw hi ddim yn anadlu",
        "I'm not in danger any more... wait he's back and he's kicking the door in",
    ],
)
def test_danger_now_shows_the_card(layer: SafetyLayer, text: str) -> None:
    assert layer.assess(text).danger == "card"


@pytest.mark.parametrize("text", ["", " ", "…", "🙂"])
def test_what_has_no_words_is_no_alarm(layer: SafetyLayer, text: str) -> None:
    assessment = layer.assess(text)
    assert (assessment.danger, assessment.suicide) == ("none", "none")


@pytest.mark.parametrize("number", range(1, 13))
def test_the_number_of_a_choice_is_no_alarm(layer: SafetyLayer, number: int) -> None:
    """By text, every question is answered with one."""
    assessment = layer.assess(f"{number}")
    assert (assessment.danger, assessment.suicide) == ("none", "none")


# Groups of digits that people do send for help.
CALL_FOR_HELP = re.compile("9{2,}|112|911|101")


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"\A\+?[0-9]{2,6}(?:[ -]?[0-9]{3,6}){0,2}\Z"))
def test_a_number_alone_is_no_alarm(layer: SafetyLayer, text: str) -> None:
    """A telephone number, a code, a house number: an answer, whatever its digits have in common with "!!11"."""
    assume(not any(map(CALL_FOR_HELP.fullmatch, re.findall("[0-9]+", text))))
    assessment = layer.assess(text)
    assert "card" not in (assessment.danger, assessment.suicide)


@pytest.mark.parametrize(
    "answer",
    [
        "Chukwuemeka Obi",
        "Nazanin Karimi",
        "Lowri Haf Bebb",
        "Wanjiru Kamau",
        "Sukhwinder Bains",
        "Dilwyn Puw-Hopcyn",
        "9 Rhes Tanybanc, Cwmsymlog",
        "Unit 3, Parc Menter, Felin-fach",
        "Kowalczyk, Danuta",
        "tartan trousers and a flat cap",
        # Told of in stories of danger, and by themselves only names.
        "Tomasz",
        "Hamza",
        "Ibrahim",
        "Heathrow",
    ],
)
def test_a_name_or_a_place_that_nobody_taught_is_no_alarm(layer: SafetyLayer, answer: str) -> None:
    assessment = layer.assess(answer)
    assert "card" not in (assessment.danger, assessment.suicide)


@pytest.mark.parametrize(
    "text",
    [
        "i don't want to be here any more",
        "i dont want to be here anymore",
        "sa i moyn byw rhagor",
        "fi moyn marw",
        "dwi isio lladd fy hun",
        "I want to kill myself",
        "my son says he wants to die",
        "mae fy mab yn dweud ei fod e eisiau marw",
        "I've been cutting myself",
        "dwi'n niweidio fy hun",
    ],
)
def test_suicide_and_self_harm_show_the_card(layer: SafetyLayer, text: str) -> None:
    assert layer.assess(text).suicide == "card"


@pytest.mark.parametrize("risk", ["danger", "suicide"])
def test_a_risk_inside_a_long_account_is_found(layer: SafetyLayer, risk: str) -> None:
    before = (
        "It started when we moved in two years ago. The neighbours made remarks about our accent and the children were "
        "called names on the bus. In the spring somebody painted a word on the garage, and the council took it off. "
    ) * 3
    inside = {
        "danger": "He is outside my door now with a knife.",
        "suicide": "I want to kill myself.",
    }[risk]
    after = (
        " I have kept the letters and the photographs. The officer who came in May was kind. " * 3
    )

    assert getattr(layer.assess(before + inside + after), risk) == "card"


@pytest.mark.parametrize(
    "text",
    [
        "I'm not in danger",
        "dwi ddim mewn perygl",
        "I'm not suicidal",
        "dwi ddim yn hunanladdol",
        "dying for a cup of tea",
        "dwi bron â marw eisiau paned",
        "he told me to kill myself last week",
        "wedodd e wrtha i am ladd fy hun wythnos diwethaf",
        "a man pulled a knife on me last year",
        "I'd like to report something",
        "dwi eisiau rhoi gwybod am rywbeth",
    ],
)
def test_what_only_sounds_like_risk_does_not_raise_the_alarm(layer: SafetyLayer, text: str) -> None:
    assessment = layer.assess(text)

    assert assessment.danger != "card"
    assert assessment.suicide != "card"


@pytest.mark.parametrize(
    "text", ["I'm not in danger", "I'm not suicidal", "dwi ddim yn hunanladdol"]
)
def test_words_that_are_there_but_denied_show_the_card_softly(
    layer: SafetyLayer, text: str
) -> None:
    assessment = layer.assess(text)

    assert "soft" in (assessment.danger, assessment.suicide)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("I'm 14 and they call me names", "child"),
        ("im in year 9", "child"),
        ("dwi'n 13 oed", "child"),
        ("mae fy mab yn 9 oed", "child"),
        ("my carer takes my money and shouts at me", "adult_at_risk"),
        ("mae fy ngofalwr yn gweiddi arna i", "adult_at_risk"),
        ("my husband hits me", "domestic_abuse"),
        ("mae'r gŵr yn fy mwrw i", "domestic_abuse"),
        ("he touched me up on the bus", "sexual_offence"),
        ("cefais fy nhreisio", "sexual_offence"),
        ("he says he'll kill me tomorrow", "threat_to_life"),
        ("mae e'n bygwth fy lladd i", "threat_to_life"),
    ],
)
def test_softer_signs_are_flagged_for_the_case(layer: SafetyLayer, text: str, flag: str) -> None:
    assert flag in layer.assess(text).flags


@pytest.mark.parametrize(
    "text", ["I've waited 14 minutes", "it was 9 o'clock", "dw i wedi aros 14 munud", "hello"]
)
def test_a_number_is_not_an_age(layer: SafetyLayer, text: str) -> None:
    assert "child" not in layer.assess(text).flags


def test_every_card_says_why(layer: SafetyLayer) -> None:
    reasons = layer.assess("he's outside my door with a knife").reasons

    assert any(reason.startswith("danger:") for reason in reasons)
    assert "weapon=knife" in reasons


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_assessed_the_same_twice(text: str) -> None:
    layer = SafetyLayer.load(MODEL_DIR)

    first = layer.assess(text)

    assert first == layer.assess(text)
    assert {first.danger, first.suicide} <= LEVELS


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "knife now outside ",
        "my carer ",
        "my husband ",
        ". ",
        '"kill" ',
        "dwi'n ",
        "im 1 ",
        "he said ",
    ],
)
def test_time_stays_in_line_with_length(layer: SafetyLayer, piece: str) -> None:
    def seconds(text: str) -> float:
        started = time.process_time()
        layer.assess(text)
        return time.process_time() - started

    short, long = piece * (1000 // len(piece)), piece * (4000 // len(piece))
    best_short = min(seconds(short) for _ in range(3))
    best_long = min(seconds(long) for _ in range(3))

    # Four times the text: twice sixteen would be the square. The rest is the noise of a busy machine.
    assert best_long < 12 * best_short + 0.02


class TestAnAnswerThatIsOffered:
    """A button's own words answer a question, whatever they would mean in a sentence."""

    @pytest.mark.parametrize("language", ["cy", "en"])
    def test_is_never_an_alarm(self, layer: SafetyLayer, language: str) -> None:
        offered = [text for spoken, text in read_answers(ROOT) if spoken == language]
        assert len(offered) > 200
        alarming = [
            text
            for text in offered
            if {layer.assess(text).danger, layer.assess(text).suicide} != {"none"}
        ]
        assert alarming == []

    @pytest.mark.parametrize("words", ["Anfon", "anfon!", " ANFON ", "Being transgender"])
    def test_is_known_however_it_is_written(self, layer: SafetyLayer, words: str) -> None:
        assert layer.assess(words).danger == "none"

    def test_within_a_longer_message_weighs_as_any_words_do(self, layer: SafetyLayer) -> None:
        assert layer.assess("Yes, hurt or a weapon: he has a knife at my door now").danger == "card"

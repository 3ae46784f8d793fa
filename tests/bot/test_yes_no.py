"""Yes and no in all their forms, and everything that is neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.components.entities import EntityFinder
from bot.components.text import tokenise
from bot.components.understanding import Understanding
from bot.components.yes_no import YesNo

HERE = Path(__file__).parent
FORMS = [
    tuple(line.split("\t"))
    for line in (HERE / "yes_no_forms.tsv").read_text(encoding="utf-8").splitlines()
]
UNCLEAR = (HERE / "unclear_answers.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("meaning", "language", "text"), FORMS)
def test_every_form_is_understood_in_a_conversation_of_its_language(
    yes_no: YesNo, meaning: str, language: str, text: str
) -> None:
    assert yes_no.read(tokenise(text), language) == meaning


@pytest.mark.parametrize(("meaning", "language", "text"), FORMS)
def test_every_form_is_understood_before_the_language_is_known(
    yes_no: YesNo, meaning: str, language: str, text: str
) -> None:
    assert yes_no.read(tokenise(text), None) == meaning


@pytest.mark.parametrize("text", UNCLEAR)
@pytest.mark.parametrize("language", ["cy", "en", None])
def test_an_unclear_answer_is_never_a_yes(
    understanding: Understanding, entities: EntityFinder, text: str, language: str | None
) -> None:
    intent, _ = understanding.rank(text, entities.find(text), language)[0]
    assert intent != "affirm"


def test_do_is_a_yes_in_welsh_and_no_answer_in_english(
    understanding: Understanding, entities: EntityFinder
) -> None:
    assert understanding.rank("do", [], "cy")[0][0] == "affirm"
    assert understanding.rank("do", [], "en")[0][0] == "unsure"


@pytest.mark.parametrize("text", ["", "   ", "?", "??", "...", "!!!"])
def test_an_empty_message_or_marks_alone_are_neither_yes_nor_no(
    understanding: Understanding, text: str
) -> None:
    assert understanding.rank(text, [])[0][0] == "repeat"


@pytest.mark.parametrize(
    "text",
    [
        "great thanks",
        "iawn diolch",
        "alright mate",
        "I can't go on",
        "yes right now he is here",
        "what do you do",
    ],
)
def test_what_says_more_than_yes_or_no_is_left_to_the_model(yes_no: YesNo, text: str) -> None:
    assert yes_no.read(tokenise(text), None) is None


def test_the_grammar_survives_being_written_and_read(yes_no: YesNo) -> None:
    again = YesNo(**yes_no.as_json())
    assert all(again.read(tokenise(text), language) == meaning for meaning, language, text in FORMS)

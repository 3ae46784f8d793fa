"""What a page of the plain form shows, from what was said."""

import pytest

from actions.questions import QUESTIONS
from api.conversations.form_view import NOT_SKIPPED, SEVERAL, Asked, _asked


def test_the_form_knows_which_questions_take_several_choices() -> None:
    assert {question.slot for question in QUESTIONS if question.several} == SEVERAL


def test_questions_without_a_way_around_are_questions_of_the_report() -> None:
    assert {question.slot for question in QUESTIONS} >= NOT_SKIPPED


@pytest.mark.parametrize(
    ("text", "lead", "heading", "hint"),
    [
        (
            "Why do you think it happened? You don't have to prove anything.",
            "",
            "Why do you think it happened?",
            "You don't have to prove anything.",
        ),
        ("This is what I will send. Is it right?", "This is what I will send.", "Is it right?", ""),
        (
            "Tell me what happened. Take your time.",
            "",
            "Tell me what happened.",
            "Take your time.",
        ),
        ("Is it safe? If so, when?", "Is it safe?", "If so, when?", ""),
        ("Enw", "", "Enw", ""),
    ],
)
def test_the_question_itself_is_the_heading(text: str, lead: str, heading: str, hint: str) -> None:
    assert _asked("en", text) == Asked("en", lead, heading, hint)

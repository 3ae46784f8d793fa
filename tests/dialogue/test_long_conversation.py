"""A conversation that goes on and on: nothing of it is forgotten, and Rasa goes through no more of it each time."""

from uuid import uuid4

import psycopg
import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant, Talk
from tests.dialogue.conversation import ANSWERS

TELLS = (
    "Two men called me racist names on the bus in Llanelli on Tuesday night",
    "one of them was wearing a red coat",
    "who will see this?",
    "then he shouted the same thing again outside the shop",
    "what happens next?",
)
LAST = "and at the very end the one with the dog spat at me"
MOST_QUESTIONS = 40


def _sessions(assistant: Assistant, talk: Talk) -> int:
    with psycopg.connect(assistant.database_url) as connection:
        row = connection.execute(
            "select count(*) from rasa.events where sender_id = %s and type_name = 'session_started'",
            (talk.id,),
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(scope="module")
def long_talk(assistant: Assistant) -> Talk:
    """Forty messages, told bit by bit with questions between; the account is still open."""
    talk = assistant.talk("en")
    for number in range(40):
        talk.say(TELLS[number % len(TELLS)] if number else TELLS[0])
    return talk


def test_a_long_conversation_goes_on_in_new_sessions(assistant: Assistant, long_talk: Talk) -> None:
    assert _sessions(assistant, long_talk) > 2
    assert long_talk.question == "account_done"


def test_a_message_in_a_long_conversation_is_answered_once(
    assistant: Assistant, long_talk: Talk
) -> None:
    """In whichever turn a session begins, the same turn asked for again gets what was said before."""
    for _ in range(20):
        turn = str(uuid4())
        first = long_talk.say("what happens next?", message_id=turn)
        assert long_talk.say("what happens next?", message_id=turn) == first


def test_the_first_and_the_last_that_was_told_are_in_the_report(
    assistant: Assistant, catalogue: Catalogue, long_talk: Talk
) -> None:
    long_talk.say(LAST)
    for _ in range(MOST_QUESTIONS):
        if long_talk.question in (None, "review"):
            break
        long_talk.say(ANSWERS[long_talk.question][1])
        if long_talk.question and long_talk.question.startswith("risk_"):
            # Between two answers something is asked: the same question stands afterwards.
            asked = long_talk.question
            long_talk.say("what happens next?")
            assert long_talk.question == asked
    assert long_talk.question == "review", long_talk.text
    sent = len(assistant.staff_door.reports)
    long_talk.say(catalogue.buttons("utter_ask_review", "en")[0]["payload"])
    assert len(assistant.staff_door.reports) == sent + 1, long_talk.text
    report = str(assistant.staff_door.reports[-1][1])
    assert TELLS[0] in report
    assert TELLS[3] in report
    assert LAST in report

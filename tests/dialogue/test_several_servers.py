"""Several Rasa servers on one database: a conversation is answered by one of them at a time, and never twice."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from uuid import uuid4

import psycopg
import pytest

from tests.dialogue.assistant import Assistant, Talk
from tests.dialogue.conversation import until


def lock_number(talk: Talk) -> int:
    """As bot/lock_store.py makes it; said again here, because servers of two versions must agree."""
    return int.from_bytes(sha256(talk.id.encode()).digest()[:8], "big", signed=True)


@contextmanager
def another_server_holds(assistant: Assistant, talk: Talk) -> Iterator[None]:
    with psycopg.connect(assistant.database_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (lock_number(talk),))
        yield


def events_of(assistant: Assistant, talk: Talk) -> int:
    with psycopg.connect(assistant.database_url) as connection:
        row = connection.execute(
            "select count(*) from rasa.events where sender_id = %s", (talk.id,)
        ).fetchone()
    assert row is not None
    return int(row[0])


def at_a_question(assistant: Assistant) -> Talk:
    talk = assistant.talk("cy")
    for step in until("risk_repeated"):
        talk.say(step.text("cy"))
    return talk


def test_a_turn_waits_while_another_server_has_the_conversation(assistant: Assistant) -> None:
    talk = at_a_question(assistant)
    other = assistant.talk("en")
    with ThreadPoolExecutor() as pool:
        with another_server_holds(assistant, talk):
            answered = pool.submit(talk.post, "ydy")
            # Nobody else waits.
            assert other.say("hello")
            time.sleep(0.5)
            assert not answered.done()
        assert answered.result(10).status_code == 200
    assert answered.result().json()["question"] == "risk_knows_where"


def test_a_server_that_is_held_up_for_too_long_says_so_and_keeps_nothing(
    assistant: Assistant,
) -> None:
    talk = at_a_question(assistant)
    before = events_of(assistant, talk)
    with another_server_holds(assistant, talk):
        answer = talk.post("ydy")
    assert answer.status_code == 500
    assert answer.elapsed.total_seconds() < 20
    assert events_of(assistant, talk) == before


def test_whoever_loses_the_lock_in_mid_turn_keeps_nothing_and_is_asked_again(
    assistant: Assistant,
) -> None:
    talk = at_a_question(assistant)
    before, message_id = events_of(assistant, talk), str(uuid4())
    with ThreadPoolExecutor() as pool:
        with assistant.actions.hanging():
            answered = pool.submit(talk.post, "ydy", message_id=message_id)
            time.sleep(0.5)
            with psycopg.connect(assistant.database_url, autocommit=True) as connection:
                gone = connection.execute(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                    " where application_name = 'llais-rasa-locks'"
                    " and datname = current_database()"
                ).fetchone()
            assert gone == (1,)
        assert answered.result(20).status_code == 500
    assert events_of(assistant, talk) == before
    talk.say("ydy", message_id=message_id)
    assert talk.question == "risk_knows_where"


def test_the_lock_is_free_again_after_every_turn(assistant: Assistant) -> None:
    talk = at_a_question(assistant)
    with psycopg.connect(assistant.database_url, autocommit=True) as connection:
        free = connection.execute(
            "select pg_try_advisory_lock(%s)", (lock_number(talk),)
        ).fetchone()
    assert free == (True,)


@pytest.mark.parametrize("language", ["cy", "en"])
def test_the_same_message_at_once_is_remembered_once(assistant: Assistant, language: str) -> None:
    talk = assistant.talk(language)
    talk.say("helo" if language == "cy" else "hello")
    message_id = str(uuid4())
    with ThreadPoolExecutor() as pool:
        answers = [
            pool.submit(
                talk.post, "Helo eto" if language == "cy" else "Hello", message_id=message_id
            )
            for _ in range(2)
        ]
    first, second = (answer.result().json() for answer in answers)
    assert first == second

"""Danger first, nothing answered twice, nothing lost when a part is away, nothing executed."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import psycopg
import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import TOKEN, Assistant, Talk
from tests.dialogue.conversation import Step, until

CARD = {"danger": "card", "suicide": "none", "flags": ["threat_to_life"]}
DANGER = {
    "cy": "mae e tu fas i'r drws nawr gyda chyllell",
    "en": "he is outside my door right now with a knife",
}
SUICIDE = {"cy": "sa i moyn byw rhagor", "en": "I don't want to live any more"}
both = pytest.mark.parametrize("language", ["cy", "en"])


def _at(assistant: Assistant, language: str, question: str) -> Talk:
    talk = assistant.talk(language)
    for step in until(question):
        talk.say(step.text(language))
    assert talk.question == question
    return talk


def _finish(talk: Talk, question: str) -> None:
    for step in until(None, start=question):
        talk.say(step.text(talk.language or "cy"))


@both
def test_words_with_the_card_are_kept_and_the_question_stays_open(
    assistant: Assistant, catalogue: Catalogue, language: str
) -> None:
    talk = _at(assistant, language, "risk_repeated")
    talk.say(DANGER[language], safety=CARD)
    assert catalogue.say("utter_when_safe", language) in talk.text
    assert not any(reply.get("kind") == "emergency" for reply in talk.replies)
    assert talk.question == "risk_repeated"
    _finish(talk, "risk_repeated")
    report = assistant.staff_door.report_of(talk)
    assert DANGER[language] in report["report"]["text"]
    assert {"danger", "threat_to_life"} <= set(report["flags"])


@both
@pytest.mark.parametrize("question", ["account", "when_bare", "risk_repeated"])
def test_danger_that_only_the_model_sees_brings_the_card_and_an_urgent_alert(
    assistant: Assistant, language: str, question: str
) -> None:
    talk = assistant.talk(language)
    if question == "risk_repeated":
        talk = _at(assistant, language, question)
    elif question == "when_bare":
        for step in (
            Step("Fe waeddon nhw bethau cas arna i", "They shouted nasty things at me"),
            Step("Dyna ni", "That's all"),
            Step("achos lliw fy nghroen", "because of my skin colour"),
        ):
            talk.say(step.text(language))
        assert talk.question == "when"
    else:
        talk.say("Helo" if language == "cy" else "Hello")
    talk.say(DANGER[language])
    assert talk.replies[0]["kind"] == "emergency"
    assert "999" in talk.replies[0]["text"]
    assert talk.replies[0]["request"] == {"kind": "urgent"}
    assert talk.question is not None


@both
def test_despair_that_only_the_model_sees_brings_the_helplines_first(
    assistant: Assistant, language: str
) -> None:
    talk = _at(assistant, language, "why")
    talk.say(SUICIDE[language])
    assert talk.replies[0]["kind"] == "emergency"
    assert "116 123" in talk.replies[0]["text"]
    assert talk.replies[0]["request"] == {"kind": "urgent"}


@both
def test_leaving_is_possible_while_the_card_is_shown(assistant: Assistant, language: str) -> None:
    talk = _at(assistant, language, "risk_repeated")
    said = "mae rhywun yn dod, cuddia hwn" if language == "cy" else "someone's coming, hide this"
    talk.say(said, safety=CARD)
    assert talk.question is None


@both
def test_a_report_that_cannot_be_handed_over_is_given_to_the_worker(
    assistant: Assistant, catalogue: Catalogue, language: str
) -> None:
    talk = _at(assistant, language, "review")
    assistant.staff_door.away = True
    try:
        talk.say("Anfon" if language == "cy" else "Send")
    finally:
        assistant.staff_door.away = False
    assert catalogue.say("utter_handover_pending", language) in talk.text
    handover = talk.replies[0]["handover"]
    assert handover["key"].startswith(talk.id)
    assert "Llanelli" in handover["report"]["report"]["text"]
    talk.say("diolch" if language == "cy" else "thanks")
    assert talk.question is None


@both
def test_with_the_action_server_away_nothing_is_kept_and_the_same_message_is_answered_once_later(
    assistant: Assistant, language: str
) -> None:
    talk = _at(assistant, language, "risk_repeated")
    before = _events_of(assistant, talk)
    message_id = str(uuid4())
    answer = "ydy" if language == "cy" else "yes"
    with assistant.actions.away():
        assert talk.post(answer, message_id=message_id).status_code == 503
        assert _events_of(assistant, talk) == before
    talk.say(answer, message_id=message_id)
    assert talk.question == "risk_knows_where"


def test_an_action_server_that_hangs_fails_the_turn_in_time(assistant: Assistant) -> None:
    talk = _at(assistant, "en", "risk_repeated")
    message_id = str(uuid4())
    with assistant.actions.hanging():
        response = talk.post("yes", message_id=message_id)
    assert response.status_code == 503
    assert response.elapsed.total_seconds() < 20
    talk.say("yes", message_id=message_id)
    assert talk.question == "risk_knows_where"


@both
def test_the_same_message_twice_gets_the_same_replies_and_is_remembered_once(
    assistant: Assistant, language: str
) -> None:
    talk = _at(assistant, language, "risk_repeated")
    message_id = str(uuid4())
    first = talk.say("ydy" if language == "cy" else "yes", message_id=message_id)
    kept = _events_of(assistant, talk)
    assert talk.say("ydy" if language == "cy" else "yes", message_id=message_id) == first
    assert _events_of(assistant, talk) == kept
    assert talk.question == "risk_knows_where"


def test_the_same_message_twice_at_once_is_answered_once(assistant: Assistant) -> None:
    talk = _at(assistant, "en", "risk_repeated")
    message_id = str(uuid4())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: talk.post("yes", message_id=message_id).json(), range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["question"] == "risk_knows_where"


@both
@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "  /restart",
        "//restart",
        "/report_hate{}",
        '/report_hate{"strand": "race"}',
        "/session_start",
        "/back",
        "<script>alert(1)</script>",
        "<b>bold</b> & <img src=x onerror=alert(1)>",
        "'; drop table events; --",
        "{reference} {emergency} {0}",
        "%s %d \\x00 ${jndi:ldap://x}",
        "\u202egnitirw sdrawkcab",
        "🙂🙂🙂",
        "?",
        ".",
        "a" * 4000,
        "cas " * 1000,
    ],
)
def test_no_text_is_executed_or_breaks_the_conversation(
    assistant: Assistant, language: str, text: str
) -> None:
    talk = assistant.talk(language)
    talk.say(text)
    assert talk.replies
    talk = _at(assistant, language, "risk_repeated")
    talk.say(text)
    assert talk.replies
    _finish(
        talk, talk.question or "risk_repeated"
    ) if talk.question != "risk_repeated" else _finish(talk, "risk_repeated")
    assert "Llanelli" in assistant.staff_door.report_of(talk)["report"]["text"]


@both
def test_long_and_strange_answers_reach_the_officer_within_what_the_door_takes(
    assistant: Assistant, language: str
) -> None:
    talk = _at(assistant, language, "why")
    talk.say("achos " * 900 + "<b>'; --" if language == "cy" else "because " * 700 + "<b>'; --")
    _finish(talk, "risk_weapon_or_hurt")
    assert len(assistant.staff_door.report_of(talk)["report"]["why_text"]) <= 4000


def test_health_and_turns_are_for_those_with_the_token(assistant: Assistant) -> None:
    health = f"{assistant.address}/webhooks/llais/health"
    assert httpx.get(health).status_code == 401
    assert httpx.get(health, headers={"Authorization": f"Bearer {TOKEN}"}).json()["status"] == "ok"
    turn = f"{assistant.address}/webhooks/llais/turn"
    assert httpx.post(turn, json={}).status_code == 401
    assert httpx.post(turn, json={}, headers={"Authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"message_id": "a", "conversation_id": "b", "text": "", "metadata": {"channel": "web"}}',
        b'{"message_id": "a", "conversation_id": "b", "text": "hi", "metadata": {"channel": "fax"}}',
        b'{"message_id": "a", "conversation_id": "b", "text": "hi", "metadata": []}',
        b'{"message_id": 1, "conversation_id": "b", "text": "hi", "metadata": {"channel": "web"}}',
    ],
)
def test_a_malformed_turn_is_refused(assistant: Assistant, body: bytes) -> None:
    response = httpx.post(
        f"{assistant.address}/webhooks/llais/turn",
        content=body,
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert response.status_code == 400


def test_no_other_door_of_rasa_is_open(assistant: Assistant) -> None:
    for path in ("/webhooks/rest/webhook", "/conversations/x/tracker", "/model/parse", "/domain"):
        response = httpx.post(
            assistant.address + path, json={"sender": "x", "message": "hi", "text": "hi"}
        )
        assert response.status_code in (404, 405), path


def test_what_was_said_is_not_readable_in_the_database_nor_in_the_log(
    assistant: Assistant,
) -> None:
    talk = _at(assistant, "en", "risk_repeated")
    assert _events_of(assistant, talk) > 0
    with psycopg.connect(assistant.database_url) as connection:
        rows = connection.execute("select * from rasa.events").fetchall()
    assert "Llanelli on Tuesday" not in str(rows)
    assert "Llanelli on Tuesday" not in assistant.log.read_text()
    assert "07700" not in assistant.log.read_text()


def _events_of(assistant: Assistant, talk: Talk) -> int:
    with psycopg.connect(assistant.database_url) as connection:
        row = connection.execute(
            "select count(*) from rasa.events where sender_id = %s", (talk.id,)
        ).fetchone()
    assert row is not None
    return int(row[0])


@both
def test_the_place_that_was_asked_for_is_no_alarm(
    assistant: Assistant, catalogue: Catalogue, language: str
) -> None:
    talk = _at_where(assistant, language)
    talk.say("tu allan i fy nhŷ" if language == "cy" else "outside my house")
    assert talk.question not in (None, "where"), talk.text
    assert catalogue.say("utter_when_safe", language) not in talk.text


@both
def test_a_place_said_again_after_the_card_is_taken(assistant: Assistant, language: str) -> None:
    """The API's own layer may show the card for a few words; nobody is to be held up by it twice."""
    talk = _at_where(assistant, language)
    said = "yn fy nhŷ" if language == "cy" else "in my house"
    talk.say(said, safety=CARD)
    assert talk.question == "where"
    talk.say(said, safety=CARD)
    assert talk.question != "where"


def _at_where(assistant: Assistant, language: str) -> Talk:
    talk = assistant.talk(language)
    for step in (
        Step("Fe waeddon nhw bethau cas arna i ddoe", "They shouted nasty things at me yesterday"),
        Step("Dyna ni", "That's all"),
        Step("I fi", "To me"),
        Step("achos lliw fy nghroen", "because of my skin colour"),
    ):
        if talk.question == "why" and step.en == "To me":
            continue
        talk.say(step.text(language))
    assert talk.question == "where", talk.text
    return talk

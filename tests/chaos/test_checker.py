"""The checker of `make chaos` finds what it looks for: one thing is spoilt at a time in what was whole."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from tests.chaos.checker import examine
from tests.chaos.ledger import Heard, Ledger, OfficersWord, Said, Story, TakenText
from tests.chaos.stored import ENCRYPTED, PLAIN, Row, Stored

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TOLD, WHY, ADDED = "Zbobobobox", "Zkekekekex", "Zdadadadax"
Both = tuple[Ledger, Stored]


def message(seq: int, sender: str, text: str, conversation: UUID, **more: object) -> Row:
    return {
        "id": uuid4(),
        "seq": seq,
        "sender": sender,
        "text": text,
        "conversation_id": conversation,
        "provider_id": None,
        "turn_id": None,
        "reply_to": None,
        "audience": "victim",
        "kind": "text",
        **more,
    }


def sealed(number: int, action: str, subject: str | None, previous: bytes) -> Row:
    content = json.dumps([number, NOW.isoformat(), None, action, subject], separators=(",", ":"))
    return {
        "number": number,
        "at": NOW,
        "actor": None,
        "action": action,
        "subject": subject,
        "previous_hash": previous,
        "hash": hashlib.sha256(previous + content.encode()).digest(),
    }


def whole() -> Both:
    """One person who reported by text, was answered twice, and whose alert was acknowledged."""
    conversation, turn, case_id, alert_id, reply, step = (uuid4() for _ in range(6))
    stored = Stored({table: [] for table in (*PLAIN, *ENCRYPTED)})
    said = [
        Said("SM1", f"They shouted at me in {TOLD}", "account", TOLD, accepted=True),
        Said("SM2", f"Because of my skin, {WHY}", "why", WHY, accepted=True),
        Said("SM3", "No", "risk_threats", None, accepted=True),
        Said("SM4", "Send", "review", None, accepted=True),
        Said("SM5", f"There was more: {ADDED}", "addition", ADDED, accepted=True),
    ]
    rows = [
        message(2 * place, "victim", each.text, conversation, provider_id=f"sms:{each.id}")
        for place, each in enumerate(said, start=1)
    ]
    for row in rows:
        row["turn_id"] = turn
    answers = [
        message(3, "assistant", "Why?", conversation, reply_to=rows[0]["id"], id=reply),
        message(5, "assistant", "Did they threaten?", conversation, reply_to=rows[1]["id"]),
    ]
    officers = message(20, "officer", "Hello, Zfifififix", conversation)
    stored.tables["messages"] = sorted([*rows, *answers, officers], key=lambda row: row["seq"])
    stored.tables["turns"] = [{"id": turn, "state": "answered"}]
    stored.tables["outgoing_texts"] = [
        {
            "id": uuid4(),
            "message_id": each["id"],
            "provider_sid": f"SMout{place}",
            "state": "delivered",
            "held_for": None,
            "failure": None,
            "essential": False,
        }
        for place, each in enumerate(answers)
    ]
    stored.tables["cases"] = [
        {
            "id": case_id,
            "reference": "LL-AAAA-BBBB",
            "conversation_id": conversation,
            "idempotency_key": "key",
            "submitted_at": NOW,
            "canary": False,
        }
    ]
    of_case = {"case_id": case_id}
    stored.tables["reports"] = [
        {
            **of_case,
            "text": said[0].text,
            "why_text": said[1].text,
            **dict.fromkeys(("when_text", "where_text", "evidence_text")),
        }
    ]
    stored.tables["people"] = [
        {
            **of_case,
            "name": None,
            "safe_contact_text": None,
            "contact_method": "phone",
            "contact_hours": None,
        }
    ]
    stored.tables["consents"] = [
        {**of_case, "words": None, "decision": "refer", "recorded_at": NOW}
    ]
    stored.tables["risk_assessments"] = [
        {
            **of_case,
            "source": "report",
            "assessed_at": NOW,
            "answers": json.dumps({"threats": "no"}),
        }
    ]
    stored.tables["additions"] = [{**of_case, "text": said[4].text}]
    stored.tables["alerts"] = [
        {**of_case, "id": alert_id, "reason": "report", "acknowledged_at": NOW}
    ]
    stored.tables["alert_steps"] = [{"id": step, "alert_id": alert_id, "state": "done"}]
    stored.tables["alert_sends"] = [
        {"alert_id": alert_id, "state": "accepted", "provider_sid": None}
    ]
    first = sealed(1, "case_read", "LL-AAAA-BBBB", bytes(32))
    second = sealed(2, "alert_acknowledged", "LL-AAAA-BBBB", first["hash"])
    stored.tables["audit_entries"] = [first, second]
    story = Story("person 0", "sms", "en", "+447700900100", said=said)
    story.answers, story.words = {"risk_threats": "no"}, {"why": WHY}
    story.additions, story.reference, story.finished = [ADDED], "LL-AAAA-BBBB", True
    story.heard = [Heard(str(reply), "Why?", "assistant", "text", "SM1", None)]
    ledger = Ledger(stories=[story], acknowledged={str(alert_id): NOW.isoformat()})
    ledger.texts = [
        TakenText(f"SMout{place}", story.number, each["text"]) for place, each in enumerate(answers)
    ]
    ledger.officers_words = [OfficersWord("LL-AAAA-BBBB", "Zfifififix", told=True)]
    return ledger, stored


def test_of_what_is_whole_it_finds_nothing() -> None:
    assert examine(*whole()) == []


def _drop(table: str, place: int = 0) -> Callable[[Both], None]:
    def spoil(both: Both) -> None:
        del both[1].tables[table][place]

    return spoil


def _twice(table: str, **change: object) -> Callable[[Both], None]:
    def spoil(both: Both) -> None:
        rows = both[1].tables[table]
        rows.append({**rows[-1], "id": uuid4(), **change})

    return spoil


def _set(table: str, column: str, value: object, place: int = 0) -> Callable[[Both], None]:
    def spoil(both: Both) -> None:
        both[1].tables[table][place][column] = value

    return spoil


def _say_twice(both: Both) -> None:
    rows = both[1].tables["messages"]
    again = next(row for row in rows if row["text"] == "Why?")
    rows.append({**again, "id": uuid4(), "seq": 30})


def _keep_twice(both: Both) -> None:
    rows = both[1].tables["messages"]
    rows.append({**rows[0], "id": uuid4(), "seq": 30, "provider_id": "sms:another"})


def _take_a_text_twice(both: Both) -> None:
    both[0].texts.append(TakenText("SMagain", "+447700900100", "Why?"))


def _take_texts_in_another_order(both: Both) -> None:
    both[0].texts.reverse()


def _answer_the_wrong_question(both: Both) -> None:
    report = both[1].tables["reports"][0]
    report["text"], report["why_text"] = f"{report['text']} {report['why_text']}", None


def _answer_for_somebody_else(both: Both) -> None:
    both[1].tables["people"][0]["name"] = "Zsusususux"


def _show_twice(both: Both) -> None:
    both[0].stories[0].heard *= 2


def _show_otherwise(both: Both) -> None:
    both[0].stories[0].shown_at_the_end = ["something else"]


def _forget_that_it_ended(both: Both) -> None:
    both[0].stories[0].finished = False


def _owe_a_card(both: Both) -> None:
    both[0].stories[0].card_owed = True


def _leave_the_alert_silent(both: Both) -> None:
    both[0].acknowledged.clear()
    both[1].tables["alerts"][0]["acknowledged_at"] = None
    both[1].tables["audit_entries"].pop()


SPOILT = {
    "LOST:": _drop("messages"),
    "DOUBLED:": _keep_twice,
    "ALTERED:": _set("messages", "text", "something else"),
    "UNANSWERED:": _set("turns", "state", "open"),
    "UNFINISHED:": _forget_that_it_ended,
    "SAID TWICE:": _say_twice,
    "SHOWN TWICE:": _show_twice,
    "SHOWN OTHERWISE THAN STORED:": _show_otherwise,
    "LOST CASE:": _set("cases", "reference", "LL-CCCC-DDDD"),
    "CASES:": _twice("cases", reference="LL-EEEE-FFFF"),
    "CASE OF NOBODY:": _twice("cases", conversation_id=uuid4()),
    "LOST ANSWER:": _set("reports", "why_text", None),
    "WRONG QUESTION:": _answer_the_wrong_question,
    "WRONG PERSON:": _answer_for_somebody_else,
    "WRONG ANSWER:": _set("risk_assessments", "answers", json.dumps({"threats": "yes"})),
    "ADDITION:": _twice("additions"),
    "ALERTS:": _twice("alerts"),
    "NO ALERT:": _drop("alerts"),
    "SILENT ALERT:": _leave_the_alert_silent,
    "ESCALATES AFTER ALL:": _set("alert_steps", "state", "planned"),
    "LOST ACKNOWLEDGEMENT:": _set("alerts", "acknowledged_at", None),
    "NO CARD:": _owe_a_card,
    "TEXT SENT TWICE:": _take_a_text_twice,
    "TEXT NEVER TAKEN:": _set("outgoing_texts", "provider_sid", "SMunknown"),
    "TEXT STUCK:": _set("outgoing_texts", "state", "sending"),
    "TEXTS OUT OF ORDER:": _take_texts_in_another_order,
    "OFFICER'S MESSAGE:": _drop("messages", -1),
    "AUDIT CHAIN BROKEN": _set("audit_entries", "action", "nothing_happened"),
    "AUDIT:": _drop("audit_entries", -1),
}


@pytest.mark.parametrize(("finding", "spoil"), SPOILT.items(), ids=list(SPOILT))
def test_what_is_spoilt_is_found(finding: str, spoil: Callable[[Both], None]) -> None:
    both = whole()
    spoil(both)
    assert any(found.startswith(finding) for found in examine(*both)), examine(*both)

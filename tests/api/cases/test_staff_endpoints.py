"""The API of officers' systems, as the contract has it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from api.cases.models import Case, Status
from api.conversations.models import Channel, Conversation, Message, Sender
from api.database import utc_now
from api.texts.models import OutgoingText
from tests.api.staff_visitor import PHONE, StaffDoor, Visitor


async def test_a_case_has_exactly_the_fields_of_the_contract(
    door: StaffDoor, officer: Visitor
) -> None:
    conversation_id = await door.converse()
    reference = await door.receive(conversation_id=str(conversation_id))
    answer = await officer.call("GET", f"/v1/cases/{reference}")
    assert answer.status_code == 200
    case = answer.json()
    assert set(case) == {
        "reference", "status", "language", "channel", "route", "created_at", "report", "risk",
        "referral", "contact", "alerts", "action_plan", "deadlines", "messages",
    }  # fmt: skip
    assert set(case["report"]) == {
        "text", "text_language", "text_sha256", "strands", "incident_types", "when_text",
        "occurred_from", "occurred_to", "where_text", "place", "online",
    }  # fmt: skip
    assert set(case["risk"]) == {"grade", "reasons"}
    assert set(case["referral"]) == {
        "decision", "wording_version", "language", "recorded_at", "state", "due_at",
    }  # fmt: skip
    assert case["report"]["text"] == "Gwaeddodd dyn arna i wrth yr arhosfan ym Mhontŵen."
    assert case["report"]["strands"] == ["race"]
    assert case["risk"] == {"grade": "high", "reasons": ["threats"]}
    assert case["referral"]["decision"] == "refer"
    assert case["contact"]["name"] == "Siân"
    assert [alert["acknowledged_at"] for alert in case["alerts"]] == [None]
    assert case["created_at"].endswith("Z")


async def test_an_urgent_case_without_a_report_can_be_read(
    door: StaffDoor, officer: Visitor
) -> None:
    conversation_id = await door.converse(Channel.SMS)
    reference = await raise_urgent(door, str(conversation_id))
    case = (await officer.call("GET", f"/v1/cases/{reference}")).json()
    assert case["status"] == "urgent"
    assert case["report"] is None
    assert case["referral"] is None
    assert case["contact"]["phone"] == PHONE
    assert case["contact"]["method"] is None


async def raise_urgent(door: StaffDoor, conversation_id: str) -> str:
    async with door.visitor() as service:
        token = door.runtime.settings.service_token.get_secret_value()
        answer = await service.client.post(
            "/v1/urgent-alerts",
            json={"conversation_id": conversation_id, "reason": "danger"},
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())},
        )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


async def test_a_case_that_is_not_there_is_404(officer: Visitor) -> None:
    answer = await officer.call("GET", "/v1/cases/LL-2222-2222")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:llais:problem:does-not-exist"


async def test_reading_listing_and_searching_leave_audit_entries(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    await officer.call("GET", f"/v1/cases/{reference}")
    await officer.call("GET", "/v1/cases")
    read = await door.audited("case_read")
    assert [entry.subject for entry in read] == [reference]
    assert read[0].actor is not None
    assert len(await door.audited("cases_listed")) == 1
    verified = (await officer.call("GET", "/v1/audit/verify")).json()
    assert verified["intact"] is True
    assert verified["first_broken"] is None
    assert verified["entries"] > 2


async def test_the_list_is_most_urgent_first(door: StaffDoor, officer: Visitor) -> None:
    standard = await door.receive(risk_answers={})
    high = await door.receive()
    urgent = await raise_urgent(door, str(await door.converse()))
    in_hand = await door.receive()
    await acknowledge_all(officer, in_hand)
    closed = await door.receive()
    await acknowledge_all(officer, closed)
    await set_status(door, closed, Status.CLOSED)
    listed = (await officer.call("GET", "/v1/cases")).json()
    assert [case["reference"] for case in listed["cases"]] == [
        urgent, high, standard, in_hand, closed,
    ]  # fmt: skip
    assert listed["cursor"] is None


async def acknowledge_all(officer: Visitor, reference: str) -> None:
    case = (await officer.call("GET", f"/v1/cases/{reference}")).json()
    for alert in case["alerts"]:
        answer = await officer.call("POST", f"/v1/alerts/{alert['id']}/acknowledge")
        assert answer.status_code == 200, answer.text


async def set_status(door: StaffDoor, reference: str, status: Status) -> None:
    async with door.runtime.database.session() as session:
        await session.execute(update(Case).where(Case.reference == reference).values(status=status))
        await session.commit()


async def test_pages_of_the_list_join_without_gap_or_repeat(
    door: StaffDoor, officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    references = {await door.receive(risk_answers={}) for _ in range(5)}
    references.add(await door.receive())
    monkeypatch.setattr("api.cases.queue.PAGE_LENGTH", 2)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await officer.call("GET", "/v1/cases", params={"cursor": cursor})).json()
        assert len(page["cases"]) <= 2
        seen += [case["reference"] for case in page["cases"]]
        cursor = page["cursor"]
    assert len(seen) == len(set(seen)) == 6
    assert set(seen) == references


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WzAsMCwwLDAsIngiLCJ5Il0", "é"])
async def test_a_cursor_that_was_not_given_out_is_refused(officer: Visitor, cursor: str) -> None:
    answer = await officer.call("GET", "/v1/cases", params={"cursor": cursor})
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:llais:problem:unknown-cursor"


async def test_filters_and_search_narrow_the_list(door: StaffDoor, officer: Visitor) -> None:
    conversation_id = await door.converse(Channel.SMS)
    by_text = await door.receive(
        conversation_id=str(conversation_id), channel="sms", language="en", risk_answers={}
    )
    by_web = await door.receive()

    async def references(**params: Any) -> list[str]:
        answer = await officer.call("GET", "/v1/cases", params=params)
        assert answer.status_code == 200, answer.text
        return [case["reference"] for case in answer.json()["cases"]]

    assert await references(language="en") == [by_text]
    assert await references(risk="high") == [by_web]
    assert await references(status="closed") == []
    assert await references(status="", risk="", language="", q="", cursor="") == [by_web, by_text]
    assert await references(q=by_text.lower()) == [by_text]
    assert await references(q=by_web[:7]) == [by_web]
    assert await references(q="07700 900123") == [by_text]
    assert await references(q="%") == []
    assert (await officer.call("GET", "/v1/cases", params={"risk": "low"})).status_code == 422


async def test_the_first_acknowledgement_stays_on_record(door: StaffDoor, officer: Visitor) -> None:
    reference = await door.receive()
    alert = (await officer.call("GET", f"/v1/cases/{reference}")).json()["alerts"][0]
    first = await officer.call("POST", f"/v1/alerts/{alert['id']}/acknowledge")
    assert first.status_code == 200
    assert first.json()["acknowledged_by"] == "Megan"
    await door.add_officer("gwyn")
    async with door.visitor("gwyn") as other:
        again = await other.call("POST", f"/v1/alerts/{alert['id']}/acknowledge")
    assert again.json() == first.json()
    case = (await officer.call("GET", f"/v1/cases/{reference}")).json()
    assert case["status"] == "acknowledged"
    clock = next(one for one in case["deadlines"] if one["code"] == "acknowledge_alert")
    assert clock["met_at"] == first.json()["acknowledged_at"]
    assert len(await door.audited("alert_acknowledged")) == 1
    missing = await officer.call("POST", f"/v1/alerts/{uuid4()}/acknowledge")
    assert missing.status_code == 404


async def test_an_officers_message_reaches_the_web_chat_as_it_was_written(
    door: StaffDoor, officer: Visitor
) -> None:
    conversation_id = await door.converse()
    reference = await door.receive(conversation_id=str(conversation_id))
    text = "  Bore da, Siân.\n\nSut ydych chi? <b>ŵ</b> "
    answer = await officer.call(
        "POST", f"/v1/cases/{reference}/messages", json={"text": text, "language": "cy"}
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["from"] == "officer"
    case = (await officer.call("GET", f"/v1/cases/{reference}")).json()
    assert case["status"] == "open"
    message = case["messages"][-1]
    assert (message["from"], message["text"], message["language"]) == ("officer", text, "cy")
    assert [entry.subject for entry in await door.audited("message_sent")] == [reference]


async def test_an_officers_message_goes_as_a_text_where_the_person_texts(
    door: StaffDoor, officer: Visitor
) -> None:
    conversation_id = await door.converse(Channel.SMS)
    reference = await door.receive(conversation_id=str(conversation_id), channel="sms")
    answer = await officer.call(
        "POST", f"/v1/cases/{reference}/messages", json={"text": "Helo", "language": "cy"}
    )
    assert answer.status_code == 201
    async with door.runtime.database.session() as session:
        texts = (
            await session.scalars(
                select(OutgoingText).join(Message).where(Message.sender == Sender.OFFICER)
            )
        ).all()
    assert len(texts) == 1
    case = (await officer.call("GET", f"/v1/cases/{reference}")).json()
    assert case["messages"][-1]["delivery"] == "queued"


@pytest.mark.parametrize(
    ("channel", "conversation", "method", "reason"),
    [
        (None, {}, "phone", "no-channel"),
        (Channel.WEB, {}, "none", "contact-not-wanted"),
        (Channel.WEB, {"ended_at": utc_now()}, "this_conversation", "conversation-ended"),
        (
            Channel.WEB,
            {"token_expires_at": utc_now() - timedelta(minutes=1)},
            "this_conversation",
            "conversation-ended",
        ),
        (Channel.SMS, {"texts_stopped_at": utc_now()}, "this_conversation", "texts-stopped"),
        (Channel.SMS, {}, "email", "another-channel-chosen"),
    ],
)
async def test_a_message_that_may_not_be_sent_now_is_409_and_says_why(
    door: StaffDoor,
    officer: Visitor,
    channel: Channel | None,
    conversation: dict[str, Any],
    method: str,
    reason: str,
) -> None:
    given: dict[str, Any] = {"contact": {"method": method}}
    if channel is not None:
        conversation_id = await door.converse(channel)
        given["conversation_id"] = str(conversation_id)
    reference = await door.receive(**given)
    if conversation:
        async with door.runtime.database.session() as session:
            await session.execute(
                update(Conversation)
                .where(Conversation.id == conversation_id)
                .values(**conversation)
            )
            await session.commit()
    answer = await officer.call(
        "POST", f"/v1/cases/{reference}/messages", json={"text": "Helo", "language": "cy"}
    )
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:llais:problem:{reason}"
    case = (await officer.call("GET", f"/v1/cases/{reference}")).json()
    assert case["status"] == "new"
    assert all(message["from"] != "officer" for message in case["messages"])


async def test_a_closed_case_is_not_reopened_by_a_message(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive(conversation_id=str(await door.converse()))
    await set_status(door, reference, Status.CLOSED)
    answer = await officer.call(
        "POST", f"/v1/cases/{reference}/messages", json={"text": "Helo", "language": "cy"}
    )
    assert answer.json()["type"] == "urn:llais:problem:case-closed"


@pytest.mark.parametrize(
    "body",
    [
        {"text": "", "language": "cy"},
        {"text": "   ", "language": "cy"},
        {"text": "x" * 4001, "language": "cy"},
        {"text": "a\x00b", "language": "cy"},
        {"text": "Helo", "language": "fr"},
        {"text": "Helo"},
        {"text": "Helo", "language": "cy", "sender": "assistant"},
        [],
    ],
)
async def test_an_unusable_message_is_422_and_its_text_is_not_repeated(
    door: StaffDoor, officer: Visitor, body: Any
) -> None:
    reference = await door.receive(conversation_id=str(await door.converse()))
    answer = await officer.call("POST", f"/v1/cases/{reference}/messages", json=body)
    assert answer.status_code == 422
    assert "Helo" not in answer.text


async def test_a_message_to_no_case_is_404(officer: Visitor) -> None:
    answer = await officer.call(
        "POST", "/v1/cases/LL-2222-2222/messages", json={"text": "Helo", "language": "cy"}
    )
    assert answer.status_code == 404

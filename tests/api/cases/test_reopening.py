"""Whoever needs an officer after their case was closed gets one who can answer: the case is open again."""

from typing import Any

import pytest

from api.alerts.models import REOPENING, Alert, AlertReason
from api.alerts.service import raise_alert
from api.cases.casework_models import Closing
from api.cases.models import Case, Grade, Status
from api.conversations.models import Conversation
from api.conversations.receive import lock_conversation
from api.conversations.requests import carry_out
from api.database import new_id
from channels.rasa_client import Request
from tests.api.backstage import IN_DANGER, all_of, answers, only
from tests.api.cases.test_deciding_a_case import finish_plan
from tests.api.cases.test_working_a_case import send
from tests.api.cases.work import change, clock
from tests.api.staff_visitor import StaffDoor, Visitor

REQUESTS: list[dict[str, Any]] = [
    {"kind": "person"},
    {"kind": "addition", "words": "Daeth e'n ôl", "language": "cy"},
    {"kind": "withdrawal", "words": "Dim rhagor", "language": "cy"},
    {"kind": "referral", "decision": "refer", "words": "iawn", "language": "cy"},
]


@pytest.fixture
async def reference(door: StaffDoor, officer: Visitor) -> str:
    """A case of a web chat that was closed, and whose person left no number."""
    received = await door.receive(conversation_id=str(await door.converse()))
    await send(officer, received, "outcome", code="charged", reason="Tystion")
    await close(door, officer, received)
    return received


async def close(door: StaffDoor, officer: Visitor, reference: str) -> None:
    await finish_plan(door)
    answer = await send(officer, reference, "close", reason="investigated")
    assert answer.status_code == 303, answer.text
    assert (await only(door.runtime, Case)).status == Status.CLOSED


async def ask(door: StaffDoor, **request: Any) -> None:
    """Have the dialogue ask for something, as in the commit of a reply."""
    conversation_id = (await only(door.runtime, Conversation)).id
    async with door.runtime.database.session() as session:
        conversation = await lock_conversation(session, conversation_id)
        assert conversation is not None
        await carry_out(session, door.runtime, conversation, Request(**request), new_id())
        await session.commit()


async def test_danger_after_the_closing_opens_the_case_and_an_officer_can_answer(
    door: StaffDoor, officer: Visitor, reference: str
) -> None:
    await door.call_in((await only(door.runtime, Conversation)).id, IN_DANGER)
    case = await only(door.runtime, Case)
    assert (case.status, case.grade) == (Status.OPEN, Grade.HIGH)
    assert await only(door.runtime, Closing)
    assert [entry.subject for entry in await door.audited("case_reopened")] == [reference]
    page = (await officer.get(f"/cases/{reference}")).text
    assert f"Case opened again: {door.runtime.words.say('alert_urgent', 'en')}" in page
    # The risk is to be looked at again, soon.
    assert (await clock(door, "reassess_risk")) is not None
    answer = await officer.call(
        "POST", f"/v1/cases/{reference}/messages", json={"text": "Helo", "language": "cy"}
    )
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request["kind"])
async def test_whoever_asks_for_something_after_the_closing_is_waited_for_by_an_open_case(
    door: StaffDoor, reference: str, request_: dict[str, Any]
) -> None:
    await ask(door, **request_)
    assert (await only(door.runtime, Case)).status == Status.OPEN
    assert len(await door.audited("case_reopened")) == 1


async def test_an_alert_that_stood_when_the_case_was_closed_does_not_silence_a_new_one(
    door: StaffDoor, officer: Visitor
) -> None:
    received = await door.receive(conversation_id=str(await door.converse()))
    await ask(door, kind="person")
    await send(officer, received, "outcome", code="charged", reason="Tystion")
    await close(door, officer, received)
    for _ in range(2):
        await ask(door, kind="person")
    wanted = [
        alert
        for alert in await all_of(door.runtime, Alert)
        if alert.reason == AlertReason.PERSON_WANTED
    ]
    assert len(wanted) == 2
    assert (await only(door.runtime, Case)).status == Status.OPEN
    # It can be closed again, and the timeline tells each.
    await close(door, officer, received)
    page = (await officer.get(f"/cases/{received}")).text
    assert page.count("Case opened again") == 1
    assert len(await all_of(door.runtime, Closing)) == 2


@pytest.mark.parametrize("reason", sorted(set(AlertReason) - REOPENING))
async def test_what_asks_for_no_officer_leaves_the_case_closed(
    door: StaffDoor, reference: str, reason: AlertReason
) -> None:
    async with door.runtime.database.session() as session:
        case = await session.get_one(Case, (await only(door.runtime, Case)).id)
        await raise_alert(session, door.runtime, case, reason, "key")
        await session.commit()
    assert (await only(door.runtime, Case)).status == Status.CLOSED
    assert await door.audited("case_reopened") == []


async def test_an_alert_that_is_raised_again_with_its_key_opens_nothing(
    door: StaffDoor, reference: str
) -> None:
    for expected in (Status.OPEN, Status.CLOSED):
        async with door.runtime.database.session() as session:
            case = await session.get_one(Case, (await only(door.runtime, Case)).id)
            await raise_alert(
                session, door.runtime, case, AlertReason.HANDOVER_PENDING, "handover:1"
            )
            await session.commit()
        assert (await only(door.runtime, Case)).status == expected
        await change(door, "update cases set status = 'closed'")


async def test_closing_gives_the_conversation_back_and_the_person_is_told(
    door: StaffDoor, officer: Visitor
) -> None:
    received = await door.receive(conversation_id=str(await door.converse()))
    await send(officer, received, "takeover")
    await send(officer, received, "outcome", code="charged", reason="Tystion")
    await close(door, officer, received)
    conversation = await only(door.runtime, Conversation)
    assert conversation.taken_over_at is None
    said = await answers(door.runtime, conversation.id)
    assert said[-1] == door.runtime.words.say("officer_has_left", "cy")
    assert len(await door.audited("conversation_handed_back")) == 1


async def test_another_open_case_of_the_conversation_keeps_its_officer(
    door: StaffDoor, officer: Visitor
) -> None:
    shared = {"conversation_id": str(await door.converse())}
    first = await door.receive(**shared)
    second = await door.receive(**shared)
    await send(officer, second, "takeover")
    await send(officer, first, "outcome", code="charged", reason="Tystion")
    await finish_plan(door)
    assert (await send(officer, first, "close", reason="investigated")).status_code == 303
    assert (await only(door.runtime, Conversation)).taken_over_at is not None


async def test_a_closed_case_is_not_taken_over_since_nothing_could_be_written(
    door: StaffDoor, officer: Visitor, reference: str
) -> None:
    before = await answers(door.runtime, (await only(door.runtime, Conversation)).id)
    answer = await send(officer, reference, "takeover")
    assert answer.status_code == 409
    conversation = await only(door.runtime, Conversation)
    assert conversation.taken_over_at is None
    assert await answers(door.runtime, conversation.id) == before


async def test_a_conversation_that_was_taken_over_can_be_given_back_where_nothing_may_be_written(
    door: StaffDoor, officer: Visitor, reference: str
) -> None:
    await change(
        door,
        "update conversations set taken_over_at = now(), taken_over_by = (select id from officers)",
    )
    page = (await officer.get(f"/cases/{reference}")).text
    assert "You cannot write: the case is closed." in page
    assert f'action="/cases/{reference}/handback"' in page

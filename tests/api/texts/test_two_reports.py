"""Two reports from one phone share a conversation, and what an officer texts of one of them is of that one."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from api.alerts.models import Alert, AlertReason
from api.cases.models import Case, Deadline
from api.cases.officer_messages import write_to_person
from api.conversations.models import Message
from api.database import new_id, utc_now
from api.officers.models import Officer
from api.runtime import Runtime
from api.texts.models import OutgoingText
from api.texts.send import send_text
from channels.sms import SendingInterrupted, TwilioTexts
from tests.api.backstage import add_officer, new_conversation
from tests.api.test_content_keys import make_case
from tests.api.texts.twilio import StandIn, Webhooks, conversation_of

WORDS = "Pryd alla i ffonio?"


@pytest.fixture
async def officer(runtime: Runtime) -> Officer:
    return await add_officer(runtime)


@pytest.fixture
async def cases(runtime: Runtime, webhooks: Webhooks) -> tuple[Case, Case]:
    """The older report and the newer one."""
    await webhooks.text(sid="SM1")
    conversation_id = str((await conversation_of(runtime)).id)
    contact = {"method": "this_conversation"}
    older, newer = [
        await make_case(runtime, conversation_id=conversation_id, channel="sms", contact=contact)
        for _ in range(2)
    ]
    return older, newer


async def write(runtime: Runtime, officer: Officer, case: Case) -> None:
    async with runtime.database.session() as session:
        await write_to_person(session, runtime, officer, case.reference, WORDS, "cy")
        await session.commit()


async def send_all(runtime: Runtime, provider: TwilioTexts) -> None:
    async with runtime.database.session() as session:
        waiting = list(await session.scalars(select(OutgoingText).order_by(OutgoingText.queued_at)))
    for outgoing in waiting:
        await send_text(runtime, provider, outgoing.id)


async def met(runtime: Runtime, *cases: Case) -> list[bool]:
    """Of each case, whether its clock of first contact has stopped."""
    async with runtime.database.session() as session:
        found = await session.execute(
            select(Deadline.case_id, Deadline.met_at).where(Deadline.code == "first_contact")
        )
        stopped = {row[0]: row[1] is not None for row in found}
    return [stopped[case.id] for case in cases]


async def alerted(runtime: Runtime, reason: AlertReason) -> list[object]:
    """The cases for which officers were alerted."""
    async with runtime.database.session() as session:
        return list(await session.scalars(select(Alert.case_id).where(Alert.reason == reason)))


async def test_a_text_stops_the_clock_of_the_case_that_it_is_about_once_it_was_taken(
    runtime: Runtime, stand_in: StandIn, cases: tuple[Case, Case], officer: Officer
) -> None:
    await write(runtime, officer, cases[0])
    assert await met(runtime, *cases) == [False, False], "Twilio has not taken it yet"
    await send_all(runtime, stand_in.texts)
    assert await met(runtime, *cases) == [True, False]
    await write(runtime, officer, cases[1])
    await send_all(runtime, stand_in.texts)
    assert await met(runtime, *cases) == [True, True]


async def test_a_text_that_twilio_refuses_is_no_contact_and_alarms_its_own_case(
    runtime: Runtime, stand_in: StandIn, cases: tuple[Case, Case], officer: Officer
) -> None:
    await send_all(runtime, stand_in.texts)
    await write(runtime, officer, cases[0])
    await stand_in.script("21211")
    await send_all(runtime, stand_in.texts)
    assert await met(runtime, *cases) == [False, False]
    assert await alerted(runtime, AlertReason.TEXT_FAILED) == [cases[0].id]


async def test_a_text_that_is_not_delivered_alarms_its_own_case(
    runtime: Runtime,
    webhooks: Webhooks,
    stand_in: StandIn,
    cases: tuple[Case, Case],
    officer: Officer,
) -> None:
    await write(runtime, officer, cases[0])
    await send_all(runtime, stand_in.texts)
    await webhooks.status(stand_in.taken[-1].sid, "undelivered", ErrorCode="30003")
    assert await alerted(runtime, AlertReason.TEXT_FAILED) == [cases[0].id]


async def test_a_text_that_does_not_get_through_for_long_alarms_its_own_case(
    runtime: Runtime, stand_in: StandIn, cases: tuple[Case, Case], officer: Officer
) -> None:
    await send_all(runtime, stand_in.texts)
    await write(runtime, officer, cases[0])
    async with runtime.database.session() as session:
        newest = select(OutgoingText).order_by(OutgoingText.queued_at.desc()).limit(1)
        outgoing = (await session.scalars(newest)).one()
        outgoing.handed_over_at = utc_now() - timedelta(minutes=31)
        await session.commit()
    await stand_in.script("500")
    with pytest.raises(SendingInterrupted):
        await send_text(runtime, stand_in.texts, outgoing.id)
    assert await alerted(runtime, AlertReason.TEXT_FAILED) == [cases[0].id]


async def test_an_answer_to_an_officer_is_told_to_the_case_that_they_wrote_about(
    runtime: Runtime,
    webhooks: Webhooks,
    stand_in: StandIn,
    cases: tuple[Case, Case],
    officer: Officer,
) -> None:
    await write(runtime, officer, cases[0])
    await send_all(runtime, stand_in.texts)
    await webhooks.text(sid="SM2", Body="Fory am ddau")
    assert await alerted(runtime, AlertReason.PERSON_REPLIED) == [cases[0].id]
    await write(runtime, officer, cases[1])
    await send_all(runtime, stand_in.texts)
    await webhooks.text(sid="SM3", Body="Ie, iawn")
    assert set(await alerted(runtime, AlertReason.PERSON_REPLIED)) == {case.id for case in cases}


@pytest.mark.parametrize("gone", [None, new_id()], ids=["written-by-old-code", "case-deleted"])
async def test_what_names_no_case_that_there_is_goes_to_the_newest(
    runtime: Runtime,
    stand_in: StandIn,
    cases: tuple[Case, Case],
    officer: Officer,
    gone: UUID | None,
) -> None:
    await write(runtime, officer, cases[0])
    async with runtime.database.session() as session:
        await session.execute(update(Message).values(about_case_id=gone))
        await session.commit()
    await send_all(runtime, stand_in.texts)
    assert await met(runtime, *cases) == [False, True]


async def test_in_the_web_chat_a_message_is_contact_when_it_is_written(
    runtime: Runtime, officer: Officer
) -> None:
    until = utc_now() + timedelta(hours=1)
    conversation_id = await new_conversation(runtime, token_expires_at=until)
    case = await make_case(runtime, conversation_id=str(conversation_id))
    await write(runtime, officer, case)
    assert await met(runtime, case) == [True]

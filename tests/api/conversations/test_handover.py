"""A report that could not be handed over: kept, tried until it is done, done once, and watched."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api.cases.models import Case, Status
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.conversations.handover import (
    COMPLETE_HANDOVER,
    PATIENCE,
    HandoverInterrupted,
    complete_handover,
)
from api.conversations.models import Channel, Handover, Kind, Message, Sender
from api.conversations.turn import answer_conversation
from api.runtime import Runtime
from api.texts.models import OutgoingText
from channels.rasa_client import RasaClient
from tests.api.backstage import (
    add_officer,
    age,
    alerts,
    all_of,
    answers,
    jobs,
    new_conversation,
    only,
    tell,
)
from tests.api.fake_rasa import FakeRasa, saying
from tests.api.staff_visitor import a_report

KEY = "conversation:1"
PENDING = "Alla i ddim anfon eich adroddiad eto."


async def kept_handover(
    runtime: Runtime,
    rasa: FakeRasa,
    client: RasaClient,
    channel: Channel = Channel.WEB,
    **changes: Any,
) -> UUID:
    """A conversation whose report Rasa could not hand over."""
    conversation_id = await new_conversation(runtime, channel, language="cy")
    report = {**a_report(conversation_id=str(conversation_id), channel=channel.value), **changes}
    rasa.script(saying(PENDING, handover={"key": KEY, "report": report}))
    await tell(runtime, conversation_id, "anfon")
    await answer_conversation(runtime, client, conversation_id)
    return conversation_id


async def test_it_is_kept_encrypted_with_a_job(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient
) -> None:
    conversation_id = await kept_handover(runtime, rasa, client)
    handover = await only(runtime, Handover)
    assert (handover.conversation_id, handover.idempotency_key) == (conversation_id, KEY)
    [job] = await jobs(runtime, COMPLETE_HANDOVER)
    assert job["args"] == {"handover_id": str(handover.id)}
    async with runtime.database.session() as session:
        raw = await session.scalar(text("select report from handovers"))
    assert b"Pont" not in bytes(raw or b"")


async def test_completed_it_is_a_case_and_the_person_has_the_reference(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient
) -> None:
    conversation_id = await kept_handover(runtime, rasa, client)
    await complete_handover(runtime, (await only(runtime, Handover)).id)
    case = await only(runtime, Case)
    assert (case.status, case.conversation_id) == (Status.NEW, conversation_id)
    assert case.update_code is not None
    receipt = next(m for m in await all_of(runtime, Message) if m.kind == Kind.RECEIPT)
    assert receipt.reference == case.reference
    assert case.reference in receipt.text
    assert case.update_code in receipt.text
    assert receipt.text.startswith("Mae eich adroddiad wedi'i anfon nawr."), "in their language"


async def test_by_text_the_receipt_is_a_text(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient
) -> None:
    await kept_handover(runtime, rasa, client, Channel.SMS)
    before = len(await all_of(runtime, OutgoingText))
    await complete_handover(runtime, (await only(runtime, Handover)).id)
    assert len(await all_of(runtime, OutgoingText)) == before + 1


async def test_it_is_done_once_however_often_it_is_tried(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient
) -> None:
    conversation_id = await kept_handover(runtime, rasa, client)
    handover_id = (await only(runtime, Handover)).id
    await asyncio.gather(*(complete_handover(runtime, handover_id) for _ in range(4)))
    await complete_handover(runtime, handover_id)
    await only(runtime, Case)
    assert len(await answers(runtime, conversation_id)) == 2, "the pending word and one receipt"
    assert (await only(runtime, Handover)).done_at is not None


async def test_a_case_that_the_lost_call_had_made_is_found_again(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient
) -> None:
    await kept_handover(runtime, rasa, client)
    handover = await only(runtime, Handover)
    async with runtime.database.session() as session:
        submission = ReportSubmission.model_validate(handover.report)
        receipt, _ = await submit_report(session, runtime, submission, KEY)
        await session.commit()
    await complete_handover(runtime, handover.id)
    assert (await only(runtime, Case)).reference == receipt.reference


async def test_the_same_handover_told_twice_is_kept_once(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient
) -> None:
    conversation_id = await kept_handover(runtime, rasa, client)
    report = (await only(runtime, Handover)).report
    rasa.script(saying(PENDING, handover={"key": KEY, "report": report}))
    await tell(runtime, conversation_id, "anfon")
    await answer_conversation(runtime, client, conversation_id)
    await only(runtime, Handover)


class TestThatCannotBeDone:
    async def test_stays_and_is_tried_again(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        await add_officer(runtime)
        await kept_handover(runtime, rasa, client, route="nobody")
        handover_id = (await only(runtime, Handover)).id
        for attempts in (1, 2):
            with pytest.raises(HandoverInterrupted):
                await complete_handover(runtime, handover_id)
            handover = await only(runtime, Handover)
            assert (handover.attempts, handover.done_at) == (attempts, None)
        assert await alerts(runtime) == [], "within our patience nobody is disturbed"

    async def test_alerts_an_officer_once_when_it_is_late(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        await add_officer(runtime)
        conversation_id = await kept_handover(runtime, rasa, client, route="nobody")
        handover_id = (await only(runtime, Handover)).id
        await age(runtime, Handover, PATIENCE + timedelta(seconds=1), "pending_since")
        for _ in range(2):
            with pytest.raises(HandoverInterrupted):
                await complete_handover(runtime, handover_id)
        assert await alerts(runtime) == [("handover_pending", 1)]
        assert (await only(runtime, Case)).conversation_id == conversation_id
        said = [m for m in await all_of(runtime, Message) if m.sender == Sender.ASSISTANT]
        assert [m.text for m in said] == [PENDING], "no receipt for what was not received"

"""A text leaves once and in its order: with two workers at its job, with a job that broke off, with a wrong clock."""

import asyncio
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import update

from api.database import utc_now
from api.runtime import Runtime
from api.texts.models import Hold, OutgoingText, TextState
from api.texts.send import send_text
from channels.sms import SendingInterrupted, TwilioTexts
from tests.api.backstage import PHONE
from tests.api.texts.test_send import WORDS, now, queued
from tests.api.texts.twilio import StandIn


class Frozen(TwilioTexts):
    """A worker that stops just before its call, and goes on when it is woken."""

    def __init__(self, texts: TwilioTexts) -> None:
        self._texts = texts
        self.reached, self.woken = Event(), Event()

    def send(self, *parts: Any) -> str:
        self.reached.set()
        assert self.woken.wait(20)
        return self._texts.send(*parts)


async def test_a_frozen_worker_and_its_successor_send_one_text(
    runtime: Runtime, stand_in: StandIn
) -> None:
    outgoing = await queued(runtime)
    frozen = Frozen(stand_in.texts)
    first = asyncio.create_task(send_text(runtime, frozen, outgoing.id))
    await asyncio.to_thread(frozen.reached.wait, 20)
    with pytest.raises(SendingInterrupted):
        await send_text(runtime, stand_in.texts, outgoing.id)
    frozen.woken.set()
    await first
    await send_text(runtime, stand_in.texts, outgoing.id)
    [taken] = stand_in.taken
    assert (await now(runtime, outgoing)).provider_sid == taken.sid


async def test_a_worker_that_is_stopped_in_a_call_claims_nothing_any_more(
    runtime: Runtime, stand_in: StandIn
) -> None:
    outgoing = await queued(runtime)
    frozen = Frozen(stand_in.texts)
    first = asyncio.create_task(send_text(runtime, frozen, outgoing.id))
    await asyncio.to_thread(frozen.reached.wait, 20)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await send_text(runtime, stand_in.texts, outgoing.id)
    assert (await now(runtime, outgoing)).state == TextState.ACCEPTED
    assert len(stand_in.taken) == 1
    # The thread would otherwise outlive the test.
    frozen._texts = TwilioTexts("AC1", "token", "+447700900000", "http://127.0.0.1:9")
    frozen.woken.set()


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_lost_answer_is_looked_up_though_our_clock_is_wrong(
    runtime: Runtime, stand_in: StandIn, minutes: int
) -> None:
    outgoing = await queued(runtime)
    async with runtime.database.session() as session:
        await session.execute(
            update(OutgoingText)
            .where(OutgoingText.id == outgoing.id)
            .values(state=TextState.SENDING, handed_over_at=utc_now() + timedelta(minutes=minutes))
        )
        await session.commit()
    await asyncio.to_thread(stand_in.texts.send, PHONE, WORDS, "http://llais.test/sms/status")
    await send_text(runtime, stand_in.texts, outgoing.id)
    [taken] = stand_in.taken
    assert (await now(runtime, outgoing)).provider_sid == taken.sid


@pytest.mark.parametrize("state", [TextState.QUEUED, TextState.SENDING])
async def test_a_text_waits_for_an_earlier_one_whose_job_broke_off(
    runtime: Runtime, stand_in: StandIn, state: TextState
) -> None:
    first, second = await queued(runtime, "Yn gyntaf"), await queued(runtime, "Yn ail")
    async with runtime.database.session() as session:
        await session.execute(
            update(OutgoingText).where(OutgoingText.id == first.id).values(state=state)
        )
        await session.commit()
    await send_text(runtime, stand_in.texts, second.id)
    assert stand_in.taken == []
    assert (await now(runtime, second)).held_for == Hold.ORDER
    for outgoing in (first, second):
        await send_text(runtime, stand_in.texts, outgoing.id)
    assert [taken.body for taken in stand_in.taken] == ["Yn gyntaf", "Yn ail"]

"""A text is sent once, whatever Twilio, the line or the worker does."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from api.conversations.models import Channel, Conversation, Message
from api.conversations.receive import lock_conversation
from api.conversations.say import SEND_TEXT, say
from api.database import utc_now
from api.runtime import Runtime
from api.texts.models import OutgoingText, TextState
from api.texts.send import send_text
from channels import sms
from channels.sms import SendingInterrupted, TwilioTexts
from tests.api.backstage import PHONE, jobs, new_conversation, only
from tests.api.texts.twilio import StandIn
from tests.conftest import TWILIO_TOKEN

WORDS = "Diolch. Pryd ddigwyddodd e, tua pha awr o'r nos? ŵ ŷ"


async def queued(runtime: Runtime, words: str = WORDS, **options: Any) -> OutgoingText:
    """A text to the person, queued in their only conversation."""
    async with runtime.database.session() as session:
        conversation_id = await session.scalar(select(Conversation.id))
    conversation_id = conversation_id or await new_conversation(runtime, Channel.SMS)
    async with runtime.database.session() as session:
        conversation = await lock_conversation(session, conversation_id)
        assert conversation is not None
        message = await say(session, runtime, conversation, words, **options)
        outgoing = await session.scalar(
            select(OutgoingText).where(OutgoingText.message_id == message.id)
        )
        await session.commit()
    assert outgoing is not None
    return outgoing


async def now(runtime: Runtime, outgoing: OutgoingText) -> OutgoingText:
    async with runtime.database.session() as session:
        return await session.get_one(OutgoingText, outgoing.id)


async def test_a_text_is_accepted_with_twilios_id(runtime: Runtime, stand_in: StandIn) -> None:
    outgoing = await queued(runtime)
    await send_text(runtime, stand_in.texts, outgoing.id)
    [taken] = stand_in.taken
    outgoing = await now(runtime, outgoing)
    assert (taken.to, taken.body) == (PHONE, WORDS), "ŵ and ŷ arrive as they are"
    assert (outgoing.state, outgoing.provider_sid) == (TextState.ACCEPTED, taken.sid)
    assert (outgoing.attempts, outgoing.segments) == (1, 1)


async def test_its_choices_are_numbered(runtime: Runtime, stand_in: StandIn) -> None:
    choices = [{"label": "Ie", "value": "ie"}, {"label": "Na", "value": "na"}]
    outgoing = await queued(runtime, "Anfon?", choices=choices)
    await send_text(runtime, stand_in.texts, outgoing.id)
    assert [taken.body for taken in stand_in.taken] == ["Anfon?\n1 Ie\n2 Na"]


async def test_sent_again_it_leaves_once(runtime: Runtime, stand_in: StandIn) -> None:
    outgoing = await queued(runtime)
    for _ in range(3):
        await send_text(runtime, stand_in.texts, outgoing.id)
    assert len(stand_in.taken) == 1


@pytest.mark.parametrize("fate", ["429", "500"])
async def test_an_error_that_may_pass_is_tried_again(
    runtime: Runtime, stand_in: StandIn, fate: str
) -> None:
    outgoing = await queued(runtime)
    await stand_in.script(fate, fate)
    for _ in range(2):
        with pytest.raises(SendingInterrupted):
            await send_text(runtime, stand_in.texts, outgoing.id)
        assert (await now(runtime, outgoing)).state == TextState.SENDING
    await send_text(runtime, stand_in.texts, outgoing.id)
    assert len(stand_in.taken) == 1
    outgoing = await now(runtime, outgoing)
    assert (outgoing.state, outgoing.attempts) == (TextState.ACCEPTED, 3)


async def test_taken_without_our_hearing_of_it_is_found_and_not_sent_twice(
    runtime: Runtime, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    outgoing = await queued(runtime)
    stand_in.app.state.twilio.held_seconds = 3.0
    await stand_in.script("timeout")
    monkeypatch.setattr(sms, "TIMEOUT_SECONDS", 1.0)
    hasty = TwilioTexts(
        runtime.settings.twilio_account_sid, TWILIO_TOKEN, "+447700900000", stand_in.address
    )
    with pytest.raises(SendingInterrupted):
        await send_text(runtime, hasty, outgoing.id)
    await send_text(runtime, stand_in.texts, outgoing.id)
    [taken] = stand_in.taken
    assert (await now(runtime, outgoing)).provider_sid == taken.sid


async def test_a_crash_between_acceptance_and_keeping_sends_no_second_text(
    runtime: Runtime, stand_in: StandIn
) -> None:
    outgoing = await queued(runtime)
    await send_and_crash(runtime, stand_in, outgoing)
    # At once, before the text has left Twilio, and so before Twilio dates it as sent.
    await send_text(runtime, stand_in.texts, outgoing.id)
    [taken] = stand_in.taken
    outgoing = await now(runtime, outgoing)
    assert (outgoing.state, outgoing.provider_sid) == (TextState.ACCEPTED, taken.sid)


async def send_and_crash(runtime: Runtime, stand_in: StandIn, outgoing: OutgoingText) -> None:
    """What `send_text` does until just before it keeps the answer."""
    async with runtime.database.session() as session:
        await session.execute(
            update(OutgoingText)
            .where(OutgoingText.id == outgoing.id)
            .values(state=TextState.SENDING, attempts=1, changed_at=utc_now())
        )
        await session.commit()
    await asyncio.to_thread(stand_in.texts.send, PHONE, WORDS, "http://llais.test/sms/status")


async def test_an_earlier_text_with_the_same_words_is_not_taken_for_a_lost_one(
    runtime: Runtime, stand_in: StandIn
) -> None:
    first, again = await queued(runtime), await queued(runtime)
    await send_text(runtime, stand_in.texts, first.id)
    await stand_in.script("500")
    with pytest.raises(SendingInterrupted):
        await send_text(runtime, stand_in.texts, again.id)
    await send_text(runtime, stand_in.texts, again.id)
    assert len(stand_in.taken) == 2
    sids = {(await now(runtime, outgoing)).provider_sid for outgoing in (first, again)}
    assert sids == {taken.sid for taken in stand_in.taken}


async def test_a_number_that_opted_out_is_given_up_and_an_officer_can_know(
    runtime: Runtime, stand_in: StandIn
) -> None:
    outgoing = await queued(runtime)
    await stand_in.script("21610")
    for _ in range(2):
        await send_text(runtime, stand_in.texts, outgoing.id)
    outgoing = await now(runtime, outgoing)
    assert (outgoing.state, outgoing.error_code) == (TextState.FAILED, 21610)
    assert (outgoing.attempts, stand_in.taken) == (1, [])
    assert (await only(runtime, Conversation)).texts_stopped_at is not None


async def test_a_text_that_twilio_will_never_take_is_given_up(
    runtime: Runtime, stand_in: StandIn
) -> None:
    outgoing = await queued(runtime)
    await stand_in.script("21614")
    await send_text(runtime, stand_in.texts, outgoing.id)
    outgoing = await now(runtime, outgoing)
    assert (outgoing.state, outgoing.error_code) == (TextState.FAILED, 21614)
    assert (await only(runtime, Conversation)).texts_stopped_at is None


async def test_wrong_credentials_lose_no_text(runtime: Runtime, stand_in: StandIn) -> None:
    outgoing = await queued(runtime)
    account = runtime.settings.twilio_account_sid
    misconfigured = TwilioTexts(account, "wrong", "+447700900000", stand_in.address)
    with pytest.raises(SendingInterrupted):
        await send_text(runtime, misconfigured, outgoing.id)
    await send_text(runtime, stand_in.texts, outgoing.id)
    assert len(stand_in.taken) == 1


async def test_once_stopped_nothing_more_is_sent(runtime: Runtime, stand_in: StandIn) -> None:
    outgoing = await queued(runtime)
    async with runtime.database.session() as session:
        await session.execute(update(Conversation).values(texts_stopped_at=utc_now()))
        await session.commit()
    await send_text(runtime, stand_in.texts, outgoing.id)
    assert stand_in.taken == []
    assert (await now(runtime, outgoing)).state == TextState.FAILED
    async with runtime.database.session() as session:
        conversation = await lock_conversation(session, (await only(runtime, Conversation)).id)
        assert conversation is not None
        await say(session, runtime, conversation, "Neges arall")
        await session.commit()
    await only(runtime, OutgoingText)
    assert len(await jobs(runtime, SEND_TEXT)) == 1


async def test_a_callback_that_overtakes_the_answer_is_not_undone(
    runtime: Runtime, stand_in: StandIn
) -> None:
    outgoing = await queued(runtime)

    class Overtaken(TwilioTexts):
        """Its text is delivered before the answer to the call is read."""

        def __init__(self) -> None:
            settings = runtime.settings
            super().__init__(
                settings.twilio_account_sid, TWILIO_TOKEN, settings.twilio_from, stand_in.address
            )
            self.loop = asyncio.get_running_loop()

        def send(self, to: str, text: str, status_callback: str) -> str:
            sid = super().send(to, text, status_callback)
            asyncio.run_coroutine_threadsafe(self.deliver(), self.loop).result()
            return sid

        async def deliver(self) -> None:
            async with runtime.database.session() as session:
                await session.execute(update(OutgoingText).values(state=TextState.DELIVERED))
                await session.commit()

    await send_text(runtime, Overtaken(), outgoing.id)
    outgoing = await now(runtime, outgoing)
    assert (outgoing.state, outgoing.provider_sid) == (TextState.DELIVERED, stand_in.taken[0].sid)


async def test_texts_of_one_conversation_share_a_lock(runtime: Runtime) -> None:
    for words in ("un", "dau"):
        await queued(runtime, words)
    conversation_id = (await only(runtime, Conversation)).id
    assert {job["lock"] for job in await jobs(runtime, SEND_TEXT)} == {f"texts:{conversation_id}"}


async def test_a_text_whose_conversation_was_dropped_is_no_fault(
    runtime: Runtime, stand_in: StandIn
) -> None:
    outgoing = await queued(runtime)
    async with runtime.database.session() as session:
        await session.delete(await session.get_one(Message, outgoing.message_id))
        await session.commit()
    await send_text(runtime, stand_in.texts, outgoing.id)
    assert stand_in.taken == []

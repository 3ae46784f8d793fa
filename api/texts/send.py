"""Sends one queued text. The row says `sending` before the call, so that a crash in between is noticed."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.contact_log import meet_first_contact
from api.claims import claimed
from api.conversations.models import Conversation, Message, Sender
from api.conversations.say import SEND_TEXT, may_be_texted
from api.database import utc_now
from api.jobs import SENDING, defer
from api.policy import TextsPolicy, policy, policy_version
from api.runtime import Runtime
from api.texts.cases import case_of
from api.texts.fates import alert_text_failed, note_accepted, note_failure
from api.texts.holding import Wait, sound_spending_alarm, what_holds
from api.texts.models import Failure, Hold, OutgoingText, TextState
from api.texts.safe_times import safe_from
from channels.sms import (
    CLOCKS_DIFFER,
    SendingInterrupted,
    SendingRefused,
    TwilioTexts,
    as_sent,
    segments,
    with_choices,
)

UNSENT: Final = (TextState.QUEUED, TextState.SENDING)


@dataclass(frozen=True)
class Parcel:
    """What goes where. `known` are Twilio's ids of other texts to the number, which may say the same."""

    number: str
    text: str
    known: frozenset[str]


async def send_text(runtime: Runtime, provider: TwilioTexts, outgoing_id: UUID) -> None:
    """Send a text once, or note until when it waits. Raises SendingInterrupted, for the queue to try again later."""
    async with claimed(runtime.database, f"text:{outgoing_id}") as mine:
        if not mine:
            raise SendingInterrupted
        await _send(runtime, provider, outgoing_id)


async def _send(runtime: Runtime, provider: TwilioTexts, outgoing_id: UUID) -> None:
    parcel = await _pack(runtime, outgoing_id)
    if parcel is None:
        return
    sid = await _find_taken(runtime, provider, outgoing_id, parcel)
    if sid is None:
        if not await _may_leave(runtime, outgoing_id, parcel):
            return
        callback = f"{runtime.settings.public_address}/sms/status"
        try:
            sid = await asyncio.to_thread(provider.send, parcel.number, parcel.text, callback)
        except SendingRefused as error:
            await _note_refusal(runtime, outgoing_id, error)
            return
        except SendingInterrupted:
            await _note_interruption(runtime, outgoing_id)
            raise
    async with runtime.database.session() as session:
        outgoing = await session.get_one(OutgoingText, outgoing_id, with_for_update=True)
        await note_accepted(session, runtime, outgoing, sid)
        message, conversation = await _said_in(session, outgoing)
        if message.sender == Sender.OFFICER:
            # What Twilio has not taken is no contact.
            case = await case_of(session, conversation, message)
            if case is not None:
                await meet_first_contact(session, case, utc_now())
        await session.commit()


async def _pack(runtime: Runtime, outgoing_id: UUID) -> Parcel | None:
    """What is to be sent; nothing where it was sent, or must not be any more."""
    async with runtime.database.session() as session:
        outgoing = await session.get(OutgoingText, outgoing_id, with_for_update=True)
        if outgoing is None or outgoing.state not in UNSENT:
            return None
        message, conversation = await _said_in(session, outgoing)
        failure = None
        if conversation.phone is None:
            failure = Failure.NO_NUMBER
        elif not may_be_texted(conversation, essential=outgoing.essential):
            failure = Failure.STOPPED
        if failure is not None:
            await note_failure(session, runtime, outgoing, failure)
            await session.commit()
            return None
        assert conversation.phone is not None
        number = runtime.database.keyring.look_up_hash("phone", conversation.phone)
        known = await session.scalars(
            select(OutgoingText.provider_sid)
            .join(Message, Message.id == OutgoingText.message_id)
            .where(
                (Message.conversation_id == conversation.id) | (OutgoingText.number_hash == number),
                OutgoingText.provider_sid.is_not(None),
            )
        )
        text = as_sent(with_choices(message.text, message.choices or []))
        return Parcel(conversation.phone, text, frozenset(str(sid) for sid in known))


async def _find_taken(
    runtime: Runtime, provider: TwilioTexts, outgoing_id: UUID, parcel: Parcel
) -> str | None:
    """Twilio's id for a text that it took although we never heard so. Raises SendingInterrupted."""
    async with runtime.database.session() as session:
        outgoing = await session.get_one(OutgoingText, outgoing_id)
    if outgoing.state != TextState.SENDING:
        return None
    since = (outgoing.handed_over_at or outgoing.queued_at) - CLOCKS_DIFFER
    try:
        return await asyncio.to_thread(
            provider.find_sent, parcel.number, parcel.text, since, parcel.known
        )
    except SendingInterrupted:
        await _note_interruption(runtime, outgoing_id)
        raise


async def _may_leave(runtime: Runtime, outgoing_id: UUID, parcel: Parcel) -> bool:
    """Mark a text as being sent; or note why it waits, and queue it for then."""
    now = utc_now()
    async with runtime.database.session() as session:
        outgoing = await session.get(OutgoingText, outgoing_id, with_for_update=True)
        if outgoing is None or outgoing.state not in UNSENT:
            return False
        message, conversation = await _said_in(session, outgoing)
        rules = _rules()
        keyring = runtime.database.keyring
        outgoing.number_hash = keyring.look_up_hash("phone", parcel.number)
        outgoing.words_hash = keyring.look_up_hash("words", parcel.text)
        outgoing.segments = segments(parcel.text)
        cost = rules.pence_per_segment * outgoing.segments
        safe = await safe_from(session, message, conversation, now)
        if isinstance(safe, Failure) and not outgoing.essential:
            await note_failure(session, runtime, outgoing, safe)
            await session.commit()
            return False
        wait = None
        if isinstance(safe, datetime) and not outgoing.essential:
            wait = Wait(Hold.HOURS, safe)
        wait = wait or await what_holds(session, rules, outgoing, conversation, cost, now)
        if wait is not None:
            await _hold_back(session, runtime, outgoing, conversation, wait)
        else:
            outgoing.state = TextState.SENDING
            outgoing.held_for = outgoing.not_before = None
            outgoing.attempts += 1
            outgoing.cost_pence = cost
            outgoing.handed_over_at = outgoing.handed_over_at or now
            outgoing.changed_at = now
        await session.commit()
        return wait is None


async def _hold_back(
    session: AsyncSession,
    runtime: Runtime,
    outgoing: OutgoingText,
    conversation: Conversation,
    wait: Wait,
) -> None:
    outgoing.held_for, outgoing.not_before = wait.reason, wait.until
    outgoing.changed_at = utc_now()
    if wait.reason is Hold.SPENDING:
        await sound_spending_alarm(session, runtime, conversation, utc_now())
    structlog.get_logger().info("text_held", text_id=str(outgoing.id), reason=wait.reason.value)
    await defer(
        session,
        runtime.queue,
        SEND_TEXT,
        on=SENDING,
        # Without the lock of its conversation: what waits for hours must not keep answers from leaving.
        delay_seconds=max((wait.until - utc_now()).total_seconds(), 1),
        outgoing_id=str(outgoing.id),
    )


async def _note_refusal(runtime: Runtime, outgoing_id: UUID, error: SendingRefused) -> None:
    structlog.get_logger().warning("text_refused", text_id=str(outgoing_id), code=error.code)
    async with runtime.database.session() as session:
        outgoing = await session.get_one(OutgoingText, outgoing_id, with_for_update=True)
        await note_failure(session, runtime, outgoing, Failure.REFUSED, error.code)
        await session.commit()


async def _note_interruption(runtime: Runtime, outgoing_id: UUID) -> None:
    """Past our patience have an officer know; long past it, give the text up, which by then would only confuse."""
    rules = _rules()
    async with runtime.database.session() as session:
        outgoing = await session.get_one(OutgoingText, outgoing_id, with_for_update=True)
        if outgoing.state not in UNSENT:
            return
        tried_for = utc_now() - (outgoing.handed_over_at or outgoing.queued_at)
        outgoing.changed_at = utc_now()
        if tried_for > timedelta(hours=rules.give_up_after_hours):
            await note_failure(session, runtime, outgoing, Failure.NEVER_TAKEN)
        elif tried_for > timedelta(minutes=rules.tell_officer_after_minutes):
            message, conversation = await _said_in(session, outgoing)
            await alert_text_failed(session, runtime, outgoing, message, conversation)
        await session.commit()


async def _said_in(session: AsyncSession, outgoing: OutgoingText) -> tuple[Message, Conversation]:
    message = await session.get_one(Message, outgoing.message_id)
    return message, await session.get_one(Conversation, message.conversation_id)


def _rules() -> TextsPolicy:
    return policy(policy_version()).texts

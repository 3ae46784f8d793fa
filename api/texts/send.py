"""Sends one queued text. The row says `sending` before the call, so that a crash in between is noticed."""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.conversations.models import Conversation, Message
from api.database import utc_now
from api.runtime import Runtime
from api.texts.models import OutgoingText, TextState
from channels.sms import SendingInterrupted, SendingRefused, TwilioTexts, segments, with_choices

# How far the clocks of Twilio and of this machine may differ.
CLOCKS_DIFFER = timedelta(minutes=1)
# Twilio's code for a number whose owner has stopped texts at the network.
OPTED_OUT = 21610


async def send_text(runtime: Runtime, provider: TwilioTexts, outgoing_id: UUID) -> None:
    """Send a text once. Raises SendingInterrupted, for the queue to try again later."""
    async with runtime.database.session() as session:
        outgoing = await session.get(OutgoingText, outgoing_id, with_for_update=True)
        if outgoing is None or outgoing.state not in (TextState.QUEUED, TextState.SENDING):
            return
        number, text, known = await _address_and_text(session, outgoing)
        if number is None:
            outgoing.state = TextState.FAILED
            await session.commit()
            return
        interrupted_before = outgoing.state == TextState.SENDING
        queued_at = outgoing.queued_at
        outgoing.state = TextState.SENDING
        outgoing.attempts += 1
        outgoing.segments = segments(text)
        outgoing.changed_at = utc_now()
        await session.commit()

    sid: str | None = None
    refused: SendingRefused | None = None
    if interrupted_before:
        # An attempt died before its answer was kept: Twilio may have taken the text.
        sid = await asyncio.to_thread(
            provider.find_sent, number, text, queued_at - CLOCKS_DIFFER, known
        )
    if sid is None:
        callback = f"{runtime.settings.public_address}/sms/status"
        try:
            sid = await asyncio.to_thread(provider.send, number, text, callback)
        except SendingRefused as error:
            refused = error
        except SendingInterrupted:
            await _note(runtime, outgoing_id, TextState.SENDING)
            raise
    if refused is not None:
        structlog.get_logger().warning("text_refused", text_id=str(outgoing_id), code=refused.code)
        await _note(runtime, outgoing_id, TextState.FAILED, error_code=refused.code)
        return
    await _note(runtime, outgoing_id, TextState.ACCEPTED, sid=sid)


async def _address_and_text(
    session: AsyncSession, outgoing: OutgoingText
) -> tuple[str | None, str, set[str]]:
    """Where to (nowhere, once the person has stopped texts), what, and Twilio's ids of texts before it."""
    message = await session.get_one(Message, outgoing.message_id)
    conversation = await session.get_one(Conversation, message.conversation_id)
    known = await session.scalars(
        select(OutgoingText.provider_sid)
        .join(Message, Message.id == OutgoingText.message_id)
        .where(Message.conversation_id == conversation.id, OutgoingText.provider_sid.is_not(None))
    )
    number = conversation.phone if conversation.texts_stopped_at is None else None
    return number, with_choices(message.text, message.choices or []), {str(sid) for sid in known}


async def _note(
    runtime: Runtime,
    outgoing_id: UUID,
    state: TextState,
    *,
    sid: str | None = None,
    error_code: int | None = None,
) -> None:
    async with runtime.database.session() as session:
        outgoing = await session.get_one(OutgoingText, outgoing_id, with_for_update=True)
        # A delivery callback can overtake the answer to the call that caused it.
        if outgoing.state in (TextState.QUEUED, TextState.SENDING):
            outgoing.state = state
        outgoing.provider_sid = outgoing.provider_sid or sid
        outgoing.error_code = error_code
        outgoing.changed_at = utc_now()
        if error_code == OPTED_OUT:
            await _note_opt_out(session, outgoing)
        await session.commit()


async def _note_opt_out(session: AsyncSession, outgoing: OutgoingText) -> None:
    """Stop texts here too, so that an officer is told instead of writing into nowhere."""
    message = await session.get_one(Message, outgoing.message_id)
    conversation = await session.get_one(Conversation, message.conversation_id)
    conversation.texts_stopped_at = conversation.texts_stopped_at or utc_now()

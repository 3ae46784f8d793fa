"""Sends one queued text. The row says `sending` before the call, so that a crash in between is noticed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.casework_models import Means
from api.cases.contact_log import meet_first_contact
from api.cases.models import Case, Person
from api.cases.safe_contact import Allowed, contact_allowed, wishes_of
from api.conversations.models import Conversation, Message, Sender
from api.conversations.say import defer_text
from api.database import utc_now
from api.policy import casework
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
        if not await _is_safe(session, runtime, outgoing):
            await session.commit()
            return
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


async def _is_safe(session: AsyncSession, runtime: Runtime, outgoing: OutgoingText) -> bool:
    """Whether an officer's text may arrive now; else it waits on, or is given up where waiting would not help.

    What the assistant says answers somebody who has just written.
    """
    message = await session.get_one(Message, outgoing.message_id)
    conversation = await session.get_one(Conversation, message.conversation_id)
    case = await _case_of(session, message)
    if case is None:
        return True
    person = await session.scalar(
        select(Person).where(Person.case_id == case.id, Person.role == case.reporting_role)
    )
    # The officer who wrote it has read what the person said in words; closing a case does not take back what was
    # said before, and tells the person so itself.
    now = utc_now()
    wishes = wishes_of(case, conversation, person, casework()[1].contact, now)
    answer = contact_allowed(replace(wishes, closed=False), Means.TEXT, now, words_read=True)
    if isinstance(answer, Allowed):
        return True
    outgoing.changed_at = now
    if answer.next_at is None:
        structlog.get_logger().warning("text_no_longer_wanted", text_id=str(outgoing.id))
        outgoing.state = TextState.FAILED
        return False
    outgoing.not_before = answer.next_at
    await defer_text(session, runtime, outgoing, conversation.id)
    return False


async def _case_of(session: AsyncSession, message: Message) -> Case | None:
    """The newest case of an officer's message; None for what the assistant says."""
    if message.sender != Sender.OFFICER:
        return None
    return await session.scalar(
        select(Case)
        .where(Case.conversation_id == message.conversation_id)
        .order_by(Case.created_at.desc())
        .limit(1)
    )


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
        if sid is not None and outgoing.not_before is not None:
            # What waited for its hour is contact only now.
            case = await _case_of(session, await session.get_one(Message, outgoing.message_id))
            if case is not None:
                await meet_first_contact(session, case)
        if error_code == OPTED_OUT:
            await _note_opt_out(session, outgoing)
        await session.commit()


async def _note_opt_out(session: AsyncSession, outgoing: OutgoingText) -> None:
    """Stop texts here too, so that an officer is told instead of writing into nowhere."""
    message = await session.get_one(Message, outgoing.message_id)
    conversation = await session.get_one(Conversation, message.conversation_id)
    conversation.texts_stopped_at = conversation.texts_stopped_at or utc_now()

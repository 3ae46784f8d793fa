"""Say something to a person: a message row, and on SMS the text that carries it, in the caller's transaction."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.conversations.models import Audience, Channel, Conversation, Kind, Message, Sender
from api.database import new_id, utc_now
from api.jobs import SENDING, defer
from api.runtime import Runtime
from api.texts.models import Hold, OutgoingText
from api.wakeups import announce
from api.words import SpokenLanguage, spoken
from channels.long_texts import in_texts

SEND_TEXT = "send_text"
# Whoever stopped texts with us alone is still reached by the network; otherwise Twilio refuses what we send.
STOPPED_HERE = "person"
STOPPED_AT_NETWORK = "network"


def may_be_texted(conversation: Conversation, *, essential: bool) -> bool:
    """Whether a text may go to the person at all."""
    if conversation.texts_stopped_at is None:
        return True
    return essential and conversation.texts_stopped_by == STOPPED_HERE


async def say(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    text: str,
    *,
    language: SpokenLanguage | None = None,
    sender: Sender = Sender.ASSISTANT,
    kind: Kind = Kind.TEXT,
    choices: list[dict[str, str]] | None = None,
    reply_to: UUID | None = None,
    reference: str | None = None,
    essential: bool = False,
    not_before: datetime | None = None,
    about_case_id: UUID | None = None,
) -> Message:
    """Queue a message for the person in `conversation`; it leaves when the caller commits.

    By text, what is too long for one is several messages in order; the last, which has the choices, is returned.
    An `essential` text waits for no money, and goes although the person told us (not the network) to stop. A text with
    `not_before` leaves then.
    """
    essential = essential or kind is Kind.EMERGENCY
    if sender is Sender.OFFICER and conversation.taken_over_at is None:
        # What comes next may answer the officer, so it is not held to answer the form's question.
        conversation.returned_at = utc_now()
    by_text = conversation.channel == Channel.SMS
    parts = in_texts(text, choices or []) if by_text else [text]
    messages = [
        Message(
            id=new_id(),
            conversation_id=conversation.id,
            sender=sender,
            audience=Audience.VICTIM,
            kind=kind,
            text=part,
            language=language or spoken(conversation.language),
            choices=choices if number == len(parts) else None,
            reply_to=reply_to,
            reference=reference,
            about_case_id=about_case_id,
        )
        for number, part in enumerate(parts, start=1)
    ]
    for message in messages:
        session.add(message)
        # Each by itself, so that they have their places in this order.
        await session.flush()
        if by_text and may_be_texted(conversation, essential=essential):
            await _text(session, runtime, message, essential=essential, not_before=not_before)
    await announce(session, str(conversation.id))
    return messages[-1]


async def _text(
    session: AsyncSession,
    runtime: Runtime,
    message: Message,
    *,
    essential: bool,
    not_before: datetime | None,
) -> None:
    outgoing = OutgoingText(
        id=new_id(),
        message_id=message.id,
        essential=essential,
        not_before=not_before,
        held_for=Hold.HOURS if not_before else None,
    )
    session.add(outgoing)
    await session.flush()
    await defer_text(session, runtime, outgoing, message.conversation_id)


async def defer_text(
    session: AsyncSession, runtime: Runtime, outgoing: OutgoingText, conversation_id: UUID
) -> None:
    """Have a text sent when the caller commits, or when it may be."""
    wait = 0.0
    if outgoing.not_before is not None:
        wait = max(0.0, (outgoing.not_before - utc_now()).total_seconds())
    await defer(
        session,
        runtime.queue,
        SEND_TEXT,
        on=SENDING,
        # Texts of one conversation leave in the order in which they were said. A card overtakes them, and one
        # that waits for its hour must hold up none that need not.
        in_order_per=None if wait or outgoing.essential else f"texts:{conversation_id}",
        delay_seconds=wait,
        outgoing_id=str(outgoing.id),
    )

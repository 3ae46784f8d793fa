"""Say something to a person: a message row, and on SMS the text that carries it, in the caller's transaction."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.conversations.models import Audience, Channel, Conversation, Kind, Message, Sender
from api.database import new_id, utc_now
from api.jobs import SENDING, defer
from api.runtime import Runtime
from api.texts.models import OutgoingText
from api.wakeups import announce
from api.words import SpokenLanguage, spoken

SEND_TEXT = "send_text"


def texts_lock(conversation_id: UUID) -> str:
    """What keeps the sending of a conversation's texts in order."""
    return f"texts:{conversation_id}"


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
    not_before: datetime | None = None,
) -> Message:
    """Queue a message for the person in `conversation`; it leaves when the caller commits.

    A text with `not_before` leaves then.
    """
    message = Message(
        id=new_id(),
        conversation_id=conversation.id,
        sender=sender,
        audience=Audience.VICTIM,
        kind=kind,
        text=text,
        language=language or spoken(conversation.language),
        choices=choices,
        reply_to=reply_to,
        reference=reference,
    )
    session.add(message)
    await session.flush()
    if conversation.channel == Channel.SMS and conversation.texts_stopped_at is None:
        outgoing = OutgoingText(id=new_id(), message_id=message.id, not_before=not_before)
        session.add(outgoing)
        await session.flush()
        await defer_text(session, runtime, outgoing, conversation.id)
    await announce(session, str(conversation.id))
    return message


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
        # Texts of one conversation leave in the order in which they were said; one that waits for its hour
        # must hold up none that need not.
        in_order_per=None if wait else texts_lock(conversation_id),
        delay_seconds=wait,
        outgoing_id=str(outgoing.id),
    )

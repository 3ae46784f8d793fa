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

SEND_TEXT = "send_text"
# Whoever stopped texts with us alone is still reached by the network; otherwise Twilio refuses what we send.
STOPPED_HERE = "person"
STOPPED_AT_NETWORK = "network"


def texts_lock(conversation_id: UUID) -> str:
    """What keeps the sending of a conversation's texts in order."""
    return f"texts:{conversation_id}"


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
) -> Message:
    """Queue a message for the person in `conversation`; it leaves when the caller commits.

    An `essential` text waits for no money, and goes although the person told us (not the network) to stop. A text with
    `not_before` leaves then.
    """
    essential = essential or kind is Kind.EMERGENCY
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
    if sender is Sender.OFFICER and conversation.taken_over_at is None:
        # What comes next may answer the officer, so it is not held to answer the form's question.
        conversation.returned_at = utc_now()
    await session.flush()
    if conversation.channel == Channel.SMS and may_be_texted(conversation, essential=essential):
        outgoing = OutgoingText(
            id=new_id(),
            message_id=message.id,
            essential=essential,
            not_before=not_before,
            held_for=Hold.HOURS if not_before else None,
        )
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
        # Texts of one conversation leave in the order in which they were said. A card overtakes them, and one
        # that waits for its hour must hold up none that need not.
        in_order_per=None if wait or outgoing.essential else texts_lock(conversation_id),
        delay_seconds=wait,
        outgoing_id=str(outgoing.id),
    )

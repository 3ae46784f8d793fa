"""How the conversation with a number stands when a text comes, read from what was said before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, case, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.conversations.models import Conversation, Kind, Message, Sender
from api.conversations.moving import was_sent
from api.conversations.say import STOPPED_HERE
from api.database import utc_now
from api.policy import policy, policy_version
from api.texts.models import OutgoingText, ReceivedText, TextState
from api.texts.router import Situation

# Texts that the person may have read.
ON_THE_WAY: Final = (TextState.SENDING, TextState.ACCEPTED, TextState.SENT, TextState.DELIVERED)
# When words left for the person, if they did. What has no text was said on the web, or while texts were stopped.
LEFT_AT: Final[ColumnElement[datetime]] = case(
    (OutgoingText.id.is_(None), Message.sent_at),
    (
        OutgoingText.state.in_(ON_THE_WAY) & OutgoingText.held_for.is_(None),
        OutgoingText.handed_over_at,
    ),
)


@dataclass(frozen=True)
class Asked:
    """What an officer asked the person, and when the words left for them."""

    message: Message
    left_at: datetime


async def situation_of(session: AsyncSession, conversation: Conversation) -> Situation:
    """What the router needs to know of a conversation."""
    stopped = conversation.texts_stopped_at is not None
    here = conversation.texts_stopped_by == STOPPED_HERE
    return Situation(
        stopped_by=None if not stopped else "person" if here else "network",
        officer_is_here=conversation.taken_over_at is not None,
        officer_waits=await asked_by_officer(session, conversation) is not None,
        open_question=conversation.open_question,
        report_sent=await was_sent(session, conversation),
    )


async def asked_by_officer(session: AsyncSession, conversation: Conversation) -> Asked | None:
    """What an officer asked who waits for an answer: no words of ours have left since, and it is not long ago.

    An officer's text that is held, or that failed, has asked nobody anything.
    """
    hours = policy(policy_version()).texts.officer_reply_hours
    found = await session.execute(
        select(Message, LEFT_AT)
        .outerjoin(OutgoingText, OutgoingText.message_id == Message.id)
        .where(_spoken_by_us(conversation), LEFT_AT.is_not(None))
        .order_by(LEFT_AT.desc(), Message.seq.desc())
        .limit(1)
    )
    newest = found.one_or_none()
    if newest is None:
        return None
    message, left_at = newest
    recent = left_at > utc_now() - timedelta(hours=hours)
    return Asked(message, left_at) if message.sender == Sender.OFFICER and recent else None


async def is_first_contact(session: AsyncSession, conversation: Conversation) -> bool:
    """Whether nobody has said yet what this is: keywords and cards are answered without an introduction."""
    return not await session.scalar(select(exists().where(_spoken_by_us(conversation))))


def _spoken_by_us(conversation: Conversation) -> ColumnElement[bool]:
    """What officers and the dialogue said; not cards, nor what keywords and pictures are answered with."""
    answers = select(ReceivedText.answer_id).where(
        ReceivedText.conversation_id == conversation.id, ReceivedText.answer_id.is_not(None)
    )
    return (
        (Message.conversation_id == conversation.id)
        & or_(Message.sender == Sender.OFFICER, Message.sender == Sender.ASSISTANT)
        & (Message.kind != Kind.EMERGENCY)
        & Message.id.not_in(answers)
    )

"""How the conversation with a number stands when a text comes, read from what was said before."""

from datetime import timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.conversations.models import Conversation, Kind, Message, Sender
from api.conversations.moving import was_sent
from api.conversations.say import STOPPED_HERE
from api.database import utc_now
from api.policy import policy, policy_version
from api.texts.models import ReceivedText
from api.texts.router import Situation


async def situation_of(session: AsyncSession, conversation: Conversation) -> Situation:
    """What the router needs to know of a conversation."""
    stopped = conversation.texts_stopped_at is not None
    here = conversation.texts_stopped_by == STOPPED_HERE
    return Situation(
        stopped_by=None if not stopped else "person" if here else "network",
        officer_is_here=conversation.taken_over_at is not None,
        officer_waits=await officer_who_waits(session, conversation) is not None,
        open_question=conversation.open_question,
        report_sent=await was_sent(session, conversation),
    )


async def officer_who_waits(session: AsyncSession, conversation: Conversation) -> Message | None:
    """What an officer wrote who still waits for an answer: nobody of ours has spoken since, and it is not long ago."""
    hours = policy(policy_version()).texts.officer_reply_hours
    newest = await session.scalar(select(func.max(Message.seq)).where(_spoken_by_us(conversation)))
    if newest is None:
        return None
    return await session.scalar(
        select(Message).where(
            Message.seq == newest,
            Message.sender == Sender.OFFICER,
            Message.sent_at > utc_now() - timedelta(hours=hours),
        )
    )


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

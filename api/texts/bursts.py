"""People send several texts in a row: they are answered together, once the person has paused."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from api.conversations.models import Channel, Conversation, Message, Sender, Turn, TurnState
from api.conversations.receive import defer_answer
from api.database import utc_now
from api.runtime import Runtime

# Nobody who goes on texting waits longer than this many pauses for the first answer.
MOST_PAUSES: Final = 4


async def wait_for_more(runtime: Runtime, conversation_id: UUID) -> bool:
    """Whether the person is still texting; then the answer is queued again for when they have paused."""
    pause = timedelta(seconds=runtime.settings.sms_join_seconds)
    async with runtime.database.reading() as session:
        channel = await session.scalar(
            select(Conversation.channel).where(Conversation.id == conversation_id)
        )
    if channel != Channel.SMS:
        return False
    async with runtime.database.session() as session:
        conversation = await session.get(Conversation, conversation_id)
        if conversation is None or conversation.channel != Channel.SMS or not pause:
            return False
        if await session.scalar(
            select(Turn.id).where(
                Turn.conversation_id == conversation_id, Turn.state == TurnState.OPEN
            )
        ):
            # What was asked already is asked again as it was.
            return False
        first, newest = (
            await session.execute(
                select(func.min(Message.sent_at), func.max(Message.sent_at)).where(
                    Message.conversation_id == conversation_id,
                    Message.sender == Sender.VICTIM,
                    Message.turn_id.is_(None),
                )
            )
        ).one()
        now = utc_now()
        # Later than now is what came before the clock was set back: nobody is texting still.
        if (
            newest is None
            or newest > now
            or now >= min(newest + pause, first + MOST_PAUSES * pause)
        ):
            return False
        until = min(newest + pause, first + MOST_PAUSES * pause)
        await defer_answer(session, runtime, conversation, (until - now).total_seconds())
        await session.commit()
    return True

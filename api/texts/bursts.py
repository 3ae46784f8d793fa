"""People send several texts in a row: they are answered together, once the person has paused."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from api.conversations.models import Channel, Conversation, Message
from api.conversations.receive import defer_answer
from api.database import utc_now
from api.runtime import Runtime

# Nobody who goes on texting waits longer than this many pauses for the first answer.
MOST_PAUSES: Final = 4


async def wait_for_more(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, waiting: Sequence[Message]
) -> bool:
    """Whether somebody who sent the texts `waiting` is still texting; then the answer is queued for when they paused.

    `conversation` must be locked; the caller commits.
    """
    pause = timedelta(seconds=runtime.settings.sms_join_seconds)
    if conversation.channel != Channel.SMS or not pause:
        return False
    first = min(message.sent_at for message in waiting)
    newest = max(message.sent_at for message in waiting)
    until = min(newest + pause, first + MOST_PAUSES * pause)
    now = utc_now()
    # Later than now is what came before the clock was set back: nobody is texting still.
    if newest > now or now >= until:
        return False
    await defer_answer(session, runtime, conversation, (until - now).total_seconds())
    return True

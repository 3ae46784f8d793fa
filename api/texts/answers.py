"""What is said to a text without the dialogue, and whom else it concerns."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert, AlertReason
from api.alerts.service import raise_alert
from api.conversations.models import Conversation, Message
from api.conversations.say import say
from api.runtime import Runtime
from api.texts.cases import case_of, newest_case
from api.texts.models import ReceivedText
from api.words import spoken


async def answer(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    received: ReceivedText,
    key: str,
    *,
    essential: bool = False,
) -> None:
    """Say one of our phrases to a text, and note that it was the answer to it."""
    words = runtime.words.say(key, spoken(conversation.language))
    said = await say(
        session,
        runtime,
        conversation,
        words,
        reply_to=received.message_id,
        essential=essential,
    )
    received.answer_id = said.id


async def alert_to_case(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    reason: AlertReason,
    key: str,
    *,
    message: Message | None = None,
) -> None:
    """Alert officers to the case of a conversation, where there is one and no such alert stands already.

    With `message` it is the case which that was about, else the newest.
    """
    if message is None:
        case = await newest_case(session, conversation)
    else:
        case = await case_of(session, conversation, message)
    if case is None:
        return
    standing = await session.scalar(
        select(Alert.id).where(
            Alert.case_id == case.id, Alert.reason == reason, Alert.acknowledged_at.is_(None)
        )
    )
    if standing is None:
        await raise_alert(session, runtime, case, reason, f"{reason.value}:{key}")

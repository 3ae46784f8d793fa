"""What is said to a text without the dialogue, and whom else it concerns."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert, AlertReason
from api.alerts.service import raise_alert
from api.cases.models import Case
from api.conversations.models import Conversation
from api.conversations.say import say
from api.runtime import Runtime
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
) -> None:
    """Alert officers to the case of a conversation, where there is one and no such alert stands already."""
    case = await session.scalar(
        select(Case)
        .where(Case.conversation_id == conversation.id)
        .order_by(Case.created_at.desc())
        .limit(1)
    )
    if case is None:
        return
    standing = await session.scalar(
        select(Alert.id).where(
            Alert.case_id == case.id, Alert.reason == reason, Alert.acknowledged_at.is_(None)
        )
    )
    if standing is None:
        await raise_alert(session, runtime, case, reason, f"{reason.value}:{key}")

"""Which case a text is about: several reports from one phone share their conversation."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.models import Case
from api.conversations.models import Conversation, Message


async def newest_case(session: AsyncSession, conversation: Conversation) -> Case | None:
    """The case that was last made of a conversation; None for a draft."""
    return await session.scalar(
        select(Case)
        .where(Case.conversation_id == conversation.id)
        .order_by(Case.created_at.desc())
        .limit(1)
    )


async def case_of(
    session: AsyncSession, conversation: Conversation, message: Message
) -> Case | None:
    """The case that an officer wrote `message` about; for whatever else was said, the newest."""
    case = None
    if message.about_case_id is not None:
        case = await session.get(Case, message.about_case_id)
    return case or await newest_case(session, conversation)

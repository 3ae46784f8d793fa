"""A conversation that never became a case is a draft, and is deleted whole, with what Rasa remembers of it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.models import Case
from api.conversations.models import Conversation, Handover


def _is_draft() -> ColumnElement[bool]:
    return and_(
        ~exists().where(Case.conversation_id == Conversation.id),
        ~exists().where(Handover.conversation_id == Conversation.id),
    )


async def drafts_silent_since(session: AsyncSession, moment: datetime) -> Sequence[UUID]:
    """Drafts in which nothing was said since `moment`, locked; those in use at this moment are passed over."""
    found = await session.scalars(
        select(Conversation.id)
        .where(Conversation.last_message_at < moment, _is_draft())
        .with_for_update(skip_locked=True)
    )
    return found.all()


async def is_draft(session: AsyncSession, conversation_id: UUID) -> bool:
    found = await session.scalar(
        select(Conversation.id).where(Conversation.id == conversation_id, _is_draft())
    )
    return found is not None


async def drop_drafts(session: AsyncSession, conversation_ids: Sequence[UUID]) -> None:
    """Delete conversations and their trackers when the caller commits. Rasa itself offers no way to."""
    if not conversation_ids:
        return
    await session.execute(
        text("delete from rasa.events where sender_id = any(:sender_ids)"),
        {"sender_ids": [str(conversation_id) for conversation_id in conversation_ids]},
    )
    await session.execute(delete(Conversation).where(Conversation.id.in_(conversation_ids)))

"""Deletes everything that a synthetic report left behind, whatever tables there are."""

from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.models import Case
from api.conversations.models import Conversation
from api.database import Base
from api.owned_rows import owned_rows


async def purge(session: AsyncSession, conversation_id: UUID) -> None:
    """Delete a synthetic conversation, its cases and all that belongs to them, when the caller commits.

    A conversation that is not synthetic is left alone. What belongs is found by the foreign keys, so that a table
    that is added later is not forgotten.
    """
    synthetic = await session.scalar(
        select(Conversation.id).where(Conversation.id == conversation_id, Conversation.canary)
    )
    if synthetic is None:
        return
    cases = await session.scalars(select(Case.id).where(Case.conversation_id == conversation_id))
    # Data keys name their owner without a foreign key, because those of real cases outlive them as a trace.
    keys = Base.metadata.tables["content_keys"]
    await session.execute(delete(keys).where(keys.c.owner_id.in_([conversation_id, *cases])))
    owned = owned_rows(
        {
            "conversations": Conversation.id == conversation_id,
            "cases": Case.conversation_id == conversation_id,
        }
    )
    for table in reversed(Base.metadata.sorted_tables):
        if table in owned:
            await session.execute(delete(table).where(owned[table]))
    await session.execute(
        text("delete from rasa.events where sender_id = :sender_id"),
        {"sender_id": str(conversation_id)},
    )

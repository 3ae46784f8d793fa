"""A conversation that never became a case is a draft, and is deleted whole, with what Rasa remembers of it.

How long it is kept is policy, by channel.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.models import Case
from api.content_keys import destroy_keys
from api.conversations.models import Channel, Conversation, Handover
from api.policy import policy, policy_version


def kept_for(channel: Channel) -> timedelta:
    """How long after the last message a draft is kept, by the policy in force."""
    drafts = policy(policy_version()).drafts
    return timedelta(hours=drafts.sms_hours if channel == Channel.SMS else drafts.web_hours)


def _is_draft() -> ColumnElement[bool]:
    return and_(
        ~exists().where(Case.conversation_id == Conversation.id),
        ~exists().where(Handover.conversation_id == Conversation.id),
    )


async def drafts_to_drop(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Drafts that have been silent for longer than they are kept, locked; those in use now are passed over."""
    overdue = or_(
        *(
            and_(
                Conversation.channel == channel,
                Conversation.last_message_at < now - kept_for(channel),
            )
            for channel in Channel
        )
    )
    found = await session.scalars(
        select(Conversation.id).where(overdue, _is_draft()).with_for_update(skip_locked=True)
    )
    return found.all()


async def is_draft(session: AsyncSession, conversation_id: UUID) -> bool:
    found = await session.scalar(
        select(Conversation.id).where(Conversation.id == conversation_id, _is_draft())
    )
    return found is not None


async def drop_orphaned_trackers(session: AsyncSession) -> None:
    """Delete what Rasa wrote down of a conversation that was deleted while it was still answering.

    A conversation is committed before Rasa hears of it, so whatever has none was left behind, however young it is.
    """
    await session.execute(
        text(
            "delete from rasa.events where not exists"
            " (select from conversations where conversations.id::text = events.sender_id)"
        )
    )


async def drop_drafts(session: AsyncSession, conversation_ids: Sequence[UUID]) -> None:
    """Delete conversations and their trackers when the caller commits. Rasa itself offers no way to."""
    if not conversation_ids:
        return
    await session.execute(
        text("delete from rasa.events where sender_id = any(:sender_ids)"),
        {"sender_ids": [str(conversation_id) for conversation_id in conversation_ids]},
    )
    # Copies of the words that backups hold cannot be read without it.
    await destroy_keys(session, conversation_ids)
    await session.execute(delete(Conversation).where(Conversation.id.in_(conversation_ids)))

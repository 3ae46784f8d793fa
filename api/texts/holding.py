"""Whether a text may leave now: the networks' limits, the day's money, and the order of what was said.

What may not leave now waits; nothing is dropped.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.alerts.service import case_of_conversation, raise_alert
from api.conversations.models import Conversation, Message
from api.local_time import LONDON
from api.policy import TextsPolicy
from api.runtime import Runtime
from api.texts.models import Hold, OutgoingText, TextState

HOUR: Final = timedelta(hours=1)
# How soon a text looks again whether the one before it has left.
LOOK_AGAIN: Final = timedelta(seconds=5)
# One at a time counts and spends, so that two cannot both have the last penny.
COUNTING_LOCK: Final = 7_403_118
LEFT: Final = (
    *(TextState.SENDING, TextState.ACCEPTED, TextState.SENT),
    *(TextState.DELIVERED, TextState.UNDELIVERED),
)
# Why others of the conversation wait too; safe hours alone hold back nothing that answers the person.
HOLDS_UP_OTHERS: Final = (Hold.SAME_TEXT, Hold.MANY_TEXTS, Hold.SPENDING, Hold.ORDER)


@dataclass(frozen=True)
class Wait:
    """Why a text waits, and until when at least."""

    reason: Hold
    until: datetime


async def what_holds(
    session: AsyncSession,
    rules: TextsPolicy,
    outgoing: OutgoingText,
    conversation: Conversation,
    cost: Decimal,
    now: datetime,
) -> Wait | None:
    """What keeps a text from leaving now, if anything does. `outgoing` has its hashes."""
    if not outgoing.essential and await _overtakes(session, outgoing, conversation, now):
        return Wait(Hold.ORDER, now + LOOK_AGAIN)
    await session.execute(select(func.pg_advisory_xact_lock(COUNTING_LOCK)))
    same = OutgoingText.words_hash == outgoing.words_hash
    free_at = await _below_limit_at(session, outgoing, same, rules.same_text_per_hour, now)
    if free_at is not None:
        return Wait(Hold.SAME_TEXT, free_at)
    if outgoing.essential:
        return None
    free_at = await _below_limit_at(session, outgoing, true(), rules.texts_per_hour, now)
    if free_at is not None:
        return Wait(Hold.MANY_TEXTS, free_at)
    if await _spent(session, outgoing, now) + cost > rules.pounds_per_day * 100:
        return Wait(Hold.SPENDING, _midnight_after(now))
    return None


async def sound_spending_alarm(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, now: datetime
) -> None:
    """Tell officers once a day that texts wait because the day's money is spent. The caller commits.

    A draft becomes a case that holds the conversation alone: somebody waits there for an answer that does not come.
    """
    case = await case_of_conversation(session, conversation)
    day = now.astimezone(LONDON).date().isoformat()
    await raise_alert(session, runtime, case, AlertReason.TEXTS_HELD, f"texts_held:{day}")


async def _overtakes(
    session: AsyncSession, outgoing: OutgoingText, conversation: Conversation, now: datetime
) -> bool:
    """Whether something said earlier still waits to leave, or is not known to have left.

    Its job comes first as a rule; where that job broke off, its row waits for the sweeper.
    """
    own = select(Message.seq).where(Message.id == outgoing.message_id).scalar_subquery()
    earlier = await session.scalar(
        select(OutgoingText.id)
        .join(Message, Message.id == OutgoingText.message_id)
        .where(
            Message.conversation_id == conversation.id,
            Message.seq < own,
            or_(
                (OutgoingText.state == TextState.QUEUED)
                & or_(
                    OutgoingText.held_for.is_(None),
                    OutgoingText.held_for.in_(HOLDS_UP_OTHERS),
                    # Its hour has come: parts of one message wait for the same, and have no lock by then.
                    OutgoingText.not_before <= now,
                ),
                OutgoingText.state == TextState.SENDING,
            ),
            OutgoingText.essential.is_(False),
        )
        .limit(1)
    )
    return earlier is not None


async def _below_limit_at(
    session: AsyncSession,
    outgoing: OutgoingText,
    which: ColumnElement[bool],
    limit: int,
    now: datetime,
) -> datetime | None:
    """When fewer than `limit` such texts have gone to the number within an hour, or None if that is so now."""
    moments = list(
        await session.scalars(
            select(OutgoingText.handed_over_at)
            .where(
                OutgoingText.number_hash == outgoing.number_hash,
                which,
                OutgoingText.id != outgoing.id,
                OutgoingText.state.in_(LEFT),
                OutgoingText.handed_over_at > now - HOUR,
            )
            .order_by(OutgoingText.handed_over_at.desc())
            .limit(limit)
        )
    )
    oldest = moments[-1] if len(moments) == limit else None
    return oldest + HOUR if oldest is not None else None


async def _spent(session: AsyncSession, outgoing: OutgoingText, now: datetime) -> Decimal:
    """Pence that today's texts cost so far."""
    spent = await session.scalar(
        select(func.sum(OutgoingText.cost_pence)).where(
            OutgoingText.handed_over_at >= _midnight_before(now), OutgoingText.id != outgoing.id
        )
    )
    return spent or Decimal(0)


def _midnight_before(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(LONDON).date(), time(), LONDON)


def _midnight_after(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(LONDON).date() + timedelta(days=1), time(), LONDON)

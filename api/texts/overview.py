"""How the texts of one conversation fare, for the officer who has the case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.conversations.models import Channel, Conversation, Message
from api.texts.models import Failure, OutgoingText, ReceivedText, TextState


@dataclass(frozen=True)
class TextsOverview:
    """`failed` and `held` are newest first; `pictures` were sent by the person and not fetched."""

    stopped_at: datetime | None
    stopped_by: str | None
    failed: Sequence[OutgoingText]
    held: Sequence[OutgoingText]
    pictures: Sequence[ReceivedText]
    segments: int
    cost_pence: Decimal

    @property
    def pounds(self) -> str:
        return f"{self.cost_pence / 100:.2f}"


async def overview_of(
    session: AsyncSession, conversation: Conversation | None
) -> TextsOverview | None:
    """The texts of a conversation; None where it goes by another channel."""
    if conversation is None or conversation.channel != Channel.SMS:
        return None
    texts = list(
        await session.scalars(
            select(OutgoingText)
            .join(Message, Message.id == OutgoingText.message_id)
            .where(Message.conversation_id == conversation.id)
            .order_by(Message.seq.desc())
        )
    )
    pictures = await session.scalars(
        select(ReceivedText)
        .where(ReceivedText.conversation_id == conversation.id, ReceivedText.pictures > 0)
        .order_by(ReceivedText.arrived_at.desc())
    )
    return TextsOverview(
        stopped_at=conversation.texts_stopped_at,
        stopped_by=conversation.texts_stopped_by,
        # Whoever stopped texts made these fail, and the stop is told above them.
        failed=[
            each
            for each in texts
            if each.state in (TextState.FAILED, TextState.UNDELIVERED)
            and each.failure is not Failure.STOPPED
        ],
        held=[each for each in texts if each.held_for is not None],
        pictures=pictures.all(),
        segments=sum(each.segments or 0 for each in texts if each.handed_over_at is not None),
        cost_pence=sum((each.cost_pence or Decimal(0) for each in texts), Decimal(0)),
    )

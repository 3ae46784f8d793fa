"""Text messages on their way to a victim's phone."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, new_id, utc_now


class TextState(StrEnum):
    """In order: a later state never gives way to an earlier one."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"


class OutgoingText(Base):
    """One text: a row with a state before it is a call to Twilio."""

    __tablename__ = "outgoing_texts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), unique=True
    )
    state: Mapped[TextState] = mapped_column(default=TextState.QUEUED)
    provider_sid: Mapped[str | None] = mapped_column(String(40), unique=True)
    error_code: Mapped[int | None]
    segments: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(default=utc_now)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)
    # An officer's text that may not arrive yet waits until then.
    not_before: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_outgoing_texts_unsent",
            "queued_at",
            postgresql_where="state in ('queued', 'sending')",
        ),
    )

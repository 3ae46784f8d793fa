"""Synthetic reports that prove the way from the first message to an alert, and alarms when one does not arrive."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from api.alerts.models import SendState
from api.database import Base, new_id, utc_now


class CanaryState(StrEnum):
    TRAVELLING = "travelling"
    ARRIVED = "arrived"
    LATE = "late"


class Canary(Base):
    """One synthetic report on its way. What it left behind is deleted; this row stays as evidence."""

    __tablename__ = "canaries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[CanaryState] = mapped_column(default=CanaryState.TRAVELLING)
    set_off_at: Mapped[datetime] = mapped_column(default=utc_now)
    due_at: Mapped[datetime]
    # No foreign key: the conversation is deleted when the journey is over.
    conversation_id: Mapped[UUID | None]
    reported_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index("ix_canaries_set_off", "set_off_at"),)


class CanaryAlarm(Base):
    """One e-mail to the control room for one outage, however many canaries it costs."""

    __tablename__ = "canary_alarms"

    # The last moment at which the way was known to be open.
    open_until: Mapped[datetime] = mapped_column(primary_key=True)
    state: Mapped[SendState] = mapped_column(default=SendState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    raised_at: Mapped[datetime] = mapped_column(default=utc_now)
    accepted_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(64))

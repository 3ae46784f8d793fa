"""An alert is a row with a status before it is a message to anybody."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.cases.models import Case
from api.database import Base, new_id, utc_now


class AlertReason(StrEnum):
    REPORT = "report"
    URGENT = "urgent"
    UNANSWERED = "unanswered"
    HANDOVER_PENDING = "handover_pending"
    PERSON_WANTED = "person_wanted"
    CHOICE_CHANGED = "choice_changed"
    INFORMATION_ADDED = "information_added"
    WITHDRAWAL_WANTED = "withdrawal_wanted"
    PERSON_REPLIED = "person_replied"
    TEXT_FAILED = "text_failed"
    TEXTS_HELD = "texts_held"


class SendState(StrEnum):
    QUEUED = "queued"
    ACCEPTED = "accepted"
    FAILED = "failed"


class Alert(Base):
    """Asks an officer to look at a case. Stands until somebody acknowledges it."""

    __tablename__ = "alerts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    reason: Mapped[AlertReason]
    # Makes raising the same alert twice harmless.
    idempotency_key: Mapped[str] = mapped_column(String(128), unique=True)
    raised_at: Mapped[datetime] = mapped_column(default=utc_now)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))

    case: Mapped[Case] = relationship(lazy="raise")
    sends: Mapped[list["AlertSend"]] = relationship(lazy="raise", order_by="AlertSend.queued_at")

    __table_args__ = (
        Index("ix_alerts_case", "case_id"),
        Index("ix_alerts_standing", "raised_at", postgresql_where="acknowledged_at is null"),
    )


class AlertSend(Base):
    """One attempt chain to reach one officer by one means. `accepted` means that the mail server took it."""

    __tablename__ = "alert_sends"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id"))
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    means: Mapped[str] = mapped_column(String(8), default="email")
    state: Mapped[SendState] = mapped_column(default=SendState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(default=utc_now)
    accepted_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        UniqueConstraint("alert_id", "officer_id", "means"),
        Index("ix_alert_sends_queued", "queued_at", postgresql_where="state = 'queued'"),
    )

"""An alert is a row, each step of its escalation is one, and each message to somebody is one, before any is a call."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.cases.models import Case
from api.database import Base, new_id, utc_now
from api.security import EncryptedText


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
    RECALL_REFUSED = "recall_refused"


# Where a person waits for an officer: the officer must be able to answer, so a case that was closed is open again.
# Who only replies to what an officer wrote, were it the closing, asks for nothing yet.
REOPENING: Final = frozenset(
    {
        AlertReason.URGENT,
        AlertReason.UNANSWERED,
        AlertReason.HANDOVER_PENDING,
        AlertReason.PERSON_WANTED,
        AlertReason.CHOICE_CHANGED,
        AlertReason.INFORMATION_ADDED,
        AlertReason.WITHDRAWAL_WANTED,
    }
)


class SendState(StrEnum):
    """`sending` is a text whose call may have been made; `dropped` is what an acknowledgement made needless."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    FAILED = "failed"
    DROPPED = "dropped"


class StepState(StrEnum):
    """`started` has messages under way; `done` reached somebody; `failed` reached nobody so far."""

    PLANNED = "planned"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"


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
    # page, api or text.
    acknowledged_through: Mapped[str | None] = mapped_column(String(8))

    case: Mapped[Case] = relationship(lazy="raise")
    sends: Mapped[list["AlertSend"]] = relationship(lazy="raise", order_by="AlertSend.queued_at")
    steps: Mapped[list["AlertStep"]] = relationship(lazy="raise", order_by="AlertStep.number")

    __table_args__ = (
        Index("ix_alerts_case", "case_id"),
        Index("ix_alerts_standing", "raised_at", postgresql_where="acknowledged_at is null"),
    )


class AlertStep(Base):
    """One step of an alert's escalation: planned when the alert is raised, started when its time comes."""

    __tablename__ = "alert_steps"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id"))
    number: Mapped[int]
    means: Mapped[list[str]] = mapped_column(ARRAY(String(8)))
    whom: Mapped[str] = mapped_column(String(20))
    # Follows when the policy's steps are through and still nobody has acknowledged.
    repeats: Mapped[bool] = mapped_column(default=False)
    state: Mapped[StepState] = mapped_column(default=StepState.PLANNED)
    planned_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    # Codes of why these people were chosen, for whoever reads the chain.
    why: Mapped[list[str]] = mapped_column(ARRAY(String(32)), default=list)

    __table_args__ = (
        UniqueConstraint("alert_id", "number"),
        Index("ix_alert_steps_planned", "planned_at", postgresql_where="state = 'planned'"),
    )


class AlertSend(Base):
    """One message to one recipient by one means, however often it is tried.

    `accepted` means that the mail server, Twilio or the force's system took it. A recipient is an officer's id, or
    names what is no officer.
    """

    __tablename__ = "alert_sends"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id"))
    step_id: Mapped[UUID | None]
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    recipient: Mapped[str] = mapped_column(String(40), default="", server_default="")
    means: Mapped[str] = mapped_column(String(8), default="email")
    state: Mapped[SendState] = mapped_column(default=SendState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(default=utc_now)
    accepted_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(64))
    provider_sid: Mapped[str | None] = mapped_column(String(40), unique=True)
    # What a text asks for in reply; it acknowledges once, and only from the officer's own number.
    code: Mapped[str | None] = mapped_column(EncryptedText)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)

    __table_args__ = (
        ForeignKeyConstraint(["step_id"], ["alert_steps.id"], name="fk_alert_sends_step_id"),
        UniqueConstraint("step_id", "means", "recipient"),
        Index(
            "ix_alert_sends_unsent",
            "queued_at",
            postgresql_where="state in ('queued', 'sending')",
        ),
    )


class OfficerTextOutcome(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    ALREADY = "already"
    CODE_REFUSED = "code_refused"
    TOO_MANY = "too_many"
    NOT_READ = "not_read"
    STOPPED = "stopped"
    STARTED = "started"


class OfficerText(Base):
    """What became of a text from an officer's number, and the text that answers it. Its words are not kept."""

    __tablename__ = "officer_texts"

    message_sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    outcome: Mapped[OfficerTextOutcome]
    reference: Mapped[str | None] = mapped_column(String(16))
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    # The answer; a text that gets none is dropped from the start.
    state: Mapped[SendState] = mapped_column(default=SendState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    provider_sid: Mapped[str | None] = mapped_column(String(40), unique=True)
    last_error: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_officer_texts_officer", "officer_id", "received_at"),
        Index(
            "ix_officer_texts_unanswered",
            "received_at",
            postgresql_where="state in ('queued', 'sending')",
        ),
    )

"""What officers do with a case, and what became of it: plan, referral, reviews, and their saved views."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from api.cases.models import ActionState
from api.database import Base, new_id, utc_now
from api.security import EncryptedJson, EncryptedText


class SavedView(Base):
    """Filters of the queue under a name of an officer's own."""

    __tablename__ = "saved_views"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    name: Mapped[str] = mapped_column(EncryptedText)
    query: Mapped[str] = mapped_column(String(200))
    saved_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (Index("ix_saved_views_officer", "officer_id"),)


class PlanChange(Base):
    """One change of an item of the plan, with its evidence or reason. Only ever added to, by trigger."""

    __tablename__ = "plan_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    action_id: Mapped[UUID] = mapped_column(ForeignKey("planned_actions.id"))
    state: Mapped[ActionState]
    text: Mapped[str | None] = mapped_column(EncryptedText)
    # Null where the product itself saw it done.
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (Index("ix_plan_changes_action", "action_id", "at"),)


class PartnerSendKind(StrEnum):
    REFERRAL = "referral"
    RECALL = "recall"


class PartnerSendState(StrEnum):
    """`cancelled`: the choice changed before anything left."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class PartnerSend(Base):
    """What is sent to a partner agency, word for word, with its state: a row before it is a call."""

    __tablename__ = "partner_sends"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[PartnerSendKind]
    partner: Mapped[str] = mapped_column(String(40))
    partners_version: Mapped[str] = mapped_column(String(10))
    payload: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    state: Mapped[PartnerSendState] = mapped_column(default=PartnerSendState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(default=utc_now)
    accepted_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(64))
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    override_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral_overrides.id"))

    __table_args__ = (
        Index("ix_partner_sends_case", "case_id", "queued_at"),
        Index(
            "ix_partner_sends_unsent",
            "queued_at",
            postgresql_where="state in ('queued', 'sending')",
        ),
    )


class ReferralEventKind(StrEnum):
    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RECALLED = "recalled"
    RECALL_SENT = "recall_sent"
    REFUSED = "refused"


class ReferralEvent(Base):
    """What happened to a referral, with the partner's receipt or reason. Only ever added to, by trigger."""

    __tablename__ = "referral_events"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[ReferralEventKind]
    partner: Mapped[str] = mapped_column(String(40))
    text: Mapped[str | None] = mapped_column(EncryptedText)
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (Index("ix_referral_events_case", "case_id", "at"),)


class ReferralOverride(Base):
    """Referring against or without the person's choice: one officer asks, another one, a supervisor, decides."""

    __tablename__ = "referral_overrides"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    basis: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(EncryptedText)
    partner: Mapped[str] = mapped_column(String(40))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    asked_at: Mapped[datetime] = mapped_column(default=utc_now)
    approved: Mapped[bool | None] = mapped_column(Boolean)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(EncryptedText)

    __table_args__ = (
        CheckConstraint("decided_by <> asked_by", name="second_person"),
        Index("ix_referral_overrides_case", "case_id"),
        Index("ix_referral_overrides_waiting", "asked_at", postgresql_where="decided_at is null"),
    )


class ReviewKind(StrEnum):
    SIGNED_OFF = "signed_off"
    SENT_BACK = "sent_back"
    ANSWERED = "answered"


class Review(Base):
    """A supervisor's review of a case, or the officer's answer to one. Only ever added to, by trigger.

    `due_at` is when the review was due, so that it can be said later whether it was on time.
    """

    __tablename__ = "reviews"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[ReviewKind]
    note: Mapped[str] = mapped_column(EncryptedText)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    due_at: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (Index("ix_reviews_case", "case_id", "at"),)

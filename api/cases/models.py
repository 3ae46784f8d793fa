"""A case and what belongs to it. People are kept apart by role; consent is only ever added to."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.cases.workspace_codes import QUEUE_RANK, AssessmentSource
from api.conversations.models import Channel
from api.database import Base, new_id, utc_now
from api.security import EncryptedJson, EncryptedText


class Status(StrEnum):
    """`urgent` is a conversation that raised an alert before any report was sent."""

    URGENT = "urgent"
    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    OPEN = "open"
    CLOSED = "closed"


class Route(StrEnum):
    VICTIM = "victim"
    WITNESS = "witness"
    ON_BEHALF = "on_behalf"


class Grade(StrEnum):
    STANDARD = "standard"
    MEDIUM = "medium"
    HIGH = "high"


class Decision(StrEnum):
    """The person's choice about victim support."""

    REFER = "refer"
    DECLINED = "declined"
    ASK_LATER = "ask_later"
    NOT_ASKED = "not_asked"


class ReferralState(StrEnum):
    DUE = "due"
    NOT_WANTED = "not_wanted"
    TO_ASK = "to_ask"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RECALLED = "recalled"


class PersonRole(StrEnum):
    VICTIM = "victim"
    REPORTER = "reporter"
    PERSON_INVOLVED = "person_involved"


class ActionState(StrEnum):
    OPEN = "open"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


class Case(Base):
    """What an officer works on. `idempotency_key` and `request_hash` make a second hand-over harmless.

    The database itself keeps `alert_waiting`, `next_due_at` (the earliest clock that runs; the year 9999 where none
    does) and `queue_rank`, so that no way of changing an alert or a clock can forget the queue.
    """

    __tablename__ = "cases"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id"))
    idempotency_key: Mapped[str | None] = mapped_column(String(128), unique=True)
    request_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    update_code: Mapped[str | None] = mapped_column(EncryptedText)
    update_code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    status: Mapped[Status] = mapped_column(default=Status.NEW)
    language: Mapped[str] = mapped_column(String(2))
    channel: Mapped[Channel]
    route: Mapped[Route] = mapped_column(default=Route.VICTIM)
    grade: Mapped[Grade] = mapped_column(default=Grade.STANDARD)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    submitted_at: Mapped[datetime | None]
    policy_version: Mapped[str] = mapped_column(String(10))
    # A synthetic report that proves the way: in no queue, count or figure, and deleted when it has arrived.
    canary: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The county, in which officers share the work out; null until it was looked up.
    area: Mapped[str | None] = mapped_column(String(20))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    alert_waiting: Mapped[bool] = mapped_column(server_default="false", deferred=True)
    next_due_at: Mapped[datetime] = mapped_column(
        server_default="9999-01-01 00:00:00+00", deferred=True
    )
    queue_rank: Mapped[int] = mapped_column(
        SmallInteger, Computed(QUEUE_RANK, persisted=True), deferred=True
    )

    report: Mapped["Report | None"] = relationship(lazy="raise", uselist=False)
    reporter: Mapped["Reporter | None"] = relationship(lazy="raise", uselist=False)
    people: Mapped[list["Person"]] = relationship(lazy="raise")
    consents: Mapped[list["Consent"]] = relationship(lazy="raise", order_by="Consent.recorded_at")
    referral: Mapped["Referral | None"] = relationship(lazy="raise", uselist=False)
    risk_assessments: Mapped[list["RiskAssessment"]] = relationship(
        lazy="raise", order_by="RiskAssessment.assessed_at"
    )
    actions: Mapped[list["PlannedAction"]] = relationship(
        lazy="raise", order_by="PlannedAction.position"
    )
    deadlines: Mapped[list["Deadline"]] = relationship(lazy="raise", order_by="Deadline.due_at")
    additions: Mapped[list["Addition"]] = relationship(lazy="raise", order_by="Addition.added_at")

    @property
    def reporting_role(self) -> PersonRole:
        """In which role the one who reports stands among the people."""
        return PersonRole.VICTIM if self.route == Route.VICTIM else PersonRole.REPORTER

    __table_args__ = (
        CheckConstraint("language in ('cy', 'en')", name="language"),
        CheckConstraint("grade in ('standard', 'medium', 'high')", name="grade"),
        Index("ix_cases_conversation", "conversation_id"),
        Index("ix_cases_queue", "status", "grade", "created_at"),
        Index("ix_cases_order", "queue_rank", "next_due_at", "created_at", "id"),
        Index("ix_cases_owner", "owner_id", "queue_rank", "next_due_at", "created_at", "id"),
        Index(
            "ix_cases_reference_prefix",
            "reference",
            postgresql_ops={"reference": "varchar_pattern_ops"},
        ),
    )


class Report(Base):
    """The account as it was given, and what the person said of it. Never edited by staff."""

    __tablename__ = "reports"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    text: Mapped[str] = mapped_column(EncryptedText)
    text_language: Mapped[str] = mapped_column(String(2))
    text_sha256: Mapped[str] = mapped_column(EncryptedText)
    why_text: Mapped[str | None] = mapped_column(EncryptedText)
    strands: Mapped[list[str]] = mapped_column(EncryptedJson)
    incident_types: Mapped[list[str]] = mapped_column(EncryptedJson)
    flags: Mapped[list[str]] = mapped_column(EncryptedJson)
    when_text: Mapped[str | None] = mapped_column(EncryptedText)
    occurred_from: Mapped[datetime | None]
    occurred_to: Mapped[datetime | None]
    where_text: Mapped[str | None] = mapped_column(EncryptedText)
    place: Mapped[str | None] = mapped_column(EncryptedText)
    online: Mapped[bool | None]
    # Who saw it, or what shows it.
    evidence_text: Mapped[str | None] = mapped_column(EncryptedText)


class Reporter(Base):
    """Who reports, and what they say of themselves and of the victim. `under_18` is null where it was not said.

    `victim_knows`, `victim_agrees` and `may_contact_victim` are yes, no or unknown.
    """

    __tablename__ = "reporters"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    under_18: Mapped[bool | None]
    professional: Mapped[bool] = mapped_column(default=False)
    relation: Mapped[str | None] = mapped_column(EncryptedText)
    organisation: Mapped[str | None] = mapped_column(EncryptedText)
    victim_knows: Mapped[str] = mapped_column(String(10), default="unknown")
    victim_agrees: Mapped[str] = mapped_column(String(10), default="unknown")
    may_contact_victim: Mapped[str] = mapped_column(String(10), default="unknown")
    trusted_adult: Mapped[str | None] = mapped_column(EncryptedText)


class Person(Base):
    """Somebody in a case, apart from the account, with how they may safely be reached.

    Languages are cy, en or the person's own words for another one. What was not asked is null.
    """

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    role: Mapped[PersonRole]
    name: Mapped[str | None] = mapped_column(EncryptedText)
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    email: Mapped[str | None] = mapped_column(EncryptedText)
    email_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    contact_method: Mapped[str | None] = mapped_column(String(20))
    safe_contact_text: Mapped[str | None] = mapped_column(EncryptedText)
    contact_hours: Mapped[str | None] = mapped_column(EncryptedText)
    voicemail: Mapped[str | None] = mapped_column(EncryptedText)
    say_police: Mapped[str | None] = mapped_column(EncryptedText)
    trusted_person: Mapped[str | None] = mapped_column(EncryptedText)
    spoken_language: Mapped[str | None] = mapped_column(EncryptedText)
    written_language: Mapped[str | None] = mapped_column(EncryptedText)
    interpreter: Mapped[bool | None]
    access_needs: Mapped[str | None] = mapped_column(EncryptedText)

    __table_args__ = (
        UniqueConstraint("case_id", "role"),
        Index("ix_people_phone", "phone_hash", postgresql_where="phone_hash is not null"),
        Index("ix_people_email", "email_hash", postgresql_where="email_hash is not null"),
    )


class Consent(Base):
    """One answer about victim support, with the evidence of what was asked and what was said."""

    __tablename__ = "consents"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    decision: Mapped[Decision]
    wording_version: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(5))
    channel: Mapped[Channel]
    words: Mapped[str | None] = mapped_column(EncryptedText)
    recorded_at: Mapped[datetime] = mapped_column(default=utc_now)
    # The officer who asked, where it was not the assistant.
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))


class AdditionKind(StrEnum):
    ADDITION = "addition"
    WITHDRAWAL = "withdrawal"
    FEEDBACK = "feedback"


class Addition(Base):
    """What the person said of a case after it was sent, in their words. Only ever added to."""

    __tablename__ = "additions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[AdditionKind]
    text: Mapped[str] = mapped_column(EncryptedText)
    language: Mapped[str] = mapped_column(String(5))
    channel: Mapped[Channel]
    added_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (Index("ix_additions_case", "case_id"),)


class MailState(StrEnum):
    QUEUED = "queued"
    ACCEPTED = "accepted"


class WrittenAcknowledgement(Base):
    """The mail that acknowledges a report to whoever chose e-mail. `accepted`: the mail server took it."""

    __tablename__ = "written_acknowledgements"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    state: Mapped[MailState] = mapped_column(default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(default=utc_now)
    accepted_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(64))


class Referral(Base):
    __tablename__ = "referrals"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    decision: Mapped[Decision]
    state: Mapped[ReferralState]
    due_at: Mapped[datetime | None]


class RiskAssessment(Base):
    """Answers, and the grade that follows. Only a person may grade lower. Only ever added to, by trigger.

    `grade` is the case's from here on; `policy_grade` what the policy makes of the answers, where that is not the same.
    """

    __tablename__ = "risk_assessments"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    policy_version: Mapped[str] = mapped_column(String(10))
    answers: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    points: Mapped[int]
    reasons: Mapped[list[str]] = mapped_column(EncryptedJson)
    grade: Mapped[Grade]
    policy_grade: Mapped[Grade | None]
    source: Mapped[AssessmentSource] = mapped_column(
        default=AssessmentSource.REPORT, server_default="report"
    )
    assessed_by: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    reason: Mapped[str | None] = mapped_column(EncryptedText)
    assessed_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (Index("ix_risk_assessments_case", "case_id", "assessed_at"),)


class PlannedAction(Base):
    """One item of the initial action plan. A case is not closed while a mandatory one is open."""

    __tablename__ = "planned_actions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    position: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    state: Mapped[ActionState] = mapped_column(default=ActionState.OPEN)
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    mandatory: Mapped[bool] = mapped_column(default=True, server_default="true")

    __table_args__ = (UniqueConstraint("case_id", "code"),)


class Deadline(Base):
    """A clock that started when the report was sent, in working days where the policy says so."""

    __tablename__ = "deadlines"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    code: Mapped[str] = mapped_column(String(40))
    due_at: Mapped[datetime]
    met_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("case_id", "code"),)

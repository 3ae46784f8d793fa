"""What officers add to a case: contact, translations, links, the person involved, outcome, closing, disposal."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.cases.models import PersonRole
from api.database import Base, new_id, utc_now
from api.security import EncryptedText


class Means(StrEnum):
    CHAT = "chat"
    TEXT = "text"
    PHONE = "phone"
    EMAIL = "email"
    VISIT = "visit"
    LETTER = "letter"


class Direction(StrEnum):
    TO_PERSON = "to_person"
    FROM_PERSON = "from_person"


class ContactOutcome(StrEnum):
    """`number_shown` is nothing that an officer notes: the number was looked at outside what the person allows."""

    REACHED = "reached"
    SENT = "sent"
    LEFT_MESSAGE = "left_message"
    NO_ANSWER = "no_answer"
    SOMEBODY_ELSE = "somebody_else"
    FAILED = "failed"
    NUMBER_SHOWN = "number_shown"


class ContactAttempt(Base):
    """One contact, or attempt at one. `against_wishes` is the reason where it was outside what the person allows."""

    __tablename__ = "contact_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    means: Mapped[Means]
    direction: Mapped[Direction]
    outcome: Mapped[ContactOutcome]
    with_role: Mapped[PersonRole]
    note: Mapped[str | None] = mapped_column(EncryptedText)
    against_wishes: Mapped[str | None] = mapped_column(EncryptedText)
    at: Mapped[datetime]
    by: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    noted_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (Index("ix_contact_attempts_case", "case_id"),)


class Translation(Base):
    """A translation of an account, made by a person and kept beside it. The account itself stays the record."""

    __tablename__ = "translations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    language: Mapped[str] = mapped_column(String(2))
    text: Mapped[str] = mapped_column(EncryptedText)
    translator: Mapped[str] = mapped_column(EncryptedText)
    made_on: Mapped[date] = mapped_column(Date)
    # SHA-256 of what was translated, so that a translation can be laid beside exactly that text.
    source_sha256: Mapped[str] = mapped_column(EncryptedText)
    added_by: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    added_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (
        CheckConstraint("language in ('cy', 'en')", name="language"),
        Index("ix_translations_case", "case_id"),
    )


class IdentifierKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    PLACE = "place"


class CaseIdentifier(Base):
    """A keyed hash of a telephone number, an address or a place, by which another case with it is found."""

    __tablename__ = "case_identifiers"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    kind: Mapped[IdentifierKind] = mapped_column(primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)

    __table_args__ = (Index("ix_case_identifiers_hash", "hash"),)


class LinkKind(StrEnum):
    VICTIM = "victim"
    PLACE = "place"


class CaseLink(Base):
    """An officer's decision that two cases belong together. Undone, it stays with who undid it."""

    __tablename__ = "case_links"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    other_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[LinkKind]
    linked_by: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    linked_at: Mapped[datetime] = mapped_column(default=utc_now)
    unlinked_by: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    unlinked_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_case_links_case", "case_id"),
        Index("ix_case_links_other", "other_id"),
        Index(
            "uq_case_links_standing",
            "case_id",
            "other_id",
            "kind",
            unique=True,
            postgresql_where="unlinked_at is null",
        ),
    )


class PersonInvolved(Base):
    """What is known of somebody who is said to have done it, apart from everything else of the case.

    `added_by` is nobody where the report itself says so. Redacted, the row stays and says when; what it told of
    the person is removed.
    """

    __tablename__ = "people_involved"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    name: Mapped[str | None] = mapped_column(EncryptedText)
    description: Mapped[str | None] = mapped_column(EncryptedText)
    whereabouts: Mapped[str | None] = mapped_column(EncryptedText)
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    added_at: Mapped[datetime] = mapped_column(default=utc_now)
    redacted_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_people_involved_case", "case_id"),)


class Outcome(Base):
    """A person's decision on what the case came to. The newest holds; earlier ones stay.

    `kept_because` is why data on the person involved is kept although no crime was found.
    """

    __tablename__ = "outcomes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    code: Mapped[str] = mapped_column(String(40))
    policy_version: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(EncryptedText)
    kept_because: Mapped[str | None] = mapped_column(EncryptedText)
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    decided_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (Index("ix_outcomes_case", "case_id"),)


class Redaction(Base):
    """The record that data on the person involved was removed: how many fields of how many people, why, by whom."""

    __tablename__ = "redactions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    outcome_id: Mapped[UUID] = mapped_column(ForeignKey("outcomes.id"))
    people: Mapped[int]
    fields: Mapped[int]
    policy_version: Mapped[str] = mapped_column(String(10))
    redacted_by: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    redacted_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (Index("ix_redactions_case", "case_id"),)


class ToldState(StrEnum):
    """How the person learns that their case was closed."""

    QUEUED = "queued"
    BY_OFFICER = "by_officer"
    NOT_WANTED = "not_wanted"


class Closing(Base):
    """Why a case was closed, and how the person was told. The newest counts for how long the case is kept."""

    __tablename__ = "closings"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    reason: Mapped[str] = mapped_column(String(40))
    policy_version: Mapped[str] = mapped_column(String(10))
    note: Mapped[str | None] = mapped_column(EncryptedText)
    told: Mapped[ToldState]
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    closed_by: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    closed_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (Index("ix_closings_case", "case_id"),)


class DisposalCertificate(Base):
    """Proof that something was deleted when it was due, with nothing of its content.

    `fingerprint` is a keyed hash of the references and the counts: whoever has both and the key can check it.
    """

    __tablename__ = "disposal_certificates"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    retention_class: Mapped[str] = mapped_column(String(40))
    policy_version: Mapped[str] = mapped_column(String(10))
    cases: Mapped[int]
    rows: Mapped[dict[str, int]] = mapped_column(JSON)
    keys_destroyed: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(default=utc_now)

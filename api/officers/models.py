"""Officers, what they sign in with, the sessions they hold, and the failures that slow a guesser down."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, new_id, utc_now
from api.security import EncryptedText


class Role(StrEnum):
    """What somebody is here for. Nobody has two: who administers accounts opens no case."""

    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    CONTROL_ROOM = "control_room"
    SCRUTINY = "scrutiny"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Officer(Base):
    """An account. Without a password it is one of single sign-on, or one whose invitation is still open.

    `otp_pending` is a secret that no code has confirmed yet; `otp_last_step` is the time step of the
    last code that was accepted, so that none is accepted twice.
    """

    __tablename__ = "officers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[Role] = mapped_column(default=Role.OFFICER)
    language: Mapped[str] = mapped_column(String(2), default="cy")
    on_duty: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(String(256))
    otp_secret: Mapped[str | None] = mapped_column(EncryptedText)
    otp_pending: Mapped[str | None] = mapped_column(EncryptedText)
    otp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    oidc_subject: Mapped[str | None] = mapped_column(String(512), unique=True)
    disabled_at: Mapped[datetime | None]


class OfficerSession(Base):
    """A browser session (with a CSRF token) or an API token; only its hash is kept.

    `id` names it to whoever may end it, and opens nothing. `by_oidc`: single sign-on began it.
    """

    __tablename__ = "officer_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    id: Mapped[UUID] = mapped_column(
        unique=True, default=new_id, server_default=text("gen_random_uuid()")
    )
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    by_oidc: Mapped[bool] = mapped_column(default=False, server_default=false())
    csrf_token: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]


class SignInFailures(Base):
    """Repeated failures for one name, known or not, so that an unknown name is slowed alike.

    A browser in which an officer has signed in before is counted for itself, under a hash of its own.
    """

    __tablename__ = "sign_in_failures"

    username_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


class RecoveryCode(Base):
    """Takes the place of a code, once, for whoever has lost the telephone. Only a keyed hash is kept."""

    __tablename__ = "recovery_codes"

    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None]


class LinkKind(StrEnum):
    INVITATION = "invitation"
    RESET = "reset"


class AccountLink(Base):
    """A link by which somebody sets a password, once and for a while; only its hash is kept."""

    __tablename__ = "account_links"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    kind: Mapped[LinkKind]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_account_links_officer", "officer_id"),)


class StaffMailKind(StrEnum):
    INVITATION = "invitation"
    RESET = "reset"
    CASE_OPENED = "case_opened"


class StaffMailState(StrEnum):
    QUEUED = "queued"
    ACCEPTED = "accepted"


class StaffMail(Base):
    """A mail to one account. `accepted`: the mail server took it, and the token is forgotten here."""

    __tablename__ = "staff_mails"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    kind: Mapped[StaffMailKind]
    token: Mapped[str | None] = mapped_column(EncryptedText)
    reference: Mapped[str | None] = mapped_column(String(16))
    state: Mapped[StaffMailState] = mapped_column(default=StaffMailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(default=utc_now)
    accepted_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_staff_mails_queued", "queued_at", postgresql_where="state = 'queued'"),
    )

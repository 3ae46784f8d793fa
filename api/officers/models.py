"""Officers, the sessions and tokens they hold, and the failures that slow a guesser down."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, new_id, utc_now
from api.security import EncryptedText


class Role(StrEnum):
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Officer(Base):
    __tablename__ = "officers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[Role] = mapped_column(default=Role.OFFICER)
    language: Mapped[str] = mapped_column(String(2), default="cy")
    on_duty: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str] = mapped_column(String(256))
    otp_secret: Mapped[str | None] = mapped_column(EncryptedText)
    disabled_at: Mapped[datetime | None]


class OfficerSession(Base):
    """A browser session (with a CSRF token) or an API token; only its hash is kept."""

    __tablename__ = "officer_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    csrf_token: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]


class SignInFailures(Base):
    """Repeated failures for one name, known or not, so that an unknown name is slowed alike."""

    __tablename__ = "sign_in_failures"

    username_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]

"""Cases that only some may open, and who opened one all the same."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, new_id, utc_now
from api.security import EncryptedText


class Restriction(Base):
    """A case that opens for supervisors and for the officers named for it, and for nobody else."""

    __tablename__ = "case_restrictions"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    restricted_at: Mapped[datetime] = mapped_column(default=utc_now)
    restricted_by: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))


class NamedOfficer(Base):
    """Somebody who needs to know of a restricted case."""

    __tablename__ = "case_named_officers"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"), primary_key=True)
    named_at: Mapped[datetime] = mapped_column(default=utc_now)
    named_by: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))


class EmergencyOpening(Base):
    """A restricted case opened by somebody who was not named, for a typed reason and for a while."""

    __tablename__ = "emergency_openings"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    reason: Mapped[str] = mapped_column(EncryptedText)
    opened_at: Mapped[datetime] = mapped_column(default=utc_now)
    ends_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))

    __table_args__ = (Index("ix_emergency_openings_case", "case_id", "officer_id"),)

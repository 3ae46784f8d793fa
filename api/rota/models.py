"""Who is on duty when and where, who is away, and how an officer is reached besides e-mail."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, new_id, utc_now
from api.security import EncryptedText


class RotaShift(Base):
    """An officer's shift, every week. Times are those of Europe/London.

    `days` are those on which it begins: 0 Monday to 6 Sunday, 7 a bank holiday, which is no weekday then. One that
    ends no later than it begins runs into the next day. `position` is the order of cover, smallest first.
    """

    __tablename__ = "rota_shifts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    area: Mapped[str] = mapped_column(String(20))
    days: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    begins: Mapped[time]
    ends: Mapped[time]
    position: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (
        CheckConstraint("cardinality(days) > 0", name="days"),
        Index("ix_rota_shifts_officer", "officer_id"),
    )


class RotaAbsence(Base):
    """From when to when an officer gets no alerts, whatever the shifts say."""

    __tablename__ = "rota_absences"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("ends_at > begins_at", name="order"),
        Index("ix_rota_absences_officer", "officer_id"),
    )


class Reach(Base):
    """How an officer is reached besides e-mail, and whether in spoken Welsh the officer can help."""

    __tablename__ = "officer_reach"

    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"), primary_key=True)
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    # The officer told the network to stop our texts.
    texts_stopped_at: Mapped[datetime | None]
    speaks_welsh: Mapped[bool] = mapped_column(default=False)
    sound: Mapped[bool] = mapped_column(default=False)

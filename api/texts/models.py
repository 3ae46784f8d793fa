"""Text messages: those on their way to a phone, those that came, and what Twilio said too early."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, new_id, utc_now


class TextState(StrEnum):
    """In order: a later state never gives way to an earlier one."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"


class Hold(StrEnum):
    """Why a queued text waits."""

    HOURS = "hours"
    SAME_TEXT = "same_text"
    MANY_TEXTS = "many_texts"
    SPENDING = "spending"
    ORDER = "order"


class Failure(StrEnum):
    """Why a text will not be sent any more, where that is not Twilio's error code alone."""

    STOPPED = "stopped"
    NO_NUMBER = "no_number"
    REFUSED = "refused"
    NEVER_TAKEN = "never_taken"
    NOT_DELIVERED = "not_delivered"
    # The person may no longer be contacted this way.
    NOT_WANTED = "not_wanted"


class OutgoingText(Base):
    """One text: a row with a state before it is a call to Twilio.

    `essential` ones (emergency cards, answers to STOP, START and HELP) wait for no money, and go where only we stopped.
    Number and words stand here as keyed hashes, for counting.
    """

    __tablename__ = "outgoing_texts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), unique=True
    )
    state: Mapped[TextState] = mapped_column(default=TextState.QUEUED)
    provider_sid: Mapped[str | None] = mapped_column(String(40), unique=True)
    error_code: Mapped[int | None]
    failure: Mapped[Failure | None]
    segments: Mapped[int | None]
    cost_pence: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    attempts: Mapped[int] = mapped_column(default=0)
    essential: Mapped[bool] = mapped_column(default=False, server_default="false")
    held_for: Mapped[Hold | None]
    not_before: Mapped[datetime | None]
    # When it was first handed to Twilio.
    handed_over_at: Mapped[datetime | None]
    number_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    words_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    queued_at: Mapped[datetime] = mapped_column(default=utc_now)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (
        Index(
            "ix_outgoing_texts_unsent",
            "queued_at",
            postgresql_where="state in ('queued', 'sending')",
        ),
        Index("ix_outgoing_texts_number", "number_hash", "handed_over_at"),
        Index("ix_outgoing_texts_handed_over", "handed_over_at"),
    )


class Route(StrEnum):
    """What a text was taken for; `api.texts.router` decides it."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    WHILE_STOPPED = "while_stopped"
    PICTURE = "picture"
    BLANK = "blank"
    TO_OFFICER = "to_officer"
    CODE = "code"
    TO_WEB = "to_web"
    STATUS = "status"
    ANSWER = "answer"
    FOLLOW_UP = "follow_up"
    NEW_REPORT = "new_report"


class ReceivedText(Base):
    """That a text came, and what it was taken for. Outlives its words, so that an old one is never taken again."""

    __tablename__ = "received_texts"

    # Keyed: Twilio's id would lead to the number.
    sid_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    conversation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL")
    )
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    # What was said to it without the dialogue.
    answer_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    route: Mapped[Route | None]
    pictures: Mapped[int] = mapped_column(default=0)
    arrived_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (
        Index("ix_received_texts_conversation", "conversation_id", "arrived_at"),
        Index("ix_received_texts_message", "message_id"),
        Index("ix_received_texts_answer", "answer_id"),
    )


class EarlyReport(Base):
    """The fate of a text that Twilio told before we had kept its id. Kept until then."""

    __tablename__ = "early_text_reports"

    provider_sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[TextState]
    error_code: Mapped[int | None]
    arrived_at: Mapped[datetime] = mapped_column(default=utc_now)

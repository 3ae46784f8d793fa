"""A conversation, its messages, and the turns in which the assistant answers them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, new_id, utc_now
from api.security import EncryptedJson, EncryptedText


class Channel(StrEnum):
    WEB = "web"
    SMS = "sms"


class Sender(StrEnum):
    VICTIM = "victim"
    ASSISTANT = "assistant"
    OFFICER = "officer"


class Audience(StrEnum):
    """Who may see a message. Private to staff unless somebody says otherwise."""

    STAFF = "staff"
    VICTIM = "victim"


class Kind(StrEnum):
    TEXT = "text"
    EMERGENCY = "emergency"
    SUMMARY = "summary"
    RECEIPT = "receipt"


class TurnState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"


class Conversation(Base):
    """One person's talk with the service on one channel. Its id is all that Rasa ever learns of them."""

    __tablename__ = "conversations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[Channel]
    language: Mapped[str | None] = mapped_column(String(2))
    opened_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_message_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]

    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    token_expires_at: Mapped[datetime | None]
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    texts_stopped_at: Mapped[datetime | None]
    # "person" where only we stopped, "network" where Twilio lets nothing through either.
    texts_stopped_by: Mapped[str | None] = mapped_column(String(10))

    # The form slot that the last reply asked for: a message is keyed to the question its writer saw.
    open_question: Mapped[str | None] = mapped_column(String(64))
    # When the assistant last had to say that it could not answer, and an officer must look.
    unanswered_since: Mapped[datetime | None]
    urgent_since: Mapped[datetime | None]
    # While an officer writes here live, the assistant is silent.
    taken_over_at: Mapped[datetime | None]
    taken_over_by: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    soft_card_at: Mapped[datetime | None]

    # The code by which a draft of the web chat is taken up again, and the codes that were tried in vain here.
    resume_code_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    resume_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    resume_failed_at: Mapped[datetime | None]
    # Set when somebody comes back after a pause, or an officer has spoken, until what is said then is answered: no
    # message is held to the question that was open before, and the person is asked whether to go on.
    returned_at: Mapped[datetime | None]
    # A synthetic conversation that proves the way; so are the cases that it makes.
    canary: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = (
        CheckConstraint("channel in ('web', 'sms')", name="channel"),
        CheckConstraint("language in ('cy', 'en')", name="language"),
        # Officers also search for conversations that have ended.
        Index("ix_conversations_phone", "phone_hash", postgresql_where="phone_hash is not null"),
        # One open conversation for a phone, so that two texts at once cannot open two.
        Index(
            "uq_conversations_open_phone",
            "phone_hash",
            unique=True,
            postgresql_where="phone_hash is not null and ended_at is null",
        ),
    )


class Turn(Base):
    """One call of the assistant: which messages it answers is fixed before the call, so that a retry asks the same."""

    __tablename__ = "turns"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    state: Mapped[TurnState] = mapped_column(default=TurnState.OPEN)
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_turns_open",
            "conversation_id",
            unique=True,
            postgresql_where="state = 'open'",
        ),
    )


class Message(Base):
    """What somebody said. `seq` orders the messages and is the cursor of the web chat."""

    __tablename__ = "messages"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    conversation_id: Mapped[UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    # The provider's or client's id, made unique across channels: what makes a second delivery harmless.
    provider_id: Mapped[str | None] = mapped_column(String(128), unique=True)
    sender: Mapped[Sender]
    audience: Mapped[Audience] = mapped_column(default=Audience.STAFF)
    kind: Mapped[Kind] = mapped_column(default=Kind.TEXT)
    text: Mapped[str] = mapped_column(EncryptedText)
    language: Mapped[str] = mapped_column(String(5))
    language_reason: Mapped[str | None] = mapped_column(String(32))
    choices: Mapped[list[dict[str, str]] | None] = mapped_column(EncryptedJson)
    reply_to: Mapped[UUID | None]
    reference: Mapped[str | None] = mapped_column(String(16))
    safety: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    question: Mapped[str | None] = mapped_column(String(64))
    turn_id: Mapped[UUID | None] = mapped_column(ForeignKey("turns.id", ondelete="SET NULL"))
    # Which of the conversation's cases an officer wrote about. The words belong to the conversation all the same: they
    # are under its key and go when it goes, so this is neither called case_id nor a foreign key.
    about_case_id: Mapped[UUID | None]
    sent_at: Mapped[datetime] = mapped_column(default=utc_now)

    __table_args__ = (
        CheckConstraint("language in ('cy', 'en', 'cy+en')", name="language"),
        Index("ix_messages_conversation_seq", "conversation_id", "seq"),
        Index(
            "ix_messages_waiting",
            "conversation_id",
            postgresql_where="sender = 'victim' and turn_id is null",
        ),
    )


class Handover(Base):
    """A report that the assistant could not hand over at once; retried until the case exists."""

    __tablename__ = "handovers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    idempotency_key: Mapped[str] = mapped_column(String(128), unique=True)
    report: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    attempts: Mapped[int] = mapped_column(default=0)
    pending_since: Mapped[datetime] = mapped_column(default=utc_now)
    done_at: Mapped[datetime | None]

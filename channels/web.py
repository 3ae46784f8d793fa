"""The web chat's messages as the contract has them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

MAX_CHARACTERS = 4000
Speaker = Literal["assistant", "officer", "victim"]


class NewSession(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: Literal["cy", "en"] | None = None


class Session(BaseModel):
    token: str
    expires_at: datetime
    cursor: str


class SentMessage(BaseModel):
    """What a client sends. `id` is the client's own, so that sending again is harmless."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    text: str

    @field_validator("text")
    @classmethod
    def must_be_text(cls, text: str) -> str:
        """JSON can carry half a letter (a lone surrogate), which no UTF-8 can keep."""
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("half a letter") from None
        return text


class Accepted(BaseModel):
    id: UUID


class Choice(BaseModel):
    label: str
    value: str


class ChatMessage(BaseModel):
    """What a client shows."""

    id: str
    speaker: Annotated[Speaker, Field(serialization_alias="from")]
    text: str
    language: Literal["cy", "en", "cy+en"]
    choices: list[Choice]
    kind: Literal["text", "emergency", "summary", "receipt"]
    reply_to: str | None
    sent_at: datetime
    reference: str | None = None

    def shown(self) -> dict[str, object]:
        """The message as JSON-ready data; `reference` is absent where there is none."""
        shown = self.model_dump(mode="json", by_alias=True)
        if self.reference is None:
            del shown["reference"]
        return shown


class Polled(BaseModel):
    """What a poll answers: the messages after a cursor, and the next cursor."""

    messages: list[ChatMessage]
    cursor: str
    typing: bool

"""The worker's side of the seam to the dialogue engine: one turn in, replies and state out."""

from typing import Any, Literal
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

TURN_PATH = "/webhooks/llais/turn"


class RasaAway(Exception):
    """No usable answer came: not reachable, too slow, an error, or an answer without a reply."""


class UnsentReport(BaseModel):
    """A report that could not be handed over and must be retried, under the same key."""

    key: str = Field(min_length=1, max_length=128)
    report: dict[str, Any]


class Request(BaseModel):
    """Something that the dialogue asks to be done, carried out in the commit that keeps its reply.

    Without `reference` and `update_code` it is about the conversation's own newest case.
    """

    kind: Literal["urgent", "person", "withdrawal", "referral", "addition", "feedback"]
    words: str | None = Field(default=None, max_length=40_000)
    language: Literal["cy", "en", "cy+en"] = "cy+en"
    decision: Literal["refer", "declined", "ask_later"] | None = None
    wording_version: str | None = Field(default=None, max_length=32)
    reference: str | None = Field(default=None, max_length=16)
    update_code: str | None = Field(default=None, max_length=16)


class Reply(BaseModel):
    """One thing to say, what could not be done with it, and what is to be done besides."""

    model_config = ConfigDict(extra="ignore")

    text: str
    language: Literal["cy", "en", "cy+en"] | None = None
    choices: list[dict[str, str]] = []
    kind: Literal["text", "emergency", "summary", "receipt"] = "text"
    reference: str | None = None
    handover: UnsentReport | None = None
    # The draft stays open: on the web chat, a code is given by which it can be taken up again.
    resume_code: bool = False
    request: Request | None = None

    @property
    def is_a_deed(self) -> bool:
        """Whether something was done, or is to be done, that the person must hear of whoever else is speaking."""
        follows = self.handover is not None or self.request is not None or self.resume_code
        return follows or self.kind in ("emergency", "receipt")


class TurnAnswer(BaseModel):
    """What the assistant says, and the question that it then waits to have answered."""

    model_config = ConfigDict(extra="ignore")

    replies: list[Reply]
    question: str | None = None


class RasaClient:
    """A client of our connector in Rasa. Use as an async context manager."""

    def __init__(self, address: str, token: str, timeout_seconds: float) -> None:
        self._client = httpx.AsyncClient(
            base_url=address,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout_seconds, connect=2.0),
        )

    async def __aenter__(self) -> "RasaClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def take_turn(
        self, turn_id: UUID, conversation_id: UUID, text: str, metadata: dict[str, Any]
    ) -> TurnAnswer:
        """Have a turn answered; the same `turn_id` again returns the same replies. Raises RasaAway."""
        try:
            response = await self._client.post(
                TURN_PATH,
                json={
                    "message_id": str(turn_id),
                    "conversation_id": str(conversation_id),
                    "text": text,
                    "metadata": metadata,
                },
            )
            response.raise_for_status()
            answer = TurnAnswer.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            # The validation error quotes the reply; do not chain it into a log.
            raise RasaAway(type(error).__name__) from None
        if not any(reply.text.strip() for reply in answer.replies):
            raise RasaAway("EmptyReply")
        return answer

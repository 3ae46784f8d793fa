"""An assistant that answers by a script, over HTTP, and keeps what it was asked."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from channels.rasa_client import TURN_PATH
from channels.rasa_limits import LONGEST_TEXT
from tests.serving import free_port, serving

# A status, "slow" (the turn is taken, the answer comes too late), or the body of an answer.
Fate = int | str | dict[str, Any]
LATE_SECONDS = 5.0


def saying(*texts: str, question: str | None = None, **members: Any) -> dict[str, Any]:
    """An answer of Rasa's; `members` belong to its last reply."""
    replies: list[dict[str, Any]] = [{"text": text, "language": "cy"} for text in texts]
    replies[-1].update(members)
    return {"replies": replies, "question": question, "language": "cy"}


class FakeRasa:
    """Answers each turn once and replays it, as our connector does; what is not scripted is "Iawn."."""

    def __init__(self) -> None:
        self.address = ""
        self.calls: list[dict[str, Any]] = []
        self.authorizations: list[str] = []
        self.taken: dict[str, dict[str, Any]] = {}
        self._script: deque[Fate] = deque()

    def script(self, *fates: Fate) -> None:
        self._script.extend(fates)

    @property
    def turn_ids(self) -> list[str]:
        return [call["message_id"] for call in self.calls]

    @property
    def texts(self) -> list[str]:
        return [call["text"] for call in self.calls]

    async def answer(self, request: Request) -> Response:
        call: dict[str, Any] = await request.json()
        self.calls.append(call)
        self.authorizations.append(request.headers.get("Authorization", ""))
        if len(call["text"]) > LONGEST_TEXT:
            return JSONResponse({"error": "malformed"}, status_code=400)
        fate: Fate = self._script.popleft() if self._script else saying("Iawn.")
        if isinstance(fate, int):
            return JSONResponse({"error": "scripted"}, status_code=fate)
        if isinstance(fate, str) and fate != "slow":
            return Response(fate, media_type="application/json")
        body = saying("Iawn.") if isinstance(fate, str) else fate
        replayed = self.taken.setdefault(call["message_id"], body)
        if fate == "slow":
            await asyncio.sleep(LATE_SECONDS)
        return JSONResponse(replayed)


@asynccontextmanager
async def fake_rasa(port: int | None = None) -> AsyncIterator[FakeRasa]:
    rasa = FakeRasa()
    app = FastAPI()
    app.add_api_route(TURN_PATH, rasa.answer, methods=["POST"], response_model=None)
    async with serving(app, port or free_port()) as address:
        rasa.address = address
        yield rasa

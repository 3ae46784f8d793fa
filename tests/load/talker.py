"""Somebody in the web chat as the page is: messages are posted, replies come over the stream of events."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

# Then a reply counts as one that did not come.
GIVEN_UP_SECONDS = 40.0


class NoReply(Exception):
    """A message was refused, or nothing answered it in time."""


@dataclass(frozen=True)
class Answered:
    """One turn as its writer saw it: seconds to the first reply, its language, and all that came by then."""

    language: str
    seconds: float
    messages: tuple[dict[str, Any], ...]

    @property
    def reference(self) -> str | None:
        """The reference of a report that was sent with this turn."""
        return next((m["reference"] for m in self.messages if m.get("reference")), None)


@asynccontextmanager
async def clients(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """One client for all who talk; every one of them holds a stream open."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
    async with httpx.AsyncClient(
        base_url=address, timeout=httpx.Timeout(GIVEN_UP_SECONDS), limits=limits
    ) as client:
        yield client


@dataclass
class Talker:
    """Made by `talking`."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    _waiting: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    _seen: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, text: str) -> Answered:
        """Send a message and wait for what answers it. Raises NoReply."""
        message_id = str(uuid4())
        reply = self._waiting[message_id] = asyncio.get_running_loop().create_future()
        self._seen.clear()
        began = time.perf_counter()
        try:
            sent = await self.client.post(
                "/v1/chat/messages", json={"id": message_id, "text": text}, headers=self.headers
            )
            if sent.status_code != 202:
                raise NoReply(str(sent.status_code))
            first = await asyncio.wait_for(reply, GIVEN_UP_SECONDS)
        except (httpx.HTTPError, TimeoutError) as error:
            raise NoReply(type(error).__name__) from None
        finally:
            del self._waiting[message_id]
        seconds = time.perf_counter() - began
        # The rest of the same answer was committed with its first message and follows at once.
        await asyncio.sleep(0)
        return Answered(first["language"], seconds, tuple(self._seen))

    async def listen(self) -> None:
        """Read the stream until told to stop, and wake whoever waits for a reply."""
        headers = {**self.headers, "Accept": "text/event-stream"}
        while True:
            with suppress(httpx.HTTPError):
                async with self.client.stream(
                    "GET", "/v1/chat/events", headers=headers, timeout=None
                ) as stream:
                    event = ""
                    async for line in stream.aiter_lines():
                        if line.startswith("event:"):
                            event = line[6:].strip()
                        elif line.startswith("id:"):
                            headers["Last-Event-ID"] = line[3:].strip()
                        elif line.startswith("data:") and event == "message":
                            self._note(json.loads(line[5:]))
            await asyncio.sleep(0.5)

    def _note(self, message: dict[str, Any]) -> None:
        self._seen.append(message)
        reply = self._waiting.get(message.get("reply_to") or "")
        if reply is not None and not reply.done():
            reply.set_result(message)


@asynccontextmanager
async def talking(client: httpx.AsyncClient, language: str) -> AsyncIterator[Talker]:
    """A session of the web chat with its stream open. Raises NoReply where none is given."""
    opened = await client.post("/v1/chat/sessions", json={"language": language})
    if opened.status_code != 201:
        raise NoReply(str(opened.status_code))
    talker = Talker(client, {"Authorization": f"Bearer {opened.json()['token']}"})
    stream = asyncio.create_task(talker.listen())
    try:
        yield talker
    finally:
        stream.cancel()
        with suppress(asyncio.CancelledError):
            await stream

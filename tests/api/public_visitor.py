"""Somebody at the public door: the web chat's API as a client of it calls it."""

from typing import Any
from uuid import uuid4

import httpx


class ChatVisitor:
    """A person with an open session; `cursor` moves on with each poll."""

    def __init__(self, client: httpx.AsyncClient, token: str, cursor: str) -> None:
        self.client = client
        self.token = token
        self.cursor = cursor

    @classmethod
    async def arrive(cls, client: httpx.AsyncClient, language: str | None = None) -> "ChatVisitor":
        answer = await client.post("/v1/chat/sessions", json={"language": language})
        assert answer.status_code == 201, answer.text
        session = answer.json()
        return cls(client, session["token"], session["cursor"])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def say(self, text: str, message_id: str | None = None) -> httpx.Response:
        return await self.client.post(
            "/v1/chat/messages",
            json={"id": message_id or str(uuid4()), "text": text},
            headers=self.headers,
        )

    async def poll(self, wait: float = 0, after: str | None = None) -> dict[str, Any]:
        """What is new since the last poll, or since `after`."""
        answer = await self.client.get(
            "/v1/chat/messages",
            params={"after": self.cursor if after is None else after, "wait": wait},
            headers=self.headers,
        )
        assert answer.status_code == 200, answer.text
        polled: dict[str, Any] = answer.json()
        self.cursor = polled["cursor"]
        return polled

    async def leave(self) -> httpx.Response:
        """As the pages do when they are left or lie idle."""
        return await self.client.post("/v1/chat/session/leave", headers=self.headers)

    async def end(self) -> httpx.Response:
        return await self.client.delete("/v1/chat/session", headers=self.headers)

"""Ways to use the staff door in a test as people do: sign in, open pages, send forms, report."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import select
from starlette.routing import Mount

from api.audit.models import AuditEntry
from api.conversations.models import Channel, Conversation
from api.conversations.receive import lock_conversation, receive_message
from api.database import new_id, utc_now
from api.officers.add import add_officer
from api.officers.models import Role
from api.runtime import Runtime
from tests.conftest import SERVICE_TOKEN

ADDRESS = "http://staff.test"
CSRF_FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')
VISIT_FIELD = re.compile(r'name="visit_token" value="([^"]+)"')
PHONE = "+447700900123"


def a_report(**changes: Any) -> dict[str, Any]:
    """A report as the action server hands it over."""
    report: dict[str, Any] = {
        "language": "cy",
        "channel": "web",
        "route": "victim",
        "report": {
            "text": "Gwaeddodd dyn arna i wrth yr arhosfan ym Mhontŵen.",
            "text_language": "cy",
            "why_text": "Am fy mod i'n siarad iaith arall",
            "strands": ["race"],
            "incident_types": ["verbal_abuse"],
            "when_text": "nos Fawrth tua naw",
            "where_text": "yr arhosfan bysiau",
            "online": False,
        },
        "risk_answers": {"threats": "yes", "weapon_or_hurt": "no"},
        "referral": {
            "decision": "refer",
            "wording_version": "2026-11-01",
            "language": "cy",
            "words": "iawn, pasiwch nhw ymlaen",
        },
        "contact": {"method": "this_conversation", "name": "Siân"},
    }
    return {**report, **changes}


class Visitor:
    """A browser with cookies. An officer's signs in for the first page, takes a token for the API."""

    def __init__(
        self, client: httpx.AsyncClient, door: "StaffDoor", officer: str | None = None
    ) -> None:
        self.client = client
        self.door = door
        self.officer = officer
        self.api: dict[str, str] = {}

    async def sign_in(self, username: str, password: str | None = None) -> httpx.Response:
        page = await self.client.get("/sign-in")
        return await self.client.post(
            "/sign-in",
            data={
                "visit_token": found(VISIT_FIELD, page.text),
                "username": username,
                "password": password or self.door.passwords[username],
            },
        )

    async def take_token(self, username: str) -> None:
        answer = await self.client.post(
            "/v1/token", data={"username": username, "password": self.door.passwords[username]}
        )
        assert answer.status_code == 200, answer.text
        self.api = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def get(self, path: str, **headers: str) -> httpx.Response:
        if self.officer and not self.client.cookies:
            signed_in = await self.sign_in(self.officer)
            assert signed_in.status_code == 303, signed_in.text
        return await self.client.get(path, headers=headers)

    async def send_form(
        self, page: str, path: str, fields: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a form with the token that stands on `page`."""
        opened = await self.get(page)
        token = found(CSRF_FIELD, opened.text)
        return await self.client.post(path, data={"csrf_token": token, **(fields or {})})

    async def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Call the API with the token."""
        if self.officer and not self.api:
            await self.take_token(self.officer)
        return await self.client.request(method, path, headers=self.api, **request)


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path of a door."""
    return [
        (method, route.path)
        for route in iter_route_contexts(app.routes)
        if route.path is not None and not isinstance(route.route, Mount)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


def found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    assert match is not None, f"{pattern.pattern} is not on the page"
    return match[1]


class StaffDoor:
    """The app with its runtime, and what tests put behind it."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.passwords: dict[str, str] = {}

    @property
    def runtime(self) -> Runtime:
        runtime = self.app.state.runtime
        assert isinstance(runtime, Runtime)
        return runtime

    @asynccontextmanager
    async def visitor(
        self, officer: str | None = None, address: str = "127.0.0.1"
    ) -> AsyncIterator[Visitor]:
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(address, 1234)
        )
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            yield Visitor(client, self, officer)

    async def add_officer(
        self, username: str, role: Role = Role.OFFICER, language: str = "cy"
    ) -> None:
        self.passwords[username] = await add_officer(
            self.runtime.database,
            username=username,
            name=username.title(),
            email=f"{username}@example.org",
            role=role,
            language=language,
        )

    async def receive(self, **changes: Any) -> str:
        """Hand a report over as the action server does; returns the reference."""
        return str((await self.receive_whole(**changes))["reference"])

    async def receive_whole(self, **changes: Any) -> dict[str, Any]:
        """Hand a report over as the action server does; returns the receipt."""
        async with self.visitor() as service:
            answer = await service.client.post(
                "/v1/reports",
                json=a_report(**changes),
                headers={
                    "Authorization": f"Bearer {SERVICE_TOKEN}",
                    "Idempotency-Key": str(uuid4()),
                },
            )
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def converse(self, channel: Channel = Channel.WEB, **columns: Any) -> UUID:
        """Open a conversation for a report to come from."""
        own: dict[str, Any] = (
            {
                "token_hash": uuid4().bytes,
                "token_expires_at": utc_now().replace(year=utc_now().year + 1),
            }
            if channel == Channel.WEB
            else {
                "phone": PHONE,
                "phone_hash": self.runtime.database.keyring.look_up_hash("phone", PHONE),
            }
        )
        conversation = Conversation(
            id=new_id(), channel=channel, language="cy", **{**own, **columns}
        )
        async with self.runtime.database.session() as session:
            session.add(conversation)
            await session.commit()
        return conversation.id

    async def call_in(self, conversation_id: UUID, text: str) -> None:
        """The person says something in the conversation."""
        async with self.runtime.database.session() as session:
            conversation = await lock_conversation(session, conversation_id)
            assert conversation is not None
            await receive_message(
                session, self.runtime, conversation, text, f"web:{conversation_id}:{uuid4()}"
            )
            await session.commit()

    async def audited(self, action: str) -> list[AuditEntry]:
        """The entries of one kind, oldest first."""
        async with self.runtime.database.session() as session:
            entries = await session.scalars(
                select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.number)
            )
            return list(entries)

"""Twilio as it calls us, and as we call it; and a look at what became of texts."""

from collections.abc import Mapping
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from api.config import Settings
from api.conversations.models import Conversation, Message, Sender
from api.development.sent_texts import SentText
from api.runtime import Runtime
from api.texts.models import OutgoingText, ReceivedText
from channels.sms import TwilioTexts
from tests.api.backstage import PHONE
from tests.conftest import TWILIO_TOKEN

PUBLIC_URL = "http://llais.test"
WORDS = "Fe waeddodd dyn arna i ar y bws ddoe, wrth ymyl y tŷ."


def incoming(sid: str = "SM" + "1" * 32, **fields: str) -> dict[str, str]:
    return {
        "AccountSid": "AC" + "0" * 32,
        "ApiVersion": "2010-04-01",
        "Body": WORDS,
        "From": PHONE,
        "MessageSid": sid,
        "NumMedia": "0",
        "SmsStatus": "received",
        "To": "+447700900000",
        **fields,
    }


def signature(path: str, fields: Mapping[str, str], token: str = TWILIO_TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(PUBLIC_URL + path, dict(fields)))


class Webhooks:
    """Calls as Twilio does, through a proxy: the door sees another host than the one that was signed."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        return await self.client.post(
            path, data=dict(fields), headers={"X-Twilio-Signature": signature(path, fields)}
        )

    async def text(self, **fields: Any) -> httpx.Response:
        return await self.post("/sms/inbound", incoming(**fields))

    async def status(self, sid: str, status: str, **fields: str) -> httpx.Response:
        return await self.post(
            "/sms/status", {"MessageSid": sid, "MessageStatus": status, **fields}
        )


async def said(runtime: Runtime) -> list[str]:
    """What people said by text, in order."""
    async with runtime.database.session() as session:
        found = await session.scalars(
            select(Message.text).where(Message.sender == Sender.VICTIM).order_by(Message.seq)
        )
        return list(found)


async def count(runtime: Runtime, table: type) -> int:
    async with runtime.database.session() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


class StandIn:
    """Twilio, as far as this product sees it; its errors are scripted over HTTP."""

    def __init__(self, app: FastAPI, address: str, settings: Settings) -> None:
        self.app = app
        self.address = address
        self.texts = TwilioTexts(
            settings.twilio_account_sid, TWILIO_TOKEN, settings.twilio_from, address
        )

    async def script(self, *fates: str) -> None:
        async with httpx.AsyncClient(base_url=self.address) as client:
            answer = await client.post("/scripted-errors", json={"next": fates})
        assert answer.status_code == 204

    @property
    def taken(self) -> list[SentText]:
        return list(self.app.state.twilio.texts.to(PHONE))


async def conversation_of(runtime: Runtime) -> Conversation:
    """The only conversation there is."""
    async with runtime.database.session() as session:
        found = list(await session.scalars(select(Conversation)))
    assert len(found) == 1
    return found[0]


async def texted(runtime: Runtime) -> list[str]:
    """What is on its way to phones, in the order in which it was said."""
    async with runtime.database.session() as session:
        found = await session.scalars(
            select(Message.text)
            .join(OutgoingText, OutgoingText.message_id == Message.id)
            .order_by(Message.seq)
        )
        return list(found)


async def routes(runtime: Runtime) -> list[str]:
    """What each text was taken for, in the order in which they came."""
    async with runtime.database.session() as session:
        found = await session.scalars(select(ReceivedText.route).order_by(ReceivedText.arrived_at))
        return [route.value for route in found if route is not None]

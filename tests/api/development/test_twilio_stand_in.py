"""The Twilio stand-in against the real `twilio` library and the product's own use of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from twilio.request_validator import RequestValidator

from api.config import Settings
from api.development.main import create_development_app
from channels.sms import SendingInterrupted, SendingRefused, TwilioTexts
from tests.conftest import TWILIO_TOKEN
from tests.serving import free_port, serving

PHONE = "+447700900123"
ACCOUNT = "AC" + "0" * 32
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
SENDABLE = {"To": PHONE, "From": "+447700900000", "Body": "Helo"}


class StandIn:
    """The stand-in on a real address, with callbacks coming in at another."""

    def __init__(
        self, app: FastAPI, address: str, listener: str, heard: list[dict[str, str]]
    ) -> None:
        self.app = app
        self.address = address
        self.callback = f"{listener}/status"
        self.heard = heard
        self.client = httpx.AsyncClient(base_url=address, auth=(ACCOUNT, TWILIO_TOKEN), timeout=5)

    async def send(self, text: str, to: str = PHONE) -> str:
        """Send through the product's own adapter."""
        texts = TwilioTexts(ACCOUNT, TWILIO_TOKEN, "+447700900000", self.address)
        return await asyncio.to_thread(texts.send, to, text, self.callback)

    async def script(self, *fates: str) -> None:
        answer = await self.client.post("/scripted-errors", json={"next": fates})
        assert answer.status_code == 204, answer.text

    async def hear(self, number: int) -> list[str]:
        """The statuses of the first `number` callbacks."""
        for _ in range(500):
            if len(self.heard) >= number:
                break
            await asyncio.sleep(0.02)
        return [fields["MessageStatus"] for fields in self.heard]


@pytest.fixture
async def stand_in(settings: Settings) -> AsyncIterator[StandIn]:
    heard: list[dict[str, str]] = []
    listener = FastAPI()

    @listener.post("/status", status_code=204)
    async def hear(request: Request) -> None:
        fields = {name: str(value) for name, value in (await request.form()).items()}
        signed = RequestValidator(TWILIO_TOKEN).validate(
            str(request.url), fields, request.headers["X-Twilio-Signature"]
        )
        heard.append({**fields, "signed": str(signed)})

    app = create_development_app(settings.model_copy(update={"development_smtp_port": free_port()}))
    async with (
        app.router.lifespan_context(app),
        serving(listener) as listening,
        serving(app) as address,
    ):
        stand_in = StandIn(app, address, listening, heard)
        async with stand_in.client:
            yield stand_in


class TestSending:
    async def test_a_text_is_taken_and_told_of_as_twilio_does(self, stand_in: StandIn) -> None:
        sid = await stand_in.send("Bore da, tŷ")
        assert sid.startswith("SM")
        assert await stand_in.hear(2) == ["sent", "delivered"]
        assert [(told["MessageSid"], told["signed"]) for told in stand_in.heard] == [
            (sid, "True")
        ] * 2
        told = (
            await stand_in.client.get(f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json")
        ).json()
        assert (told["status"], told["body"], told["num_segments"]) == (
            "delivered",
            "Bore da, tŷ",
            "1",
        )

    async def test_a_sent_text_is_found_again(self, stand_in: StandIn) -> None:
        started = datetime.now(UTC) - timedelta(seconds=1)
        sid = await stand_in.send("Bore da")
        await stand_in.send("Bore da", to="+447700900124")
        await stand_in.hear(4)
        texts = TwilioTexts(ACCOUNT, TWILIO_TOKEN, "+447700900000", stand_in.address)

        async def found(text: str, since: datetime) -> str | None:
            return await asyncio.to_thread(texts.find_sent, PHONE, text, since)

        assert await found("Bore da", started) == sid
        assert await found("Nos da", started) is None
        assert await found("Bore da", started + timedelta(minutes=1)) is None

    @pytest.mark.parametrize(
        ("fields", "status", "code"),
        [
            ({**SENDABLE, "To": ""}, 400, 21604),
            ({**SENDABLE, "From": ""}, 400, 21603),
            ({**SENDABLE, "Body": ""}, 400, 21602),
            ({**SENDABLE, "Body": "x" * 1601}, 400, 21617),
            ({**SENDABLE, "To": "nobody"}, 400, 21211),
            ({**SENDABLE, "Body": "x" * 1600}, 201, None),
        ],
    )
    async def test_wrong_fields_are_refused_with_twilios_codes(
        self, stand_in: StandIn, fields: dict[str, str], status: int, code: int | None
    ) -> None:
        answer = await stand_in.client.post(MESSAGES, data=fields)
        assert (answer.status_code, answer.json().get("code")) == (status, code)

    @pytest.mark.parametrize(
        ("auth", "path"),
        [
            (None, MESSAGES),
            ((ACCOUNT, "wrong"), MESSAGES),
            (("AC1", TWILIO_TOKEN), MESSAGES),
            ((ACCOUNT, TWILIO_TOKEN), "/2010-04-01/Accounts/AC1/Messages.json"),
        ],
    )
    async def test_without_the_accounts_credentials_nothing_is_taken(
        self, stand_in: StandIn, auth: Any, path: str
    ) -> None:
        async with httpx.AsyncClient(base_url=stand_in.address) as stranger:
            answer = await stranger.post(path, data=SENDABLE, auth=auth)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


class TestScriptedErrors:
    @pytest.mark.parametrize(("fate", "code"), [("429", None), ("500", None), ("21610", 21610)])
    async def test_the_next_send_meets_them_and_the_one_after_does_not(
        self, stand_in: StandIn, fate: str, code: int | None
    ) -> None:
        await stand_in.script(fate)
        with pytest.raises((SendingRefused, SendingInterrupted)) as met:
            await stand_in.send("Helo")
        assert getattr(met.value, "code", None) == code
        assert await stand_in.send("Helo")

    async def test_a_text_that_times_out_was_taken_all_the_same(self, stand_in: StandIn) -> None:
        stand_in.app.state.twilio.held_seconds = 3
        await stand_in.script("timeout")
        with pytest.raises(httpx.ReadTimeout):
            await stand_in.client.post(MESSAGES, data=SENDABLE, timeout=0.5)
        listed = (await stand_in.client.get(MESSAGES, params={"To": PHONE})).json()
        assert [message["body"] for message in listed["messages"]] == ["Helo"]

    async def test_an_undelivered_text_is_told_of_with_its_code(self, stand_in: StandIn) -> None:
        await stand_in.script("30003")
        await stand_in.send("Helo")
        assert await stand_in.hear(2) == ["sent", "undelivered"]
        assert stand_in.heard[-1]["ErrorCode"] == "30003"

    async def test_an_unknown_one_is_refused(self, stand_in: StandIn) -> None:
        answer = await stand_in.client.post("/scripted-errors", json={"next": ["99999"]})
        assert answer.status_code == 422

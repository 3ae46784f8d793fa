"""The phone and the captured mail: what a newcomer tries first."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.config import Environment, Settings
from api.conversations.models import Message, Sender
from api.development.main import create_development_app
from api.public import create_public_app
from channels.email import new_mail, send_mail
from channels.sms import TwilioTexts
from tests.serving import free_port, serving


@pytest.fixture
def development(settings: Settings) -> Settings:
    """Settings in which the public door's address is real."""
    port = free_port()
    return settings.model_copy(
        update={
            "public_url": f"http://127.0.0.1:{port}",
            "public_port": port,
            "development_smtp_port": free_port(),
        }
    )


@pytest.fixture
async def stand_ins(development: Settings) -> AsyncIterator[FastAPI]:
    app = create_development_app(development)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def newcomer(stand_ins: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(stand_ins)
    async with httpx.AsyncClient(transport=transport, base_url="http://stand-ins.test") as client:
        yield client


def test_the_stand_ins_refuse_to_stand_in_outside_development(settings: Settings) -> None:
    production = settings.model_copy(update={"environment": Environment.PRODUCTION})
    with pytest.raises(ValueError, match="development only"):
        create_development_app(production)


@pytest.mark.parametrize("path", ["/", "/phone/001", "/mail"])
async def test_every_page_is_in_both_languages_welsh_first_and_without_inline_scripts(
    newcomer: httpx.AsyncClient, path: str
) -> None:
    page = (await newcomer.get(path)).text
    assert '<html lang="cy">' in page
    assert page.count('<span lang="cy">') == page.count('<span lang="en">') > 0
    assert "<script>" not in page


async def test_the_first_page_leads_everywhere(
    newcomer: httpx.AsyncClient, development: Settings
) -> None:
    page = (await newcomer.get("/")).text
    for address in (development.public_address, development.staff_address):
        assert f'href="{address}/"' in page
    for path in ("/phone", "/mail"):
        assert f'href="{path}"' in page


class TestThePhone:
    async def test_brings_a_text_to_the_public_door_signed(
        self, newcomer: httpx.AsyncClient, development: Settings
    ) -> None:
        public = create_public_app(development)
        async with public.router.lifespan_context(public):
            async with serving(public, development.public_port):
                answer = await newcomer.post("/phone/002/texts", data={"text": "Helo, <b>tŷ</b>"})
            async with public.state.runtime.database.session() as session:
                kept = await session.scalars(
                    select(Message.text).where(Message.sender == Sender.VICTIM)
                )
                assert list(kept) == ["Helo, <b>tŷ</b>"]
        assert (answer.status_code, answer.headers["Location"]) == (303, "/phone/002")
        shown = (await newcomer.get("/phone/002/texts")).json()
        assert shown == [{"side": "out", "text": "Helo, <b>tŷ</b>", "status": "taken"}]
        page = (await newcomer.get("/phone/002")).text
        assert "&lt;b&gt;tŷ&lt;/b&gt;" in page

    async def test_says_when_the_door_does_not_answer(self, newcomer: httpx.AsyncClient) -> None:
        await newcomer.post("/phone/002/texts", data={"text": "Helo"})
        assert (await newcomer.get("/phone/002/texts")).json()[0]["status"] == "not-taken"

    async def test_shows_both_sides_in_order_and_keeps_phones_apart(
        self, newcomer: httpx.AsyncClient, stand_ins: FastAPI
    ) -> None:
        sent = stand_ins.state.twilio.texts
        account = stand_ins.state.twilio.account_sid
        await newcomer.post("/phone/002/texts", data={"text": "one"})
        sent.take(account, "+447700900002", "+447700900000", "two")
        sent.take(account, "+447700900003", "+447700900000", "for another")
        await newcomer.post("/phone/002/texts", data={"text": "three"})
        sent.take(account, "+447700900002", "+447700900000", "four")
        shown = (await newcomer.get("/phone/002/texts")).json()
        assert [(text["side"], text["text"]) for text in shown] == [
            ("out", "one"),
            ("in", "two"),
            ("out", "three"),
            ("in", "four"),
        ]

    async def test_receives_what_the_product_sends(
        self, stand_ins: FastAPI, development: Settings
    ) -> None:
        async with serving(stand_ins) as address, httpx.AsyncClient(base_url=address) as newcomer:
            texts = TwilioTexts(
                development.twilio_account_sid,
                development.twilio_auth_token.get_secret_value(),
                development.twilio_from,
                address,
            )
            await asyncio.to_thread(texts.send, "+447700900004", "Bore da", f"{address}/nowhere")
            shown = (await newcomer.get("/phone/004/texts")).json()
        assert [(text["side"], text["text"]) for text in shown] == [("in", "Bore da")]

    @pytest.mark.parametrize("phone", ["1", "0001", "abc", "00x"])
    async def test_is_one_of_a_thousand(self, newcomer: httpx.AsyncClient, phone: str) -> None:
        assert (await newcomer.get(f"/phone/{phone}")).status_code in (404, 422)


class TestCapturedMail:
    async def send(self, development: Settings, subject: str) -> None:
        mail = new_mail("llais@localhost", "swyddog@heddlu.test", subject, "Tŷ <b>x</b>\n", subject)
        await send_mail(f"smtp://127.0.0.1:{development.development_smtp_port}", mail)

    async def test_is_a_file_and_stands_on_the_page_newest_first(
        self, newcomer: httpx.AsyncClient, development: Settings
    ) -> None:
        await self.send(development, "cyntaf")
        await self.send(development, "ail ŵ")
        files = sorted((development.data_dir / "mail").iterdir())
        assert [path.suffix for path in files] == [".eml", ".eml"]
        page = (await newcomer.get("/mail")).text
        assert page.index("ail ŵ") < page.index("cyntaf")
        assert "Tŷ &lt;b&gt;x&lt;/b&gt;" in page
        source = await newcomer.get(f"/mail/{files[0].name}")
        assert "Subject: cyntaf" in source.text
        assert source.headers["Content-Type"].startswith("text/plain")

    @pytest.mark.parametrize("name", ["nothing.eml", "..%2F..%2Fsecrets.env.eml"])
    async def test_nothing_but_mail_can_be_fetched(
        self, newcomer: httpx.AsyncClient, name: str
    ) -> None:
        assert (await newcomer.get(f"/mail/{name}")).status_code == 404

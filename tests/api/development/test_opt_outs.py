"""STOP on the phone of a newcomer is what it is with Twilio: Twilio answers, and lets nothing more through."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from api.config import Settings
from api.development.main import create_development_app
from api.development.opt_outs import STARTED, STOPPED, OptOuts
from api.public import create_public_app
from channels.sms import SendingRefused, TwilioTexts
from tests.conftest import TWILIO_TOKEN
from tests.serving import free_port, serving

NUMBER = "+447700900001"


@pytest.fixture
def settings_of_all(settings: Settings) -> Settings:
    port = free_port()
    return settings.model_copy(
        update={
            "public_url": f"http://127.0.0.1:{port}",
            "public_port": port,
            "development_smtp_port": free_port(),
        }
    )


@pytest.fixture
async def stand_in(settings_of_all: Settings) -> AsyncIterator[tuple[FastAPI, str]]:
    app = create_development_app(settings_of_all)
    async with app.router.lifespan_context(app), serving(app) as address:
        yield app, address


async def test_after_stop_nothing_goes_through_until_start(
    settings_of_all: Settings, stand_in: tuple[FastAPI, str]
) -> None:
    app, address = stand_in
    texts = TwilioTexts(
        settings_of_all.twilio_account_sid, TWILIO_TOKEN, settings_of_all.twilio_from, address
    )
    public = create_public_app(settings_of_all)

    async def write(words: str) -> None:
        async with httpx.AsyncClient(base_url=address) as phone:
            await phone.post("/phone/001/texts", data={"text": words})

    async with public.router.lifespan_context(public), serving(public, settings_of_all.public_port):
        await write("Stop")
        with pytest.raises(SendingRefused) as refused:
            await asyncio.to_thread(texts.send, NUMBER, "Helo", f"{address}/nowhere")
        assert refused.value.code == 21610
        await write("start")
        await asyncio.to_thread(texts.send, NUMBER, "Helo", f"{address}/nowhere")
    assert [text.body for text in app.state.twilio.texts.to(NUMBER)] == [STOPPED, STARTED, "Helo"]


@pytest.mark.parametrize("word", ["stopio", "dechrau", "yes", "cymorth", "help", "stop it"])
def test_other_words_are_the_products(word: str) -> None:
    assert OptOuts().take(NUMBER, word) is None


def test_yes_lets_texts_come_again_after_a_stop() -> None:
    opt_outs = OptOuts()
    assert opt_outs.take(NUMBER, "STOP") == STOPPED
    assert opt_outs.stopped(NUMBER)
    assert opt_outs.take(NUMBER, "Yes") == STARTED
    assert not opt_outs.stopped(NUMBER)

"""A scripted assistant and the worker's client of it, and the runtime of the public door."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from api.runtime import Runtime
from channels.rasa_client import RasaClient
from tests.api.fake_rasa import FakeRasa, fake_rasa
from tests.conftest import RASA_TOKEN


@pytest.fixture
async def rasa() -> AsyncIterator[FakeRasa]:
    async with fake_rasa() as running:
        yield running


@pytest.fixture
async def client(rasa: FakeRasa) -> AsyncIterator[RasaClient]:
    async with RasaClient(rasa.address, RASA_TOKEN, timeout_seconds=20) as connected:
        yield connected


@pytest.fixture
async def chat_runtime(public_app: FastAPI) -> Runtime:
    runtime = public_app.state.runtime
    assert isinstance(runtime, Runtime)
    return runtime

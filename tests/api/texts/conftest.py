"""The public door with Twilio at it, and Twilio's stand-in."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from api.config import Settings
from api.development.main import create_development_app
from api.runtime import Runtime
from tests.api.texts.twilio import StandIn, Webhooks
from tests.serving import free_port, serving


@pytest.fixture
async def webhooks(public_app: FastAPI) -> AsyncIterator[Webhooks]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(public_app), base_url="http://10.0.0.7:8000"
    ) as client:
        yield Webhooks(client)


@pytest.fixture
async def runtime(public_app: FastAPI) -> Runtime:
    runtime = public_app.state.runtime
    assert isinstance(runtime, Runtime)
    return runtime


@pytest.fixture
async def stand_in(settings: Settings) -> AsyncIterator[StandIn]:
    app = create_development_app(settings.model_copy(update={"development_smtp_port": free_port()}))
    async with app.router.lifespan_context(app), serving(app) as address:
        yield StandIn(app, address, settings)

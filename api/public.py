"""The public door: web chat for victims, and Twilio's webhooks. It knows nothing of Rasa."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api import readiness
from api.alerts import texts_endpoints as alert_texts
from api.config import Settings
from api.conversations import chat_page, web_chat
from api.doors import guard
from api.problems import answer_with_problems
from api.runtime import open_runtime
from api.texts import endpoints as texts
from api.ui import assets

# The longest message fits with every letter escaped (12 bytes for one outside the first plane).
LARGEST_BODY: Final = 64 * 1024


def create_public_app(settings: Settings) -> FastAPI:
    """The app that faces the internet. Its runtime opens and closes with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_runtime(settings) as runtime:
            app.state.runtime = runtime
            yield

    app = FastAPI(
        title="Llais, the public door",
        lifespan=lifespan,
        # The interactive documentation loads scripts of third parties.
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    app.include_router(readiness.router)
    app.include_router(chat_page.router)
    app.include_router(web_chat.router)
    app.include_router(texts.router)
    app.include_router(alert_texts.router)
    app.mount("/chat", StaticFiles(directory=assets.CHAT_SCRIPTS), name="scripts")
    app.mount("/styles", StaticFiles(directory=assets.STYLES, check_dir=False), name="styles")
    answer_with_problems(app)
    guard(app, settings.frame_ancestors.strip() or "'none'", LARGEST_BODY)
    return app

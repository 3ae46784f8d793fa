"""The public door: web chat for victims, and Twilio's webhooks. It knows nothing of Rasa."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from api import readiness
from api.alerts import texts_endpoints as alert_texts
from api.config import Settings
from api.conversations import chat_page, form_page, notices, web_chat
from api.conversations.form_errors import answer_form_with_pages
from api.doors import guard
from api.problems import answer_with_problems
from api.runtime import open_runtime
from api.texts import endpoints as texts
from api.ui import assets

# The longest message fits with every letter escaped (12 bytes for one outside the first plane), and so does what the
# form's text area takes, so that words too many come back with the page.
LARGEST_BODY: Final = 256 * 1024
SMALLEST_COMPRESSED: Final = 800


def create_public_app(settings: Settings) -> FastAPI:
    """The app that faces the internet. Its runtime opens and closes with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_runtime(settings) as runtime:
            app.state.runtime = runtime
            runtime.prepare_to_read()
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
    app.include_router(form_page.router)
    app.include_router(notices.router)
    app.include_router(web_chat.router)
    app.include_router(texts.router)
    app.include_router(alert_texts.router)
    app.mount("/chat", StaticFiles(directory=assets.CHAT_SCRIPTS), name="scripts")
    app.mount("/styles", StaticFiles(directory=assets.STYLES, check_dir=False), name="styles")
    answer_with_problems(app)
    answer_form_with_pages(app)
    # Event streams are left as they are. A page that is compressed with a token in it gives nothing away here: nobody
    # else can have such a page sent, because the token is no cookie.
    app.add_middleware(GZipMiddleware, minimum_size=SMALLEST_COMPRESSED)
    guard(app, settings.frame_ancestors.strip() or "'none'", LARGEST_BODY)
    return app

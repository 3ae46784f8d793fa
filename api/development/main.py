"""The development stand-ins in one process: `python -m api.development.main`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from aiosmtpd.smtp import SMTP
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from api.config import Settings
from api.development import mail, phone, twilio_api
from api.development.deliveries import Deliveries
from api.development.opt_outs import OptOuts
from api.development.pages import DEVELOPMENT_DIR, Pages, PagesDep
from api.development.sent_texts import SentTexts
from api.doors import guard
from api.logs import configure_logs
from api.problems import answer_with_problems
from api.ui import assets


def create_development_app(settings: Settings) -> FastAPI:
    """Twilio, phones and a mail server. Raises ValueError outside development."""
    if not settings.development:
        raise ValueError("the stand-ins run in development only")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        token = settings.twilio_auth_token.get_secret_value()
        texts, opt_outs = SentTexts(), OptOuts()
        mailbox = mail.Mailbox(settings.data_dir / "mail")
        smtp = await asyncio.get_running_loop().create_server(
            lambda: SMTP(mailbox, enable_SMTPUTF8=True),
            settings.host,
            settings.development_smtp_port,
        )
        async with Deliveries(token) as deliveries, smtp:
            app.state.pages = Pages()
            app.state.mailbox = mailbox
            app.state.twilio = twilio_api.TwilioStandIn(settings, texts, deliveries, opt_outs)
            app.state.phones = phone.Phones(settings, texts, deliveries, opt_outs)
            yield

    app = FastAPI(
        title="Llais, the development stand-ins", lifespan=lifespan, docs_url=None, redoc_url=None
    )

    @app.get("/", response_class=HTMLResponse)
    async def index(pages: PagesDep) -> str:
        return pages.render(
            "index.html", chat=settings.public_address, staff=settings.staff_address
        )

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    app.include_router(twilio_api.router)
    app.include_router(phone.router)
    app.include_router(mail.router)
    app.mount("/scripts", StaticFiles(directory=DEVELOPMENT_DIR / "scripts"), name="scripts")
    app.mount("/styles", StaticFiles(directory=assets.STYLES, check_dir=False), name="styles")
    app.add_exception_handler(twilio_api.TwilioError, twilio_api.answer_twilio_error)
    answer_with_problems(app)
    guard(app)
    return app


def main() -> None:
    settings = Settings()
    configure_logs("development")
    try:
        app = create_development_app(settings)
    except ValueError as error:
        sys.exit(str(error))
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.development_port,
        access_log=False,
        log_config=None,
        # As in api/serve.py.
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()

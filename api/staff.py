"""The staff door: officers' pages, their systems' API, and the action server's service calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from api import metrics, readiness, services_page
from api.alerts import pages as alert_pages
from api.audit import endpoints as audit_endpoints
from api.audit import pages as audit_pages
from api.bank_holidays import is_bank_holiday
from api.canary.alarm import watch_the_canary
from api.cases import (
    casework_pages,
    contact_pages,
    queue_pages,
    referral_pages,
    review_pages,
    work_pages,
)
from api.cases import endpoints as service_endpoints
from api.cases import pages as case_pages
from api.cases import staff_endpoints as case_endpoints
from api.config import Settings
from api.database import utc_now
from api.doors import guard
from api.need_to_know import pages as need_to_know_pages
from api.officers import account_pages, accounts_pages, link_pages, oidc_pages
from api.officers import endpoints as officer_endpoints
from api.officers import pages as officer_pages
from api.officers.access import ApiOfficerOnly
from api.officers.oidc import SingleSignOn
from api.officers.passwords import hash_of_nobody
from api.problems import answer_with_problems
from api.rota import pages as rota_pages
from api.runtime import open_runtime
from api.scrutiny import pages as scrutiny_pages
from api.ui import assets
from api.ui.errors import answer_pages_with_pages
from api.ui.pages import Pages

# The only routes that open without a session or a token of any kind; a test holds the list.
OPEN_ROUTES = frozenset(
    {
        *("/health", "/ready", "/static", "/v1/token"),
        *("/sign-in", "/sign-in/oidc", "/sign-in/oidc/callback", "/set-password"),
    }
)


def create_staff_app(settings: Settings) -> FastAPI:
    """The staff door's app. Its lifespan opens and closes the runtime."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # The first unknown name must not take longer than the second.
        hash_of_nobody()
        # The calendar takes a second to load, for which nobody's report is to wait.
        is_bank_holiday(utc_now().date())
        async with open_runtime(settings) as runtime:
            app.state.runtime = runtime
            app.state.pages = Pages(runtime.words)
            watch = (
                asyncio.create_task(watch_the_canary(runtime)) if settings.canary_email else None
            )
            app.state.single_sign_on = SingleSignOn(settings) if settings.oidc_issuer else None
            yield
            if watch is not None:
                watch.cancel()

    # The interactive documentation would need scripts from elsewhere.
    app = FastAPI(
        title="Llais, the staff door",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    for router in (
        readiness.router,
        service_endpoints.router,
        officer_endpoints.router,
        case_endpoints.router,
        audit_endpoints.router,
        _description(app),
        officer_pages.router,
        queue_pages.router,
        case_pages.router,
        contact_pages.router,
        casework_pages.router,
        work_pages.router,
        referral_pages.router,
        review_pages.router,
        oidc_pages.router,
        link_pages.router,
        account_pages.router,
        accounts_pages.router,
        need_to_know_pages.router,
        scrutiny_pages.router,
        audit_pages.router,
        services_page.router,
        alert_pages.router,
        rota_pages.router,
        metrics.router,
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=assets.STYLES, check_dir=False), name="static")
    answer_with_problems(app)
    answer_pages_with_pages(app)
    need_to_know_pages.answer_closed_cases(app)
    guard(app)
    return app


def _description(app: FastAPI) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/openapi.json", include_in_schema=False, dependencies=[ApiOfficerOnly])
    async def describe() -> dict[str, Any]:
        """The OpenAPI description of this door."""
        return app.openapi()

    return router

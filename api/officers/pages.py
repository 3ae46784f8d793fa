"""Signing in and out, and the language of the pages."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import update
from starlette.responses import Response

from api.address import network_of
from api.audit.service import record
from api.officers.access import (
    FormOfficer,
    FormSession,
    PageOfficer,
    session_cookie,
)
from api.officers.models import Officer
from api.officers.oidc import sign_out_address, single_sign_on_of
from api.officers.sessions import close_session
from api.officers.sign_in import CredentialsRefused, sign_in
from api.officers.throttle import SignInSlowed
from api.officers.visits import (
    START_OF,
    answer_with_visit,
    begin_session,
    browser_marks,
    is_of_this_visit,
    know_browser,
    local_path,
    strict,
)
from api.runtime import Runtime, RuntimeDep
from api.ui.pages import pages_of, remember_language
from api.ui.redirects import go
from api.words import Language

router = APIRouter(include_in_schema=False)
STATUS_OF = {"outdated": 403, "refused": 401, "slowed": 429}


@router.get("/")
async def start(officer: PageOfficer) -> Response:
    """Lead to where the role begins its work."""
    return go(START_OF[officer.role])


@router.get("/sign-in")
async def sign_in_page(
    request: Request,
    runtime: RuntimeDep,
    language: Annotated[Language | None, Query()] = None,
    next_path: Annotated[str, Query(alias="next", max_length=200)] = "",
    ended: Annotated[Literal["yes", ""], Query()] = "",
    done: Annotated[Literal["password", ""], Query()] = "",
) -> Response:
    """The form. Its token belongs to a cookie of this visit, which signing in replaces."""
    response = _sign_in_page(
        request, runtime, language=language, next_path=next_path, ended=bool(ended), done=done
    )
    if language is not None:
        remember_language(response, runtime, language)
    return response


@router.post("/sign-in")
async def sign_in_form(
    request: Request,
    runtime: RuntimeDep,
    username: Annotated[str, Form(max_length=256)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    otp: Annotated[str, Form(max_length=16)] = "",
    visit_token: Annotated[str, Form(max_length=128)] = "",
    next_path: Annotated[str, Form(alias="next", max_length=200)] = "",
) -> Response:
    """Sign in and begin a new session; one that the browser held before is ended."""
    problem, wait, officer = None, 0, None
    if not is_of_this_visit(request, runtime, visit_token):
        problem = "outdated"
    else:
        try:
            marks = browser_marks(request, runtime)
            officer = await sign_in(
                runtime,
                username,
                password,
                otp,
                network=network_of(request),
                browser_marks=marks,
            )
        except CredentialsRefused:
            problem = "refused"
        except SignInSlowed as slowed:
            problem, wait = "slowed", slowed.seconds
    if officer is None:
        return _sign_in_page(
            request, runtime, problem=problem, wait=wait, username=username, next_path=next_path
        )
    response = go(local_path(next_path) or START_OF[officer.role])
    await begin_session(request, runtime, officer, response, by_oidc=False)
    know_browser(request, runtime, officer, response)
    return response


def _sign_in_page(
    request: Request,
    runtime: Runtime,
    *,
    problem: str | None = None,
    wait: int = 0,
    next_path: str = "",
    **values: Any,
) -> Response:
    defaults = {"language": None, "ended": False, "done": "", "username": ""}
    response = answer_with_visit(
        request,
        runtime,
        "staff/sign_in.html",
        status=STATUS_OF[problem] if problem else 200,
        problem=problem,
        wait=wait,
        next=local_path(next_path),
        local_accounts=runtime.settings.local_accounts,
        single_sign_on=single_sign_on_of(request) is not None,
        **{**defaults, **values},
    )
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, signed_in: FormSession, runtime: RuntimeDep) -> Response:
    """End the session at once. Who came by single sign-on is led to where that session can be ended too."""
    async with runtime.database.session() as session:
        await close_session(session, request.cookies.get(session_cookie(runtime), ""))
        await record(session, signed_in.officer.id, "signed_out")
        await session.commit()
    response: Response = go("/sign-in")
    provider = single_sign_on_of(request)
    if signed_in.by_oidc and provider is not None:
        address = await sign_out_address(provider, runtime.settings)
        # The page is shown to nobody who is signed in. A redirect would be stopped by `form-action`.
        request.state.signed_in = None
        if address:
            response = pages_of(request).answer(
                request,
                "staff/onward.html",
                language="en" if signed_in.officer.language == "en" else "cy",
                onward=address,
                heading="signed_out_title",
                hint="signed_out_hint",
            )
    response.delete_cookie(session_cookie(runtime), **strict(runtime))
    return response


@router.post("/language")
async def change_language(
    officer: FormOfficer,
    runtime: RuntimeDep,
    language: Annotated[Language, Form()],
    next_path: Annotated[str, Form(alias="next", max_length=200)] = "/",
) -> Response:
    """Show the pages, and send the alerts, in this language from now on."""
    async with runtime.database.session() as session:
        await session.execute(
            update(Officer).where(Officer.id == officer.id).values(language=language)
        )
        await session.commit()
    response = go(local_path(next_path) or "/")
    remember_language(response, runtime, language)
    return response

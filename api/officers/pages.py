"""Signing in and out, and the language of the pages."""

from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import update
from starlette.responses import RedirectResponse, Response

from api.audit.service import record
from api.officers.access import (
    CASE_WORKERS,
    FormOfficer,
    PageOfficer,
    RuntimeDep,
    session_cookie,
)
from api.officers.models import Officer, Role
from api.officers.sessions import close_session, open_browser_session
from api.officers.sign_in import CredentialsRefused, SignInSlowed, sign_in
from api.runtime import Runtime
from api.security import new_token, same_secret
from api.ui.pages import pages_of, remember_language
from api.words import Language

VISIT_COOKIE: Final = "llais_visit"

router = APIRouter(include_in_schema=False)


@router.get("/")
async def start(officer: PageOfficer) -> Response:
    """Lead to where the role begins its work."""
    return RedirectResponse(_start_of(officer.role), status_code=HTTPStatus.SEE_OTHER)


def _start_of(role: Role) -> str:
    if role in CASE_WORKERS:
        return "/queue"
    return "/audit" if role == Role.AUDITOR else "/account"


@router.get("/account")
async def account(request: Request, officer: PageOfficer) -> Response:
    """What this account may do; where a role with no cases begins."""
    sees_cases = officer.role in CASE_WORKERS
    return pages_of(request).answer(request, "staff/account.html", sees_cases=sees_cases)


@router.get("/sign-in")
async def sign_in_page(
    request: Request,
    runtime: RuntimeDep,
    language: Annotated[Language | None, Query()] = None,
    next_path: Annotated[str, Query(alias="next", max_length=200)] = "",
    ended: Annotated[Literal["yes", ""], Query()] = "",
) -> Response:
    """The form. Its token belongs to a cookie of this visit, which signing in replaces."""
    visit = request.cookies.get(VISIT_COOKIE) or new_token()
    response = pages_of(request).answer(
        request,
        "staff/sign_in.html",
        language=language,
        visit_token=_visit_token(runtime, visit),
        next=_local(next_path),
        ended=bool(ended),
        username="",
        problem=None,
        wait=0,
    )
    response.set_cookie(VISIT_COOKIE, visit, **_strict(runtime))
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
    visit = request.cookies.get(VISIT_COOKIE, "")
    problem, wait, officer = None, 0, None
    if not visit or not same_secret(visit_token, _visit_token(runtime, visit)):
        problem = "outdated"
    else:
        try:
            officer = await sign_in(runtime, username, password, otp)
        except CredentialsRefused:
            problem = "refused"
        except SignInSlowed as slowed:
            problem, wait = "slowed", slowed.seconds
    if officer is None:
        return _ask_again(request, runtime, problem or "refused", wait, username, next_path)
    async with runtime.database.session() as session:
        await close_session(session, request.cookies.get(session_cookie(runtime), ""))
        token = await open_browser_session(session, officer)
        await session.commit()
    response = RedirectResponse(
        _local(next_path) or _start_of(officer.role), status_code=HTTPStatus.SEE_OTHER
    )
    response.delete_cookie(VISIT_COOKIE, **_strict(runtime))
    response.set_cookie(session_cookie(runtime), token, **_strict(runtime))
    remember_language(response, runtime, "en" if officer.language == "en" else "cy")
    return response


def _ask_again(
    request: Request, runtime: Runtime, problem: str, wait: int, username: str, next_path: str
) -> Response:
    visit = request.cookies.get(VISIT_COOKIE) or new_token()
    status = {"outdated": 403, "refused": 401, "slowed": 429}[problem]
    response = pages_of(request).answer(
        request,
        "staff/sign_in.html",
        status=status,
        visit_token=_visit_token(runtime, visit),
        next=_local(next_path),
        ended=False,
        username=username,
        problem=problem,
        wait=wait,
    )
    response.set_cookie(VISIT_COOKIE, visit, **_strict(runtime))
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, officer: FormOfficer, runtime: RuntimeDep) -> Response:
    """End the session at once."""
    async with runtime.database.session() as session:
        await close_session(session, request.cookies.get(session_cookie(runtime), ""))
        await record(session, officer.id, "signed_out")
        await session.commit()
    response = RedirectResponse("/sign-in", status_code=HTTPStatus.SEE_OTHER)
    response.delete_cookie(session_cookie(runtime), **_strict(runtime))
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
    response = RedirectResponse(_local(next_path) or "/", status_code=HTTPStatus.SEE_OTHER)
    remember_language(response, runtime, language)
    return response


def _visit_token(runtime: Runtime, visit: str) -> str:
    return runtime.database.keyring.look_up_hash("visit", visit).hex()


def _local(path: str) -> str:
    """A path of this door, or nothing: a sign-in must not lead to another site."""
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if safe and path.isprintable() else ""


def _strict(runtime: Runtime) -> dict[str, Any]:
    # A browser drops a cookie with the prefix __Host- only for an answer with the same attributes.
    return {
        "httponly": True,
        "samesite": "strict",
        "secure": not runtime.settings.development,
        "path": "/",
    }

"""An officer's own page: language, password, second factor, sessions."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from api.audit.service import record
from api.officers.access import CASE_WORKERS, FormSession, PageSession
from api.officers.accounts import (
    SHORTEST_PASSWORD,
    NoLocalPassword,
    PasswordTooWeak,
    WrongPassword,
    change_password,
    confirm_password,
)
from api.officers.models import Officer
from api.officers.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    new_recovery_codes,
    qr_code,
    recovery_codes_left,
    second_factor_missing,
)
from api.officers.sessions import SignedIn, end_session, end_sessions, open_sessions
from api.officers.throttle import SignInSlowed
from api.problems import Problem
from api.runtime import Runtime, RuntimeDep
from api.ui.pages import pages_of
from api.ui.redirects import go

router = APIRouter(prefix="/account", include_in_schema=False)
Done = Literal["password", "session", ""]
Password = Annotated[str, Form(max_length=1024)]


@router.get("")
async def account(
    request: Request,
    signed_in: PageSession,
    runtime: RuntimeDep,
    done: Annotated[Done, Query()] = "",
) -> Response:
    """What this account may do, how it signs in, and where it is signed in."""
    officer = signed_in.officer
    async with runtime.database.session() as session:
        sessions = await open_sessions(session, officer.id)
        left = await recovery_codes_left(session, officer.id)
        await session.commit()
    return pages_of(request).answer(
        request,
        "staff/account.html",
        sees_cases=officer.role in CASE_WORKERS,
        sessions=sessions,
        this_session=signed_in.session_id,
        codes_left=left,
        done=done,
    )


def _refuse_without_password(officer: Officer) -> None:
    if officer.password_hash is None:
        raise NoLocalPassword("This account signs in by single sign-on.")


@router.get("/password")
async def password_page(request: Request, signed_in: PageSession) -> Response:
    """The form for a new password."""
    _refuse_without_password(signed_in.officer)
    return _password_page(request, None)


@router.post("/password")
async def password_form(
    request: Request,
    signed_in: FormSession,
    runtime: RuntimeDep,
    current: Password = "",
    password: Password = "",
    repeated: Password = "",
) -> Response:
    """Change the password. Every other session of the account ends."""
    officer = signed_in.officer
    _refuse_without_password(officer)
    if password != repeated:
        return _password_page(request, "password-differs")
    try:
        await confirm_password(runtime, officer, current)
        async with runtime.database.session() as session:
            await change_password(session, officer, password, session_id=signed_in.session_id)
            await session.commit()
    except (WrongPassword, PasswordTooWeak, SignInSlowed) as problem:
        return _password_page(request, problem)
    return go("/account?done=password")


def _password_page(request: Request, problem: Problem | str | None) -> Response:
    return pages_of(request).answer(
        request,
        "staff/account_password.html",
        status=_status_of(problem),
        shortest=SHORTEST_PASSWORD,
        **_said(problem),
    )


def _status_of(problem: Problem | str | None) -> int:
    return 200 if problem is None else problem.status if isinstance(problem, Problem) else 422


def _said(problem: Problem | str | None) -> dict[str, Any]:
    return {
        "problem": problem.problem_type if isinstance(problem, Problem) else problem,
        "wait": problem.seconds if isinstance(problem, SignInSlowed) else 0,
    }


@router.get("/code")
async def code_page(request: Request, signed_in: PageSession, runtime: RuntimeDep) -> Response:
    """The secret to scan, and the form for the first code."""
    _refuse_without_password(signed_in.officer)
    return await _code_page(request, runtime, signed_in, None)


@router.post("/code")
async def code_form(
    request: Request,
    signed_in: FormSession,
    runtime: RuntimeDep,
    password: Password = "",
    otp: Annotated[str, Form(max_length=16)] = "",
) -> Response:
    """Ask for a code from now on, once one has been typed. The recovery codes are shown, this once."""
    officer = signed_in.officer
    _refuse_without_password(officer)
    try:
        await confirm_password(runtime, officer, password)
    except (WrongPassword, SignInSlowed) as problem:
        return await _code_page(request, runtime, signed_in, problem)
    async with runtime.database.session() as session:
        codes = await confirm_enrolment(session, runtime.database.keyring, officer.id, otp)
        if codes is not None:
            # Whoever came in with a password alone comes in again with a code.
            await end_sessions(session, officer.id, but=signed_in.session_id)
            await session.commit()
    if codes is None:
        return await _code_page(request, runtime, signed_in, "code-wrong")
    return pages_of(request).answer(request, "staff/account_codes.html", codes=codes)


async def _code_page(
    request: Request, runtime: Runtime, signed_in: SignedIn, problem: Problem | str | None
) -> Response:
    async with runtime.database.session() as session:
        secret = await begin_enrolment(session, signed_in.officer.id)
        await session.commit()
    return pages_of(request).answer(
        request,
        "staff/account_code.html",
        status=_status_of(problem),
        qr_code=qr_code(secret, signed_in.officer.username),
        demanded=second_factor_missing(runtime.settings, signed_in.officer),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        **_said(problem),
    )


@router.post("/recovery-codes")
async def recovery_codes_form(
    request: Request, signed_in: FormSession, runtime: RuntimeDep
) -> Response:
    """New recovery codes in the place of the earlier ones."""
    officer = signed_in.officer
    if officer.otp_secret is None:
        return go("/account/code")
    async with runtime.database.session() as session:
        codes = await new_recovery_codes(session, runtime.database.keyring, officer.id)
        await record(session, officer.id, "recovery_codes_made", str(officer.id))
        await session.commit()
    return pages_of(request).answer(request, "staff/account_codes.html", codes=codes)


@router.post("/sessions/{session_id}/end")
async def end_one_session(
    session_id: UUID, signed_in: FormSession, runtime: RuntimeDep
) -> Response:
    """End one session of one's own; nobody else's is found by its id."""
    async with runtime.database.session() as session:
        await end_session(session, signed_in.officer.id, session_id)
        await record(session, signed_in.officer.id, "session_ended", str(session_id))
        await session.commit()
    return go("/account?done=session#sessions")


@router.post("/sessions/end-others")
async def end_other_sessions(signed_in: FormSession, runtime: RuntimeDep) -> Response:
    """End every session of one's own but this one."""
    async with runtime.database.session() as session:
        await end_sessions(session, signed_in.officer.id, but=signed_in.session_id)
        await record(session, signed_in.officer.id, "sessions_ended", str(signed_in.officer.id))
        await session.commit()
    return go("/account?done=session#sessions")

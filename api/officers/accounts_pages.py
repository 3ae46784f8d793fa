"""The administrators' pages: accounts, invitations, roles. Nothing of any case."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from api.audit.service import record
from api.officers.access import FormAdministrator, PageAdministrator
from api.officers.accounts import (
    AccountExists,
    change_role,
    disable,
    enable,
    end_all_sessions,
    invite,
    remove_code,
    send_link_again,
)
from api.officers.models import Officer, Role, StaffMail, StaffMailState
from api.officers.sessions import open_sessions
from api.problems import DoesNotExist
from api.runtime import Runtime, RuntimeDep
from api.ui.pages import pages_of
from api.ui.redirects import go
from api.words import Language

router = APIRouter(prefix="/accounts", include_in_schema=False)
Done = Literal["role", "disabled", "enabled", "link", "code", "sessions", "invited", ""]
LONGEST_NAME = 128
LONGEST_EMAIL = 254
LONGEST_USERNAME = 64


@router.get("")
async def accounts(request: Request, officer: PageAdministrator, runtime: RuntimeDep) -> Response:
    """Every account, and the form that invites to a new one."""
    return await _accounts_page(request, runtime, officer)


async def _accounts_page(
    request: Request,
    runtime: Runtime,
    officer: Officer,
    problem: str | None = None,
    status: int = 200,
    **typed: str,
) -> Response:
    async with runtime.database.session() as session:
        found = await session.scalars(select(Officer).order_by(Officer.name, Officer.username))
        listed = list(found)
        await record(session, officer.id, "accounts_listed")
        await session.commit()
    blank = {"username": "", "name": "", "email": "", "role": Role.OFFICER, "spoken": "cy"}
    return pages_of(request).answer(
        request,
        "staff/accounts.html",
        status=status,
        accounts=listed,
        roles=list(Role),
        local_accounts=runtime.settings.local_accounts,
        problem=problem,
        typed={**blank, **typed},
    )


@router.post("")
async def invite_somebody(
    request: Request,
    officer: FormAdministrator,
    runtime: RuntimeDep,
    role: Annotated[Role, Form()],
    spoken: Annotated[Language, Form()],
    username: Annotated[str, Form(max_length=256)] = "",
    name: Annotated[str, Form(max_length=256)] = "",
    email: Annotated[str, Form(max_length=320)] = "",
) -> Response:
    """Invite somebody by e-mail. What was typed is shown again where it cannot be used."""
    username, name, email = username.strip().lower(), name.strip(), email.strip()
    typed: dict[str, Any] = {
        "username": username,
        "name": name,
        "email": email,
        "role": role,
        "spoken": spoken,
    }
    if problem := _unusable(username, name, email):
        return await _accounts_page(request, runtime, officer, problem, 422, **typed)
    try:
        async with runtime.database.session() as session:
            invited = await invite(
                session,
                runtime,
                officer,
                username=username,
                name=name,
                email=email,
                role=role,
                language=spoken,
            )
            await session.commit()
    except AccountExists:
        return await _accounts_page(request, runtime, officer, "username-taken", 409, **typed)
    return go(f"/accounts/{invited.id}?done=invited")


def _unusable(username: str, name: str, email: str) -> str | None:
    if not username or len(username) > LONGEST_USERNAME or not username.isprintable():
        return "username-missing"
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return "name-missing"
    local, _, domain = email.rpartition("@")
    usable = local and domain and email.isprintable() and not set(email) & set(" ,;<>")
    return None if usable and len(email) <= LONGEST_EMAIL else "email-missing"


@router.get("/{officer_id}")
async def account(
    request: Request,
    officer_id: UUID,
    officer: PageAdministrator,
    runtime: RuntimeDep,
    done: Annotated[Done, Query()] = "",
) -> Response:
    """One account, and what may be done with it."""
    async with runtime.database.session() as session:
        shown = await session.get(Officer, officer_id)
        if shown is None:
            raise DoesNotExist("There is no such account.")
        sessions = await open_sessions(session, officer_id)
        waiting = await session.scalar(
            select(StaffMail.queued_at).where(
                StaffMail.officer_id == officer_id, StaffMail.state == StaffMailState.QUEUED
            )
        )
        await record(session, officer.id, "account_read", str(officer_id))
        await session.commit()
    return pages_of(request).answer(
        request,
        "staff/account_of.html",
        shown=shown,
        session_count=len(sessions),
        mail_waits=waiting is not None,
        roles=list(Role),
        own=officer_id == officer.id,
        local_accounts=runtime.settings.local_accounts,
        done=done,
    )


@router.post("/{officer_id}/role")
async def give_role(
    officer_id: UUID, officer: FormAdministrator, runtime: RuntimeDep, role: Annotated[Role, Form()]
) -> Response:
    """Give an account another role; it holds from the next request on."""
    async with runtime.database.session() as session:
        await change_role(session, officer, officer_id, role)
        await session.commit()
    return _back(officer_id, "role")


@router.post("/{officer_id}/disable")
async def disable_account(
    officer_id: UUID, officer: FormAdministrator, runtime: RuntimeDep
) -> Response:
    """Close an account at once."""
    async with runtime.database.session() as session:
        await disable(session, officer, officer_id)
        await session.commit()
    return _back(officer_id, "disabled")


@router.post("/{officer_id}/enable")
async def enable_account(
    officer_id: UUID, officer: FormAdministrator, runtime: RuntimeDep
) -> Response:
    """Open an account again."""
    async with runtime.database.session() as session:
        await enable(session, officer, officer_id)
        await session.commit()
    return _back(officer_id, "enabled")


@router.post("/{officer_id}/link")
async def send_link(officer_id: UUID, officer: FormAdministrator, runtime: RuntimeDep) -> Response:
    """Send a link for a new password."""
    async with runtime.database.session() as session:
        await send_link_again(session, runtime, officer, officer_id)
        await session.commit()
    return _back(officer_id, "link")


@router.post("/{officer_id}/remove-code")
async def remove_code_of(
    officer_id: UUID, officer: FormAdministrator, runtime: RuntimeDep
) -> Response:
    """Have the account enrol a second factor anew."""
    async with runtime.database.session() as session:
        await remove_code(session, officer, officer_id)
        await session.commit()
    return _back(officer_id, "code")


@router.post("/{officer_id}/end-sessions")
async def end_sessions_of(
    officer_id: UUID, officer: FormAdministrator, runtime: RuntimeDep
) -> Response:
    """Sign somebody out everywhere."""
    async with runtime.database.session() as session:
        await end_all_sessions(session, officer, officer_id)
        await session.commit()
    return _back(officer_id, "sessions")


def _back(officer_id: UUID, done: str) -> Response:
    return go(f"/accounts/{officer_id}?done={done}")

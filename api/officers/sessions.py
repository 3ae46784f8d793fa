"""What an officer holds after signing in: a browser session or an API token, kept as hashes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.database import utc_now
from api.officers.models import Officer, OfficerSession
from api.policy import StaffAccess, policy, policy_version
from api.security import new_token, token_hash

# A session's last use is noted this often at most, so that reading costs no write.
NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """An officer and the CSRF token of the browser session; an API token has none."""

    officer: Officer
    csrf_token: str | None
    session_id: UUID
    by_oidc: bool = False


def staff_access() -> StaffAccess:
    """How long things stay open, by the policy in force."""
    return policy(policy_version()).staff_access


def _idle_since(now: datetime) -> datetime:
    return now - timedelta(minutes=staff_access().idle_minutes)


async def open_browser_session(
    session: AsyncSession, officer: Officer, *, by_oidc: bool = False
) -> str:
    """A new session's token, for the cookie. Nothing of a session before it lives on."""
    token = new_token()
    now = utc_now()
    session.add(
        OfficerSession(
            token_hash=token_hash(token),
            officer_id=officer.id,
            csrf_token=new_token(),
            by_oidc=by_oidc,
            expires_at=now + timedelta(hours=staff_access().longest_hours),
        )
    )
    await _drop_ended_sessions(session, now)
    await record(session, officer.id, "signed_in")
    return token


async def open_api_session(session: AsyncSession, officer: Officer) -> str:
    """A new bearer token."""
    token = new_token()
    session.add(
        OfficerSession(
            token_hash=token_hash(token),
            officer_id=officer.id,
            expires_at=utc_now() + timedelta(minutes=staff_access().api_token_minutes),
        )
    )
    await record(session, officer.id, "api_token_issued")
    return token


async def find_browser_session(
    session: AsyncSession, token: str, *, in_use: bool = True
) -> SignedIn | None:
    """Who holds this cookie, unless it ran out or lay idle.

    `in_use` says that a person did something, as opposed to a page that refreshes itself.
    """
    found = await _find(session, token)
    if found is None or found[1].csrf_token is None:
        return None
    officer, opened = found
    if opened.last_seen_at < _idle_since(utc_now()):
        return None
    if in_use and opened.last_seen_at < utc_now() - NOTED_EVERY:
        await session.execute(
            update(OfficerSession)
            .where(OfficerSession.token_hash == opened.token_hash)
            .values(last_seen_at=utc_now())
        )
        await session.commit()
    return SignedIn(officer, opened.csrf_token, opened.id, opened.by_oidc)


async def find_api_session(session: AsyncSession, token: str) -> SignedIn | None:
    found = await _find(session, token)
    if found is None or found[1].csrf_token is not None:
        return None
    return SignedIn(found[0], None, found[1].id)


async def _find(session: AsyncSession, token: str) -> tuple[Officer, OfficerSession] | None:
    row = await session.execute(
        select(Officer, OfficerSession)
        .join(Officer, Officer.id == OfficerSession.officer_id)
        .where(
            OfficerSession.token_hash == token_hash(token),
            OfficerSession.expires_at > utc_now(),
            Officer.disabled_at.is_(None),
        )
    )
    found = row.one_or_none()
    return (found[0], found[1]) if found else None


async def close_session(session: AsyncSession, token: str) -> None:
    """End a session at once, whoever holds it."""
    await session.execute(
        delete(OfficerSession).where(OfficerSession.token_hash == token_hash(token))
    )


async def open_sessions(session: AsyncSession, officer_id: UUID) -> list[OfficerSession]:
    """Every session and token that an officer holds and could still use, the last used first."""
    await _drop_ended_sessions(session, utc_now())
    found = await session.scalars(
        select(OfficerSession)
        .where(OfficerSession.officer_id == officer_id)
        .order_by(OfficerSession.last_seen_at.desc())
    )
    return list(found)


async def end_session(session: AsyncSession, officer_id: UUID, session_id: UUID) -> None:
    """End one session of an officer; nobody else's."""
    await session.execute(
        delete(OfficerSession).where(
            OfficerSession.officer_id == officer_id, OfficerSession.id == session_id
        )
    )


async def end_sessions(session: AsyncSession, officer_id: UUID, *, but: UUID | None = None) -> None:
    """End every session and token of an officer, except perhaps the one in use."""
    ended = delete(OfficerSession).where(OfficerSession.officer_id == officer_id)
    if but is not None:
        ended = ended.where(OfficerSession.id != but)
    await session.execute(ended)


async def _drop_ended_sessions(session: AsyncSession, now: datetime) -> None:
    """Forget sessions that can no longer be used; each sign-in sweeps a little."""
    await session.execute(
        delete(OfficerSession).where(
            or_(
                OfficerSession.expires_at < now,
                (OfficerSession.csrf_token.is_not(None))
                & (OfficerSession.last_seen_at < _idle_since(now)),
            )
        )
    )

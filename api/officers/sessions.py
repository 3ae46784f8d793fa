"""What an officer holds after signing in: a browser session or an API token, kept as hashes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.database import utc_now
from api.officers.models import Officer, OfficerSession
from api.security import new_token, token_hash

LONGEST_SESSION: Final = timedelta(hours=12)
IDLE_TIMEOUT: Final = timedelta(minutes=30)
API_TOKEN_LIFETIME: Final = timedelta(hours=1)
# A session's last use is noted this often at most, so that reading costs no write.
NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """An officer and the CSRF token of the browser session; an API token has none."""

    officer: Officer
    csrf_token: str | None


async def open_browser_session(session: AsyncSession, officer: Officer) -> str:
    """A new session's token, for the cookie. Nothing of a session before it lives on."""
    token = new_token()
    now = utc_now()
    session.add(
        OfficerSession(
            token_hash=token_hash(token),
            officer_id=officer.id,
            csrf_token=new_token(),
            expires_at=now + LONGEST_SESSION,
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
            expires_at=utc_now() + API_TOKEN_LIFETIME,
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
    if opened.last_seen_at < utc_now() - IDLE_TIMEOUT:
        return None
    if in_use and opened.last_seen_at < utc_now() - NOTED_EVERY:
        await session.execute(
            update(OfficerSession)
            .where(OfficerSession.token_hash == opened.token_hash)
            .values(last_seen_at=utc_now())
        )
        await session.commit()
    return SignedIn(officer, opened.csrf_token)


async def find_api_session(session: AsyncSession, token: str) -> SignedIn | None:
    found = await _find(session, token)
    if found is None or found[1].csrf_token is not None:
        return None
    return SignedIn(found[0], None)


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


async def _drop_ended_sessions(session: AsyncSession, now: datetime) -> None:
    """Forget sessions that can no longer be used; each sign-in sweeps a little."""
    await session.execute(
        delete(OfficerSession).where(
            or_(
                OfficerSession.expires_at < now,
                (OfficerSession.csrf_token.is_not(None))
                & (OfficerSession.last_seen_at < now - IDLE_TIMEOUT),
            )
        )
    )

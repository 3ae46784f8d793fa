"""Who signs in: name, password and, where enrolled, a code; guessing is slowed down more and more.

Every attempt is counted before it is checked, so that guesses made at once cannot slip past the
count, and a name that nobody has is counted and answered like any other.
"""

from datetime import datetime, timedelta
from typing import Final

import pyotp
from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.database import utc_now
from api.officers.models import Officer, SignInFailures
from api.officers.passwords import LONGEST_PASSWORD, password_fits
from api.problems import NotSignedIn, TooManyRequests
from api.runtime import Runtime

FREE_ATTEMPTS: Final = 4
FIRST_DELAY: Final = timedelta(seconds=15)
LONGEST_DELAY: Final = timedelta(minutes=15)
# After a day without an attempt, earlier failures no longer count.
FORGOTTEN_AFTER: Final = timedelta(days=1)
LONGEST_USERNAME: Final = 64


class CredentialsRefused(NotSignedIn):
    """Never says which part was wrong, or whether there is such an officer."""

    type = "credentials-refused"


class SignInSlowed(TooManyRequests):
    """Too many failures for this name, known or not; `seconds` until the next attempt counts."""

    type = "sign-in-slowed"

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many attempts. Wait before the next one.", retry_after=seconds)
        self.seconds = seconds
        self.headers = {"Retry-After": str(seconds)}


def delay_after(failures: int) -> timedelta:
    """How long the next attempt must wait: nothing at first, then twice as long each time."""
    over = failures - FREE_ATTEMPTS
    if over <= 0:
        return timedelta(0)
    doublings: int = 2 ** min(over - 1, 10)
    return min(FIRST_DELAY * doublings, LONGEST_DELAY)


async def sign_in(runtime: Runtime, username: str, password: str, otp: str = "") -> Officer:
    """The officer with these credentials. Raises CredentialsRefused or SignInSlowed."""
    username = username.strip().lower()[:LONGEST_USERNAME]
    username_hash = runtime.database.keyring.look_up_hash("username", username)
    await _count_attempt(runtime, username_hash)
    async with runtime.database.session() as session:
        officer = await session.scalar(
            select(Officer).where(
                func.lower(Officer.username) == username, Officer.disabled_at.is_(None)
            )
        )
    stored = officer.password_hash if officer else None
    fits = await password_fits(password[:LONGEST_PASSWORD], stored)
    if officer is None or not fits or not _code_fits(officer, otp):
        async with runtime.database.session() as session:
            await record(session, officer.id if officer else None, "sign_in_refused")
            await session.commit()
        raise CredentialsRefused("The name, the password or the code does not fit.")
    async with runtime.database.session() as session:
        await session.execute(
            delete(SignInFailures).where(
                or_(
                    SignInFailures.username_hash == username_hash,
                    SignInFailures.locked_until < utc_now() - FORGOTTEN_AFTER,
                )
            )
        )
        await session.commit()
    return officer


async def _count_attempt(runtime: Runtime, username_hash: bytes) -> None:
    """Count an attempt as failed until it succeeds. Raises SignInSlowed while locked."""
    now = utc_now()
    async with runtime.database.session() as session:
        await session.execute(
            insert(SignInFailures)
            .values(username_hash=username_hash, failures=0)
            .on_conflict_do_nothing()
        )
        counted = await session.get_one(SignInFailures, username_hash, with_for_update=True)
        await _refuse_while_locked(counted, now)
        last = counted.locked_until
        if last is not None and last < now - FORGOTTEN_AFTER:
            counted.failures = 0
        counted.failures += 1
        counted.locked_until = now + delay_after(counted.failures)
        await session.commit()


async def _refuse_while_locked(counted: SignInFailures, now: datetime) -> None:
    if counted.locked_until is not None and counted.locked_until > now:
        raise SignInSlowed(max(1, round((counted.locked_until - now).total_seconds())))


def _code_fits(officer: Officer, otp: str) -> bool:
    if officer.otp_secret is None:
        return True
    code = otp.replace(" ", "")
    # One step either way, for a telephone whose clock is a little off.
    return pyotp.TOTP(officer.otp_secret).verify(code, valid_window=1)


async def find_officer(session: AsyncSession, username: str) -> Officer | None:
    return await session.scalar(select(Officer).where(Officer.username == username.lower()))

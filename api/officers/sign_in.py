"""Who signs in with a local account: name, password and, where enrolled, a code.

A name that nobody has is counted, checked and answered like any other.
"""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.officers.models import Officer
from api.officers.passwords import LONGEST_PASSWORD, password_fits
from api.officers.second_factor import take_code
from api.officers.throttle import Attempts, normal_username
from api.problems import NotAllowed, NotSignedIn
from api.runtime import Runtime


class CredentialsRefused(NotSignedIn):
    """Never says which part was wrong, or whether there is such an officer."""

    type = "credentials-refused"


class LocalAccountsOff(NotAllowed):
    """This server takes single sign-on only."""

    type = "local-accounts-off"


async def sign_in(
    runtime: Runtime,
    username: str,
    password: str,
    otp: str = "",
    *,
    network: str,
    browser_marks: Sequence[str] = (),
) -> Officer:
    """The officer with these credentials, which came from this network. A code that was taken is used up.

    Raises CredentialsRefused, SignInSlowed or LocalAccountsOff.
    """
    if not runtime.settings.local_accounts:
        raise LocalAccountsOff("Sign in by single sign-on.")
    attempts = Attempts.of(runtime.database.keyring, username, network, browser_marks)
    await attempts.count(runtime)
    async with runtime.database.session() as session:
        officer = await session.scalar(
            select(Officer).where(
                func.lower(Officer.username) == normal_username(username),
                Officer.disabled_at.is_(None),
            )
        )
    stored = officer.password_hash if officer else None
    fits = await password_fits(password[:LONGEST_PASSWORD], stored)
    async with runtime.database.session() as session:
        if officer is None or not fits or not await take_code(session, runtime, officer, otp):
            await record(session, officer.id if officer else None, "sign_in_refused")
            await session.commit()
            raise CredentialsRefused("The name, the password or the code does not fit.")
        await attempts.forget(session)
        await session.commit()
    return officer


async def find_officer(session: AsyncSession, username: str) -> Officer | None:
    return await session.scalar(select(Officer).where(Officer.username == username.lower()))

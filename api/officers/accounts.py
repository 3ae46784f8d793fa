"""What happens to accounts: invited, let in again, given another role, disabled. Every change is an audit entry."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.database import new_id, utc_now
from api.officers.common_passwords import is_common
from api.officers.mail import queue_mail
from api.officers.models import AccountLink, LinkKind, Officer, Role, StaffMailKind
from api.officers.passwords import LONGEST_PASSWORD, password_fits, password_hash
from api.officers.second_factor import remove_second_factor
from api.officers.sessions import end_sessions, staff_access
from api.officers.throttle import Attempts, normal_username
from api.problems import Conflict, DoesNotExist, NotAllowed, UnusableContent
from api.runtime import Runtime
from api.security import new_token, token_hash

SHORTEST_PASSWORD: Final = 12


class AccountExists(Conflict):
    """Somebody has this username."""

    type = "account-exists"


class OwnAccount(Conflict):
    """Administrators do not disable themselves or take their own role: one must always be left."""

    type = "own-account"


class NoLocalPassword(Conflict):
    """The account signs in by single sign-on, or no local account may sign in here."""

    type = "no-local-password"


class LinkUnusable(NotAllowed):
    """Used, too old, replaced by a newer one, or never sent."""

    type = "link-unusable"


class PasswordTooWeak(UnusableContent):
    """`problem_type` says why: too short, too long, made of the name, or of what is guessed first."""

    type = "password-short"


class WrongPassword(UnusableContent):
    """The password of the account is not this one."""

    type = "password-wrong"


async def invite(
    session: AsyncSession,
    runtime: Runtime,
    by: Officer,
    *,
    username: str,
    name: str,
    email: str,
    role: Role,
    language: str,
) -> Officer:
    """Make an account without a password and send its invitation. Raises AccountExists, NoLocalPassword.

    The caller commits.
    """
    if not runtime.settings.local_accounts:
        raise NoLocalPassword("Accounts come from single sign-on here.")
    username = normal_username(username)
    taken = await session.scalar(select(Officer.id).where(func.lower(Officer.username) == username))
    if taken is not None:
        raise AccountExists("Somebody has this username.")
    officer = Officer(
        id=new_id(), username=username, name=name, email=email, role=role, language=language
    )
    session.add(officer)
    try:
        await session.flush()
    except IntegrityError as error:
        raise AccountExists("Somebody has this username.") from error
    await record(session, by.id, "officer_invited", str(officer.id))
    await _send_link(session, runtime, by, officer, LinkKind.INVITATION)
    return officer


async def send_link_again(
    session: AsyncSession, runtime: Runtime, by: Officer, officer_id: UUID
) -> None:
    """Send a link for a new password: an invitation where there was none yet, else a reset.

    Links sent before are of no use any more. Raises DoesNotExist or NoLocalPassword. The caller commits.
    """
    officer = await _account(session, officer_id)
    if officer.oidc_subject is not None or not runtime.settings.local_accounts:
        raise NoLocalPassword("This account signs in by single sign-on.")
    kind = LinkKind.INVITATION if officer.password_hash is None else LinkKind.RESET
    await record(session, by.id, "password_link_sent", str(officer_id))
    await _send_link(session, runtime, by, officer, kind)


async def _send_link(
    session: AsyncSession, runtime: Runtime, by: Officer, officer: Officer, kind: LinkKind
) -> None:
    now = utc_now()
    await _use_up_links(session, officer.id)
    hours = {
        LinkKind.INVITATION: staff_access().invitation_hours,
        LinkKind.RESET: staff_access().reset_hours,
    }[kind]
    token = new_token()
    session.add(
        AccountLink(
            token_hash=token_hash(token),
            officer_id=officer.id,
            kind=kind,
            created_at=now,
            created_by=by.id,
            expires_at=now + timedelta(hours=hours),
        )
    )
    await queue_mail(session, runtime, officer.id, StaffMailKind(kind.value), token=token)


async def _use_up_links(session: AsyncSession, officer_id: UUID) -> None:
    await session.execute(
        update(AccountLink)
        .where(AccountLink.officer_id == officer_id, AccountLink.used_at.is_(None))
        .values(used_at=utc_now())
    )


async def set_password_by_link(session: AsyncSession, token: str, password: str) -> Officer:
    """Set the password of the account that a link is for, once; whose it is. Whatever was open under it ends.

    Raises LinkUnusable or PasswordTooWeak. The caller commits.
    """
    row = await session.execute(
        select(AccountLink, Officer)
        .join(Officer, Officer.id == AccountLink.officer_id)
        .where(
            AccountLink.token_hash == token_hash(token.strip()),
            AccountLink.used_at.is_(None),
            AccountLink.expires_at > utc_now(),
            Officer.disabled_at.is_(None),
        )
        .with_for_update()
    )
    found = row.one_or_none()
    if found is None:
        raise LinkUnusable("This link cannot be used.")
    officer: Officer = found[1]
    refuse_weak(password, officer.username)
    officer.password_hash = password_hash(password)
    await _use_up_links(session, officer.id)
    await end_sessions(session, officer.id)
    await record(session, officer.id, "password_set", str(officer.id))
    return officer


def refuse_weak(password: str, username: str) -> None:
    """Length is what counts (NCSC: three random words); the name alone is no password."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooWeak("The password is too short.")
    if len(password) > LONGEST_PASSWORD:
        raise PasswordTooWeak("The password is too long.", type="password-long")
    beside_the_name = password.casefold().split(username.casefold())
    if len(beside_the_name) > 1 and "".join(beside_the_name).strip("0123456789") == "":
        raise PasswordTooWeak("The password is made of the name.", type="password-name")
    if is_common(password, username):
        raise PasswordTooWeak("The password is too easy to guess.", type="password-common")


async def confirm_password(runtime: Runtime, officer: Officer, password: str) -> None:
    """Make sure that it is still the officer who sits there. Raises WrongPassword or SignInSlowed."""
    key = runtime.database.keyring.look_up_hash("confirm-password", str(officer.id))
    attempts = Attempts(key)
    await attempts.count(runtime)
    if not await password_fits(password[:LONGEST_PASSWORD], officer.password_hash):
        raise WrongPassword("The password does not fit.")
    async with runtime.database.session() as session:
        await attempts.forget(session)
        await session.commit()


async def change_password(
    session: AsyncSession, officer: Officer, password: str, *, session_id: UUID
) -> None:
    """Change one's own password; every other session ends. Raises PasswordTooWeak. The caller commits."""
    refuse_weak(password, officer.username)
    await session.execute(
        update(Officer)
        .where(Officer.id == officer.id)
        .values(password_hash=password_hash(password))
    )
    await _use_up_links(session, officer.id)
    await end_sessions(session, officer.id, but=session_id)
    await record(session, officer.id, "password_changed", str(officer.id))


async def change_role(session: AsyncSession, by: Officer, officer_id: UUID, role: Role) -> None:
    """Raises DoesNotExist, OwnAccount, or NoLocalPassword where the provider says the role. The caller commits."""
    officer = await _account_of_somebody_else(session, by, officer_id)
    if officer.oidc_subject is not None:
        raise NoLocalPassword("The role of this account comes from single sign-on.")
    if officer.role != role:
        officer.role = role
        await record(session, by.id, "role_changed", str(officer_id))


async def disable(session: AsyncSession, by: Officer, officer_id: UUID) -> None:
    """Close an account: its sessions, tokens and links end with it. The caller commits.

    Raises DoesNotExist or OwnAccount.
    """
    officer = await _account_of_somebody_else(session, by, officer_id)
    if officer.disabled_at is None:
        officer.disabled_at = utc_now()
        await record(session, by.id, "account_disabled", str(officer_id))
    await end_sessions(session, officer_id)
    await _use_up_links(session, officer_id)


async def enable(session: AsyncSession, by: Officer, officer_id: UUID) -> None:
    """Open an account again. Raises DoesNotExist. The caller commits."""
    officer = await _account(session, officer_id)
    if officer.disabled_at is not None:
        officer.disabled_at = None
        await record(session, by.id, "account_enabled", str(officer_id))


async def remove_code(session: AsyncSession, by: Officer, officer_id: UUID) -> None:
    """Ask an account for no code, for somebody who lost telephone and recovery codes. The caller commits.

    Raises DoesNotExist or OwnAccount.
    """
    await _account_of_somebody_else(session, by, officer_id)
    await remove_second_factor(session, officer_id)
    await record(session, by.id, "code_removed", str(officer_id))


async def end_all_sessions(session: AsyncSession, by: Officer, officer_id: UUID) -> None:
    """Raises DoesNotExist. The caller commits."""
    await _account(session, officer_id)
    await end_sessions(session, officer_id)
    await record(session, by.id, "sessions_ended", str(officer_id))


async def _account(session: AsyncSession, officer_id: UUID) -> Officer:
    officer = await session.get(Officer, officer_id, with_for_update=True)
    if officer is None:
        raise DoesNotExist("There is no such account.")
    return officer


async def _account_of_somebody_else(
    session: AsyncSession, by: Officer, officer_id: UUID
) -> Officer:
    if officer_id == by.id:
        raise OwnAccount("Another administrator has to do this.")
    return await _account(session, officer_id)

"""The second factor of local accounts: codes of an authenticator app (RFC 6238), and recovery codes.

A code is taken once: RFC 6238, 5.2, asks that a second use of the same one be refused.
"""

import secrets
from typing import Final
from uuid import UUID

import pyotp
import segno
from markupsafe import Markup
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.config import Settings
from api.database import utc_now
from api.officers.models import Officer, RecoveryCode
from api.officers.passwords import LETTERS
from api.problems import NotAllowed
from api.runtime import Runtime
from api.security import Keyring, same_secret


class SecondFactorMissing(NotAllowed):
    """The account must ask for a code before it opens anything."""

    type = "second-factor-missing"


ISSUER: Final = "Llais"
# One step either way, for a telephone whose clock is a little off.
STEPS_OFF: Final = 1
RECOVERY_CODES: Final = 10
RECOVERY_GROUP: Final = 5


def second_factor_missing(settings: Settings, officer: Officer) -> bool:
    """Whether an account that signed in here must enrol a code first. Single sign-on has rules of its own."""
    return settings.second_factor_demanded and officer.otp_secret is None


async def take_code(session: AsyncSession, runtime: Runtime, officer: Officer, otp: str) -> bool:
    """Whether a code opens the account; it is used up when the caller commits.

    An account that has no second factor needs none.
    """
    if officer.otp_secret is None:
        return True
    if await _take_step(session, officer.id, officer.otp_secret, otp):
        return True
    return await _take_recovery_code(session, runtime.database.keyring, officer.id, otp)


async def _take_step(session: AsyncSession, officer_id: UUID, secret: str, otp: str) -> bool:
    step = _step_of(secret, otp)
    if step is None:
        return False
    # The row itself decides, so that of two who send the same code at once only one is let in.
    taken = await session.scalar(
        update(Officer)
        .where(
            Officer.id == officer_id,
            or_(Officer.otp_last_step.is_(None), Officer.otp_last_step < step),
        )
        .values(otp_last_step=step)
        .returning(Officer.id)
    )
    return taken is not None


def _step_of(secret: str, otp: str) -> int | None:
    """The time step whose code this is, if it is one of those that count now."""
    code = "".join(otp.split())
    totp = pyotp.TOTP(secret)
    now = totp.timecode(utc_now())
    steps = range(now - STEPS_OFF, now + STEPS_OFF + 1)
    return next((step for step in steps if same_secret(code, totp.generate_otp(step))), None)


async def _take_recovery_code(
    session: AsyncSession, keyring: Keyring, officer_id: UUID, code: str
) -> bool:
    taken = await session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.officer_id == officer_id,
            RecoveryCode.code_hash == _recovery_hash(keyring, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=utc_now())
        .returning(RecoveryCode.officer_id)
    )
    if taken is None:
        return False
    await record(session, officer_id, "recovery_code_used")
    return True


def _recovery_hash(keyring: Keyring, code: str) -> bytes:
    bare = "".join(letter for letter in code.casefold() if letter.isalnum())
    return keyring.look_up_hash("recovery-code", bare)


async def begin_enrolment(session: AsyncSession, officer_id: UUID) -> str:
    """The secret that waits for its first code, made if there is none. The caller commits."""
    officer = await session.get_one(Officer, officer_id, with_for_update=True)
    if officer.otp_pending is None:
        officer.otp_pending = pyotp.random_base32()
    return officer.otp_pending


async def confirm_enrolment(
    session: AsyncSession, keyring: Keyring, officer_id: UUID, otp: str
) -> list[str] | None:
    """Have a code asked for from now on. The recovery codes, to be shown once; None if the code is wrong.

    Enrolling again takes the place of what was enrolled before. The caller commits.
    """
    officer = await session.get_one(Officer, officer_id, with_for_update=True)
    step = _step_of(officer.otp_pending, otp) if officer.otp_pending else None
    if step is None:
        return None
    officer.otp_secret, officer.otp_pending, officer.otp_last_step = officer.otp_pending, None, step
    await record(session, officer_id, "code_enrolled", str(officer_id))
    return await new_recovery_codes(session, keyring, officer_id)


async def new_recovery_codes(
    session: AsyncSession, keyring: Keyring, officer_id: UUID
) -> list[str]:
    """New codes in the place of all earlier ones; they can be shown now and never again."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.officer_id == officer_id))
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(officer_id=officer_id, code_hash=_recovery_hash(keyring, code))
        for code in codes
    )
    return codes


def _new_recovery_code() -> str:
    """About 50 random bits, in two groups that can be read out."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(RECOVERY_GROUP)) for _ in range(2))
    return "-".join(groups)


async def recovery_codes_left(session: AsyncSession, officer_id: UUID) -> int:
    left = await session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.officer_id == officer_id, RecoveryCode.used_at.is_(None))
    )
    return left or 0


async def remove_second_factor(session: AsyncSession, officer_id: UUID) -> None:
    """Ask for no code any more, until one is enrolled again. The caller commits and records it."""
    await session.execute(
        update(Officer)
        .where(Officer.id == officer_id)
        .values(otp_secret=None, otp_pending=None, otp_last_step=None)
    )
    await session.execute(delete(RecoveryCode).where(RecoveryCode.officer_id == officer_id))


def qr_code(secret: str, username: str) -> Markup:
    """The secret as an authenticator app scans it: SVG that stands in the page and needs no styles."""
    address = pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)
    svg = segno.make(address, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#0b0c0c", light="#ffffff", svgclass=None, lineclass=None
    )
    return Markup(svg)  # noqa: S704 - made here of squares alone

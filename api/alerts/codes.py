"""One-use codes with which an officer acknowledges by text."""

import re
import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertSend
from api.security import Keyring

DIGITS: Final = 6


def code_in(text: str) -> str | None:
    """The only group of six digits in a text, as people send it back: alone, in a sentence, with spaces."""
    found = set(re.findall(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)", text))
    return re.sub(r"\D", "", found.pop()) if len(found) == 1 else None


def code_hash(keyring: Keyring, officer_id: UUID, code: str) -> bytes:
    """Under which a code is found; it is an officer's own, so that nobody else's number can use it."""
    return keyring.look_up_hash("alert-code", f"{officer_id}:{code}")


async def new_alert_code(
    session: AsyncSession, keyring: Keyring, officer_id: UUID
) -> tuple[str, bytes]:
    """A code that this officer was never sent before, and its hash."""
    while True:
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        hashed = code_hash(keyring, officer_id, code)
        taken = await session.scalar(select(AlertSend.id).where(AlertSend.code_hash == hashed))
        if taken is None:
            return code, hashed

"""An append-only log in which each entry is sealed to the one before it."""

import hashlib
import json
from datetime import UTC
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.models import AuditEntry
from api.database import utc_now

FIRST_HASH = bytes(32)
# Any number of our own: it makes writers of the chain take turns.
CHAIN_LOCK = 0x11A15


def seal(entry: AuditEntry) -> bytes:
    """The hash of an entry and of everything before it."""
    content = json.dumps(
        [
            entry.number,
            entry.at.astimezone(UTC).isoformat(),
            str(entry.actor) if entry.actor else None,
            entry.action,
            entry.subject,
        ],
        separators=(",", ":"),
    )
    return hashlib.sha256(entry.previous_hash + content.encode()).digest()


async def record(
    session: AsyncSession, actor: UUID | None, action: str, subject: str | None = None
) -> None:
    """Add an entry when the caller commits. `action` is a static name, `subject` an id or reference."""
    await session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
    last = await session.scalar(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1))
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=utc_now(),
        actor=actor,
        action=action,
        subject=subject,
        previous_hash=last.hash if last else FIRST_HASH,
    )
    entry.hash = seal(entry)
    session.add(entry)
    await session.flush()


async def verify(session: AsyncSession) -> tuple[int, int | None]:
    """The number of entries, and the number of the first one that does not fit the chain, if any."""
    count, expected_number, previous = 0, 1, FIRST_HASH
    entries = await session.stream_scalars(select(AuditEntry).order_by(AuditEntry.number))
    async for entry in entries:
        count += 1
        if (
            entry.number != expected_number
            or entry.previous_hash != previous
            or entry.hash != seal(entry)
        ):
            return count, entry.number
        expected_number, previous = entry.number + 1, entry.hash
    return count, None

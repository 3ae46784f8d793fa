"""Goes through the whole audit log and says whether it is whole:

python -m api.audit.verify [--noted NUMBER:HASH]

A chain shows what was changed within it; that its end was cut off shows only to whoever noted the end before. So
the last entry's number and hash are printed, for an auditor to keep elsewhere, and `--noted` asks whether an end that
was noted earlier is still part of the log. Exits with 0 where all is whole, and with 1 where it is not.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.models import AuditEntry
from api.audit.service import verify
from api.config import Settings
from api.database import Database
from api.runtime import keyring_of


@dataclass(frozen=True)
class End:
    """The last entry of the log as somebody noted it."""

    number: int
    hash: str

    @classmethod
    def of(cls, noted: str) -> "End":
        """What `NUMBER:HASH` says. Raises ValueError."""
        number, _, digest = noted.partition(":")
        if not digest:
            raise ValueError("an end is noted as NUMBER:HASH")
        return cls(int(number), bytes.fromhex(digest).hex())

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True)
class Finding:
    """`noted_found` is None where no end was given."""

    entries: int
    first_broken: int | None
    end: End | None
    noted_found: bool | None

    @property
    def whole(self) -> bool:
        return self.first_broken is None and self.noted_found is not False

    def __str__(self) -> str:
        lines = [f"entries: {self.entries}"]
        if self.first_broken is not None:
            lines.append(f"BROKEN at entry {self.first_broken}")
        if self.noted_found is False:
            lines.append("BROKEN: the end that was noted is not part of the log any more")
        if self.whole:
            lines.append("whole")
        if self.end is not None:
            lines.append(f"end: {self.end}")
        return "\n".join(lines)


async def examine(session: AsyncSession, noted: End | None = None) -> Finding:
    """Go through the whole chain, and look for an end that was noted before."""
    entries, first_broken = await verify(session)
    last = await session.scalar(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1))
    found = None
    if noted is not None:
        kept = await session.get(AuditEntry, noted.number)
        found = kept is not None and kept.hash.hex() == noted.hash
    return Finding(
        entries=entries,
        first_broken=first_broken,
        end=End(last.number, last.hash.hex()) if last else None,
        noted_found=found,
    )


def _noted(text: str) -> End:
    try:
        return End.of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("NUMBER:HASH, as it was printed") from error


async def _verify_from_command_line() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m api.audit.verify", description="Says whether the audit log is whole."
    )
    parser.add_argument("--noted", type=_noted, metavar="NUMBER:HASH")
    noted: End | None = parser.parse_args().noted
    settings = Settings()
    database = Database(settings.database_url, keyring_of(settings), pool_size=1)
    try:
        async with database.session() as session:
            finding = await examine(session, noted)
    finally:
        await database.close()
    sys.stdout.write(f"{finding}\n")
    return 0 if finding.whole else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(_verify_from_command_line()))

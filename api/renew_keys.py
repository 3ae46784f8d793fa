"""Puts everything that an older key of the ring encrypted under the newest one, while the product runs:

python -m api.renew_keys

Content itself is under data keys (api/content_keys.py), of which only the wrapping is renewed. Append-only tables
cannot be changed, not even for this: what they hold from before there were data keys is counted, and while anything
is counted the older key must stay in the ring. Rasa's memory is under Rasa's own ring where it has one
(LLAIS_RASA_ENCRYPTION_KEYS). Exits with 0 when no older key is needed any more, else with 1.
"""

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.config import Settings
from api.database import Database
from api.runtime import keyring_of
from api.security import ContentUnreadable, Keyring

_BATCH: Final = 500
# How whatever the ring itself encrypted begins; under a data key it begins with a control character instead.
_START: Final = "gAAAA"
# Every column that can hold such a thing, and whether its table can be changed.
_COLUMNS: Final = text(
    "select c.table_name, c.column_name, exists (select 1 from pg_trigger"
    " where tgrelid = cast(quote_ident(c.table_name) as regclass)"
    " and tgname = c.table_name || '_never_change') from information_schema.columns c"
    " where c.table_schema = 'public' and c.data_type = 'bytea' order by 1, 2"
)
_RASAS_MEMORY: Final = ("rasa.events", "data", False)


@dataclass
class Renewal:
    """How many values were renewed, and by table how many are still under an older key, or under none of the ring."""

    renewed: int = 0
    left: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        lines = [f"renewed: {self.renewed}"]
        lines += [f"still under an older key: {name}: {n}" for name, n in sorted(self.left.items())]
        lines += [f"UNREADABLE: {name}: {n}" for name, n in sorted(self.unreadable.items())]
        if not (self.left or self.unreadable):
            lines.append("no older key is needed any more")
        return "\n".join(lines)


async def renew(database: Database, rasas: Keyring | None = None) -> Renewal:
    """Go through everything once; `rasas` is Rasa's own ring. Running it again changes nothing more."""
    renewal = Renewal()
    async with database.engine.connect() as reading, database.engine.connect() as writing:
        found = await reading.execute(_COLUMNS)
        columns = [(str(row[0]), str(row[1]), bool(row[2])) for row in found]
        for table, column, frozen in [*columns, _RASAS_MEMORY]:
            keyring = database.keyring
            if rasas is not None and table == _RASAS_MEMORY[0]:
                keyring = rasas
            rows = await reading.stream(
                text(
                    f"select ctid::text, {column} from {table}"  # noqa: S608 - names of our own
                    f" where substring({column} from 1 for 5) = '{_START}'"
                )
            )
            async for some in rows.partitions(_BATCH):
                for place, stored in some:
                    new = _renewed(keyring, stored, table, renewal)
                    if new is None:
                        continue
                    if frozen or not await _replace(writing, table, column, place, stored, new):
                        renewal.left[table] += 1
                    else:
                        renewal.renewed += 1
                await writing.commit()
            await reading.rollback()
    return renewal


def _renewed(
    keyring: Keyring, stored: bytes | str, table: str, renewal: Renewal
) -> bytes | str | None:
    """The value under the newest key, in the form in which it is stored; None where nothing is to be done."""
    try:
        new = keyring.renew(stored.encode() if isinstance(stored, str) else bytes(stored))
    except ContentUnreadable:
        renewal.unreadable[table] += 1
        return None
    return new.decode() if new is not None and isinstance(stored, str) else new


async def _replace(
    connection: AsyncConnection, table: str, column: str, place: str, old: Any, new: Any
) -> bool:
    """Replace a value unless somebody has changed it meanwhile."""
    done = await connection.execute(
        text(
            f"update {table} set {column} = :new"  # noqa: S608 - names of our own
            f" where ctid = cast(:place as tid) and {column} = :old"
        ),
        {"place": place, "old": old, "new": new},
    )
    return int(done.rowcount) == 1


def rasas_keyring(settings: Settings) -> Keyring | None:
    """The ring of Rasa's memory, where Rasa has one of its own."""
    keys = settings.rasa_encryption_keys.get_secret_value()
    if not keys:
        return None
    return keyring_of(settings.model_copy(update={"encryption_keys": SecretStr(keys)}))


async def _renew_from_command_line() -> int:
    settings = Settings()
    database = Database(settings.database_url, keyring_of(settings), pool_size=2)
    try:
        renewal = await renew(database, rasas_keyring(settings))
    finally:
        await database.close()
    sys.stdout.write(f"{renewal}\n")
    return 1 if renewal.left or renewal.unreadable else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_renew_from_command_line()))

"""Connections that were idle are tried before they are used; those in use all the time need no trial.

SQLAlchemy's own `pool_pre_ping` asks the database before every session, which under load is a question for each answer.
A connection that was used within the last second is taken as it is. When the database went away in that second, the
first statement fails as one in flight would have, and SQLAlchemy throws all its connections away.
"""

import time
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

TRIED_AFTER_SECONDS: Final = 1.0
_RETURNED: Final = "returned_at"


def ping_after_idle(engine: AsyncEngine) -> None:
    """Have `engine` try connections that were idle, and replace all of them when one proves dead."""
    dialect = engine.dialect
    never = float("-inf")

    def note(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info[_RETURNED] = time.monotonic()

    def try_it(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        if time.monotonic() - entry.info.get(_RETURNED, never) < TRIED_AFTER_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError("the database has gone away") from error

    event.listen(engine.sync_engine, "checkin", note)
    event.listen(engine.sync_engine, "checkout", try_it)

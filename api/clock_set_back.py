"""What a clock that is set back would leave lying: by the new time, what was due in a moment is far off.

An hour too far ahead and put right, the clock would have every retry wait for that hour, and a dead worker look alive.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, or_, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

# More than lies between two attempts at anything is never meant; the longest pause of a turn is half a minute, and
# every other attempt waits twice as long as the one before, up to four minutes (api.worker.PatientRetry).
_BRING_JOBS_FORWARD: Final = text(
    "update procrastinate_jobs as job set scheduled_at = now()"
    " where status = 'todo' and task_name = any(:tasks)"
    " and scheduled_at > now() + make_interval(secs => 45 + power(2, least(attempts, 8) + 1))"
    # A text that is held back waits for its own hour.
    " and not exists (select 1 from outgoing_texts where not_before > now()"
    " and id::text = job.args ->> 'outgoing_id')"
)
# A worker that lives says so again within seconds.
_DOUBT_HEARTBEATS: Final = text(
    "update procrastinate_workers set last_heartbeat = now()"
    " where last_heartbeat > now() + make_interval(secs => :seconds)"
)


async def bring_forward(session: AsyncSession, tasks: list[str], stalled_seconds: float) -> None:
    """Let jobs come when they were meant to, and dead workers be seen as dead. The caller commits."""
    await session.execute(_BRING_JOBS_FORWARD, {"tasks": tasks})
    await session.execute(_DOUBT_HEARTBEATS, {"seconds": stalled_seconds})


def long_ago(
    column: InstrumentedAttribute[datetime], now: datetime, patience: timedelta
) -> ColumnElement[bool]:
    """Whether a time is further from now than `patience`: before it, or after it by a clock that was wrong."""
    return or_(column < now - patience, column > now + patience)

"""The job queue: procrastinate on the same PostgreSQL, so that a job is deferred in the transaction that needs it.

Job arguments are ids only; what a job works on is read from its row.
"""

import time
from contextlib import nullcontext
from enum import IntEnum
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.ext.asyncio import AsyncSession

from api.database import driver_connection

TURNS = "turns"
SENDING = "sending"
UPKEEP = "upkeep"
# Less than the pause between two looks of a worker with nothing to do, so that its connections are always tried.
TRIED_AFTER_SECONDS: Final = 0.2


class Priority(IntEnum):
    """Which of the jobs that wait is begun first; among equals the oldest."""

    USUAL = 0
    AFTER_OTHERS = -1


def queue_on(database_url: str) -> App:
    """The queue of one database. Open it (`async with queue.open_async()`) before running jobs."""
    return App(
        connector=PsycopgConnector(
            pool_factory=_pool_that_tries_now_and_then,
            conninfo=database_url,
            configure=_wait_for_no_disk,
        )
    )


def _pool_that_tries_now_and_then(**options: Any) -> AsyncConnectionPool:
    """A pool that tries a connection before it is used, but not again within a moment.

    procrastinate has it tried before every statement, which for a queue in use is as many statements again.
    """
    tried: WeakKeyDictionary[psycopg.AsyncConnection[Any], float] = WeakKeyDictionary()

    async def check(connection: psycopg.AsyncConnection[Any]) -> None:
        now = time.monotonic()
        if now - tried.get(connection, float("-inf")) >= TRIED_AFTER_SECONDS:
            await AsyncConnectionPool.check_connection(connection)
            tried[connection] = now

    return AsyncConnectionPool(**{**options, "check": check})


async def _wait_for_no_disk(connection: psycopg.AsyncConnection[Any]) -> None:
    """Have what the queue notes of a job by itself (taken, done, worker alive) not wait until it is on disk.

    Should the database crash within that half second, the job is done again, which harms nothing: what a job has done
    stands in its rows. Jobs are deferred on the session's connection (`defer`), whose commit waits as ever.
    """
    # Every call of the queue is one statement; beginning and ending a transaction for it would be two more.
    await connection.set_autocommit(True)
    await connection.execute("set synchronous_commit to off")


async def defer(
    session: AsyncSession,
    queue: App,
    task: str,
    *,
    on: str,
    once_per: str | None = None,
    in_order_per: str | None = None,
    delay_seconds: float = 0,
    priority: Priority = Priority.USUAL,
    **ids: Any,
) -> None:
    """Put a job in the queue when, and only when, the session commits.

    `once_per` keeps at most one waiting job of that name; `in_order_per` keeps at most one running.
    """
    # A job of that name waiting already will do the work; the savepoint keeps the refusal of a
    # second one from undoing the rest of the transaction.
    try:
        async with session.begin_nested() if once_per else nullcontext():
            deferrer = queue.configure_task(
                task,
                allow_unknown=True,
                queue=on,
                queueing_lock=once_per,
                lock=in_order_per,
                priority=priority.value,
                schedule_in={"seconds": delay_seconds} if delay_seconds else None,
                # Asked for in here: SQLAlchemy sets the savepoint when the connection is first used.
                connection=await driver_connection(session),
            )
            await deferrer.defer_async(**ids)
    except AlreadyEnqueued:
        return

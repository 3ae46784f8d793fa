"""One at a time, across processes: whoever does something that must not be done twice claims it for that time.

A job is taken over when its worker is thought dead. A worker that was only frozen, or whose clock was set on, goes on
with the same job; without a claim both would call Twilio. A claim is the database's and goes with its connection, so
that a dead process claims nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.database import Database


@asynccontextmanager
async def claimed(database: Database, what: str) -> AsyncIterator[bool]:
    """Whether `what` is now this caller's to do; False while another is at it."""
    async with database.engine.connect() as connection:
        # Nothing stays open in the database while the call is made.
        claim = await connection.execution_options(isolation_level="AUTOCOMMIT")
        held = bool(
            await claim.scalar(
                text("select pg_try_advisory_lock(hashtextextended(:what, 1))"), {"what": what}
            )
        )
        try:
            yield held
        finally:
            if held:
                await _give_up(claim, what)


async def _give_up(claim: AsyncConnection, what: str) -> None:
    try:
        await claim.execute(
            text("select pg_advisory_unlock(hashtextextended(:what, 1))"), {"what": what}
        )
    except BaseException:
        # Closed, the connection cannot go back to the pool with the claim.
        await claim.invalidate()
        raise

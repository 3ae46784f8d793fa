"""Sessions that only look, and connections that died while nobody used them."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from api.conversations.models import Channel, Conversation
from api.database import new_id
from api.pool import TRIED_AFTER_SECONDS
from api.runtime import Runtime
from tests.api.backstage import all_of


async def kill_connections(runtime: Runtime) -> None:
    """End every connection of the engine but the one that asks, as a database that goes down does."""
    async with runtime.database.session() as session:
        await session.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        )


async def two_connections(runtime: Runtime) -> None:
    """Have the pool hold two connections, so that one can end the other."""
    async with runtime.database.session() as one, runtime.database.session() as other:
        await one.execute(text("select 1"))
        await other.execute(text("select 1"))


async def test_a_reading_session_writes_nothing(runtime: Runtime) -> None:
    async with runtime.database.reading() as session:
        session.add(Conversation(id=new_id(), channel=Channel.WEB))
        with pytest.raises(RuntimeError, match="writes nothing"):
            await session.flush()
    assert await all_of(runtime, Conversation) == []


async def test_a_reading_session_sees_what_was_committed_meanwhile(runtime: Runtime) -> None:
    async with runtime.database.reading() as reading:
        count = text("select count(*) from conversations")
        assert await reading.scalar(count) == 0
        async with runtime.database.session() as writing:
            writing.add(Conversation(id=new_id(), channel=Channel.WEB))
            await writing.commit()
        assert await reading.scalar(count) == 1


async def test_what_is_written_after_reading_still_needs_its_commit(runtime: Runtime) -> None:
    """The connection that was read with is used again, and begins a transaction as ever."""
    async with runtime.database.reading() as session:
        await session.execute(text("select 1"))
    async with runtime.database.session() as session:
        session.add(Conversation(id=new_id(), channel=Channel.WEB))
        await session.flush()
    assert await all_of(runtime, Conversation) == []


async def test_connections_that_died_while_idle_are_replaced(runtime: Runtime) -> None:
    await two_connections(runtime)
    await kill_connections(runtime)
    await asyncio.sleep(TRIED_AFTER_SECONDS + 0.2)
    await two_connections(runtime)


async def test_a_connection_that_died_a_moment_ago_fails_once_and_takes_the_others_with_it(
    runtime: Runtime,
) -> None:
    await two_connections(runtime)
    await kill_connections(runtime)
    failures = 0
    for _ in range(4):
        try:
            await two_connections(runtime)
        except OperationalError:
            failures += 1
    assert failures <= 1

"""Whoever waits for news is woken by the commit that makes it, and by nothing before."""

import asyncio
from time import monotonic

import psycopg
import pytest
from sqlalchemy import text

from api.runtime import Runtime
from api.wakeups import OFFICERS, Wakeups, announce, wait_for_news

SOON = 10.0


async def listening(runtime: Runtime) -> None:
    """Return when the listener is connected: an announcement has come through."""
    event = runtime.wakeups.subscribe("hello")
    async with asyncio.timeout(SOON):
        while not event.is_set():
            await tell(runtime, "hello")
            await asyncio.sleep(0.02)
    runtime.wakeups.unsubscribe("hello", event)


async def tell(runtime: Runtime, topic: str) -> None:
    async with runtime.database.session() as session:
        await announce(session, topic)
        await session.commit()


async def test_everybody_who_waits_for_a_topic_is_woken_and_nobody_else(runtime: Runtime) -> None:
    await listening(runtime)
    one, two = runtime.wakeups.subscribe("a"), runtime.wakeups.subscribe("a")
    other = runtime.wakeups.subscribe(OFFICERS)
    await tell(runtime, "a")
    await asyncio.gather(wait_until(one), wait_until(two))
    assert not other.is_set()


async def test_news_comes_with_the_commit_and_not_before(runtime: Runtime) -> None:
    await listening(runtime)
    event = runtime.wakeups.subscribe("a")
    async with runtime.database.session() as session:
        await announce(session, "a")
        await asyncio.sleep(0.2)
        assert not event.is_set()
        await session.commit()
    await wait_until(event)


async def test_news_that_is_rolled_back_never_comes(runtime: Runtime) -> None:
    await listening(runtime)
    event = runtime.wakeups.subscribe("a")
    async with runtime.database.session() as session:
        await announce(session, "a")
    await asyncio.sleep(0.2)
    assert not event.is_set()


async def test_the_listener_comes_back_when_its_connection_was_cut(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.wakeups.RECONNECT_SECONDS", 0.05)
    await listening(runtime)
    event = runtime.wakeups.subscribe("a")
    async with runtime.database.session() as session:
        await session.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and query ilike 'listen llais%'"
            )
        )
        await session.commit()
    # Whatever passed meanwhile, everybody looks again.
    await wait_until(event)
    await listening(runtime)


async def test_it_waits_for_a_database_that_is_not_there_yet(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setattr("api.wakeups.RECONNECT_SECONDS", 0.05)
    missing = f"{database_url.partition('?')[0]}_missing"
    query = database_url.partition("?")[2]
    async with Wakeups(f"{missing}?{query}"):
        await asyncio.sleep(0.2)
    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(f"{missing}?{query}")


async def test_waiting_ends_when_its_time_is_up_and_can_begin_again(runtime: Runtime) -> None:
    event = asyncio.Event()
    started = monotonic()
    await wait_for_news(event, 0.05)
    assert monotonic() - started < SOON
    event.set()
    await wait_for_news(event, SOON)
    assert not event.is_set()


async def wait_until(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), SOON)

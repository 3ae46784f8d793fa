"""Waking whoever waits for news: PostgreSQL NOTIFY from the transaction that makes the news, LISTEN in each door.

A wake-up carries an id at most and is only ever a hint: waiters look at the database again, and look
anyway when their time is up, so that a lost one costs seconds and no message.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL: Final = "llais_news"
OFFICERS: Final = "officers"
RECONNECT_SECONDS: Final = 1.0


async def announce(session: AsyncSession, topic: str) -> None:
    """Wake everybody who waits for `topic` (a conversation's id, or OFFICERS) when the session commits."""
    await session.execute(
        text("select pg_notify(:channel, :topic)"), {"channel": CHANNEL, "topic": topic}
    )


class Wakeups:
    """Listens on one connection and wakes the waiters of this process. Use as an async context manager."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Wakeups":
        self._listener = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listener:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener

    def subscribe(self, topic: str) -> asyncio.Event:
        """An event that is set at news. Subscribe before looking, so that nothing falls between."""
        event = asyncio.Event()
        self._waiting[topic].add(event)
        return event

    def unsubscribe(self, topic: str, event: asyncio.Event) -> None:
        self._waiting[topic].discard(event)
        if not self._waiting[topic]:
            del self._waiting[topic]

    async def _listen(self) -> None:
        log = structlog.get_logger()
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._database_url, autocommit=True
                ) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    # News may have passed while nobody listened.
                    self._wake_all()
                    async for notice in connection.notifies():
                        for event in self._waiting.get(notice.payload, ()):
                            event.set()
            except psycopg.Error as error:
                log.warning("wakeups_interrupted", exc_info=error)
            await asyncio.sleep(RECONNECT_SECONDS)

    def _wake_all(self) -> None:
        for events in self._waiting.values():
            for event in events:
                event.set()


async def wait_for_news(event: asyncio.Event, seconds: float) -> None:
    """Return at news, or after `seconds`; then the event is ready to be waited for again."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    event.clear()

"""Rasa's lock on a conversation, held in PostgreSQL, so that of several Rasa servers one at a time takes its turn.

The worker asks again after a time-out, and another worker takes over from a dead one; either may reach another server
while the first still thinks. An advisory lock belongs to a connection: with a server that dies its locks are free.
"""

import asyncio
import hashlib
import time
from contextlib import asynccontextmanager
from typing import Any, AsyncGenerator, Optional, Set

import psycopg2
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockError
from rasa.utils.endpoints import EndpointConfig

# Longer than an action may take; the worker asks again anyway.
LONGEST_WAIT_SECONDS = 15.0
POLL_SECONDS = 0.05
APPLICATION = "llais-rasa-locks"
# The server notices within half a minute that a machine has gone without a word, and frees its locks.
SESSION = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"


def number_of(conversation_id: str) -> int:
    """The number by which PostgreSQL knows the lock of a conversation."""
    return int.from_bytes(hashlib.sha256(conversation_id.encode()).digest()[:8], "big", signed=True)


class DatabaseLockStore(InMemoryLockStore):
    """Named in endpoints.yml, whose `url` is a PostgreSQL address; one connection holds all locks of a server."""

    def __init__(self, endpoint_config: EndpointConfig) -> None:
        super().__init__()
        self._address = endpoint_config.url
        self._connection: Optional[Any] = None
        self._held: Set[int] = set()

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = POLL_SECONDS,
    ) -> AsyncGenerator[TicketLock, None]:
        """Hold the conversation in this process and in the database. Raises LockError after a while.

        Raises psycopg2.Error when the database is away.
        """
        async with super().lock(conversation_id, lock_lifetime, wait_time_in_seconds) as ticket:
            number = number_of(conversation_id)
            await self._take(number)
            try:
                yield ticket
            finally:
                self._give_back(number)

    def confirm(self, conversation_id: str) -> None:
        """Raises LockError when the lock was lost with its connection: then another server may have the turn."""
        if number_of(conversation_id) in self._held:
            try:
                self._ask("select true")
            except psycopg2.Error:
                self._drop()
        if number_of(conversation_id) not in self._held:
            raise LockError("the lock was lost with its connection")

    async def _take(self, number: int) -> None:
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        # One connection is given a lock that it has already as often as it asks.
        while number in self._held or not self._try(number):
            if time.monotonic() > deadline:
                raise LockError("another server has held the conversation for too long")
            await asyncio.sleep(POLL_SECONDS)
        self._held.add(number)

    def _try(self, number: int) -> bool:
        try:
            return self._ask("select pg_try_advisory_lock(%s)", number)
        except psycopg2.Error:
            # The connection may have died since the last turn; a database that is away fails again.
            self._drop()
            return self._ask("select pg_try_advisory_lock(%s)", number)

    def _give_back(self, number: int) -> None:
        if number not in self._held:
            return
        self._held.discard(number)
        try:
            self._ask("select pg_advisory_unlock(%s)", number)
        except psycopg2.Error:
            self._drop()

    def _ask(self, query: str, *values: int) -> bool:
        if self._connection is None:
            self._connection = psycopg2.connect(
                self._address, connect_timeout=3, application_name=APPLICATION, options=SESSION
            )
            self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return bool(cursor.fetchone()[0])

    def _drop(self) -> None:
        """The connection is gone, and every lock with it."""
        self._held.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

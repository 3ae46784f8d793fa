"""One PostgreSQL database: engine, session, and the base of every table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import Enum, LargeBinary, MetaData, event, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from api.config import sqlalchemy_url
from api.content_keys import sessions_that_seal
from api.pool import ping_after_idle
from api.security import Keyring


def _values(enumeration: type[StrEnum]) -> list[str]:
    return [member.value for member in enumeration]


class Base(DeclarativeBase):
    """Every table. Times are aware and UTC; keys are random UUIDs."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: TIMESTAMP(timezone=True),
        UUID: postgresql.UUID(as_uuid=True),
        StrEnum: Enum(StrEnum, native_enum=False, length=20, values_callable=_values),
    }


class ContentKey(Base):
    """The data key of a case or conversation, wrapped by the key ring; null once it was destroyed."""

    __tablename__ = "content_keys"

    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    return uuid4()


class Database:
    """The engine with its key ring, and sessions that roll back unless told to commit."""

    def __init__(self, database_url: str, keyring: Keyring, pool_size: int = 5) -> None:
        self.url = database_url
        self.keyring = keyring
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(database_url),
            pool_size=pool_size,
            max_overflow=pool_size,
            # The same few connections are used again, and the statements that they have prepared.
            pool_use_lifo=True,
            # A failing statement must not carry its values into a log.
            hide_parameters=True,
        )
        # The column types find the key ring here; a module-level key would outlive its settings.
        self.engine.dialect.keyring = keyring  # type: ignore[attr-defined]
        ping_after_idle(self.engine)
        self._sessions = async_sessionmaker(
            self.engine, expire_on_commit=False, sync_session_class=sessions_that_seal(keyring)
        )
        self._reading = async_sessionmaker(
            self.engine.execution_options(isolation_level="AUTOCOMMIT"),
            expire_on_commit=False,
            sync_session_class=_sessions_that_write_nothing(),
        )

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is lost unless the caller commits it."""
        async with self._sessions() as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only looks: each statement stands alone, so nothing is sent to begin or to end.

        It sees what is committed when each statement runs, as any session here does. Raises RuntimeError when rows
        are to be written.
        """
        async with self._reading() as session:
            yield session

    async def answers(self) -> bool:
        """Whether the database answers a trivial query."""
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("select 1"))
        except Exception:  # noqa: BLE001 - whatever the reason, it does not answer
            return False
        return True

    async def close(self) -> None:
        await self.engine.dispose()


def _sessions_that_write_nothing() -> type[Session]:
    sessions = sessionmaker().class_

    def refuse(*_: Any) -> None:
        raise RuntimeError("a reading session writes nothing")

    event.listen(sessions, "before_flush", refuse)
    return sessions


async def driver_connection(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under a session, so that the queue can join its transaction."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    return driver

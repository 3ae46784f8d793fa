"""What tests of the officers' work share: a supervisor beside the officer, rows as they stand, and forms."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from api.cases.models import Case, Deadline, PlannedAction
from api.database import Base, utc_now
from api.officers.models import Officer, Role
from tests.api.staff_visitor import StaffDoor, Visitor


@asynccontextmanager
async def supervisor(door: StaffDoor, username: str = "sioned") -> AsyncIterator[Visitor]:
    """A supervisor whose pages are in English."""
    await door.add_officer(username, Role.SUPERVISOR, language="en")
    async with door.visitor(username) as visitor:
        yield visitor


async def rows_of[T: Base](door: StaffDoor, table: type[T]) -> list[T]:
    """All rows of a table."""
    async with door.runtime.database.session() as session:
        return list(await session.scalars(select(table)))


async def case_of(door: StaffDoor, reference: str) -> Case:
    async with door.runtime.database.session() as session:
        case = await session.scalar(select(Case).where(Case.reference == reference))
    assert case is not None
    return case


async def clock(door: StaffDoor, code: str) -> Deadline | None:
    """The clock of that name, of the only case that has one."""
    found = [row for row in await rows_of(door, Deadline) if row.code == code]
    assert len(found) <= 1
    return found[0] if found else None


async def item(door: StaffDoor, code: str) -> PlannedAction:
    """The item of that name, of the only case."""
    [found] = [row for row in await rows_of(door, PlannedAction) if row.code == code]
    return found


async def officer_id(door: StaffDoor, username: str) -> UUID:
    async with door.runtime.database.session() as session:
        found = await session.scalar(select(Officer.id).where(Officer.username == username))
    assert found is not None
    return found


async def change(door: StaffDoor, statement: str, **values: Any) -> None:
    """Change rows behind everybody's back."""
    async with door.runtime.database.session() as session:
        await session.execute(text(statement), values)
        await session.commit()


def about(moment: datetime | None, hours: float) -> bool:
    """Whether a moment is so many hours from now, give or take a minute."""
    assert moment is not None
    return abs(moment - utc_now() - timedelta(hours=hours)) < timedelta(minutes=1)

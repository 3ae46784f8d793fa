"""Filters of the queue that an officer keeps under a name of their own."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.queue import Filters
from api.cases.workspace_models import SavedView
from api.officers.models import Officer
from api.problems import Conflict, UnusableContent

MOST_VIEWS: Final = 20
LONGEST_NAME: Final = 60


def query_of(filters: Filters) -> str:
    """The filters as an address carries them. A search never stands in one."""
    values: Mapping[str, str | None] = {
        "status": filters.status,
        "risk": filters.grade,
        "language": filters.language,
        "area": filters.area,
        "whose": filters.whose,
        "overdue": "yes" if filters.overdue else None,
    }
    return urlencode({name: value for name, value in values.items() if value})


async def save_view(session: AsyncSession, officer: Officer, name: str, filters: Filters) -> None:
    """Keep the filters. A name that the officer used before gets the new ones; the caller commits.

    Raises UnusableContent without a name, Conflict when there are too many.
    """
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise UnusableContent("A view needs a short name.", type="view-name")
    for view in await views_of(session, officer):
        if view.name.casefold() == name.casefold():
            view.query = query_of(filters)
            return
    count = await session.scalar(
        select(func.count()).select_from(SavedView).where(SavedView.officer_id == officer.id)
    )
    if (count or 0) >= MOST_VIEWS:
        raise Conflict("There are too many views already.", type="too-many-views")
    session.add(SavedView(officer_id=officer.id, name=name, query=query_of(filters)))


async def drop_view(session: AsyncSession, officer: Officer, view_id: UUID) -> None:
    """Forget a view of one's own; another officer's stays."""
    await session.execute(
        delete(SavedView).where(SavedView.id == view_id, SavedView.officer_id == officer.id)
    )


async def views_of(session: AsyncSession, officer: Officer) -> list[SavedView]:
    """An officer's own views, oldest first."""
    rows = await session.scalars(
        select(SavedView)
        .where(SavedView.officer_id == officer.id)
        .order_by(SavedView.saved_at, SavedView.id)
    )
    return list(rows)

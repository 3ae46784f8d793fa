"""What an officer's desk may show of other cases, where a link or a suggestion is itself something to know."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.desk import Desk
from api.need_to_know.service import closed_to
from api.officers.models import Officer


async def without_closed_cases(session: AsyncSession, officer: Officer, desk: Desk) -> Desk:
    """A desk without links to cases that do not open, or suggestions of them: either would tell whose they are."""
    suggested = [each.reference for each in desk.suggestions]
    linked = [each.reference for each in desk.links]
    closed = await closed_to(session, officer, [*suggested, *linked])
    return replace(
        desk,
        suggestions=[each for each in desk.suggestions if each.reference not in closed],
        links=[each for each in desk.links if each.reference not in closed],
    )

"""What an officer's desk may suggest, where a suggestion is itself something to know."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.desk import Desk
from api.need_to_know.service import closed_to
from api.officers.models import Officer


async def without_closed_suggestions(session: AsyncSession, officer: Officer, desk: Desk) -> Desk:
    """A desk on which no case is suggested that does not open: being suggested would tell whose it is."""
    closed = await closed_to(session, officer, [each.reference for each in desk.suggestions])
    return replace(
        desk, suggestions=[each for each in desk.suggestions if each.reference not in closed]
    )

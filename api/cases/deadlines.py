"""Starting and meeting the clocks of a case. There is one clock of each name; starting it again replaces it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.models import Deadline
from api.database import new_id


async def start_clock(session: AsyncSession, case_id: UUID, code: str, due_at: datetime) -> None:
    """Have a clock run until `due_at`, whatever it said before."""
    row = insert(Deadline).values(id=new_id(), case_id=case_id, code=code, due_at=due_at)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[Deadline.case_id, Deadline.code],
            set_={"due_at": due_at, "met_at": None},
        )
    )


async def bring_forward(session: AsyncSession, case_id: UUID, code: str, due_at: datetime) -> None:
    """Have a clock run until `due_at` at the latest: one that runs and is due sooner stays as it is."""
    row = insert(Deadline).values(id=new_id(), case_id=case_id, code=code, due_at=due_at)
    running = func.least(Deadline.due_at, row.excluded.due_at)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[Deadline.case_id, Deadline.code],
            set_={
                "due_at": case((Deadline.met_at.is_(None), running), else_=row.excluded.due_at),
                "met_at": None,
            },
        )
    )


async def meet_clock(session: AsyncSession, case_id: UUID, code: str, at: datetime) -> None:
    """Stop a clock that runs; one that was met before keeps when that was."""
    await session.execute(
        update(Deadline)
        .where(Deadline.case_id == case_id, Deadline.code == code, Deadline.met_at.is_(None))
        .values(met_at=at)
    )

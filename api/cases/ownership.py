"""Whose case it is. An officer takes one that nobody has; a supervisor gives any to anybody."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.models import ActionState, Case
from api.cases.plan import find_case_worker, settle_item
from api.officers.models import Officer, Role
from api.problems import Conflict, NotAllowed, UnusableContent
from api.wakeups import OFFICERS, announce


async def own_where_nobody_does(session: AsyncSession, case_id: UUID, officer: Officer) -> None:
    """Whoever takes an alert in hand has the case, unless somebody has it already."""
    owned = await session.scalar(
        update(Case)
        .where(Case.id == case_id, Case.owner_id.is_(None))
        .values(owner_id=officer.id)
        .returning(Case.id)
    )
    if owned is not None:
        await settle_item(
            session, case_id, "allocate_officer", ActionState.DONE, officer_id=officer.id
        )


async def give_case(
    session: AsyncSession, officer: Officer, case: Case, owner_id: UUID | None
) -> None:
    """Give a case to an officer, or to nobody. The caller holds the case's lock and commits.

    Raises Conflict where an officer would take somebody else's, NotAllowed where one who is no supervisor would give it
    to another, UnusableContent for nobody who works on cases.
    """
    if officer.role != Role.SUPERVISOR:
        if owner_id not in (None, officer.id):
            raise NotAllowed("Only a supervisor gives a case to somebody else.")
        if case.owner_id not in (None, officer.id):
            raise Conflict("Somebody else has this case.", type="case-owned")
    if owner_id is not None and await find_case_worker(session, owner_id) is None:
        raise UnusableContent("Nobody of that name works on cases.", type="unknown-officer")
    case.owner_id = owner_id
    await session.flush()
    if owner_id is not None:
        await settle_item(
            session, case.id, "allocate_officer", ActionState.DONE, officer_id=officer.id
        )
    await announce(session, OFFICERS)
    await record(session, officer.id, "case_given", case.reference)


async def names_of(session: AsyncSession, officers: set[UUID]) -> dict[UUID, str]:
    """The names that colleagues know, by id."""
    rows = await session.execute(select(Officer.id, Officer.name).where(Officer.id.in_(officers)))
    return {row[0]: row[1] for row in rows}

"""The rota as it stands in the database, and the area of a case."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.officers.models import Officer, Role
from api.rota.models import Reach, RotaAbsence, RotaShift
from api.rota.who import Absence, Member, Rota, Shift


async def load_rota(session: AsyncSession) -> Rota:
    """Everybody who works on cases and is not disabled, with shifts and absences."""
    rows = await session.execute(
        select(Officer, Reach.speaks_welsh)
        .outerjoin(Reach, Reach.officer_id == Officer.id)
        .where(Officer.disabled_at.is_(None), Officer.role.in_([Role.OFFICER, Role.SUPERVISOR]))
        .order_by(Officer.name, Officer.id)
    )
    members = [
        Member(
            id=officer.id,
            name=officer.name,
            supervisor=officer.role == Role.SUPERVISOR,
            speaks_welsh=bool(speaks_welsh),
            on_duty=officer.on_duty,
        )
        for officer, speaks_welsh in rows
    ]
    shifts = [
        Shift(
            officer_id=each.officer_id,
            area=each.area,
            days=frozenset(each.days),
            begins=each.begins,
            ends=each.ends,
            position=each.position,
        )
        for each in await session.scalars(select(RotaShift))
    ]
    absences = [
        Absence(each.officer_id, each.begins_at, each.ends_at)
        for each in await session.scalars(select(RotaAbsence))
    ]
    return Rota(members, shifts, absences)


async def reach_of(session: AsyncSession, officers: set[UUID]) -> Mapping[UUID, Reach]:
    """How officers are reached besides e-mail, by their ids."""
    found = await session.scalars(select(Reach).where(Reach.officer_id.in_(officers)))
    return {reach.officer_id: reach for reach in found}

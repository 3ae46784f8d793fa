"""The rota as a page: read by everybody who works on cases, changed by supervisors."""

from datetime import datetime, time
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.alerts.escalation import escalation_in_force
from api.audit.service import record
from api.cases.areas import COUNTIES
from api.cases.models import Grade
from api.database import utc_now
from api.local_time import LONDON
from api.officers.access import (
    SUPERVISORS,
    FormSupervisor,
    PageCaseWorker,
)
from api.officers.models import Officer, Role
from api.problems import DoesNotExist, UnusableContent
from api.rota.models import Reach, RotaAbsence, RotaShift
from api.rota.service import load_rota
from api.rota.steps import who_is_alerted
from api.rota.who import ALL
from api.runtime import Runtime, RuntimeDep
from api.ui.pages import pages_of
from api.ui.redirects import go
from api.words import Language

Area = Literal["carmarthenshire", "ceredigion", "pembrokeshire", "powys"]
Problem = Literal["days", "order", ""]
DAYS: Final = range(8)
# Beyond, an escalation would reach past the last day that a calendar has.
YEARS: Final = range(2000, 2200)

router = APIRouter(prefix="/rota", include_in_schema=False)


@router.get("")
async def rota_page(
    request: Request,
    officer: PageCaseWorker,
    runtime: RuntimeDep,
    at: Annotated[datetime | None, Query()] = None,
    language: Annotated[Language, Query()] = "cy",
    risk: Annotated[Grade, Query()] = Grade.HIGH,
    area: Annotated[Area | Literal[""], Query()] = "",
    problem: Annotated[Problem, Query()] = "",
) -> Response:
    """Shifts, absences and officers, and who is alerted at a moment (now, unless one is asked for)."""
    if at is not None and at.year not in YEARS:
        raise UnusableContent("No rota is known for this year.", type="unknown-year")
    moment = at.replace(tzinfo=LONDON) if at is not None else utc_now()
    async with runtime.database.session() as session:
        rota = await load_rota(session)
        values = await _rows(session)
        await record(session, officer.id, "rota_read")
        await session.commit()
    answer = who_is_alerted(rota, escalation_in_force(), moment, language, risk.value, area or None)
    return pages_of(request).answer(
        request,
        "staff/rota.html",
        members=rota.members,
        answer=answer,
        asked={"language": language, "risk": risk.value, "area": area},
        at=moment,
        at_local=f"{moment.astimezone(LONDON):%Y-%m-%dT%H:%M}",
        webhook=bool(runtime.settings.alert_webhook_url),
        control_room=bool(runtime.settings.control_room_email),
        areas=(*COUNTIES, ALL),
        problem=problem,
        may_change=officer.role in SUPERVISORS,
        **values,
    )


async def _rows(session: AsyncSession) -> dict[str, Any]:
    shifts = await session.execute(
        select(RotaShift, Officer.name)
        .join(Officer, Officer.id == RotaShift.officer_id)
        .order_by(RotaShift.area, RotaShift.position, RotaShift.begins, Officer.name)
    )
    absences = await session.execute(
        select(RotaAbsence, Officer.name)
        .join(Officer, Officer.id == RotaAbsence.officer_id)
        .where(RotaAbsence.ends_at > utc_now())
        .order_by(RotaAbsence.begins_at)
    )
    reach = {each.officer_id: each for each in await session.scalars(select(Reach))}
    return {
        "shifts": [(shift, name) for shift, name in shifts],
        "absences": [(absence, name) for absence, name in absences],
        "reach": reach,
    }


def _back(problem: str = "", part: str = "") -> Response:
    query = f"?problem={problem}" if problem else ""
    return go(f"/rota{query}{part}")


@router.post("/shifts")
async def add_shift(
    officer: FormSupervisor,
    runtime: RuntimeDep,
    officer_id: Annotated[UUID, Form()],
    area: Annotated[Area | Literal["all"], Form()],
    begins: Annotated[time, Form()],
    ends: Annotated[time, Form()],
    days: Annotated[list[int] | None, Form()] = None,
    position: Annotated[int, Form(ge=1, le=99)] = 1,
) -> Response:
    """Add a weekly shift."""
    chosen = sorted({day for day in days or [] if day in DAYS})
    if not chosen:
        return _back("days", "#shifts")
    async with runtime.database.session() as session:
        await _colleague(session, officer_id)
        shift = RotaShift(
            officer_id=officer_id,
            area=area,
            days=chosen,
            begins=begins.replace(tzinfo=None),
            ends=ends.replace(tzinfo=None),
            position=position,
        )
        session.add(shift)
        await session.flush()
        await record(session, officer.id, "rota_shift_added", str(officer_id))
        await session.commit()
    return _back(part="#shifts")


@router.post("/shifts/{shift_id}/end")
async def end_shift(shift_id: UUID, officer: FormSupervisor, runtime: RuntimeDep) -> Response:
    """Take a shift off the rota."""
    await _delete(runtime, officer, RotaShift, shift_id, "rota_shift_ended")
    return _back(part="#shifts")


@router.post("/absences")
async def add_absence(
    officer: FormSupervisor,
    runtime: RuntimeDep,
    officer_id: Annotated[UUID, Form()],
    begins_at: Annotated[datetime, Form()],
    ends_at: Annotated[datetime, Form()],
) -> Response:
    """Note from when to when an officer is away, in London time."""
    begins, ends = begins_at.replace(tzinfo=LONDON), ends_at.replace(tzinfo=LONDON)
    if ends <= begins:
        return _back("order", "#absences")
    async with runtime.database.session() as session:
        await _colleague(session, officer_id)
        session.add(RotaAbsence(officer_id=officer_id, begins_at=begins, ends_at=ends))
        await record(session, officer.id, "rota_absence_added", str(officer_id))
        await session.commit()
    return _back(part="#absences")


@router.post("/absences/{absence_id}/end")
async def end_absence(absence_id: UUID, officer: FormSupervisor, runtime: RuntimeDep) -> Response:
    """Take an absence back."""
    await _delete(runtime, officer, RotaAbsence, absence_id, "rota_absence_ended")
    return _back(part="#absences")


@router.post("/officers/{officer_id}")
async def change_welsh(
    officer_id: UUID,
    officer: FormSupervisor,
    runtime: RuntimeDep,
    speaks_welsh: Annotated[Literal["yes", "no"], Form()],
) -> Response:
    """Note whether an officer can help somebody in Welsh."""
    async with runtime.database.session() as session:
        await _colleague(session, officer_id)
        reach = await session.get(Reach, officer_id) or Reach(officer_id=officer_id)
        reach.speaks_welsh = speaks_welsh == "yes"
        session.add(reach)
        await record(session, officer.id, "rota_welsh_changed", str(officer_id))
        await session.commit()
    return _back(part="#officers")


async def _colleague(session: AsyncSession, officer_id: UUID) -> Officer:
    """An officer who can be on the rota. Raises DoesNotExist."""
    found = await session.get(Officer, officer_id)
    if found is None or found.disabled_at or found.role not in (Role.OFFICER, Role.SUPERVISOR):
        raise DoesNotExist("There is no such officer.")
    return found


async def _delete(
    runtime: Runtime,
    officer: Officer,
    table: type[RotaShift] | type[RotaAbsence],
    row_id: UUID,
    noted_as: str,
) -> None:
    async with runtime.database.session() as session:
        row: RotaShift | RotaAbsence | None = await session.get(table, row_id)
        # Somebody was faster; what was wanted is so.
        if row is not None:
            await session.delete(row)
            await record(session, officer.id, noted_as, str(row.officer_id))
            await session.commit()

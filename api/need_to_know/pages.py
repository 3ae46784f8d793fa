"""Who may open a case: restricting it, naming officers, opening it in an emergency, and reading why."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Form, Request
from sqlalchemy import select, update
from starlette.responses import Response

from api.audit.service import record
from api.cases.models import Case
from api.database import utc_now
from api.need_to_know.models import EmergencyOpening, NamedOfficer, Restriction
from api.need_to_know.service import (
    CASE_ROLES,
    LONGEST_REASON,
    SHORTEST_REASON,
    CaseRestricted,
    ReasonTooShort,
    find_case,
    lift_restriction,
    name_officer,
    open_in_emergency,
    others_restricted,
    restrict,
    unname_officer,
)
from api.officers.access import (
    FormCaseWorkerOfAnyCase,
    FormSupervisor,
    PageCaseWorker,
    PageSupervisor,
)
from api.officers.models import Officer
from api.officers.sessions import staff_access
from api.problems import problem_response
from api.runtime import RuntimeDep
from api.ui.errors import MACHINE_PATHS
from api.ui.pages import pages_of, signed_in_of
from api.ui.redirects import go

router = APIRouter(include_in_schema=False)


@router.get("/cases/{reference}/access")
async def access_page(
    request: Request, reference: str, officer: PageCaseWorker, runtime: RuntimeDep
) -> Response:
    """Who may open this case, and who did so in an emergency and why."""
    async with runtime.database.session() as session:
        case = await find_case(session, reference)
        restriction = await session.get(Restriction, case.id)
        named = await session.scalars(
            select(Officer)
            .join(NamedOfficer, NamedOfficer.officer_id == Officer.id)
            .where(NamedOfficer.case_id == case.id)
            .order_by(Officer.name)
        )
        others = await session.scalars(
            select(Officer)
            .where(Officer.role.in_(CASE_ROLES), Officer.disabled_at.is_(None))
            .order_by(Officer.name)
        )
        openings = await session.execute(
            select(EmergencyOpening, Officer.name)
            .join(Officer, Officer.id == EmergencyOpening.officer_id)
            .where(EmergencyOpening.case_id == case.id)
            .order_by(EmergencyOpening.opened_at.desc())
        )
        values: dict[str, Any] = {
            "reference": case.reference,
            "restriction": restriction,
            "others_restricted": await others_restricted(session, case),
            "named": list(named),
            "others": list(others),
            "openings": [(opening, name) for opening, name in openings],
        }
        await record(session, officer.id, "case_access_read", case.reference)
        await session.commit()
    return pages_of(request).answer(request, "staff/case_access.html", **values)


@router.post("/cases/{reference}/restrict")
async def restrict_case(reference: str, officer: FormSupervisor, runtime: RuntimeDep) -> Response:
    """Keep a case to supervisors and to the officers who are named for it."""
    async with runtime.database.session() as session:
        await restrict(session, officer, reference)
        await session.commit()
    return go(f"/cases/{reference}/access")


@router.post("/cases/{reference}/unrestrict")
async def unrestrict_case(reference: str, officer: FormSupervisor, runtime: RuntimeDep) -> Response:
    """Open a case to everybody who works on cases."""
    async with runtime.database.session() as session:
        await lift_restriction(session, officer, reference)
        await session.commit()
    return go(f"/cases/{reference}/access")


@router.post("/cases/{reference}/named")
async def name_somebody(
    reference: str,
    officer: FormSupervisor,
    runtime: RuntimeDep,
    officer_id: Annotated[UUID, Form()],
) -> Response:
    """Name an officer who needs to know."""
    async with runtime.database.session() as session:
        await name_officer(session, officer, reference, officer_id)
        await session.commit()
    return go(f"/cases/{reference}/access")


@router.post("/cases/{reference}/unnamed")
async def unname_somebody(
    reference: str,
    officer: FormSupervisor,
    runtime: RuntimeDep,
    officer_id: Annotated[UUID, Form()],
) -> Response:
    """Take an officer's name off."""
    async with runtime.database.session() as session:
        await unname_officer(session, officer, reference, officer_id)
        await session.commit()
    return go(f"/cases/{reference}/access")


@router.post("/cases/{reference}/emergency")
async def open_closed_case(
    request: Request,
    reference: str,
    officer: FormCaseWorkerOfAnyCase,
    runtime: RuntimeDep,
    reason: Annotated[str, Form(max_length=2 * LONGEST_REASON)] = "",
) -> Response:
    """Open a restricted case now, for a reason that supervisors will read."""
    try:
        async with runtime.database.session() as session:
            await open_in_emergency(session, runtime, officer, reference, reason)
            await session.commit()
    except ReasonTooShort as problem:
        return _closed_page(request, reference, 422, problem.problem_type, reason)
    return go(f"/cases/{reference}")


@router.get("/openings")
async def openings_page(request: Request, officer: PageSupervisor, runtime: RuntimeDep) -> Response:
    """Every emergency opening, those that no supervisor has seen yet first."""
    async with runtime.database.session() as session:
        rows = await session.execute(
            select(EmergencyOpening, Officer.name, Case.reference)
            .join(Officer, Officer.id == EmergencyOpening.officer_id)
            .join(Case, Case.id == EmergencyOpening.case_id)
            .order_by(EmergencyOpening.seen_at.is_not(None), EmergencyOpening.opened_at.desc())
            .limit(100)
        )
        openings = [(opening, name, reference) for opening, name, reference in rows]
        await record(session, officer.id, "emergency_openings_read")
        await session.commit()
    return pages_of(request).answer(request, "staff/openings.html", openings=openings)


@router.post("/openings/{opening_id}/seen")
async def note_as_seen(opening_id: UUID, officer: FormSupervisor, runtime: RuntimeDep) -> Response:
    """Note that a supervisor has read the reason; the first one stays on record."""
    async with runtime.database.session() as session:
        case_id = await session.scalar(
            update(EmergencyOpening)
            .where(EmergencyOpening.id == opening_id, EmergencyOpening.seen_at.is_(None))
            .values(seen_at=utc_now(), seen_by=officer.id)
            .returning(EmergencyOpening.case_id)
        )
        if case_id is not None:
            reference = await session.scalar(select(Case.reference).where(Case.id == case_id))
            await record(session, officer.id, "emergency_opening_seen", reference)
        await session.commit()
    return go("/openings")


def answer_closed_cases(app: FastAPI) -> None:
    """Show a page with the reference, and the way in for an emergency, where a case does not open."""

    async def on_closed(request: Request, error: Exception) -> Response:
        assert isinstance(error, CaseRestricted)
        if request.url.path.startswith(MACHINE_PATHS):
            return problem_response(error)
        if request.headers.get("HX-Request") == "true":
            return Response(status_code=403, headers={"HX-Redirect": f"/cases/{error.reference}"})
        return _closed_page(request, error.reference, 403)

    handler: Callable[[Request, Exception], Awaitable[Response]] = on_closed
    app.add_exception_handler(CaseRestricted, handler)


def _closed_page(
    request: Request, reference: str, status: int, problem: str | None = None, reason: str = ""
) -> Response:
    signed_in = signed_in_of(request)
    return pages_of(request).answer(
        request,
        "staff/case_closed.html",
        status=status,
        reference=reference,
        problem=problem,
        reason=reason,
        shortest=SHORTEST_REASON,
        longest=LONGEST_REASON,
        hours=staff_access().emergency_hours,
        may_open=signed_in is not None and signed_in.officer.role in CASE_ROLES,
    )

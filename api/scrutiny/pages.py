"""Cases for scrutiny: read only, without names, numbers or contact details, and without the conversation."""

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response

from api.audit.service import record
from api.cases.models import Case
from api.cases.queries import load_case_file
from api.need_to_know.service import closed_to
from api.officers.access import PageScrutiny
from api.problems import DoesNotExist
from api.runtime import RuntimeDep
from api.scrutiny.redaction import known_of, redacted
from api.ui.pages import pages_of

NEWEST_SHOWN = 200

router = APIRouter(prefix="/scrutiny", include_in_schema=False)


@router.get("")
async def scrutiny_list(request: Request, officer: PageScrutiny, runtime: RuntimeDep) -> Response:
    """The newest cases with a report. Of a restricted one, only that there is one."""
    async with runtime.database.session() as session:
        found = await session.scalars(
            select(Case)
            .where(Case.submitted_at.is_not(None))
            .order_by(Case.submitted_at.desc())
            .limit(NEWEST_SHOWN)
        )
        newest = found.all()
        closed = await closed_to(session, officer, [case.reference for case in newest])
        cases = [(case, case.reference in closed) for case in newest]
        await record(session, officer.id, "cases_listed_redacted")
        await session.commit()
    return pages_of(request).answer(request, "staff/scrutiny.html", cases=cases)


@router.get("/{reference}")
async def scrutiny_case(
    request: Request, reference: str, officer: PageScrutiny, runtime: RuntimeDep
) -> Response:
    """What was told, decided and done, and when; not by whom, to whom or where."""
    async with runtime.database.session() as session:
        file = await load_case_file(session, reference)
        if file is None or file.case.report is None:
            raise DoesNotExist("There is no such case.")
        await record(session, officer.id, "case_read_redacted", file.case.reference)
        await session.commit()
    known = known_of(file)
    report = file.case.report
    return pages_of(request).answer(
        request,
        "staff/scrutiny_case.html",
        case=file.case,
        alerts=file.alerts,
        consent=file.consent,
        assessment=file.assessment,
        text_language=report.text_language,
        text=redacted(report.text, known),
        why_text=redacted(report.why_text or "", known),
        strands=report.strands,
        incident_types=report.incident_types,
        online=report.online,
        additions=[(addition, redacted(addition.text, known)) for addition in file.case.additions],
    )

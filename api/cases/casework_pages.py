"""Officers' forms of working a case: translations, links, the person involved, outcome, closing; print and export."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from sqlalchemy import select
from starlette.responses import Response

from api.audit.service import record
from api.cases.casework_models import DisposalCertificate, LinkKind
from api.cases.closing import close_case
from api.cases.desk import load_desk
from api.cases.identifiers import link_cases, links_of, unlink_cases
from api.cases.outcomes import add_person_involved, decide_outcome
from api.cases.queries import load_case_file
from api.cases.service import find_case
from api.cases.subject_access import export_of, readable_page
from api.cases.timeline import timeline_of
from api.cases.translations import add_translation
from api.database import utc_now
from api.need_to_know.desk import without_closed_cases
from api.need_to_know.service import refuse_closed_cases
from api.officers.access import FormCaseWorker, PageAuditReader, PageCaseWorker
from api.problems import DoesNotExist
from api.runtime import RuntimeDep
from api.ui.pages import pages_of
from api.ui.redirects import back_to

router = APIRouter(include_in_schema=False)
Long = Annotated[str, Form(max_length=40_000)]
Note = Annotated[str, Form(max_length=4000)]
Short = Annotated[str, Form(max_length=200)]


@router.post("/cases/{reference}/translations")
async def translate(
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    translator: Short,
    made_on: Annotated[date, Form()],
    text: Long,
) -> Response:
    """Lay a person's translation beside the account."""
    async with runtime.database.session() as session:
        case = await find_case(session, reference)
        text = text.replace("\r\n", "\n").replace("\x00", "")
        await add_translation(session, officer, case, text, translator, made_on)
        await session.commit()
    return back_to(reference, "translation", "translations")


@router.post("/cases/{reference}/links")
async def link(
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    other: Annotated[str, Form(max_length=16)],
    kind: Annotated[LinkKind, Form()],
) -> Response:
    """Say that another case belongs to this one."""
    async with runtime.database.session() as session:
        case = await find_case(session, reference)
        await refuse_closed_cases(session, officer, [other.strip().upper()])
        await link_cases(session, officer, case, other.strip().upper(), kind)
        await session.commit()
    return back_to(reference, "linked", "links")


@router.post("/cases/{reference}/links/{link_id}/undo")
async def unlink(
    reference: str, link_id: UUID, officer: FormCaseWorker, runtime: RuntimeDep
) -> Response:
    """Undo a link."""
    async with runtime.database.session() as session:
        case = await find_case(session, reference)
        linked = [one.reference for one in await links_of(session, case) if one.id == link_id]
        await refuse_closed_cases(session, officer, linked)
        await unlink_cases(session, officer, case, link_id)
        await session.commit()
    return back_to(reference, "unlinked", "links")


@router.post("/cases/{reference}/people-involved")
async def add_person(
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    name: Short = "",
    description: Note = "",
    whereabouts: Note = "",
) -> Response:
    """Keep what is known of somebody who is said to have done it."""
    async with runtime.database.session() as session:
        case = await find_case(session, reference)
        await add_person_involved(session, officer, case, name, description, whereabouts)
        await session.commit()
    return back_to(reference, "person_involved", "people-involved")


@router.post("/cases/{reference}/outcome")
async def decide(
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    code: Annotated[str, Form(max_length=40)],
    reason: Note,
    kept_because: Note = "",
) -> Response:
    """Keep the decision on what the case came to."""
    async with runtime.database.session() as session:
        case = await find_case(session, reference)
        _, redacted = await decide_outcome(session, officer, case, code, reason, kept_because)
        await session.commit()
    return back_to(reference, "redacted" if redacted else "outcome", "outcome")


@router.post("/cases/{reference}/close")
async def close(
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    reason: Annotated[str, Form(max_length=40)],
    note: Note = "",
) -> Response:
    """Close the case and have the person told."""
    async with runtime.database.session() as session:
        case = await find_case(session, reference)
        await close_case(session, runtime, officer, case, reason, note)
        await session.commit()
    return back_to(reference, "closed", "closing")


@router.get("/cases/{reference}/print")
async def print_case(
    request: Request, reference: str, officer: PageCaseWorker, runtime: RuntimeDep
) -> Response:
    """The whole case on paper: no forms, everything open."""
    async with runtime.database.session() as session:
        file = await load_case_file(session, reference)
        if file is None:
            raise DoesNotExist("There is no such case.")
        desk = await load_desk(session, runtime.database.keyring, file, utc_now())
        desk = await without_closed_cases(session, officer, desk)
        await record(session, officer.id, "case_printed", reference)
        await session.commit()
    return pages_of(request).answer(
        request,
        "staff/print.html",
        file=file,
        desk=desk,
        timeline=timeline_of(file, desk),
        printed=True,
    )


@router.post("/cases/{reference}/subject-access")
async def export(
    request: Request, reference: str, officer: FormCaseWorker, runtime: RuntimeDep
) -> Response:
    """A ZIP of what is kept of the one who reported, with what is about others apart."""
    async with runtime.database.session() as session:
        file = await load_case_file(session, reference)
        if file is None:
            raise DoesNotExist("There is no such case.")
        now = utc_now()
        exported = await export_of(session, runtime, file, now)
        await refuse_closed_cases(session, officer, list(exported.others))
        await record(session, officer.id, "subject_access_exported", reference)
        await session.commit()
    page = readable_page(pages_of(request), request, exported)
    return Response(
        exported.as_zip(page),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{reference}.zip"'},
    )


@router.get("/disposals")
async def disposals(request: Request, officer: PageAuditReader, runtime: RuntimeDep) -> Response:
    """The certificates of what was deleted, newest first, for auditors."""
    async with runtime.database.session() as session:
        found = await session.scalars(
            select(DisposalCertificate).order_by(DisposalCertificate.issued_at.desc()).limit(200)
        )
        certificates = found.all()
        await record(session, officer.id, "disposals_read")
        await session.commit()
    return pages_of(request).answer(request, "staff/disposals.html", certificates=certificates)

"""Officers' forms about contact: the log, and the number to ring, which is shown when it may be rung."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.audit.service import record
from api.cases.casework_models import ContactOutcome, Direction, Means
from api.cases.contact_log import Contact, note_contact, note_number_shown
from api.cases.models import PersonRole
from api.cases.queries import load_case_file
from api.cases.safe_contact import Refused, contact_allowed, wishes_of
from api.cases.service import find_case
from api.database import utc_now
from api.local_time import LONDON
from api.officers.access import FormCaseWorker
from api.policy import casework
from api.problems import DoesNotExist
from api.runtime import RuntimeDep
from api.ui.pages import pages_of
from api.ui.redirects import back_to

router = APIRouter(include_in_schema=False)
Note = Annotated[str, Form(max_length=4000)]


@router.post("/cases/{reference}/contacts")
async def add_contact(
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    means: Annotated[Means, Form()],
    direction: Annotated[Direction, Form()],
    outcome: Annotated[ContactOutcome, Form()],
    at: Annotated[datetime, Form()],
    with_role: Annotated[PersonRole, Form()],
    note: Note = "",
    against_wishes: Note = "",
) -> Response:
    """Note a contact or an attempt at one. The time is London's, as officers write it down."""
    contact = Contact(
        means=means,
        direction=direction,
        outcome=outcome,
        with_role=with_role,
        at=at if at.tzinfo is not None else at.replace(tzinfo=LONDON),
        note=note.strip() or None,
        against_wishes=against_wishes.strip() or None,
    )
    async with runtime.database.session() as session:
        case = await find_case(session, reference)
        await note_contact(session, officer, case, contact)
        await session.commit()
    return back_to(reference, "contact", "contact-log")


@router.post("/cases/{reference}/number")
async def show_number(
    request: Request,
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    words_read: Annotated[bool, Form()] = False,
    reason: Note = "",
) -> Response:
    """The number to ring, with what to mind. Outside what the person allows it needs a reason, which is kept."""
    now = utc_now()
    async with runtime.database.session() as session:
        file = await load_case_file(session, reference)
        if file is None:
            raise DoesNotExist("There is no such case.")
        wishes = wishes_of(file.case, file.conversation, file.person, casework()[1].contact, now)
        answer = contact_allowed(wishes, Means.PHONE, now, words_read=words_read)
        shown = not isinstance(answer, Refused) or bool(reason.strip())
        if shown:
            await record(session, officer.id, "number_shown", reference)
        if shown and isinstance(answer, Refused):
            await note_number_shown(session, officer, file.case, reason.strip())
        await session.commit()
    return pages_of(request).answer(
        request,
        "staff/number.html",
        status=HTTPStatus.OK if shown else HTTPStatus.CONFLICT,
        file=file,
        answer=answer,
        refused=isinstance(answer, Refused),
        shown=shown,
        reason=reason.strip(),
        words_read=words_read,
    )

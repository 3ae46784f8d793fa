"""Cases for officers' systems, behind a bearer token. Every read leaves an audit entry."""

from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from api.audit.service import record
from api.cases.acknowledgement import take_in_hand
from api.cases.models import Grade, Status
from api.cases.officer_messages import write_to_person
from api.cases.queries import load_alert, load_case_file
from api.cases.queue import Filters, queue_page
from api.cases.schemas import Language
from api.cases.staff_schemas import (
    CaseList,
    MessageToPerson,
    SentToPerson,
    ShownAddition,
    ShownAlert,
    ShownCase,
)
from api.conversations.takeover import hand_back, take_over
from api.description import problems
from api.need_to_know.service import without_content
from api.officers.access import ApiCaseWorker
from api.problems import (
    BadRequest,
    Conflict,
    DoesNotExist,
    NotAllowed,
    NotSignedIn,
    TooLarge,
    UnusableContent,
)
from api.runtime import RuntimeDep

router = APIRouter(
    prefix="/v1",
    tags=["cases"],
    responses=problems(BadRequest, NotSignedIn, NotAllowed, TooLarge, UnusableContent),
)
Nothing = Literal[""]


@router.get("/cases")
async def list_cases(
    officer: ApiCaseWorker,
    runtime: RuntimeDep,
    status: Annotated[Status | Nothing, Query()] = "",
    risk: Annotated[Grade | Nothing, Query()] = "",
    language: Annotated[Language | Nothing, Query()] = "",
    q: Annotated[str, Query(max_length=64)] = "",
    cursor: Annotated[str, Query(max_length=300)] = "",
) -> CaseList:
    """The cases that the filters leave, most urgent first. `q`: a reference or a phone number."""
    filters = Filters(status or None, risk or None, language or None, q.strip())
    async with runtime.database.session() as session:
        page = await queue_page(session, runtime.database.keyring, filters, cursor)
        page = await without_content(session, officer, page, filters)
        await record(session, officer.id, "cases_listed")
        await session.commit()
    return CaseList.of(page)


@router.get("/cases/{reference}", responses=problems(DoesNotExist))
async def read_case(reference: str, officer: ApiCaseWorker, runtime: RuntimeDep) -> ShownCase:
    """One case with all that belongs to it."""
    async with runtime.database.session() as session:
        file = await load_case_file(session, reference)
        if file is None:
            raise DoesNotExist("There is no such case.")
        await record(session, officer.id, "case_read", file.case.reference)
        await session.commit()
    return ShownCase.of(file)


@router.post("/alerts/{alert_id}/acknowledge", responses=problems(DoesNotExist))
async def acknowledge_alert(
    alert_id: UUID, officer: ApiCaseWorker, runtime: RuntimeDep
) -> ShownAlert:
    """Take an alert in hand. Once acknowledged it stays with who came first."""
    async with runtime.database.session() as session:
        await take_in_hand(session, alert_id, officer, "api")
        await session.commit()
        alert, name = await load_alert(session, alert_id)
    return ShownAlert.of(alert, name)


@router.get("/cases/{reference}/additions", responses=problems(DoesNotExist))
async def list_additions(
    reference: str, officer: ApiCaseWorker, runtime: RuntimeDep
) -> list[ShownAddition]:
    """What the person said of the case after it was sent, oldest first."""
    async with runtime.database.session() as session:
        file = await load_case_file(session, reference)
        if file is None:
            raise DoesNotExist("There is no such case.")
        await record(session, officer.id, "case_read", file.case.reference)
        await session.commit()
    return [ShownAddition.of(addition) for addition in file.case.additions]


@router.post(
    "/cases/{reference}/takeover",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(DoesNotExist, Conflict),
)
async def take_conversation_over(
    reference: str, officer: ApiCaseWorker, runtime: RuntimeDep
) -> None:
    """Write with the person live: the assistant is silent until the conversation is handed back."""
    async with runtime.database.session() as session:
        await take_over(session, runtime, officer, reference)
        await session.commit()


@router.delete(
    "/cases/{reference}/takeover",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(DoesNotExist),
)
async def hand_conversation_back(
    reference: str, officer: ApiCaseWorker, runtime: RuntimeDep
) -> None:
    """Let the assistant speak again."""
    async with runtime.database.session() as session:
        await hand_back(session, runtime, officer, reference)
        await session.commit()


@router.post(
    "/cases/{reference}/messages",
    status_code=HTTPStatus.CREATED,
    responses=problems(DoesNotExist, Conflict),
)
async def send_message(
    reference: str, sent: MessageToPerson, officer: ApiCaseWorker, runtime: RuntimeDep
) -> SentToPerson:
    """Write to the person by the way they chose; 409 names why that may not be done now."""
    if not sent.text.strip():
        raise UnusableContent("A message needs some text.", type="message-empty")
    async with runtime.database.session() as session:
        message = await write_to_person(
            session, runtime, officer, reference, sent.text, sent.language
        )
        await session.commit()
    return SentToPerson(
        id=message.id, text=sent.text, language=message.language, sent_at=message.sent_at
    )

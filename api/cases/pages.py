"""The officers' pages: a case, and what may be done with it."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from starlette.responses import Response

from api.audit.service import record
from api.cases.acknowledgement import take_in_hand
from api.cases.desk import Done, load_desk
from api.cases.message_templates import text_to_begin_from
from api.cases.models import Case
from api.cases.officer_messages import NotNow, waits, warn_of_language, write_to_person
from api.cases.queries import load_case_file, newest_message
from api.cases.queue import count_waiting_alerts, newest_waiting_alert
from api.cases.timeline import timeline_of
from api.cases.work import load_work
from api.conversations.takeover import hand_back, take_over
from api.database import new_id, utc_now
from api.need_to_know.desk import without_closed_cases
from api.officers.access import (
    CASE_WORKERS,
    FormCaseWorker,
    PageCaseWorker,
    WatchingCaseWorker,
    WatchingCaseWorkerOnly,
    session_cookie,
)
from api.officers.models import Officer
from api.officers.sessions import find_browser_session
from api.problems import DoesNotExist
from api.runtime import Runtime, RuntimeDep
from api.ui.news import stream_news
from api.ui.pages import pages_of
from api.ui.redirects import back_to, go
from api.wakeups import OFFICERS
from api.words import Language
from channels.web import MAX_CHARACTERS

# What pages are told: that there are alerts to look at again, or messages of the case that is open.
ALERTS_CHANGED: Final = "alerts"
CONVERSATION_CHANGED: Final = "conversation"

router = APIRouter(include_in_schema=False)


@router.get("/alerts/waiting", dependencies=[WatchingCaseWorkerOnly])
async def waiting_alerts(
    request: Request,
    runtime: RuntimeDep,
    seen: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """How many alerts wait, for every open page; says it aloud when one is newer than `seen`."""
    values = await alert_values(runtime)
    newest = values["newest_alert"]
    announce = newest is not None and newest.isoformat() > seen
    return pages_of(request).answer(
        request, "staff/waiting_alerts.html", announce=announce, **values
    )


async def alert_values(runtime: Runtime) -> dict[str, Any]:
    """What the line about waiting alerts says, on every page that stays fresh."""
    async with runtime.database.session() as session:
        count = await count_waiting_alerts(session)
        newest: datetime | None = await newest_waiting_alert(session)
    return {"waiting": count, "newest_alert": newest}


@router.get("/news", dependencies=[WatchingCaseWorkerOnly])
async def news(request: Request, runtime: RuntimeDep) -> Response:
    """News of alerts."""
    return _news(request, runtime, {OFFICERS: ALERTS_CHANGED})


@router.get("/cases/{reference}/news", dependencies=[WatchingCaseWorkerOnly])
async def case_news(request: Request, reference: str, runtime: RuntimeDep) -> Response:
    """News of alerts and of this case's conversation."""
    topics = {OFFICERS: ALERTS_CHANGED}
    async with runtime.database.session() as session:
        conversation_id = await session.scalar(
            select(Case.conversation_id).where(Case.reference == reference)
        )
    if conversation_id is not None:
        topics[str(conversation_id)] = CONVERSATION_CHANGED
    return _news(request, runtime, topics)


def _news(request: Request, runtime: Runtime, topics: dict[str, str]) -> Response:
    token = request.cookies.get(session_cookie(runtime), "")

    async def still_welcome() -> bool:
        async with runtime.database.session() as session:
            signed_in = await find_browser_session(session, token, in_use=False)
        return signed_in is not None and signed_in.officer.role in CASE_WORKERS

    return stream_news(runtime.wakeups, topics, still_welcome)


async def _case_page(
    request: Request,
    runtime: Runtime,
    officer: Officer,
    reference: str,
    template: str = "staff/case.html",
    *,
    status: int = HTTPStatus.OK,
    **values: Any,
) -> Response:
    async with runtime.database.session() as session:
        file = await load_case_file(session, reference)
        if file is None:
            raise DoesNotExist("There is no such case.")
        desk = await load_desk(session, runtime.database.keyring, file, utc_now())
        desk = await without_closed_cases(session, officer, desk)
        work = await load_work(session, file)
        await record(session, officer.id, "case_read", file.case.reference)
        await session.commit()
    defaults = {
        "file": file,
        "desk": desk,
        "timeline": timeline_of(file, desk),
        "printed": False,
        "work": work,
        "done": "",
        "problem": None,
        "text": "",
        "message_language": desk.language,
        "message_key": str(new_id()),
        "longest_message": MAX_CHARACTERS,
    }
    alerts = await alert_values(runtime) if template == "staff/case.html" else {}
    return pages_of(request).answer(
        request, template, status=status, **{**defaults, **alerts, **values}
    )


@router.get("/cases/{reference}")
async def case_page(
    request: Request,
    reference: str,
    officer: PageCaseWorker,
    runtime: RuntimeDep,
    done: Annotated[Done, Query()] = "",
    template: Annotated[str, Query(max_length=40)] = "",
    template_language: Annotated[Language | Literal[""], Query()] = "",
) -> Response:
    """Everything of one case. `template` is a message to begin from."""
    begun = text_to_begin_from(template, template_language)
    return await _case_page(request, runtime, officer, reference, done=done, **begun)


@router.get("/cases/{reference}/conversation")
async def case_conversation(
    request: Request,
    reference: str,
    officer: WatchingCaseWorker,
    runtime: RuntimeDep,
    seen: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The conversation alone, for the open page to stay fresh; 204 if `seen` is its newest message."""
    async with runtime.database.session() as session:
        newest = await newest_message(session, reference)
    if newest is not None and str(newest) == seen:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    # Read again, so noted again.
    return await _case_page(request, runtime, officer, reference, "staff/conversation.html")


@router.post("/alerts/{alert_id}/acknowledge")
async def acknowledge(alert_id: UUID, officer: FormCaseWorker, runtime: RuntimeDep) -> Response:
    """Take an alert in hand, then see the case."""
    async with runtime.database.session() as session:
        _, reference = await take_in_hand(session, alert_id, officer)
        await session.commit()
    return go(f"/cases/{reference}?done=acknowledged")


@router.post("/cases/{reference}/takeover")
async def take_conversation_over(
    reference: str, officer: FormCaseWorker, runtime: RuntimeDep
) -> Response:
    """Write with the person live; another officer who does so already is told on the page."""
    async with runtime.database.session() as session:
        await take_over(session, runtime, officer, reference)
        await session.commit()
    return go(f"/cases/{reference}#write")


@router.post("/cases/{reference}/handback")
async def hand_conversation_back(
    reference: str, officer: FormCaseWorker, runtime: RuntimeDep
) -> Response:
    """Let the assistant speak again."""
    async with runtime.database.session() as session:
        await hand_back(session, runtime, officer, reference)
        await session.commit()
    return go(f"/cases/{reference}#write")


@router.post("/cases/{reference}/messages")
async def send_message(
    request: Request,
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    language: Annotated[Language, Form()],
    key: Annotated[UUID, Form()],
    text: Annotated[str, Form(max_length=2 * MAX_CHARACTERS)] = "",
    language_checked: Annotated[bool, Form()] = False,
    words_read: Annotated[bool, Form()] = False,
) -> Response:
    """Write to the person. What cannot be sent is shown again with the reason, not lost."""
    # Browsers send line ends as CR LF whatever was typed.
    text = text.replace("\r\n", "\n").replace("\x00", "")
    problem = "empty" if not text.strip() else "too_long" if len(text) > MAX_CHARACTERS else None
    done = "sent"
    if problem is None:
        async with runtime.database.session() as session:
            try:
                if not language_checked:
                    await warn_of_language(session, runtime, reference, text, language)
                message = await write_to_person(
                    session,
                    runtime,
                    officer,
                    reference,
                    text,
                    language,
                    key=str(key),
                    words_read=words_read,
                )
                done = "held" if await waits(session, message) else "sent"
                await session.commit()
            except NotNow as refusal:
                problem = refusal.problem_type
    if problem is not None:
        return await _case_page(
            request,
            runtime,
            officer,
            reference,
            status=HTTPStatus.CONFLICT if "-" in problem else HTTPStatus.UNPROCESSABLE_ENTITY,
            problem=problem,
            text=text,
            message_language=language,
            message_key=str(key),
        )
    return back_to(reference, done, "conversation")

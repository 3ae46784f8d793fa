"""Supervision: the queue of reviews, one review, the officer's answer, and the four weaknesses."""

from datetime import timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from api.audit.service import record
from api.cases.plan import lock_case
from api.cases.reviews import answer_review, review_case, waiting_overrides, waiting_reviews
from api.cases.weaknesses import FINDINGS, count_weaknesses
from api.cases.work import work_page
from api.cases.work_pages import Note, Refusal, clean
from api.cases.workspace_models import ReviewKind
from api.database import utc_now
from api.officers.access import (
    FormCaseWorker,
    FormSupervisor,
    PageCaseWorker,
    PageSupervisor,
)
from api.problems import UnusableContent
from api.runtime import RuntimeDep
from api.ui.pages import pages_of
from api.ui.redirects import back_to

router = APIRouter(include_in_schema=False)
PERIODS: Final = (30, 90, 365)


@router.get("/reviews")
async def reviews(request: Request, officer: PageSupervisor, runtime: RuntimeDep) -> Response:
    """What waits for a supervisor."""
    async with runtime.database.session() as session:
        waiting = await waiting_reviews(session)
        overrides = await waiting_overrides(session)
        await record(session, officer.id, "reviews_opened")
        await session.commit()
    return pages_of(request).answer(
        request, "staff/reviews.html", reviews=waiting, overrides=overrides
    )


@router.get("/cases/{reference}/review")
async def review(
    request: Request, reference: str, officer: PageCaseWorker, runtime: RuntimeDep
) -> Response:
    """The reviews of a case; a supervisor's next one, or the officer's answer."""
    return await work_page(
        request,
        *(runtime, officer, reference, "staff/review.html"),
        typed={"verdict": "", "note": ""},
    )


@router.post("/cases/{reference}/review")
async def decide(
    request: Request,
    reference: str,
    officer: FormSupervisor,
    runtime: RuntimeDep,
    verdict: Annotated[Literal["signed_off", "sent_back", ""], Form()] = "",
    note: Note = "",
) -> Response:
    """Sign off, or send back."""
    try:
        note = clean(note)
        if not verdict:
            raise UnusableContent("Sign off or send back?", type="verdict-missing")
        async with runtime.database.session() as session:
            case = await lock_case(session, reference)
            await review_case(session, officer, case, ReviewKind(verdict), note)
            await session.commit()
    except Refusal as refusal:
        return await work_page(
            request,
            *(runtime, officer, reference, "staff/review.html"),
            status=refusal.status,
            problem=refusal.problem_type,
            typed={"verdict": verdict, "note": note},
        )
    return back_to(reference, verdict, "review")


@router.post("/cases/{reference}/review/answer")
async def answer(
    request: Request,
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    note: Note = "",
) -> Response:
    """Say what was done about a case that was sent back."""
    try:
        note = clean(note)
        async with runtime.database.session() as session:
            case = await lock_case(session, reference)
            await answer_review(session, officer, case, note)
            await session.commit()
    except Refusal as refusal:
        return await work_page(
            request,
            *(runtime, officer, reference, "staff/review.html"),
            status=refusal.status,
            problem=refusal.problem_type,
            typed={"verdict": "", "note": note},
        )
    return back_to(reference, "review_answered", "review")


@router.get("/weaknesses")
async def weaknesses(
    request: Request,
    officer: PageSupervisor,
    runtime: RuntimeDep,
    days: Annotated[Literal["30", "90", "365"], Query()] = "90",
) -> Response:
    """The four findings of 2018 in figures, Welsh beside English."""
    now = utc_now()
    async with runtime.database.session() as session:
        counted = await count_weaknesses(session, now - timedelta(days=int(days)), now)
        await record(session, officer.id, "weaknesses_opened")
        await session.commit()
    return pages_of(request).answer(
        *(request, "staff/weaknesses.html"),
        findings=FINDINGS,
        counted={(one.finding, one.language): one for one in counted},
        days=int(days),
        periods=PERIODS,
    )

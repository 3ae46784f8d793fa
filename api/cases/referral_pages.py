"""The page on which a case is referred: choice, preview, sending, the partner's answer, and overrides."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.audit.service import record
from api.cases.minimum_data import can_be_reached, fingerprint, minimum_of, said_in_words
from api.cases.models import Decision
from api.cases.partners import partners_in_force, why_not_to
from api.cases.plan import lock_case
from api.cases.queries import CaseFile
from api.cases.refer import ask_override, decide_override, refer
from api.cases.referral import record_answer, record_choice
from api.cases.work import load_both
from api.cases.work_pages import Note, Refusal, clean
from api.officers.access import FormCaseWorker, PageCaseWorker
from api.officers.models import Officer
from api.problems import Problem, UnusableContent
from api.runtime import Runtime, RuntimeDep
from api.ui.pages import language_of, pages_of
from api.ui.redirects import back_to
from api.words import Language

router = APIRouter(include_in_schema=False)
PartnerCode = Annotated[str, Form(max_length=40)]
Seen = Annotated[str, Form(max_length=64)]


async def _page(
    request: Request,
    runtime: Runtime,
    officer: Officer,
    reference: str,
    partner: str = "",
    refusal: Problem | None = None,
    **typed: str,
) -> Response:
    """The page, with the preview for a partner; after a refusal with its reason and what was typed."""
    known = partners_in_force()
    async with runtime.database.session() as session:
        file, work = await load_both(session, reference)
        await record(session, officer.id, "case_read", file.case.reference)
        await session.commit()
    waiting = work.override_waiting
    chosen = known.find(partner or (waiting.partner if waiting else known.partners[0].code))
    if chosen is None:
        chosen = known.partners[0]
    data = minimum_of(file, known.minimum)
    values: dict[str, Any] = {
        "file": file,
        "work": work,
        "partner": chosen,
        "preview": said_in_words(runtime.words, language_of(request), data),
        "reachable": can_be_reached(data),
        "seen": fingerprint(runtime.database.keyring, chosen.code, data),
        "partner_problem": why_not_to(runtime.settings, chosen),
        "problem": refusal.problem_type if refusal else None,
        "typed": typed,
    }
    return pages_of(request).answer(
        request, "staff/referral.html", status=refusal.status if refusal else 200, **values
    )


async def _locked_file(session: AsyncSession, reference: str) -> CaseFile:
    await lock_case(session, reference)
    file, _ = await load_both(session, reference)
    return file


@router.get("/cases/{reference}/referral")
async def referral(
    request: Request,
    reference: str,
    officer: PageCaseWorker,
    runtime: RuntimeDep,
    partner: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Whether and to whom the case may be referred, with exactly what would be sent."""
    return await _page(request, runtime, officer, reference, partner)


@router.post("/cases/{reference}/referral")
async def send(
    request: Request,
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    partner: PartnerCode = "",
    seen: Seen = "",
) -> Response:
    """Refer, with what the preview showed."""
    try:
        async with runtime.database.session() as session:
            file = await _locked_file(session, reference)
            await refer(session, runtime, officer, file, partners_in_force(), partner, seen)
            await session.commit()
    except Refusal as refusal:
        return await _page(request, runtime, officer, reference, partner, refusal)
    return back_to(reference, "referred", "choice")


@router.post("/cases/{reference}/choice")
async def choose(
    request: Request,
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    decision: Annotated[Literal["refer", "declined", "ask_later", ""], Form()] = "",
    language: Annotated[Language, Form()] = "cy",
    words: Note = "",
) -> Response:
    """What the person told the officer about support."""
    try:
        words = clean(words)
        if not decision:
            raise UnusableContent("What did they choose?", type="decision-missing")
        async with runtime.database.session() as session:
            case = await lock_case(session, reference)
            chosen = Decision(decision)
            await record_choice(session, runtime, officer, case, chosen, language, words)
            await session.commit()
    except Refusal as refusal:
        return await _page(
            *(request, runtime, officer, reference, "", refusal), decision=decision, words=words
        )
    return back_to(reference, "chosen", "choice")


@router.post("/cases/{reference}/referral/answer")
async def answered(
    request: Request,
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    answer: Annotated[Literal["received", "accepted", "rejected", ""], Form()] = "",
    text: Note = "",
) -> Response:
    """What the partner said."""
    try:
        text = clean(text)
        if not answer:
            raise UnusableContent("What did the partner say?", type="answer-missing")
        async with runtime.database.session() as session:
            case = await lock_case(session, reference)
            await record_answer(session, officer, case, answer, text)
            await session.commit()
    except Refusal as refusal:
        return await _page(
            *(request, runtime, officer, reference, "", refusal), answer=answer, text=text
        )
    return back_to(reference, "answered", "choice")


@router.post("/cases/{reference}/overrides")
async def ask(
    request: Request,
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    partner: PartnerCode = "",
    basis: Annotated[str, Form(max_length=40)] = "",
    reason: Note = "",
) -> Response:
    """Ask a supervisor to let a referral go without the person's choice."""
    try:
        reason = clean(reason)
        async with runtime.database.session() as session:
            case = await lock_case(session, reference)
            known = partners_in_force()
            await ask_override(session, officer, case, known, partner, basis, reason)
            await session.commit()
    except Refusal as refusal:
        return await _page(
            *(request, runtime, officer, reference, partner, refusal), basis=basis, reason=reason
        )
    return back_to(reference, "override_asked", "choice")


@router.post("/cases/{reference}/overrides/{override_id}")
async def decide(
    request: Request,
    reference: str,
    override_id: UUID,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    verdict: Annotated[Literal["approve", "refuse", ""], Form()] = "",
    note: Note = "",
    seen: Seen = "",
) -> Response:
    """A second person decides about an override."""
    try:
        note = clean(note)
        if not verdict:
            raise UnusableContent("Approve or refuse?", type="verdict-missing")
        async with runtime.database.session() as session:
            file = await _locked_file(session, reference)
            await decide_override(
                *(session, runtime, officer, file, partners_in_force(), override_id),
                approve=verdict == "approve",
                note=note,
                seen=seen,
            )
            await session.commit()
    except Refusal as refusal:
        return await _page(
            *(request, runtime, officer, reference, "", refusal), verdict=verdict, note=note
        )
    return back_to(reference, "override_decided", "choice")

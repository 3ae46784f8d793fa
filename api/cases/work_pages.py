"""Pages on which an officer works a case: whose it is, the items of its plan, and its risk."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.cases.models import ActionState, Grade
from api.cases.ownership import give_case
from api.cases.plan import change_item, find_item, give_item, lock_case
from api.cases.risk_history import assess_as_officer
from api.cases.service import find_case
from api.cases.work import work_page
from api.officers.access import FormCaseWorker, PageCaseWorker
from api.policy import policy, policy_version
from api.problems import Conflict, NotAllowed, UnusableContent
from api.runtime import RuntimeDep
from api.ui.redirects import back_to

router = APIRouter(include_in_schema=False)
LONGEST_NOTE = 4000
Note = Annotated[str, Form(max_length=2 * LONGEST_NOTE)]
Refusal = (Conflict, NotAllowed, UnusableContent)


def clean(text: str) -> str:
    """What was typed, with the line ends that were typed. Raises UnusableContent for one that is too long."""
    text = text.replace("\r\n", "\n").replace("\x00", "")
    if len(text) > LONGEST_NOTE:
        raise UnusableContent("The text is too long.", type="text-too-long")
    return text


@router.post("/cases/{reference}/owner")
async def give(
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    owner: Annotated[UUID | Literal[""], Form()] = "",
) -> Response:
    """Take a case, hand it back, or, as a supervisor, give it to somebody."""
    async with runtime.database.session() as session:
        case = await lock_case(session, reference)
        await give_case(session, officer, case, owner or None)
        await session.commit()
    return back_to(reference, "given", "owner")


@router.get("/cases/{reference}/plan/{code}")
async def plan_item(
    request: Request, reference: str, code: str, officer: PageCaseWorker, runtime: RuntimeDep
) -> Response:
    """One item of the plan, with its history and what may be done with it."""
    async with runtime.database.session() as session:
        case = await find_case(session, reference)
        await find_item(session, case, code)
    return await work_page(
        request,
        *(runtime, officer, reference, "staff/plan_item.html"),
        code=code,
        typed={"state": "", "text": ""},
    )


@router.post("/cases/{reference}/plan/{code}")
async def settle_plan_item(
    request: Request,
    reference: str,
    code: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    state: Annotated[ActionState | Literal[""], Form()] = "",
    text: Note = "",
) -> Response:
    """Say what became of an item. What lacks its evidence or reason is shown again."""
    try:
        text = clean(text)
        if not state:
            raise UnusableContent("What became of it?", type="state-missing")
        async with runtime.database.session() as session:
            case = await lock_case(session, reference)
            await change_item(session, officer, case, code, ActionState(state), text)
            await session.commit()
    except Refusal as refusal:
        return await work_page(
            request,
            *(runtime, officer, reference, "staff/plan_item.html"),
            status=refusal.status,
            problem=refusal.problem_type,
            code=code,
            typed={"state": state, "text": text},
        )
    return back_to(reference, "planned", "plan")


@router.post("/cases/{reference}/plan/{code}/owner")
async def give_plan_item(
    reference: str,
    code: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    owner: Annotated[UUID | Literal[""], Form()] = "",
) -> Response:
    """Say who does an item."""
    async with runtime.database.session() as session:
        case = await lock_case(session, reference)
        await give_item(session, officer, case, code, owner or None)
        await session.commit()
    return back_to(reference, "planned", "plan")


@router.get("/cases/{reference}/risk")
async def risk(
    request: Request, reference: str, officer: PageCaseWorker, runtime: RuntimeDep
) -> Response:
    """The assessments so far, and a new one."""
    return await work_page(
        request,
        *(runtime, officer, reference, "staff/risk.html"),
        questions=policy(policy_version()).risk.questions,
        typed=None,
    )


@router.post("/cases/{reference}/risk")
async def assess(
    request: Request,
    reference: str,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    grade: Annotated[Grade | Literal[""], Form()] = "",
    reason: Note = "",
    seen: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """An officer's assessment. What lacks a grade or a reason, or came too late, is shown again."""
    form = await request.form()
    questions = policy(policy_version()).risk.questions
    answers = {
        code: str(form[f"answer_{code}"])
        for code, question in questions.items()
        if form.get(f"answer_{code}") in ("yes", "no", *question.levels)
    }
    try:
        reason = clean(reason)
        if not grade:
            raise UnusableContent("Which grade?", type="grade-missing")
        async with runtime.database.session() as session:
            case = await lock_case(session, reference)
            await assess_as_officer(session, officer, case, answers, Grade(grade), reason, seen)
            await session.commit()
    except Refusal as refusal:
        return await work_page(
            request,
            *(runtime, officer, reference, "staff/risk.html"),
            status=refusal.status,
            problem=refusal.problem_type,
            questions=questions,
            typed={"answers": answers, "grade": grade, "reason": reason},
        )
    return back_to(reference, "assessed", "risk")

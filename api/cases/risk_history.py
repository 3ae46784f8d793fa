"""The assessments of a case, one by one. Software adds higher grades; a lower one needs a person and a reason."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.clocks import due_at
from api.cases.deadlines import bring_forward, start_clock
from api.cases.flags import flags_of_case, flags_of_conversation
from api.cases.models import (
    ActionState,
    Case,
    Grade,
    RiskAssessment,
    Status,
)
from api.cases.plan import settle_item, tighten_plan
from api.cases.risk import GRADE_ORDER, Assessment, assess, higher
from api.cases.workspace_codes import AssessmentSource
from api.conversations.models import Conversation
from api.database import utc_now
from api.officers.models import Officer
from api.policy import Policy, policy, policy_version
from api.problems import Conflict, UnusableContent
from api.wakeups import OFFICERS, announce

REASSESS = "reassess_risk"


async def assessments_of(session: AsyncSession, case_id: UUID) -> list[RiskAssessment]:
    """Every assessment of a case, oldest first."""
    rows = await session.scalars(
        select(RiskAssessment)
        .where(RiskAssessment.case_id == case_id)
        .order_by(RiskAssessment.assessed_at, RiskAssessment.id)
    )
    return list(rows)


async def raise_for_danger(session: AsyncSession, case: Case) -> None:
    """Words of danger or suicide make a case high, whatever an officer graded before. The caller commits.

    Adds to the history only where the grade rises or the reason is new.
    """
    # An officer who grades lower at this moment comes before or after, never in between.
    await session.refresh(case, ["grade"], with_for_update=True)
    flags = await flags_of_case(session, case)
    if not flags & {"danger", "suicide"}:
        # The dialogue saw it where the safety layer did not.
        flags.add("danger")
    history = await assessments_of(session, case.id)
    rules = policy(policy_version())
    result = assess(rules.risk, _answers(history), flags)
    known = set(history[-1].reasons) if history else set()
    if case.grade != Grade.HIGH or not set(result.reasons) <= known:
        await _raise(session, case, rules, result, Grade.HIGH, history)
        await tighten_plan(session, case, flags, utc_now())
    await _ask_to_reassess(session, case, rules)


async def raise_for_information(
    session: AsyncSession, case: Case, conversation: Conversation | None
) -> None:
    """Something was added to a case: flags that nobody has weighed yet may raise it, and an officer is to look again.

    What an officer has weighed is not weighed against them a second time. The caller commits.
    """
    await session.refresh(case, ["grade"], with_for_update=True)
    flags = await flags_of_case(session, case)
    if conversation is not None and conversation.id != case.conversation_id:
        flags |= await flags_of_conversation(session, conversation.id)
    history = await assessments_of(session, case.id)
    weighed = {reason for assessment in history for reason in assessment.reasons}
    rules = policy(policy_version())
    if (flags - weighed) & set(rules.risk.flags):
        result = assess(rules.risk, _answers(history), flags)
        await _raise(session, case, rules, result, higher(case.grade, result.grade), history)
        await tighten_plan(session, case, flags, utc_now())
    await _ask_to_reassess(session, case, rules)


async def assess_as_officer(
    session: AsyncSession,
    officer: Officer,
    case: Case,
    answers: Mapping[str, str],
    grade: Grade,
    reason: str,
    seen: str,
) -> RiskAssessment:
    """An officer's own grade over the answers, with the reason. The caller holds the case's lock and commits.

    `seen` is the id of the newest assessment that the officer saw, or empty. Raises Conflict where there is a newer one
    or the case is closed, UnusableContent without a reason.
    """
    if case.status == Status.CLOSED:
        raise Conflict("The case is closed.", type="case-closed")
    history = await assessments_of(session, case.id)
    if seen != (str(history[-1].id) if history else ""):
        raise Conflict("The risk was assessed again meanwhile.", type="assessed-meanwhile")
    if not reason.strip():
        raise UnusableContent("A grade needs a reason.", type="reason-missing")
    rules = policy(policy_version())
    flags = await flags_of_case(session, case)
    known = {code: said for code, said in answers.items() if code in rules.risk.questions}
    result = assess(rules.risk, known, flags)
    now = utc_now()
    rises = GRADE_ORDER.index(grade) > GRADE_ORDER.index(case.grade)
    assessment = RiskAssessment(
        case_id=case.id,
        policy_version=rules.version,
        answers=known,
        points=result.points,
        reasons=list(result.reasons),
        grade=grade,
        policy_grade=result.grade,
        source=AssessmentSource.OFFICER,
        assessed_by=officer.id,
        reason=reason.strip(),
        assessed_at=now,
    )
    session.add(assessment)
    case.grade = grade
    await session.flush()
    if rises:
        await tighten_plan(session, case, flags, now)
    await settle_item(session, case.id, "confirm_risk", ActionState.DONE, officer_id=officer.id)
    await start_clock(
        session, case.id, REASSESS, due_at(now, rules.workspace.reassess, grade.value)
    )
    await announce(session, OFFICERS)
    await record(session, officer.id, "risk_assessed", case.reference)
    return assessment


def why_reassess(history: list[RiskAssessment], case: Case, now: datetime) -> str | None:
    """Why an officer is asked to assess: `never`, `raised` or `added` since a person last did, `age`; or None."""
    by_officer = [one for one in history if one.source == AssessmentSource.OFFICER]
    if case.status == Status.CLOSED:
        return None
    if not by_officer:
        return "never"
    newest = by_officer[-1]
    if history[-1].source == AssessmentSource.RAISED:
        return "raised"
    if any(addition.added_at > newest.assessed_at for addition in case.additions):
        return "added"
    rules = policy(newest.policy_version)
    due = due_at(newest.assessed_at, rules.workspace.reassess, case.grade.value)
    return "age" if due < now else None


def _answers(history: list[RiskAssessment]) -> dict[str, str]:
    return dict(history[-1].answers) if history else {}


async def _raise(
    session: AsyncSession,
    case: Case,
    rules: Policy,
    result: Assessment,
    grade: Grade,
    history: list[RiskAssessment],
) -> None:
    session.add(
        RiskAssessment(
            case_id=case.id,
            policy_version=rules.version,
            answers=_answers(history),
            points=result.points,
            reasons=list(result.reasons),
            grade=grade,
            policy_grade=result.grade,
            source=AssessmentSource.RAISED,
            assessed_at=utc_now(),
        )
    )
    case.grade = grade
    await session.flush()


async def _ask_to_reassess(session: AsyncSession, case: Case, rules: Policy) -> None:
    # A closed case too: the alert that comes with this opens it again.
    if case.submitted_at is None:
        return
    soon = due_at(utc_now(), rules.workspace.reassess_after_information, case.grade.value)
    await bring_forward(session, case.id, REASSESS, soon)

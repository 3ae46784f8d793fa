"""Supervision: what waits for a review, signing off, and sending back. Nobody reviews a case of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.clocks import due_at
from api.cases.deadlines import meet_clock, start_clock
from api.cases.models import ActionState, Case, Deadline, Grade, Status
from api.cases.plan import settle_item
from api.cases.workspace_models import ReferralOverride, Review, ReviewKind
from api.database import utc_now
from api.officers.models import Officer, Role
from api.policy import policy
from api.problems import Conflict, NotAllowed, UnusableContent
from api.wakeups import OFFICERS, announce

SUPERVISOR_REVIEW: Final = "supervisor_review"
ANSWER_REVIEW: Final = "answer_review"
LONGEST_QUEUE: Final = 100


@dataclass(frozen=True)
class WaitingReview:
    """A case that waits for a supervisor."""

    reference: str
    grade: Grade
    status: Status
    language: str
    due_at: datetime
    owner_id: UUID | None
    owner: str | None


@dataclass(frozen=True)
class WaitingOverride:
    """A referral without the person's choice that waits for a second person."""

    reference: str
    basis: str
    asked_at: datetime
    asked_by: UUID
    asker: str


async def waiting_reviews(session: AsyncSession) -> Sequence[WaitingReview]:
    """The open cases whose review is not done, what is due first first; a hundred at most."""
    rows = await session.execute(
        select(
            *(Case.reference, Case.grade, Case.status, Case.language),
            *(Deadline.due_at, Case.owner_id, Officer.name),
        )
        .join(Deadline, Deadline.case_id == Case.id)
        .join(Officer, Officer.id == Case.owner_id, isouter=True)
        .where(
            Deadline.code == SUPERVISOR_REVIEW,
            Deadline.met_at.is_(None),
            Case.status != Status.CLOSED,
        )
        .order_by(Deadline.due_at, Case.id)
        .limit(LONGEST_QUEUE)
    )
    return [WaitingReview(*row) for row in rows]


async def waiting_overrides(session: AsyncSession) -> Sequence[WaitingOverride]:
    """What was asked of open cases and not decided, oldest first."""
    rows = await session.execute(
        select(
            *(Case.reference, ReferralOverride.basis, ReferralOverride.asked_at),
            *(ReferralOverride.asked_by, Officer.name),
        )
        .join(Case, Case.id == ReferralOverride.case_id)
        .join(Officer, Officer.id == ReferralOverride.asked_by)
        .where(ReferralOverride.decided_at.is_(None), Case.status != Status.CLOSED)
        .order_by(ReferralOverride.asked_at)
        .limit(LONGEST_QUEUE)
    )
    return [WaitingOverride(*row) for row in rows]


async def reviews_of(session: AsyncSession, case_id: UUID) -> list[Review]:
    """The reviews of a case and the answers to them, oldest first."""
    rows = await session.scalars(
        select(Review).where(Review.case_id == case_id).order_by(Review.at, Review.id)
    )
    return list(rows)


async def review_case(
    session: AsyncSession, supervisor: Officer, case: Case, kind: ReviewKind, note: str
) -> None:
    """Sign a case off, or send it back to its officer, who must answer. The caller locked the case and commits.

    Raises NotAllowed for the officer whose case it is and for anybody who is no supervisor, UnusableContent without a
    note, Conflict for a closed case.
    """
    if supervisor.role != Role.SUPERVISOR or case.owner_id == supervisor.id:
        raise NotAllowed("Another person, a supervisor, reviews.", type="second-person-needed")
    _check(case, note)
    now = utc_now()
    due = await session.scalar(
        select(Deadline.due_at).where(
            Deadline.case_id == case.id,
            Deadline.code == SUPERVISOR_REVIEW,
            Deadline.met_at.is_(None),
        )
    )
    session.add(
        Review(
            case_id=case.id,
            kind=kind,
            note=note.strip(),
            officer_id=supervisor.id,
            due_at=due,
            at=now,
        )
    )
    await session.flush()
    rules = policy(case.policy_version).workspace
    if kind == ReviewKind.SIGNED_OFF:
        again = due_at(now, rules.review_again, case.grade.value)
        await start_clock(session, case.id, SUPERVISOR_REVIEW, again)
        await meet_clock(session, case.id, ANSWER_REVIEW, now)
        await settle_item(
            session, case.id, SUPERVISOR_REVIEW, ActionState.DONE, officer_id=supervisor.id
        )
    else:
        await meet_clock(session, case.id, SUPERVISOR_REVIEW, now)
        answer_by = due_at(now, rules.review_after_answer, case.grade.value)
        await start_clock(session, case.id, ANSWER_REVIEW, answer_by)
    await announce(session, OFFICERS)
    await record(session, supervisor.id, f"case_{kind}", case.reference)


async def answer_review(session: AsyncSession, officer: Officer, case: Case, note: str) -> None:
    """What was done about a case that was sent back; the supervisor's clock runs again. The caller locked the case.

    Raises Conflict where nothing was sent back, UnusableContent without a note.
    """
    if not was_sent_back(await reviews_of(session, case.id)):
        raise Conflict("Nothing was sent back.", type="nothing-sent-back")
    _check(case, note)
    now = utc_now()
    session.add(
        Review(
            case_id=case.id,
            kind=ReviewKind.ANSWERED,
            note=note.strip(),
            officer_id=officer.id,
            at=now,
        )
    )
    await session.flush()
    rules = policy(case.policy_version).workspace
    again = due_at(now, rules.review_after_answer, case.grade.value)
    await meet_clock(session, case.id, ANSWER_REVIEW, now)
    await start_clock(session, case.id, SUPERVISOR_REVIEW, again)
    await announce(session, OFFICERS)
    await record(session, officer.id, "review_answered", case.reference)


def was_sent_back(reviews: Sequence[Review]) -> bool:
    """Whether a supervisor waits for an answer."""
    return bool(reviews) and reviews[-1].kind == ReviewKind.SENT_BACK


def _check(case: Case, note: str) -> None:
    if case.status == Status.CLOSED:
        raise Conflict("The case is closed.", type="case-closed")
    if not note.strip():
        raise UnusableContent("A note is needed.", type="note-missing")

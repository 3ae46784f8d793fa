"""The initial action plan: which items a case has, who does them, and what shows that they were done."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.clocks import due_at
from api.cases.models import ActionState, Case, PlannedAction, Status
from api.cases.workspace_models import PlanChange
from api.database import new_id, utc_now
from api.officers.access import CASE_WORKERS
from api.officers.models import Officer
from api.policy import PlanItem, Policy, policy
from api.problems import Conflict, DoesNotExist, UnusableContent


@dataclass(frozen=True)
class ClosingCheck:
    """Whether the plan lets a case be closed; `open_items` are the codes of what is still to be done."""

    open_items: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.open_items


async def case_can_close(session: AsyncSession, case_id: UUID) -> ClosingCheck:
    """Whether the plan of a case lets it be closed, as seen by this transaction.

    True when every mandatory item is done or was found not to apply; else false, and `open_items` has the codes of the
    open ones in the plan's order, for `t.code('plan', code)` to say. It reads the plan only: it asks nothing else of
    a case, changes nothing and records nothing. Lock the case before, so that no item is opened meanwhile: whatever
    opens one locks it too (`lock_case`).
    """
    rows = await session.scalars(
        select(PlannedAction.code)
        .where(
            PlannedAction.case_id == case_id,
            PlannedAction.state == ActionState.OPEN,
            PlannedAction.mandatory,
        )
        .order_by(PlannedAction.position)
    )
    return ClosingCheck(tuple(rows))


async def lock_case(session: AsyncSession, reference: str) -> Case:
    """The case, so that nobody else decides on it until the transaction ends. Raises DoesNotExist."""
    case = await session.scalar(select(Case).where(Case.reference == reference).with_for_update())
    if case is None:
        raise DoesNotExist("There is no such case.")
    return case


def planned_items(
    case: Case, rules: Policy, start: datetime, flags: Set[str]
) -> list[PlannedAction]:
    """The plan that a policy gives a case from `start`, by its flags, route and grade."""
    return [
        PlannedAction(
            id=new_id(),
            case_id=case.id,
            position=position,
            code=item.code,
            due_at=due_at(start, item, case.grade.value),
            mandatory=item.mandatory,
        )
        for position, item in enumerate(rules.action_plan, start=1)
        if belongs(item, case, flags)
    ]


def belongs(item: PlanItem, case: Case, flags: Set[str]) -> bool:
    """Whether an item of the policy is for this case. An item that names nothing is for every one."""
    return (
        (not item.flags or bool(item.flags & flags))
        and (not item.routes or case.route.value in item.routes)
        and (not item.grades or case.grade.value in item.grades)
    )


async def tighten_plan(session: AsyncSession, case: Case, flags: Set[str], now: datetime) -> None:
    """Bring the plan in line with a grade or flags that came later: sooner, and more, never later or less."""
    rules = policy(case.policy_version)
    actions = {
        item.code: item
        for item in await session.scalars(
            select(PlannedAction).where(PlannedAction.case_id == case.id)
        )
    }
    if not actions:
        # Without a report there is no plan yet.
        return
    for planned in planned_items(case, rules, now, flags):
        existing = actions.get(planned.code)
        if existing is None:
            session.add(planned)
        elif existing.state == ActionState.OPEN:
            existing.due_at = min(existing.due_at, planned.due_at)
    await session.flush()


async def find_item(session: AsyncSession, case: Case, code: str) -> PlannedAction:
    """An item of the plan of a case. Raises DoesNotExist."""
    item = await session.scalar(
        select(PlannedAction).where(PlannedAction.case_id == case.id, PlannedAction.code == code)
    )
    if item is None:
        raise DoesNotExist("There is no such item in the plan.")
    return item


async def change_item(
    session: AsyncSession, officer: Officer, case: Case, code: str, state: ActionState, text: str
) -> None:
    """Say what became of an item, with what shows it; a reason where it does not apply or is opened again.

    The caller holds the case's lock and commits. Raises DoesNotExist, UnusableContent without a text, Conflict for a
    closed case.
    """
    if case.status == Status.CLOSED:
        raise Conflict("The case is closed.", type="case-closed")
    item = await find_item(session, case, code)
    text = text.strip()
    if not text:
        raise UnusableContent("Evidence or a reason is needed.", type="text-missing")
    await _change(session, item, state, text, officer.id)
    await record(session, officer.id, "plan_item_changed", case.reference)


async def settle_item(
    session: AsyncSession,
    case_id: UUID,
    code: str,
    state: ActionState,
    *,
    officer_id: UUID | None = None,
    text: str | None = None,
    due_at: datetime | None = None,
) -> None:
    """Change an item because of something that the product itself saw; nothing where it stands so already.

    For what is done elsewhere: an assessment, a contact, a referral. `due_at` is for one that is opened again.
    """
    item = await session.scalar(
        select(PlannedAction).where(PlannedAction.case_id == case_id, PlannedAction.code == code)
    )
    if item is None or item.state == state:
        return
    if due_at is not None:
        item.due_at = due_at
    await _change(session, item, state, text, officer_id)


async def _change(
    session: AsyncSession,
    item: PlannedAction,
    state: ActionState,
    text: str | None,
    officer_id: UUID | None,
) -> None:
    item.state = state
    item.done_at = None if state == ActionState.OPEN else utc_now()
    item.done_by = None if state == ActionState.OPEN else officer_id
    session.add(PlanChange(action_id=item.id, state=state, text=text, officer_id=officer_id))
    await session.flush()


async def give_item(
    session: AsyncSession, officer: Officer, case: Case, code: str, owner_id: UUID | None
) -> None:
    """Say who does an item, or that nobody does yet. Raises DoesNotExist or UnusableContent."""
    item = await find_item(session, case, code)
    if owner_id is not None and await find_case_worker(session, owner_id) is None:
        raise UnusableContent("Nobody of that name works on cases.", type="unknown-officer")
    item.owner_id = owner_id
    await session.flush()
    await record(session, officer.id, "plan_item_given", case.reference)


async def case_workers(session: AsyncSession) -> list[Officer]:
    """Everybody who may work on cases, by name."""
    rows = await session.scalars(
        select(Officer)
        .where(Officer.role.in_(CASE_WORKERS), Officer.disabled_at.is_(None))
        .order_by(Officer.name)
    )
    return list(rows)


async def find_case_worker(session: AsyncSession, officer_id: UUID) -> Officer | None:
    officer = await session.get(Officer, officer_id)
    works = officer is not None and officer.disabled_at is None and officer.role in CASE_WORKERS
    return officer if works else None

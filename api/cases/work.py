"""What stands beside a case file for whoever works the case: owner, plan, referral and reviews."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.audit.service import record
from api.cases.ownership import names_of
from api.cases.partner_sends import sends_of
from api.cases.partners import Partners, partners_in_force
from api.cases.plan import ClosingCheck, case_can_close, case_workers
from api.cases.queries import CaseFile, load_case_file
from api.cases.refer import overrides_of
from api.cases.referral import events_of, why_not_refer
from api.cases.reviews import reviews_of, was_sent_back
from api.cases.risk_history import why_reassess
from api.cases.workspace_models import (
    PartnerSend,
    PlanChange,
    ReferralEvent,
    ReferralOverride,
    Review,
)
from api.database import utc_now
from api.officers.models import Officer
from api.policy import WorkspacePolicy, policy
from api.problems import DoesNotExist
from api.runtime import Runtime
from api.ui.pages import pages_of


@dataclass(frozen=True)
class Work:
    """`not_referred` and `reassess` are codes that the pages have words for, or None."""

    officers: Sequence[Officer]
    names: Mapping[UUID, str]
    changes: Mapping[UUID, Sequence[PlanChange]]
    closing: ClosingCheck
    reassess: str | None
    sends: Sequence[PartnerSend]
    events: Sequence[ReferralEvent]
    overrides: Sequence[ReferralOverride]
    not_referred: str | None
    reviews: Sequence[Review]
    sent_back: bool
    partners: Partners
    rules: WorkspacePolicy

    @property
    def override_waiting(self) -> ReferralOverride | None:
        return next((one for one in self.overrides if one.decided_at is None), None)


async def load_work(session: AsyncSession, file: CaseFile) -> Work:
    """All of it, for a file that was loaded before."""
    case = file.case
    changes: dict[UUID, list[PlanChange]] = {}
    for change in await session.scalars(
        select(PlanChange)
        .where(PlanChange.action_id.in_([item.id for item in case.actions]))
        .order_by(PlanChange.at)
    ):
        changes.setdefault(change.action_id, []).append(change)
    sends = await sends_of(session, case.id)
    events = await events_of(session, case.id)
    overrides = await overrides_of(session, case.id)
    reviews = await reviews_of(session, case.id)
    officers = {
        case.owner_id,
        *(item.owner_id for item in case.actions),
        *(change.officer_id for those in changes.values() for change in those),
        *(one.assessed_by for one in case.risk_assessments),
        *(one.officer_id for one in events),
        *(one.officer_id for one in reviews),
        *(one.asked_by for one in overrides),
        *(one.decided_by for one in overrides),
        *(one.recorded_by for one in case.consents),
    }
    return Work(
        officers=await case_workers(session),
        names=await names_of(session, {one for one in officers if one is not None}),
        changes=changes,
        closing=await case_can_close(session, case.id),
        reassess=why_reassess(case.risk_assessments, case, utc_now()),
        sends=sends,
        events=events,
        overrides=overrides,
        not_referred=why_not_refer(file, sends),
        reviews=reviews,
        sent_back=was_sent_back(reviews),
        partners=partners_in_force(),
        rules=policy(case.policy_version).workspace,
    )


async def load_both(session: AsyncSession, reference: str) -> tuple[CaseFile, Work]:
    """The file of a case and the work on it. Raises DoesNotExist."""
    file = await load_case_file(session, reference)
    if file is None:
        raise DoesNotExist("There is no such case.")
    return file, await load_work(session, file)


async def work_page(
    request: Request,
    runtime: Runtime,
    officer: Officer,
    reference: str,
    template: str,
    *,
    status: int = 200,
    **values: Any,
) -> Response:
    """A page about one part of a case, with what was typed if something was wrong with it. Audited as a read."""
    async with runtime.database.session() as session:
        file, work = await load_both(session, reference)
        await record(session, officer.id, "case_read", file.case.reference)
        await session.commit()
    return pages_of(request).answer(
        request, template, status=status, file=file, work=work, **{"problem": None, **values}
    )

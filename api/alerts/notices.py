"""What every officer's page says at its top: alerts that are overdue, and a way that is not proven to be open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert, AlertReason
from api.canary.watch import Watch, watch_over
from api.cases.models import Case, Deadline, Grade
from api.config import Settings
from api.policy import policy
from api.rota.models import Reach

ACKNOWLEDGE = "acknowledge_alert"


@dataclass(frozen=True)
class OverdueAlert:
    """An alert that nobody acknowledged in its time."""

    id: UUID
    reference: str
    reason: AlertReason
    grade: Grade
    language: str
    raised_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Notices:
    overdue_cases: int
    canary: Watch

    @property
    def any(self) -> bool:
        return self.overdue_cases > 0 or self.canary.late


async def notices_of(session: AsyncSession, settings: Settings, now: datetime) -> Notices:
    """The notices of a moment."""
    overdue = await overdue_alerts(session, now)
    return Notices(
        overdue_cases=len({alert.reference for alert in overdue}),
        canary=await watch_over(session, settings, now),
    )


async def overdue_alerts(session: AsyncSession, now: datetime) -> Sequence[OverdueAlert]:
    """Alerts that stand longer than their acknowledgement may take, the longest overdue first.

    The clock of a report is its case's own deadline; any other alert runs from when it was raised, by the figure
    of the case's policy.
    """
    rows = await session.execute(
        select(Alert, Case, Deadline.due_at)
        .join(Case, Case.id == Alert.case_id)
        .outerjoin(Deadline, (Deadline.case_id == Case.id) & (Deadline.code == ACKNOWLEDGE))
        .where(Alert.acknowledged_at.is_(None), Case.canary.is_(False))
    )
    found = []
    for alert, case, deadline in rows:
        due = deadline if alert.reason == AlertReason.REPORT else None
        due = due or _due(alert, case)
        if due < now:
            found.append(
                OverdueAlert(
                    id=alert.id,
                    reference=case.reference,
                    reason=alert.reason,
                    grade=case.grade,
                    language=case.language,
                    raised_at=alert.raised_at,
                    due_at=due,
                )
            )
    return sorted(found, key=lambda each: each.due_at)


def _due(alert: Alert, case: Case) -> datetime:
    hours = policy(case.policy_version).deadlines[ACKNOWLEDGE].hours
    assert hours is not None
    return alert.raised_at + timedelta(hours=hours[case.grade.value])


async def wants_sound(session: AsyncSession, officer_id: UUID) -> bool:
    """Whether an officer wants to hear a new alert."""
    return bool(await session.scalar(select(Reach.sound).where(Reach.officer_id == officer_id)))

"""Acknowledging an alert: it stops asking, and the clock that ran for it is met."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert, AlertReason
from api.alerts.service import acknowledge
from api.cases.models import Case, Deadline
from api.cases.ownership import own_where_nobody_does
from api.database import utc_now
from api.officers.models import Officer


async def take_in_hand(
    session: AsyncSession, alert_id: UUID, officer: Officer, through: str = "page"
) -> tuple[Alert, str]:
    """Acknowledge an alert; returns it with its case's reference. The caller commits.

    `through` is page, api or text. Acknowledging again changes nothing. Raises DoesNotExist.
    """
    alert = await acknowledge(session, alert_id, officer, through)
    await own_where_nobody_does(session, alert.case_id, officer)
    if alert.reason == AlertReason.REPORT:
        await session.execute(
            update(Deadline)
            .where(
                Deadline.case_id == alert.case_id,
                Deadline.code == "acknowledge_alert",
                Deadline.met_at.is_(None),
            )
            .values(met_at=alert.acknowledged_at or utc_now())
        )
    reference = await session.scalar(select(Case.reference).where(Case.id == alert.case_id))
    assert reference is not None
    return alert, reference

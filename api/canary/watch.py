"""Whether a synthetic report has arrived lately: told from rows alone, so that it needs no worker to be noticed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.canary.models import Canary
from api.config import Settings
from api.policy import CanaryPolicy, policy, policy_version


@dataclass(frozen=True)
class Watch:
    """`open_until`: when a canary that arrived last set off; before any has, when the first one did."""

    on: bool
    late: bool = False
    open_until: datetime | None = None
    last_seconds: float | None = None


def canary_policy() -> CanaryPolicy:
    return policy(policy_version()).canary


async def watch_over(session: AsyncSession, settings: Settings, now: datetime) -> Watch:
    """The state of the way. It is late when none arrived for as long as one may take after its time to set off."""
    if not settings.canary_email:
        return Watch(on=False)
    newest = await session.scalar(
        select(Canary)
        .where(Canary.arrived_at.is_not(None))
        .order_by(Canary.set_off_at.desc())
        .limit(1)
    )
    first = await session.scalar(select(func.min(Canary.set_off_at)))
    since = newest.set_off_at if newest else first
    if since is None:
        return Watch(on=True)
    figures = canary_policy()
    minutes = figures.late_after_minutes + (figures.every_minutes if newest else 0)
    took = newest.arrived_at - newest.set_off_at if newest and newest.arrived_at else None
    return Watch(
        on=True,
        late=now - since > timedelta(minutes=minutes),
        open_until=since,
        last_seconds=took.total_seconds() if took else None,
    )

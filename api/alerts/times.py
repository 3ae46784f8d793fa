"""How long it takes from a report to an accepted alert and to its acknowledgement, by language and channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Subquery, extract, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert, AlertReason, AlertSend
from api.cases.models import Case

Interval = Literal["accepted", "acknowledged"]
INTERVALS: Final[tuple[Interval, ...]] = ("accepted", "acknowledged")
MEDIAN: Final = 0.5
NEARLY_ALL: Final = 0.95


@dataclass(frozen=True)
class Times:
    """Seconds from submission, for one interval, language and channel."""

    interval: Interval
    language: str
    channel: str
    count: int
    median: float
    p95: float


def _reports(interval: Interval, since: datetime | None = None) -> Subquery:
    """Language, channel and seconds of every report that has come so far. The canary is no report."""
    first_accepted = (
        select(func.min(AlertSend.accepted_at))
        .where(AlertSend.alert_id == Alert.id)
        .scalar_subquery()
    )
    end: ColumnElement[Any] = (
        first_accepted if interval == "accepted" else Alert.acknowledged_at.expression
    )
    reports = (
        select(
            Case.language.label("language"),
            Case.channel.label("channel"),
            extract("epoch", end - Case.submitted_at).label("seconds"),
        )
        .select_from(Alert)
        .join(Case, Case.id == Alert.case_id)
        .where(
            Alert.reason == AlertReason.REPORT,
            Case.canary.is_(False),
            Case.submitted_at.is_not(None),
            end.is_not(None),
        )
    )
    if since is not None:
        reports = reports.where(Case.submitted_at >= since)
    return reports.subquery()


async def alert_times(session: AsyncSession, since: datetime | None = None) -> Sequence[Times]:
    """Medians, 95th percentiles and counts of reports since a time, or of all that are kept."""
    times: list[Times] = []
    for interval in INTERVALS:
        table = _reports(interval, since)
        rows = await session.execute(
            select(
                table.c.language,
                table.c.channel,
                func.count(),
                func.percentile_cont(MEDIAN).within_group(table.c.seconds),
                func.percentile_cont(NEARLY_ALL).within_group(table.c.seconds),
            )
            .group_by(table.c.language, table.c.channel)
            .order_by(table.c.language, table.c.channel)
        )
        times += [
            Times(interval, language, channel.value, count, float(median), float(p95))
            for language, channel, count, median, p95 in rows
        ]
    return times


async def seconds_of_every_report(
    session: AsyncSession, interval: Interval
) -> Sequence[tuple[str, str, float]]:
    """Language, channel and seconds of each report, for histograms."""
    table = _reports(interval)
    rows = await session.execute(select(table.c.language, table.c.channel, table.c.seconds))
    return [(language, channel.value, float(seconds)) for language, channel, seconds in rows]

"""Figures for Prometheus, on the staff door alone, behind a token of their own.

Everything is read from the database when it is asked for, so that restarts and several processes change nothing.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select
from starlette.responses import Response

from api.alerts.models import Alert, AlertSend, SendState
from api.alerts.notices import Notices, notices_of
from api.alerts.recipients import CANARY
from api.alerts.times import INTERVALS, Times, alert_times, seconds_of_every_report
from api.cases.models import Case
from api.database import utc_now
from api.problems import NotSignedIn
from api.runtime import RuntimeDep
from api.security import same_secret

# Seconds: from an alert that is as fast as it can be to one that waited over a weekend.
BUCKETS: Final = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400, 259200)

router = APIRouter()


async def metrics_reader(runtime: RuntimeDep, authorization: Annotated[str, Header()] = "") -> None:
    """Whoever holds the token of the settings; nobody while there is none. Raises NotSignedIn."""
    scheme, _, token = authorization.partition(" ")
    expected = runtime.settings.metrics_token.get_secret_value()
    if scheme.lower() != "bearer" or not same_secret(token, expected):
        raise NotSignedIn("The metrics need their token.")


@dataclass(frozen=True, eq=False)
class Figures:
    """What one answer is made of; a collector for a registry of its own."""

    times: Sequence[Times]
    seconds: Sequence[tuple[str, str, str, float]]
    standing: Sequence[tuple[str, int]]
    failed: Sequence[tuple[str, int]]
    notices: Notices

    def collect(self) -> Iterable[Metric]:
        """The families, as a registry of prometheus-client asks for them."""
        yield self._quantiles()
        yield self._histogram()
        standing = GaugeMetricFamily(
            "llais_alerts_standing", "Alerts that nobody has acknowledged.", labels=["grade"]
        )
        for grade, count in self.standing:
            standing.add_metric([grade], count)
        yield standing
        failed = GaugeMetricFamily(
            "llais_alert_messages_failed",
            "Messages about alerts that reached nobody, by means.",
            labels=["means"],
        )
        for means, count in self.failed:
            failed.add_metric([means], count)
        yield failed
        yield GaugeMetricFamily(
            "llais_cases_overdue",
            "Cases whose alert was not acknowledged in time.",
            value=self.notices.overdue_cases,
        )
        yield from self._canary()

    def _quantiles(self) -> Metric:
        family = GaugeMetricFamily(
            "llais_alert_seconds_quantile",
            "Seconds from submission to an accepted alert, and to its acknowledgement.",
            labels=["interval", "language", "channel", "quantile"],
        )
        for each in self.times:
            labels = [each.interval, each.language, each.channel]
            family.add_metric([*labels, "0.5"], each.median)
            family.add_metric([*labels, "0.95"], each.p95)
        return family

    def _histogram(self) -> Metric:
        family = HistogramMetricFamily(
            "llais_alert_seconds",
            "Seconds from submission to an accepted alert, and to its acknowledgement.",
            labels=["interval", "language", "channel"],
        )
        grouped: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for interval, language, channel, seconds in self.seconds:
            grouped[interval, language, channel].append(seconds)
        for labels, values in sorted(grouped.items()):
            ordered = sorted(values)
            buckets: list[tuple[str, float]] = [
                (str(float(limit)), bisect_left(ordered, limit + 1e-9)) for limit in BUCKETS
            ]
            buckets.append(("+Inf", len(ordered)))
            family.add_metric(list(labels), buckets=buckets, sum_value=sum(ordered))
        return family

    def _canary(self) -> Iterable[Metric]:
        watch = self.notices.canary
        if not watch.on:
            return
        yield GaugeMetricFamily(
            "llais_canary_late",
            "1 while no synthetic report has arrived in time.",
            value=float(watch.late),
        )
        if watch.open_until is not None:
            yield GaugeMetricFamily(
                "llais_canary_open_until_timestamp_seconds",
                "When the synthetic report that arrived last set off.",
                value=watch.open_until.timestamp(),
            )
        if watch.last_seconds is not None:
            yield GaugeMetricFamily(
                "llais_canary_seconds",
                "How long the synthetic report that arrived last was on its way.",
                value=watch.last_seconds,
            )


@router.get("/metrics", include_in_schema=False, dependencies=[Depends(metrics_reader)])
async def metrics(runtime: RuntimeDep) -> Response:
    """The figures in Prometheus's text format. No label says anything of a person or a case."""
    async with runtime.database.session() as session:
        standing = await session.execute(
            select(Case.grade, func.count())
            .join(Alert, Alert.case_id == Case.id)
            .where(Alert.acknowledged_at.is_(None), Case.canary.is_(False))
            .group_by(Case.grade)
        )
        failed = await session.execute(
            select(AlertSend.means, func.count())
            .where(AlertSend.state == SendState.FAILED, AlertSend.recipient != CANARY)
            .group_by(AlertSend.means)
        )
        figures = Figures(
            times=await alert_times(session),
            seconds=[
                (interval, *each)
                for interval in INTERVALS
                for each in await seconds_of_every_report(session, interval)
            ],
            standing=[(grade.value, count) for grade, count in standing],
            failed=[(means, count) for means, count in failed],
            notices=await notices_of(session, runtime.settings, utc_now()),
        )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(figures)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

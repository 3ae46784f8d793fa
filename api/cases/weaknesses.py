"""The four things that a panel found recorded inconsistently in 2018, counted and timed, each by language.

Medians are hours from the report to the moment it was done, of the cases in which it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Each finding has one row a case: when it was done, and when it was due. What has no such clock is left out.
_FINDINGS: Final = {
    # An officer has confirmed the risk and with it the vulnerability.
    "vulnerability": """
        select a.done_at, p.due_at from planned_actions p
        cross join lateral (
            select min(assessed_at) as done_at from risk_assessments
            where case_id = p.case_id and source = 'officer'
        ) a
        where p.case_id = c.id and p.code = 'confirm_risk'
    """,
    # Decided: sent to a partner, or declined by the person.
    "referral": """
        select coalesce(
            d.met_at,
            (select min(at) from referral_events where case_id = c.id and kind = 'sent')
        ) as done_at, d.due_at
        from deadlines d where d.case_id = c.id and d.code = 'support_referral'
    """,
    # Every mandatory item is done or does not apply.
    "plan": """
        select case when bool_and(state <> 'open') then max(done_at) end as done_at,
            max(due_at) as due_at
        from planned_actions where case_id = c.id and mandatory
        and code <> 'supervisor_review' having count(*) > 0
    """,
    "contact": """
        select met_at as done_at, due_at from deadlines
        where case_id = c.id and code = 'first_contact'
    """,
    # The first review, against the moment for which it was due.
    "supervision": """
        select r.at as done_at, coalesce(r.due_at, d.due_at) as due_at
        from deadlines d left join lateral (
            select at, due_at from reviews where case_id = c.id and kind in ('signed_off', 'sent_back')
            order by at limit 1
        ) r on true
        where d.case_id = c.id and d.code = 'supervisor_review'
    """,
}
FINDINGS: Final = tuple(_FINDINGS)
_COUNTED: Final = """
    select c.language, count(*) as cases,
        count(*) filter (where f.done_at <= f.due_at) as on_time,
        count(*) filter (where f.done_at > f.due_at) as late,
        count(*) filter (where f.done_at is null and f.due_at < :now) as overdue,
        count(*) filter (where f.done_at is null and f.due_at >= :now) as waiting,
        percentile_cont(0.5) within group (
            order by extract(epoch from f.done_at - c.submitted_at) / 3600.0
        ) as median_hours
    from cases c cross join lateral ({finding}) f
    where c.submitted_at >= :since
    group by c.language
"""


@dataclass(frozen=True)
class Counted:
    """One finding in one language. `on_time`, `late`, `overdue` (not done) and `waiting` make up `cases`."""

    finding: str
    language: str
    cases: int = 0
    on_time: int = 0
    late: int = 0
    overdue: int = 0
    waiting: int = 0
    median_hours: float | None = None

    @property
    def share_on_time(self) -> int | None:
        """Of what is decided by now, how many in a hundred were on time."""
        decided = self.on_time + self.late + self.overdue
        return round(100 * self.on_time / decided) if decided else None


async def count_weaknesses(
    session: AsyncSession, since: datetime, now: datetime
) -> Sequence[Counted]:
    """Each finding in Welsh and in English, of the cases reported since a moment."""
    counted: list[Counted] = []
    for finding, rows_of_case in _FINDINGS.items():
        rows = await session.execute(
            text(_COUNTED.format(finding=rows_of_case)), {"since": since, "now": now}
        )
        by_language = {row.language: row for row in rows}
        for language in ("cy", "en"):
            row = by_language.get(language)
            counted.append(
                Counted(finding, language)
                if row is None
                else Counted(
                    finding,
                    language,
                    cases=row.cases,
                    on_time=row.on_time,
                    late=row.late,
                    overdue=row.overdue,
                    waiting=row.waiting,
                    median_hours=_hours(row.median_hours),
                )
            )
    return counted


def _hours(median: float | None) -> float | None:
    return None if median is None else round(float(median), 1)

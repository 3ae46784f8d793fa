"""When things fall due: working days and bank holidays of England and Wales, and clocks that change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.clocks import after_working_days, due_at, is_working_day
from api.local_time import LONDON
from api.policy import DueTime

BANK_HOLIDAYS = [
    "2026-01-01",
    "2026-04-03",
    "2026-04-06",
    "2026-05-04",
    "2026-05-25",
    "2026-08-31",
    "2026-12-25",
    "2026-12-28",
    "2027-01-01",
    "2027-03-26",
    "2027-03-29",
    "2027-05-03",
    "2027-05-31",
    "2027-08-30",
    "2027-12-27",
    "2027-12-28",
]
HOURS = DueTime(hours={"high": 1, "medium": 24, "standard": 72})
MOMENTS = st.datetimes(
    # The zone is given beside the bounds.
    datetime(2026, 1, 1),  # noqa: DTZ001
    datetime(2027, 12, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_the_days_off_of_two_years_are_the_weekends_and_the_bank_holidays() -> None:
    day, off = date(2026, 1, 1), []
    while day < date(2028, 1, 1):
        if day.weekday() < 5 and not is_working_day(day):
            off.append(day.isoformat())
        day += timedelta(days=1)
    assert off == BANK_HOLIDAYS


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-04T10:00", 1, "2026-11-05T17:00"),
        ("2026-11-06T16:59", 1, "2026-11-09T17:00"),
        ("2026-11-07T12:00", 1, "2026-11-09T17:00"),
        ("2026-12-23T09:00", 1, "2026-12-24T17:00"),
        ("2026-12-24T09:00", 1, "2026-12-29T17:00"),
        ("2026-12-31T23:59", 2, "2027-01-05T17:00"),
        ("2026-04-02T09:00", 1, "2026-04-07T17:00"),
        ("2027-03-25T09:00", 2, "2027-03-31T17:00"),
        ("2026-11-04T10:00", 0, "2026-11-04T17:00"),
    ],
    ids=[
        "weekday",
        "friday",
        "saturday",
        "christmas-eve",
        "christmas-2026",
        "new-year",
        "easter-2026",
        "easter-2027",
        "same-day",
    ],
)
def test_working_days_are_counted_from_the_next_day(start: str, days: int, end: str) -> None:
    began = datetime.fromisoformat(start).replace(tzinfo=LONDON)
    due = after_working_days(began, days)
    assert due == datetime.fromisoformat(end).replace(tzinfo=LONDON)
    assert due.tzinfo == UTC


@pytest.mark.parametrize(("day", "hour"), [("2026-03-27", 16), ("2026-10-23", 17)])
def test_the_end_of_a_working_day_follows_the_clocks(day: str, hour: int) -> None:
    began = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=LONDON)
    assert after_working_days(began, 1).hour == hour


def test_a_report_after_midnight_in_london_starts_on_the_london_day() -> None:
    # Half past eleven at night in UTC, but already Friday in London.
    began = datetime(2026, 6, 11, 23, 30, tzinfo=UTC)
    assert after_working_days(began, 1) == datetime(2026, 6, 15, 16, 0, tzinfo=UTC)


@given(MOMENTS, st.integers(1, 15))
def test_one_more_working_day_is_always_later_and_always_a_working_day(
    start: datetime, days: int
) -> None:
    due = after_working_days(start, days)
    assert start < due < after_working_days(start, days + 1)
    assert is_working_day(due.astimezone(LONDON).date())


@pytest.mark.parametrize("zone", [UTC, LONDON, ZoneInfo("Asia/Kolkata")], ids=str)
@pytest.mark.parametrize("change", ["2026-03-28T12:00", "2026-10-24T12:00"])
def test_clock_hours_pass_alike_when_the_clocks_change(zone: ZoneInfo, change: str) -> None:
    start = datetime.fromisoformat(change).replace(tzinfo=UTC)
    due = due_at(start.astimezone(zone), HOURS, "medium")
    assert due - start == timedelta(hours=24)
    assert due.tzinfo == UTC


@given(MOMENTS)
def test_a_higher_grade_is_never_due_later(start: datetime) -> None:
    assert due_at(start, HOURS, "high") < due_at(start, HOURS, "standard")


def test_a_policy_without_any_time_is_refused() -> None:
    with pytest.raises(ValueError, match="hours or working days"):
        due_at(datetime.now(UTC), DueTime(), "high")

"""When things fall due: clock hours, or working days with the bank holidays of England and Wales.

Times of day are those of Europe/London; instants are kept in UTC. A working-day deadline falls at the end
of the working day (17:00), counted from the day after the clock starts (Victims' Code practice).
"""

from datetime import UTC, date, datetime, time, timedelta

from api.bank_holidays import is_bank_holiday
from api.local_time import LONDON
from api.policy import DueTime, GradeName

END_OF_WORKING_DAY = time(17, 0)


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and not is_bank_holiday(day)


def after_working_days(start: datetime, days: int) -> datetime:
    """The end of the `days`-th working day after the day on which `start` (aware) falls in London. UTC."""
    day = start.astimezone(LONDON).date()
    left = days
    while left > 0:
        day += timedelta(days=1)
        if is_working_day(day):
            left -= 1
    return datetime.combine(day, END_OF_WORKING_DAY, LONDON).astimezone(UTC)


def due_at(start: datetime, due: DueTime, grade: GradeName) -> datetime:
    """When something that starts at `start` (aware) falls due under a policy. UTC."""
    if due.working_days is not None:
        return after_working_days(start, due.working_days)
    if due.hours is None:
        raise ValueError("a due time needs hours or working days")
    # In UTC first: Python adds hours to a local time as if the clocks never changed.
    return start.astimezone(UTC) + timedelta(hours=due.hours[grade])

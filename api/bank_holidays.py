"""The bank holidays of Wales, which deadlines and the rota go by."""

from datetime import date
from functools import cache

import holidays


def is_bank_holiday(day: date) -> bool:
    """Whether a day is a bank holiday in Wales, also one that was declared only once."""
    return day in _bank_holidays(day.year)


@cache
def _bank_holidays(year: int) -> holidays.HolidayBase:
    # "WLS" has the same bank holidays as England; its own list also knows the one-off ones.
    return holidays.country_holidays("GB", subdiv="WLS", years=year)

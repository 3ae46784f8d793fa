"""Moments as a page shows them: day, time, and the year when it is not this one."""

from datetime import datetime

from api.conversations.dates import say_date
from api.local_time import LONDON
from api.words import Language


def say_moment(moment: datetime, language: Language, now: datetime) -> str:
    """Like "dydd Mawrth 3 Mawrth, 21:05" or "Tuesday 3 March 2025, 21:05", in London time."""
    local = moment.astimezone(LONDON)
    year = "" if local.year == now.astimezone(LONDON).year else f" {local.year}"
    return f"{say_date(moment, language)}{year}, {local:%H:%M}"

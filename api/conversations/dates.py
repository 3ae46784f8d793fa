"""Dates as people say them, in Welsh and in English."""

from datetime import datetime

from api.local_time import LONDON
from api.words import Language

DAYS = {
    "cy": (
        "dydd Llun",
        "dydd Mawrth",
        "dydd Mercher",
        "dydd Iau",
        "dydd Gwener",
        "dydd Sadwrn",
        "dydd Sul",
    ),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = {
    "cy": (
        "Ionawr",
        "Chwefror",
        "Mawrth",
        "Ebrill",
        "Mai",
        "Mehefin",
        "Gorffennaf",
        "Awst",
        "Medi",
        "Hydref",
        "Tachwedd",
        "Rhagfyr",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}


def say_date(moment: datetime, language: Language) -> str:
    """For example "dydd Mawrth 3 Mawrth" or "Tuesday 3 March", in London time."""
    local = moment.astimezone(LONDON)
    day, month = DAYS[language][local.weekday()], MONTHS[language][local.month - 1]
    return f"{day} {local.day} {month}"

"""Says a resolved time as people say it, so that it can be read back: "nos Fawrth 3 Mawrth, tua 9 o'r gloch"."""

from datetime import datetime, timedelta
from typing import Final

from actions.time_reader import ResolvedTime
from actions.time_tables import MONTHS
from actions.time_words import Language

_DAYS: Final[dict[Language, tuple[str, ...]]] = {
    "cy": ("Llun", "Mawrth", "Mercher", "Iau", "Gwener", "Sadwrn", "Sul"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_NIGHTS: Final = (
    "nos Lun",
    "nos Fawrth",
    "nos Fercher",
    "nos Iau",
    "nos Wener",
    "nos Sadwrn",
    "nos Sul",
)
_WELSH_MONTHS: Final = (
    "Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr"
)
_MONTHS: Final[dict[Language, tuple[str, ...]]] = {
    "cy": tuple(_WELSH_MONTHS.split()),
    "en": tuple(month.capitalize() for month in MONTHS),
}
_SEASONS: Final[dict[Language, dict[int, str]]] = {
    "cy": {3: "gwanwyn", 6: "haf", 9: "hydref", 12: "gaeaf"},
    "en": {3: "spring", 6: "summer", 9: "autumn", 12: "winter"},
}


def describe_time(resolved: ResolvedTime, language: Language) -> str:
    """The range in words, without the year when it is the year in which it was said."""
    start, end, cy = resolved.start, resolved.end, language == "cy"
    match resolved.precision:
        case "time" | "around":
            middle = start + (end - start) / 2
            return f"{_day_of_moment(resolved, middle, language)}, {_clock(resolved, middle, language)}"
        case "either_half":
            return _either_half(resolved, language)
        case "part":
            return _part(resolved, language)
        case "day":
            return _weekday_date(resolved, start, language)
        case "days" | "week":
            last = max(start, end - timedelta(seconds=1))
            joined = " a " if cy else " and "
            between = "rhwng " if cy else "between "
            return (
                between
                + _weekday_date(resolved, start, language)
                + joined
                + _weekday_date(resolved, last, language)
            )
        case "roughly":
            middle = start + (end - start) / 2
            if end - start > timedelta(days=40):
                return (
                    "tua mis " if cy else "around "
                ) + f"{_MONTHS[language][middle.month - 1]} {middle.year}"
            return ("tua " if cy else "around ") + _date(resolved, middle, language)
        case "month":
            return ("mis " if cy else "") + f"{_MONTHS[language][start.month - 1]} {start.year}"
        case "season":
            name = _SEASONS[language].get(start.month, "")
            return f"{name} {start.year}".strip()
        case "year":
            return str(start.year)
        case "since":
            return ("ers " if cy else "since ") + _date(resolved, start, language)
        case "recurring":
            often = "dro ar ôl tro, y tro diwethaf " if cy else "again and again, most recently "
            if resolved.part is not None:
                return often + _part(resolved, language)
            return often + _weekday_date(resolved, start, language)


def _day_of_moment(resolved: ResolvedTime, moment: datetime, language: Language) -> str:
    """A night belongs to the day on which it began, but its small hours are said by the calendar."""
    if moment.hour == 0 and moment.minute == 0:
        before = moment - timedelta(days=1)
        if language == "en":
            return f"{_DAYS['en'][before.weekday()]} night, {_date(resolved, before, language)}"
        return f"{_NIGHTS[before.weekday()]} {_date(resolved, before, language)}"
    if language == "cy" and moment.hour >= 18:
        return f"{_NIGHTS[moment.weekday()]} {_date(resolved, moment, language)}"
    return _weekday_date(resolved, moment, language)


def _part(resolved: ResolvedTime, language: Language) -> str:
    start = resolved.start
    if language == "cy":
        day = _DAYS["cy"][start.weekday()]
        name = {
            "morning": f"bore {day}",
            "afternoon": f"prynhawn {day}",
        }.get(resolved.part or "", _NIGHTS[start.weekday()])
        return f"{name} {_date(resolved, start, language)}"
    return f"{_DAYS['en'][start.weekday()]} {resolved.part or 'night'}, {_date(resolved, start, language)}"


def _either_half(resolved: ResolvedTime, language: Language) -> str:
    slack = (
        timedelta(minutes=30)
        if resolved.start + timedelta(hours=12) != resolved.end
        else timedelta()
    )
    first, last = resolved.start + slack, resolved.end - slack
    about = slack > timedelta()
    clock = _hour(first, language)
    said = (
        (f"tua {clock}" if about else f"am {clock}")
        if language == "cy"
        else (f"at about {clock}" if about else f"at {clock}")
    )
    late = max(first.hour, last.hour) >= 18 or 0 in (first.hour, last.hour)
    if language == "cy":
        choice = "y bore neu'r nos" if late else "y bore neu'r prynhawn"
    else:
        choice = (
            "in the morning or in the evening" if late else "in the morning or in the afternoon"
        )
    if first.date() == last.date():
        return f"{_weekday_date(resolved, first, language)}, {said}, {choice}"
    return f"{said}, {choice}"


def _clock(resolved: ResolvedTime, moment: datetime, language: Language) -> str:
    about = resolved.precision == "around"
    hour = _hour(moment, language)
    if moment.hour in (0, 12) and moment.minute == 0:
        if language == "cy":
            return ("tua " if about else "am ") + (
                "hanner nos" if moment.hour == 0 else "hanner dydd"
            )
        return ("at about " if about else "at ") + ("midnight" if moment.hour == 0 else "midday")
    if language == "cy":
        part = "" if moment.hour >= 18 else " y prynhawn" if moment.hour >= 12 else " y bore"
        return ("tua " if about else "am ") + hour + part
    if moment.hour < 12:
        part = " in the morning"
    elif moment.hour < 18:
        part = " in the afternoon"
    else:
        part = " in the evening" if moment.hour < 22 else " at night"
    return ("at about " if about else "at ") + hour + part


def _hour(moment: datetime, language: Language) -> str:
    hour = moment.hour % 12 or 12
    following = hour % 12 + 1
    cy = language == "cy"
    match moment.minute:
        case 0:
            return f"{hour} o'r gloch" if cy else str(hour)
        case 15:
            return f"chwarter wedi {hour}" if cy else f"quarter past {hour}"
        case 30:
            return f"hanner awr wedi {hour}" if cy else f"half past {hour}"
        case 45:
            return f"chwarter i {following}" if cy else f"quarter to {following}"
        case minute:
            return f"{hour}.{minute:02d}"


def _weekday_date(resolved: ResolvedTime, moment: datetime, language: Language) -> str:
    day = _DAYS[language][moment.weekday()]
    return ("dydd " if language == "cy" else "") + f"{day} {_date(resolved, moment, language)}"


def _date(resolved: ResolvedTime, moment: datetime, language: Language) -> str:
    year = (
        ""
        if resolved.asked is not None and resolved.asked.year == moment.year
        else f" {moment.year}"
    )
    return f"{moment.day} {_MONTHS[language][moment.month - 1]}{year}"

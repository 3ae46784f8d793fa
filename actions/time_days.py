"""Reads the day, or the days, out of a canonical saying: "last tuesday", "3 march", "2 week ago", "last summer"."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import dateparser

from actions.time_clock import Saying
from actions.time_tables import MONTHS, WEEKDAYS

LONDON: Final = ZoneInfo("Europe/London")

# A "time" is that minute, "around" about then, "either_half" that hour with morning or evening unsaid, "part" a part
# of a day, "days" some days, "roughly" near a date, "since" from then until now, "recurring" again and again.
Precision = Literal[
    "time", "around", "either_half", "part", "day", "days", "roughly", "week", "month", "season", "year", "since",
    "recurring",
]  # fmt: skip


_SEASONS: Final = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "winter": (12, 14)}
_DAYS_AGO: Final = (
    (r"\bnight before last\b", 2),
    (r"\b(?:the )?day before yesterday\b", 2),
    (r"\byesterday\b", 1),
    (r"\blast night\b", 1),
    (r"\b(?:tonight|today)\b", 0),
    (r"\bthis(?=$| (?:at|about|in|the)\b)", 0),
)
# Whoever is awake before this hour still calls the evening before "tonight".
_NIGHT_ENDS: Final = 6
UNIT: Final = r"(minute|hour|day|week|month|year)"
DAY: Final = "(" + "|".join(WEEKDAYS) + ")"
MONTH: Final = "(" + "|".join(MONTHS) + ")"


@dataclass(frozen=True)
class Days:
    """`or_earlier`: so many days before is meant, where the time on these is still to come."""

    first: date
    last: date
    precision: Precision
    or_earlier: int = 0

    def earlier(self) -> "Days":
        back = timedelta(days=self.or_earlier)
        return Days(self.first - back, self.last - back, self.precision)


class DaySaying(Saying):
    """A saying that knows when it was said."""

    def __init__(self, text: str, now: datetime) -> None:
        super().__init__(text)
        self.now = now
        self.today = now.date()

    def take_days(self) -> Days | None:
        for pattern, ago in _DAYS_AGO:
            if self.take(pattern) is not None:
                still_night = ago == 0 and self.now.hour < _NIGHT_ENDS
                return self._one(self.today - timedelta(days=ago), 1 if still_night else 0)
        if self.take(r"\b(?:the )?other day\b") is not None:
            return Days(self.today - timedelta(days=7), self.today - timedelta(days=1), "days")
        return self._ago() or self._written_date() or self._weekday() or self._stretch()

    def _ago(self) -> Days | None:
        match = self.take(r"\b(?:about )?(\d{1,3}|several) (day|week|month|year) ago(?: about)?\b")
        if match is None:
            return None
        if match[1] == "several":
            if match[2] != "day":
                return None
            return Days(self.today - timedelta(days=7), self.today - timedelta(days=2), "days")
        moment = self.back(int(match[1]), match[2])
        if moment is None:
            return None
        if match[2] == "day":
            return self._one(moment.date())
        slack = timedelta(days={"week": 3, "month": 10, "year": 90}[match[2]])
        return Days(moment.date() - slack, min(moment.date() + slack, self.today), "roughly")

    def _written_date(self) -> Days | None:
        """Dates with a day are dateparser's; it knows the calendar, and refuses the 31st of February."""
        match = self.take(
            rf"(?:{DAY} )?(?:the )?\b(\d{{1,2}} {MONTH}(?: (?:19|20)\d\d)?)\b"
        ) or self.take(
            rf"(?:{DAY} )?(?:the )?\b({MONTH} (?:the )?\d{{1,2}}(?!\d)(?:,? (?:19|20)\d\d)?)\b"
        )
        match = match or self.take(
            rf"(?:{DAY} )?\b(\d{{1,2}}[/.-]\d{{1,2}}(?:[/.-]\d{{2,4}})?|20\d\d-\d\d-\d\d)\b"
        )
        if match is None:
            return None
        written = re.sub(r"\bthe\b", "", match[2])
        iso = re.fullmatch(r"20\d\d-\d\d-\d\d", written)
        moment = dateparser.parse(
            written,
            languages=["en"],
            settings={
                "DATE_ORDER": "YMD" if iso else "DMY",
                "PREFER_DATES_FROM": "past",
                "RELATIVE_BASE": self.now.replace(tzinfo=None),
                "REQUIRE_PARTS": ["day", "month"],
            },
        )
        if moment is None:
            self.spoil()
            return None
        day = moment.date()
        if match[1] and WEEKDAYS[day.weekday()] != match[1]:
            # "Monday 3 March" where 3 March was a Tuesday: ask rather than choose.
            self.spoil()
            return None
        return self._one(day)

    def _weekday(self) -> Days | None:
        match = self.take(rf"\b(last |this )?{DAY}(?: (last week|last|before last))?")
        if match is None:
            return None
        number = WEEKDAYS.index(match[2])
        ago = (self.today.weekday() - number) % 7
        if match[3] == "last week":
            monday = self.today - timedelta(days=self.today.weekday() + 7)
            return self._one(monday + timedelta(days=number))
        if match[3] == "before last":
            return self._one(self.today - timedelta(days=(ago or 7) + 7))
        if match[1] == "this ":
            return self._one(self.today - timedelta(days=ago))
        if match[1] == "last " or match[3] == "last":
            ago = ago or 7
        return self._one(self.today - timedelta(days=ago), 7)

    def _stretch(self) -> Days | None:
        today = self.today
        if self.take(r"\b(?:the )?(?:last|this) weekend\b|\bweekend\b"):
            saturday = today - timedelta(days=(today.weekday() - 5) % 7)
            return Days(saturday, saturday + timedelta(days=1), "days")
        match = self.take(r"\b(last|this) (week|month|year)\b")
        if match is not None:
            return self._named_stretch(match[1] == "last", match[2])
        match = self.take(rf"\b(?:(last) )?(?:in )?(last )?{MONTH}(?: ((?:19|20)\d\d))?\b")
        if match is not None:
            month = MONTHS.index(match[3]) + 1
            year = int(match[4]) if match[4] else today.year - (month > today.month)
            if (match[1] or match[2]) and month == today.month and not match[4]:
                year -= 1
            return Days(*_months(year, month, 1), "month")
        match = self.take(r"\b(?:last |this )?(spring|summer|autumn|winter)(?: ((?:19|20)\d\d))?\b")
        if match is not None:
            first, last = _SEASONS[match[1]]
            year = int(match[2]) if match[2] else today.year - (date(today.year, first, 1) > today)
            return Days(*_months(year, first, last - first + 1), "season")
        match = self.take(r"\b(?:in )?((?:19|20)\d\d)\b")
        if match is not None:
            return Days(date(int(match[1]), 1, 1), date(int(match[1]), 12, 31), "year")
        return None

    def _named_stretch(self, last: bool, unit: str) -> Days:
        today = self.today
        if unit == "week":
            monday = today - timedelta(days=today.weekday() + (7 if last else 0))
            return Days(monday, min(monday + timedelta(days=6), today), "week")
        if unit == "month":
            first = (
                (today.replace(day=1) - timedelta(days=1)).replace(day=1)
                if last
                else today.replace(day=1)
            )
            return Days(*_months(first.year, first.month, 1), "month")
        year = today.year - (1 if last else 0)
        return Days(date(year, 1, 1), date(year, 12, 31), "year")

    def _one(self, day: date, or_earlier: int = 0) -> Days:
        return Days(day, day, "day", or_earlier)

    def back(self, count: int, unit: str) -> datetime | None:
        """dateparser counts back: months and years have no fixed length."""
        moment = dateparser.parse(
            f"{count} {unit}s ago",
            languages=["en"],
            settings={"RELATIVE_BASE": self.now.replace(tzinfo=None), "PREFER_DATES_FROM": "past"},
        )
        return None if moment is None else moment.replace(tzinfo=LONDON)


def _months(year: int, first: int, count: int) -> tuple[date, date]:
    after = first - 1 + count
    begin = date(year + (first - 1) // 12, (first - 1) % 12 + 1, 1)
    return begin, date(year + after // 12, after % 12 + 1, 1) - timedelta(days=1)

"""What moment somebody means, in Welsh or English: from their words to a range of time, and back to words.

An incident lies in the past, so the latest moment that fits and has begun is meant. Nothing is guessed silently: what is not
understood whole gives None, and the person is asked; "about 9 yesterday" keeps both nines. The person's own words stay beside the
range, and it is read back to them.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import dateparser

from actions.time_clock import Clock, Part, Saying, hours_of, take_clock
from actions.time_words import MONTHS, WEEKDAYS, Language, canonical

LONDON: Final = ZoneInfo("Europe/London")
LONGEST_WORDS: Final = 120

# time: that minute; around: about then; either_half: that hour, morning or evening unsaid; part: a part of a day;
# day; days: some
# days; roughly: near a date; week, month, season, year; since: from then until now; recurring: again and again,
# lately then.
Precision = Literal[
    "time", "around", "either_half", "part", "day", "days", "roughly", "week", "month", "season", "year", "since",
    "recurring",
]  # fmt: skip


@dataclass(frozen=True)
class ResolvedTime:
    """A range of time in London, with the words it was read from. `asked` is when the person said it."""

    words: str
    start: datetime
    end: datetime
    precision: Precision
    part: Part | None = None
    asked: datetime | None = None


@dataclass(frozen=True)
class _Days:
    first: date
    last: date
    precision: Precision


_PARTS: Final[dict[Part, tuple[int, int]]] = {
    "morning": (0, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 30),
}  # fmt: skip
_SEASONS: Final = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "winter": (12, 14)}
_UNIT: Final = r"(minute|hour|day|week|month|year)"
_DAY: Final = "(" + "|".join(WEEKDAYS) + ")"
_MONTH: Final = "(" + "|".join(MONTHS) + ")"


def resolve_time(words: str, language: Language, now: datetime) -> ResolvedTime | None:
    """The range meant by the words, or None when they are not wholly understood. `now` must know its time zone."""
    if now.tzinfo is None:
        raise ValueError("now must know its time zone")
    if not words.strip() or len(words) > LONGEST_WORDS:
        return None
    found = _Reader(canonical(words, language), now.astimezone(LONDON)).read()
    if found is None:
        return None
    start, end, precision, part = found
    return ResolvedTime(words, start, end, precision, part, now.astimezone(LONDON))


_Found = tuple[datetime, datetime, Precision, Part | None]


class _Reader(Saying):
    """Reads one canonical saying, taking out what it understands; words left over mean it was not understood."""

    def __init__(self, text: str, now: datetime) -> None:
        super().__init__(text)
        self.now = now
        self.today = now.date()
        self.small_hours = False

    def read(self) -> _Found | None:
        for reading in (self._recurring, self._since, self._just_now, self._short_ago):
            found = reading()
            if found is not None:
                return found
        if re.search(r"\b(?:every|since)\b", self.text):
            return None
        clock, part = take_clock(self), self._part()
        days = self._days()
        if days is None and (self.left_over() or (clock is None and part is None)):
            return None
        if self.left_over():
            return None
        return self._combine(days, clock, part)

    # --- whole sayings ---------------------------------------------------------------------------------------------

    def _recurring(self) -> _Found | None:
        """ "Every night": the latest one that has begun stands for them."""
        match = re.fullmatch(
            rf"(?:nearly |almost |bron |just about )?every (?:1 )?{_DAY}?(?:^| ?)"
            r"(night|evening|morning|afternoon|day|week|weekend|month)?(?: (?:at|about))*(?: (.+))?",
            self.text,
        )
        if match is None or (match[1] is None and match[2] is None):
            return None
        day, unit, rest = match[1], match[2], match[3]
        if rest is not None:
            inner = _Reader(" ".join(filter(None, (day, unit, "about", rest))), self.now).read()
            return None if inner is None else (inner[0], inner[1], "recurring", inner[3])
        if unit in ("week", "month") and day is None:
            length = timedelta(days=7 if unit == "week" else 30)
            return self.now - length, self.now, "recurring", None
        inner = _Reader(
            " ".join(filter(None, (day, unit if unit != "day" else None))) or "today", self.now
        ).read()
        return (
            None
            if inner is None
            else (inner[0], min(inner[1], max(inner[0], self.now)), "recurring", inner[3])
        )

    def _since(self) -> _Found | None:
        match = re.fullmatch(
            rf"(?:since|for)(?: about)? (?:(\d{{1,3}}) )?{_UNIT}(?: now)?", self.text
        )
        if match is not None and (match[1] or self.text.startswith("since")):
            begun = self._back(int(match[1] or 1), match[2])
            return None if begun is None else (begun, self.now, "since", None)
        match = re.fullmatch(r"(?:ever )?since (.+)", self.text)
        if match is None:
            return None
        inner = _Reader(match[1], self.now).read()
        if inner is None or inner[0] > self.now or inner[2] in ("since", "recurring"):
            return None
        return inner[0], self.now, "since", inner[3]

    def _just_now(self) -> _Found | None:
        if self.text not in ("just now", "now"):
            return None
        return self.now - timedelta(minutes=30), self.now, "around", None

    def _short_ago(self) -> _Found | None:
        match = re.fullmatch(r"(about )?(\d{1,3}) (minute|hour) ago", self.text)
        if match is None:
            return None
        moment = self._back(int(match[2]), match[3])
        if moment is None:
            return None
        slack = timedelta(minutes=10 if match[3] == "minute" else 30)
        return moment - slack, moment + slack, "around", None

    def _back(self, count: int, unit: str) -> datetime | None:
        """dateparser counts back: months and years have no fixed length."""
        moment = dateparser.parse(
            f"{count} {unit}s ago",
            languages=["en"],
            settings={"RELATIVE_BASE": self.now.replace(tzinfo=None), "PREFER_DATES_FROM": "past"},
        )
        return None if moment is None else moment.replace(tzinfo=LONDON)

    # --- parts of a saying -----------------------------------------------------------------------------------------

    def _part(self) -> Part | None:
        small_hours = r"\b(?:in )?(?:the )?morning\b"
        if re.search(r"\bnight\b", self.text) and self.take(small_hours) is not None:
            # "Last night at two in the morning" is the night's end, the next day by the calendar.
            self.small_hours = True
        named = self.take(r"\b(?:(?:in|at|of|on) )*(?:the )?(morning|afternoon|evening)\b")
        if named is not None:
            return (
                "morning"
                if named[1] == "morning"
                else "afternoon"
                if named[1] == "afternoon"
                else "evening"
            )
        if re.search(r"\b(?:last night|night before last)\b", self.text):
            return "night"
        if self.take(r"\b(?:(?:in|at|of|on) )*(?:the )?night\b") is not None:
            return "night"
        return "night" if re.search(r"\btonight\b", self.text) else None

    def _days(self) -> _Days | None:
        for pattern, ago in (
            (r"\bnight before last\b", 2), (r"\b(?:the )?day before yesterday\b", 2), (r"\byesterday\b", 1), (r"\blast night\b", 1),
            (r"\b(?:tonight|today)\b", 0), (r"\bthis(?=$| (?:at|about|in|the)\b)", 0),
            (r"\bday after tomorrow\b", -2), (r"\btomorrow\b", -1),
        ):  # fmt: skip
            if self.take(pattern) is not None:
                return self._one(self.today - timedelta(days=ago))
        if self.take(r"\b(?:the )?other day\b") is not None:
            return _Days(self.today - timedelta(days=7), self.today - timedelta(days=1), "days")
        return self._ago() or self._written_date() or self._weekday() or self._stretch()

    def _ago(self) -> _Days | None:
        match = self.take(r"\b(?:about )?(\d{1,3}|several) (day|week|month|year) ago(?: about)?\b")
        if match is None:
            return None
        if match[1] == "several":
            if match[2] != "day":
                return None
            return _Days(self.today - timedelta(days=7), self.today - timedelta(days=2), "days")
        moment = self._back(int(match[1]), match[2])
        if moment is None:
            return None
        if match[2] == "day":
            return self._one(moment.date())
        slack = timedelta(days={"week": 3, "month": 10, "year": 90}[match[2]])
        return _Days(moment.date() - slack, min(moment.date() + slack, self.today), "roughly")

    def _written_date(self) -> _Days | None:
        """Dates with a day are dateparser's; it knows the calendar, and refuses the 31st of February."""
        match = self.take(
            rf"(?:{_DAY} )?(?:the )?\b(\d{{1,2}} {_MONTH}(?: (?:19|20)\d\d)?)\b"
        ) or self.take(
            rf"(?:{_DAY} )?(?:the )?\b({_MONTH} (?:the )?\d{{1,2}}(?!\d)(?:,? (?:19|20)\d\d)?)\b"
        )
        match = match or self.take(
            rf"(?:{_DAY} )?\b(\d{{1,2}}[/.-]\d{{1,2}}(?:[/.-]\d{{2,4}})?|20\d\d-\d\d-\d\d)\b"
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

    def _weekday(self) -> _Days | None:
        match = self.take(rf"\b(last |this |next )?{_DAY}(?: (last week|last|before last))?")
        if match is None:
            return None
        number = WEEKDAYS.index(match[2])
        ago = (self.today.weekday() - number) % 7
        if match[1] == "next ":
            return self._one(self.today + timedelta(days=7 - ago))
        if match[3] == "last week":
            monday = self.today - timedelta(days=self.today.weekday() + 7)
            return self._one(monday + timedelta(days=number))
        if match[3] == "before last":
            return self._one(self.today - timedelta(days=(ago or 7) + 7))
        if match[1] == "this ":
            return self._one(self.today - timedelta(days=ago))
        return self._one(self.today - timedelta(days=ago or 7))

    def _stretch(self) -> _Days | None:
        today = self.today
        if self.take(r"\b(?:the )?(?:last|this) weekend\b|\bweekend\b"):
            saturday = today - timedelta(days=(today.weekday() - 5) % 7)
            return _Days(saturday, saturday + timedelta(days=1), "days")
        match = self.take(r"\b(last|this) (week|month|year)\b")
        if match is not None:
            return self._named_stretch(match[1] == "last", match[2])
        match = self.take(rf"\b(?:(last) )?(?:in )?(last )?{_MONTH}(?: ((?:19|20)\d\d))?\b")
        if match is not None:
            month = MONTHS.index(match[3]) + 1
            year = int(match[4]) if match[4] else today.year - (month > today.month)
            if (match[1] or match[2]) and month == today.month and not match[4]:
                year -= 1
            return _Days(*_months(year, month, 1), "month")
        match = self.take(r"\b(?:last |this )?(spring|summer|autumn|winter)(?: ((?:19|20)\d\d))?\b")
        if match is not None:
            first, last = _SEASONS[match[1]]
            year = int(match[2]) if match[2] else today.year - (date(today.year, first, 1) > today)
            return _Days(*_months(year, first, last - first + 1), "season")
        match = self.take(r"\b(?:in )?((?:19|20)\d\d)\b")
        if match is not None:
            return _Days(date(int(match[1]), 1, 1), date(int(match[1]), 12, 31), "year")
        return None

    def _named_stretch(self, last: bool, unit: str) -> _Days:
        today = self.today
        if unit == "week":
            monday = today - timedelta(days=today.weekday() + (7 if last else 0))
            return _Days(monday, min(monday + timedelta(days=6), today), "week")
        if unit == "month":
            first = (
                (today.replace(day=1) - timedelta(days=1)).replace(day=1)
                if last
                else today.replace(day=1)
            )
            return _Days(*_months(first.year, first.month, 1), "month")
        year = today.year - (1 if last else 0)
        return _Days(date(year, 1, 1), date(year, 12, 31), "year")

    def _one(self, day: date) -> _Days:
        return _Days(day, day, "day")

    # --- together --------------------------------------------------------------------------------------------------

    def _combine(self, days: _Days | None, clock: Clock | None, part: Part | None) -> _Found | None:
        if days is None:
            if part is None and clock is not None and not clock.half_known:
                return self._latest_two(clock)
            days = self._latest_day(clock, part)
        if clock is not None:
            return None if days.precision != "day" else self._at(days.first, clock, part)
        if part is not None and days.precision == "day":
            first, last = (self._from(days.first, hour) for hour in _PARTS[part])
            return first, self._until(first, last), "part", part
        if part is not None:
            # "One night last week": the days are known, the night is not.
            return self._span(days, part)
        return self._span(days, None)

    def _latest_two(self, clock: Clock) -> _Found:
        """ "Half nine" and nothing else: the last two that have been, one in the morning and one in the evening."""
        moments = [
            self._from(self.today - timedelta(days=ago), hour, clock.minute)
            for ago in (0, 1)
            for hour in (clock.hour % 12, clock.hour % 12 + 12)
        ]
        earlier, later = sorted(moment for moment in moments if moment <= self.now)[-2:]
        slack = timedelta(minutes=30) if clock.about else timedelta()
        return earlier - slack, later + slack, "either_half", None

    def _span(self, days: _Days, part: Part | None) -> _Found:
        start = self._from(days.first, 0)
        return start, self._until(start, self._from(days.last, 24)), days.precision, part

    def _latest_day(self, clock: Clock | None, part: Part | None) -> _Days:
        """A time without a day: the latest that has begun."""
        if clock is not None:
            for ago in (0, 1):
                found = self._at(self.today - timedelta(days=ago), clock, part)
                if found is not None and found[0] <= self.now:
                    return self._one(self.today - timedelta(days=ago))
        begins = _PARTS[part][0] if part is not None else 0
        return self._one(self.today - timedelta(days=0 if self.now.hour >= begins else 1))

    def _at(self, day: date, clock: Clock, part: Part | None) -> _Found | None:
        hours = hours_of(clock, part)
        if self.small_hours and (hours != [clock.hour % 12 + 24] or clock.hour % 12 > 5):
            return None
        if not hours:
            return None
        moments = [self._from(day, hour, clock.minute) for hour in hours]
        if len(moments) == 2 and moments[0] <= self.now < moments[1]:
            moments = moments[:1]
        slack = timedelta(minutes=30) if clock.about else timedelta()
        precision: Precision = "around" if clock.about else "time"
        if len(moments) == 2:
            precision = "either_half"
        return moments[0] - slack, moments[-1] + slack, precision, part

    def _from(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(day + timedelta(days=hour // 24), time(hour % 24, minute), LONDON)

    def _until(self, start: datetime, end: datetime) -> datetime:
        """A range that has begun does not reach beyond now."""
        return min(end, self.now) if start <= self.now else end


def _months(year: int, first: int, count: int) -> tuple[date, date]:
    after = first - 1 + count
    begin = date(year + (first - 1) // 12, (first - 1) % 12 + 1, 1)
    return begin, date(year + after // 12, after % 12 + 1, 1) - timedelta(days=1)

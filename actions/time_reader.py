"""What moment somebody means, in Welsh or English: from their words to a range of time, and back to words.

An incident lies in the past, so the latest moment that fits and has begun is meant. Nothing is guessed silently:
what is not understood whole gives None, and the person is asked; "about 9 yesterday" keeps both nines. The person's
own words stay beside the range, and it is read back to them.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from actions.time_clock import Clock, Part, hours_of, take_clock
from actions.time_days import DAY, LONDON, UNIT, Days, DaySaying, Precision
from actions.time_words import Language, canonical

LONGEST_WORDS: Final = 120


@dataclass(frozen=True)
class ResolvedTime:
    """A range of time in London, with the words it was read from. `asked` is when the person said it."""

    words: str
    start: datetime
    end: datetime
    precision: Precision
    part: Part | None = None
    asked: datetime | None = None


_PARTS: Final[dict[Part, tuple[int, int]]] = {
    "morning": (0, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 30),
}  # fmt: skip


def resolve_time(words: str, language: Language, now: datetime) -> ResolvedTime | None:
    """The range meant by the words, which has begun; None when not all is understood, or when it is still to come.

    `now` must know its time zone.
    """
    if now.tzinfo is None:
        raise ValueError("now must know its time zone")
    if not words.strip() or len(words) > LONGEST_WORDS:
        return None
    found = _Reader(canonical(words, language), now.astimezone(LONDON)).read()
    if found is None:
        return None
    start, end, precision, part = found
    if start > now:
        return None
    return ResolvedTime(words, start, end, precision, part, now.astimezone(LONDON))


_Found = tuple[datetime, datetime, Precision, Part | None]


class _Reader(DaySaying):
    """Reads one canonical saying, taking out what it understands; words left over mean it was not understood."""

    def __init__(self, text: str, now: datetime) -> None:
        super().__init__(text, now)
        self.small_hours = False

    def read(self) -> _Found | None:
        for reading in (self._recurring, self._since, self._just_now, self._short_ago):
            found = reading()
            if found is not None:
                return found
        if re.search(r"\b(?:every|since)\b", self.text):
            return None
        clock, part = take_clock(self), self._part()
        days = self.take_days()
        if days is None and (self.left_over() or (clock is None and part is None)):
            return None
        if self.left_over():
            return None
        return self._combine(days, clock, part)

    # --- whole sayings ---------------------------------------------------------------------------------------------

    def _recurring(self) -> _Found | None:
        """ "Every night": the latest one that has begun stands for them."""
        match = re.fullmatch(
            rf"(?:nearly |almost |bron |just about )?every (?:1 )?{DAY}?(?:^| ?)"
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
            rf"(?:since|for)(?: about)? (?:(\d{{1,3}}) )?{UNIT}(?: now)?", self.text
        )
        if match is not None and (match[1] or self.text.startswith("since")):
            begun = self.back(int(match[1] or 1), match[2])
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
        moment = self.back(int(match[2]), match[3])
        if moment is None:
            return None
        slack = timedelta(minutes=10 if match[3] == "minute" else 30)
        return moment - slack, moment + slack, "around", None

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

    # --- together --------------------------------------------------------------------------------------------------

    def _combine(self, days: Days | None, clock: Clock | None, part: Part | None) -> _Found | None:
        if days is None:
            if part is None and clock is not None and not clock.half_known:
                return self._latest_two(clock)
            days = self._latest_day(clock, part)
        found = self._on(days, clock, part)
        if found is not None and found[0] > self.now and days.or_earlier:
            return self._on(days.earlier(), clock, part)
        return found

    def _on(self, days: Days, clock: Clock | None, part: Part | None) -> _Found | None:
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

    def _span(self, days: Days, part: Part | None) -> _Found:
        start = self._from(days.first, 0)
        return start, self._until(start, self._from(days.last, 24)), days.precision, part

    def _latest_day(self, clock: Clock | None, part: Part | None) -> Days:
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

"""Reads the hour out of a canonical saying: "half past 9", "about 9", "21:30", "midnight"."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from actions.time_tables import MONTHS

Part = Literal["morning", "afternoon", "evening", "night"]

_FILLERS: Final = frozenset(
    "on at in the of it was around about past to and from during there happened".split()  # noqa: SIM905
)
_NOT_AN_HOUR: Final = "|".join(
    (*MONTHS, "minute", "hour", "day", "week", "month", "year", r"[/.-]\d")
)


class Saying:
    """Words about time, taken out piece by piece; what is left over was not understood."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, pattern: str) -> re.Match[str] | None:
        match = re.search(pattern, self.text)
        if match is not None:
            rest = f"{self.text[: match.start()]} {self.text[match.end() :]}"
            self.text = re.sub(r"\s+", " ", rest).strip()
        return match

    def spoil(self) -> None:
        """A piece was understood and is impossible, such as 25 o'clock: nothing may come of the rest."""
        self.text = f"{self.text} ?"

    def left_over(self) -> bool:
        return any(word not in _FILLERS for word in self.text.split())


@dataclass(frozen=True)
class Clock:
    hour: int
    minute: int
    about: bool
    half_known: bool


def take_clock(saying: Saying) -> Clock | None:
    """The hour said, or None when there is none; an impossible hour spoils the saying."""
    about = re.search(r"\babout\b", saying.text) is not None
    named = saying.take(r"\b(?:at |about )*(midnight|noon)\b")
    if named is not None:
        return Clock(24 if named[1] == "midnight" else 12, 0, about, True)
    said = _said(saying)
    if said is None:
        return None
    clock = _checked(*said, about)
    if clock is None:
        saying.spoil()
    return clock


def _said(saying: Saying) -> tuple[int, int, str | None] | None:
    """Hour, minute, and "a" or "p" where said."""
    to_or_past = saying.take(
        r"\b(?:at |about )*(half|quarter|\d{1,2}) (past|to) (\d{1,2})(?: oclock)?"
        r"(?: ?([ap])\.?m\b\.?)?(?: about)?"
    )
    if to_or_past is not None:
        minutes = {"half": 30, "quarter": 15}.get(to_or_past[1]) or int(to_or_past[1])
        hour = int(to_or_past[3])
        if to_or_past[2] == "past":
            return hour, minutes, to_or_past[4]
        return (hour - 1) or 12, 60 - minutes, to_or_past[4]
    half = saying.take(r"\b(?:at |about )*half (\d{1,2})(?: oclock)?(?: ?([ap])m\b)?")
    if half is not None:
        return int(half[1]), 30, half[2]
    digits = saying.take(r"\b(?:at |about )*(\d{1,2})[:.](\d{2})(?![\d./])(?: ?([ap])\.?m\b\.?)?")
    if digits is not None:
        return int(digits[1]), int(digits[2]), digits[3]
    marked = saying.take(r"\b(?:at |about )*(\d{1,2}) ?([ap])\.?m\b\.?(?: about)?")
    if marked is not None:
        return int(marked[1]), 0, marked[2]
    plain = (
        saying.take(r"\b(?:at |about )*(\d{1,2}) (?:oclock|about)(?! \d)")
        or saying.take(rf"\b(?:(?:at|about) )+(\d{{1,2}})\b(?! ?(?:{_NOT_AN_HOUR}))")
        or saying.take(
            r"\b(\d{1,2})(?= (?:in |at |on )*(?:the )?(?:morning|afternoon|evening|night)\b)"
        )
    )
    return None if plain is None else (int(plain[1]), 0, None)


def _checked(hour: int, minute: int, half: str | None, about: bool) -> Clock | None:
    if not 0 <= minute <= 59 or not 0 <= hour <= 23:
        return None
    if half:
        if not 1 <= hour <= 12:
            return None
        return Clock(hour % 12 + (12 if half == "p" else 0), minute, about, True)
    return Clock(hour, minute, about, hour > 12 or hour == 0)


def hours_of(clock: Clock, part: Part | None) -> list[int]:
    """The hours meant, from the midnight that begins the day: 26 is two o'clock in the night that follows.

    Two when the half of the day is not known, none when clock and part of day contradict each other.
    """
    hour = clock.hour
    if clock.half_known:
        if part == "night":
            return [hour + 24] if hour < 6 else [hour] if hour >= 18 else []
        first, last = {"morning": (0, 12), "afternoon": (12, 19), "evening": (16, 25)}.get(
            part or "", (0, 25)
        )
        return [hour] if first <= hour < last else []
    low = hour % 12
    if part == "morning":
        return [low]
    if part == "afternoon":
        return [low + 12]
    if part == "evening":
        return [low + 12] if low >= 4 else []
    if part == "night":
        return [low + 12] if low >= 6 else [low + 24]
    return [low, low + 12]

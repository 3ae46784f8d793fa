"""Who is alerted: a pure answer from the rota, with its reasons.

The order in which officers are asked: on shift and not away, in the area of the case or in all of them; where the
case is Welsh, those who speak it first; then the order of cover. Where nobody is left the circle widens, so that an
alert never goes to no one: other areas, then whoever is on duty without a shift, then everybody who works on cases.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from api.bank_holidays import is_bank_holiday
from api.local_time import LONDON

# A shift for every area.
ALL = "all"
BANK_HOLIDAY = 7


class Why(StrEnum):
    """What an answer rests on. Each has words of its own (`why_…`)."""

    ON_SHIFT = "on_shift"
    BANK_HOLIDAY = "bank_holiday"
    AREA = "area"
    AREA_UNKNOWN = "area_unknown"
    WELSH_FIRST = "welsh_first"
    WELSH_NOBODY = "welsh_nobody"
    OTHER_AREAS = "other_areas"
    ROTA_SILENT = "rota_silent"
    NOBODY_ON_DUTY = "nobody_on_duty"
    EVERYBODY_AWAY = "everybody_away"
    NO_SUPERVISOR = "no_supervisor"


@dataclass(frozen=True)
class Member:
    """Somebody who works on cases and whose account is open."""

    id: UUID
    name: str
    supervisor: bool = False
    speaks_welsh: bool = False
    on_duty: bool = True


@dataclass(frozen=True)
class Shift:
    """A weekly shift: the days on which it begins (7: a bank holiday) and London times."""

    officer_id: UUID
    area: str
    days: frozenset[int]
    begins: time
    ends: time
    position: int = 1


@dataclass(frozen=True)
class Absence:
    officer_id: UUID
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Rota:
    members: Sequence[Member]
    shifts: Sequence[Shift] = ()
    absences: Sequence[Absence] = ()


@dataclass(frozen=True)
class Cover:
    """Who is asked, first to last, with the reasons. `together`: nobody comes before the others."""

    officers: Sequence[Member]
    why: Sequence[Why]
    together: bool = False


def begins_on(shift: Shift, day: date) -> bool:
    """Whether a shift begins on a day. A bank holiday is no weekday."""
    kind = BANK_HOLIDAY if is_bank_holiday(day) else day.weekday()
    return kind in shift.days


def shift_began(shift: Shift, at: datetime) -> date | None:
    """The London day on which the shift that covers a moment began; None when none does.

    A shift that runs into the next day belongs wholly to the day on which it began. Its ends are London times, so
    that it is an hour longer or shorter in the night when the clocks change, and the next one begins where it ends.
    """
    today = at.astimezone(LONDON).date()
    for day in (today, today - timedelta(days=1)):
        if not begins_on(shift, day):
            continue
        last_day = day if shift.ends > shift.begins else day + timedelta(days=1)
        begins = datetime.combine(day, shift.begins, LONDON).astimezone(UTC)
        ends = datetime.combine(last_day, shift.ends, LONDON).astimezone(UTC)
        if begins <= at < ends:
            return day
    return None


def cover(rota: Rota, at: datetime, language: str, area: str | None) -> Cover:
    """Who is alerted at a moment to a case in a language and an area, and why.

    Empty only where nobody works on cases at all.
    """
    away = {each.officer_id for each in rota.absences if each.begins_at <= at < each.ends_at}
    present = [member for member in rota.members if member.id not in away]
    began = {shift: day for shift in rota.shifts if (day := shift_began(shift, at)) is not None}
    on_shift = [
        shift for shift in began if any(member.id == shift.officer_id for member in present)
    ]
    if not on_shift:
        return _without_rota(rota, present)
    here = [shift for shift in on_shift if area is None or shift.area in (area, ALL)]
    why = [Why.ON_SHIFT]
    if any(is_bank_holiday(began[shift]) for shift in here or on_shift):
        why.append(Why.BANK_HOLIDAY)
    if area is None:
        why.append(Why.AREA_UNKNOWN)
    else:
        why.append(Why.AREA if here else Why.OTHER_AREAS)
    members = _in_order(here or on_shift, present, area)
    if language == "cy":
        speakers = [member for member in members if member.speaks_welsh]
        why.append(Why.WELSH_FIRST if speakers else Why.WELSH_NOBODY)
        members = speakers + [member for member in members if not member.speaks_welsh]
    return Cover(members, why)


def _in_order(shifts: Iterable[Shift], present: Sequence[Member], area: str | None) -> list[Member]:
    """Each officer once, by the order of cover; in the case's own area before all areas at the same place."""
    by_id = {member.id: member for member in present}
    ranked = sorted(
        shifts,
        key=lambda shift: (
            shift.position,
            shift.area != area,
            by_id[shift.officer_id].name,
            str(shift.officer_id),
        ),
    )
    return [by_id[officer_id] for officer_id in dict.fromkeys(each.officer_id for each in ranked)]


def _without_rota(rota: Rota, present: Sequence[Member]) -> Cover:
    """Nobody is on shift: all who are on duty, at once, whatever their language; never no one."""
    on_duty = [member for member in present if member.on_duty]
    if on_duty:
        return Cover(on_duty, [Why.ROTA_SILENT], together=True)
    if present:
        return Cover(present, [Why.ROTA_SILENT, Why.NOBODY_ON_DUTY], together=True)
    return Cover(rota.members, [Why.ROTA_SILENT, Why.EVERYBODY_AWAY], together=True)


def supervisors(rota: Rota, at: datetime) -> Cover:
    """The supervisors who are not away; where none is, everybody who works on cases."""
    away = {each.officer_id for each in rota.absences if each.begins_at <= at < each.ends_at}
    found = [member for member in rota.members if member.supervisor and member.id not in away]
    if found:
        return Cover(found, [], together=True)
    return Cover(rota.members, [Why.NO_SUPERVISOR], together=True)

"""A line in which calls wait for their turn: whoever has been asking for longest goes first.

One for an address or a session. A turn comes at a steady pace and there are few places to wait, so nobody waits for
longer than the policy says. When all are taken, whoever has been asking for the shortest time is turned away, and keeps
since when they ask: a caller that comes back passes everybody who came after them, and so a flood of new calls,
however large, is always behind whoever has been there before.
"""

import asyncio
import time
from bisect import insort
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from api.policy import Allowance
from api.security import new_token

# By then every wait is over and every burst is credited again.
FORGOTTEN_AFTER_SECONDS: Final = 600
# More than ask within minutes; beyond, whoever has been silent for longest is forgotten.
MOST_REMEMBERED: Final = 20_000


@dataclass(frozen=True)
class Place:
    """Since when somebody asks (seconds since 1970), and the name of their place; it says nothing of who they are."""

    since: float
    name: str

    @classmethod
    def new(cls) -> "Place":
        return cls(time.time(), new_token())


class TurnedAway(Exception):
    """All places are taken by callers who have been asking for longer. `place` is kept by coming back with it."""

    def __init__(self, place: Place) -> None:
        super().__init__("turned away")
        self.place = place


@dataclass(order=True)
class _Waiting:
    """One call in a line, in the order in which they are called."""

    since: float
    number: int
    place: Place = field(compare=False)
    turn: "asyncio.Future[None]" = field(compare=False)


@dataclass
class _Line:
    """`free_at` is when the next turn is, `seen` the last call; `used` are places that had their turn, and when."""

    free_at: float = 0.0
    seen: float = 0.0
    waiting: list[_Waiting] = field(default_factory=list)
    used: dict[str, float] = field(default_factory=dict)
    calling: "asyncio.Task[None] | None" = None

    def leave(self, place: Place) -> None:
        """Turn away whoever waits under this place."""
        for waiting in [each for each in self.waiting if each.place.name == place.name]:
            self.waiting.remove(waiting)
            if not waiting.turn.done():
                waiting.turn.set_exception(TurnedAway(waiting.place))


class Turns:
    """Gives each call its turn. One for a process: more processes let more through, and lock out as few."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lines: OrderedDict[bytes, _Line] = OrderedDict()
        self._numbers = count()

    async def take(self, who: bytes, allowance: Allowance, place: Place | None = None) -> None:
        """Return when the call of `who` may go on, at once or after a wait. Raises TurnedAway.

        A place that had its turn counts no more, and two calls under one place are one.
        """
        now = self._clock()
        line = self._line_of(who, now)
        # A burst is credit: the next turn may lie that far behind.
        credit = allowance.spacing_seconds * (allowance.burst - 1)
        line.free_at = max(line.free_at, now - credit)
        if place is None or place.name in line.used:
            place = Place.new()
        line.leave(place)
        if not line.waiting and line.free_at <= now:
            line.free_at += allowance.spacing_seconds
            line.used[place.name] = now
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        mine = _Waiting(min(place.since, time.time()), next(self._numbers), place, turn)
        insort(line.waiting, mine)
        if len(line.waiting) > allowance.places:
            line.leave(line.waiting[-1].place)
        if line.calling is None or line.calling.done():
            line.calling = asyncio.create_task(self._call(line, allowance.spacing_seconds))
        try:
            await turn
        finally:
            if mine in line.waiting:
                line.waiting.remove(mine)

    def hurries(self, who: bytes, allowance: Allowance) -> bool:
        """Note a call that is not held up; whether `who` calls faster than allowed, or did within the longest wait."""
        now = self._clock()
        line = self._line_of(who, now)
        credit = allowance.spacing_seconds * (allowance.burst - 1)
        due = max(line.free_at, now - credit)
        line.free_at = min(due + allowance.spacing_seconds, now + allowance.longest_wait_seconds)
        return due > now

    async def _call(self, line: _Line, spacing: float) -> None:
        """Call those who wait, one by one, until nobody does."""
        while line.waiting:
            wait = line.free_at - self._clock()
            if wait > 0:
                await self._sleep(wait)
            if not line.waiting:
                return
            first = line.waiting.pop(0)
            line.free_at += spacing
            line.used[first.place.name] = self._clock()
            if not first.turn.done():
                first.turn.set_result(None)

    def _line_of(self, who: bytes, now: float) -> _Line:
        line = self._lines.setdefault(who, _Line())
        line.seen = now
        self._lines.move_to_end(who)
        # The first is the one that has been silent for longest.
        while next(iter(self._lines.values())).seen < now - FORGOTTEN_AFTER_SECONDS:
            self._lines.popitem(last=False)
        if len(self._lines) > MOST_REMEMBERED:
            self._lines.popitem(last=False)
        # In the order in which they were used, like every dict.
        while line.used and next(iter(line.used.values())) < now - FORGOTTEN_AFTER_SECONDS:
            del line.used[next(iter(line.used))]
        return line

"""How fast the public door may be asked. Whoever asks too fast waits; nobody is locked out.

A school, a hostel and a mobile network are each one address to the internet, and behind it may be a victim and
whoever floods the door. So there is no list of the refused and no time during which an address is: every call is
judged by itself, its turn comes after seconds, and only when too many of one address wait at once is the next one
told to try again in a moment, which the chat does by itself. The figures are policy.

Addresses are kept in memory only, as a keyed hash, for the minutes that the count needs.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from api.policy import Allowance, Pace, policy, policy_version
from api.problems import TooManyRequests
from api.runtime import Runtime, RuntimeDep

# By then every wait is over and every burst is credited again.
FORGOTTEN_AFTER_SECONDS: Final = 600
# More than ask within minutes; beyond, whoever has been silent for longest is forgotten.
MOST_REMEMBERED: Final = 20_000


@dataclass
class _Count:
    """`free_at` is when the next call would have its turn, `waiting` are calls before theirs, `seen` the last one."""

    free_at: float = 0.0
    waiting: int = 0
    seen: float = 0.0


class Turns:
    """Gives each call its turn. One for a process: more processes let more through, and lock out as few."""

    def __init__(
        self,
        pace: Pace,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.pace = pace
        self._clock = clock
        self._sleep = sleep
        self._counts: OrderedDict[bytes, _Count] = OrderedDict()

    async def take(self, who: bytes, allowance: Allowance) -> None:
        """Return when the call of `who` may go on, at once or after a wait. Raises TooManyRequests."""
        now = self._clock()
        count = self._count_of(who, now)
        spacing = 60 / allowance.per_minute
        # A burst is credit: the next turn may lie that far behind.
        count.free_at = max(count.free_at, now - spacing * (allowance.burst - 1)) + spacing
        wait = min(count.free_at - spacing - now, allowance.longest_wait_seconds)
        if wait <= 0:
            return
        # Nobody pays for a flood for longer than the longest wait.
        count.free_at = min(count.free_at, now + allowance.longest_wait_seconds + spacing)
        if count.waiting >= self.pace.waiting_at_once:
            problem = TooManyRequests("Many are asking from here at once. Try again in a moment.")
            problem.headers = {"Retry-After": str(self.pace.retry_after_seconds)}
            raise problem
        count.waiting += 1
        try:
            await self._sleep(wait)
        finally:
            count.waiting -= 1

    def _count_of(self, who: bytes, now: float) -> _Count:
        count = self._counts.setdefault(who, _Count())
        count.seen = now
        self._counts.move_to_end(who)
        # The first is the one that has been silent for longest.
        while next(iter(self._counts.values())).seen < now - FORGOTTEN_AFTER_SECONDS:
            self._counts.popitem(last=False)
        if len(self._counts) > MOST_REMEMBERED:
            self._counts.popitem(last=False)
        return count


class Doorkeeper:
    """The turns of one request: by its address, or by the session whose token it shows."""

    def __init__(self, request: Request, runtime: Runtime) -> None:
        self._request = request
        self._keyring = runtime.database.keyring
        if not hasattr(request.app.state, "turns"):
            request.app.state.turns = Turns(policy(policy_version()).pace)
        self._turns: Turns = request.app.state.turns

    async def open_session(self) -> None:
        """Wait for the turn of this address to open a session."""
        client = self._request.client
        await self._take("address", client.host if client else "", self._turns.pace.sessions)

    async def send_message(self, session: object) -> None:
        """Wait for the turn of this session to send a message."""
        await self._take("session", str(session), self._turns.pace.messages)

    async def _take(self, kind: str, who: str, allowance: Allowance) -> None:
        await self._turns.take(self._keyring.look_up_hash(f"pace:{kind}", who), allowance)


async def doorkeeper_of(request: Request, runtime: RuntimeDep) -> Doorkeeper:
    return Doorkeeper(request, runtime)


DoorkeeperDep = Annotated[Doorkeeper, Depends(doorkeeper_of)]

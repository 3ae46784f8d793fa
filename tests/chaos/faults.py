"""What goes wrong, and when: processes are killed and frozen, servers stop, the disk fills, the clock moves."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import httpx
import psutil

from tests.chaos.clock import Clock
from tests.chaos.disk import Disk
from tests.chaos.ledger import Ledger
from tests.chaos.links import Link, MailLink

# How to tell the launcher's children apart; the database's own children are its backends.
MARKS: Final = {
    "public door": ("api.serve", "public"),
    "staff door": ("api.serve", "staff"),
    "worker": ("api.worker",),
    "rasa": ("rasa", "run"),
    "actions": ("actions.serve",),
    "postgresql": ("-k",),
}
BACKEND: Final = "postgresql backend"
# After this long the next storm comes, ready or not.
LONGEST_RECOVERY: Final = 150.0
STEP_SECONDS: Final = 0.1
CLOCK_STEPS: Final = (-90, -20, -3, 3, 20, 90, 240)
# How wrong a clock may get to be before somebody sees it.
CLOCK_WRONG_BY: Final = 600


@dataclass(frozen=True)
class Rhythm:
    """Mean seconds between two faults of a kind in a storm; they come at random.

    Storms take turns with lulls, in which faults come so many times more rarely: else nobody would ever get far enough
    for there to be anything to lose. A lull lasts so long after everything is ready again.
    """

    process: float = 7.0
    # Without these there are few commits to be cut: one takes longest to come back, the others take all down.
    rasa: float = 45.0
    postgresql: float = 22.0
    backend: float = 18.0
    freeze: float = 20.0
    mail: float = 20.0
    disk: float = 30.0
    clock: float = 12.0
    storm_seconds: float = 45.0
    lull_seconds: float = 40.0
    lull_times: float = 8.0


class Faults:
    """Everything that can be done to a running copy from outside."""

    def __init__(
        self,
        launcher: int,
        address: str,
        ledger: Ledger,
        dice: random.Random,
        links: Sequence[Link],
        mail: MailLink,
        clock: Clock,
        disk: Disk,
    ) -> None:
        self._launcher = psutil.Process(launcher)
        self._ledger, self._dice = ledger, dice
        self._links, self._mail, self._clock, self._disk = links, mail, clock, disk
        self._address = address
        self._storm = True
        self._started = asyncio.get_running_loop().time()

    async def rage(self, rhythm: Rhythm, seconds: float) -> None:
        """Let faults come for so long; afterwards everything stands again as it was, but the clock."""
        for link in self._links:
            link.stormy = True
        self._mail.stormy = True
        kinds: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            *((getattr(rhythm, name, rhythm.process), self._killer(name)) for name in MARKS),
            (rhythm.backend, self._kill_backend),
            (rhythm.freeze, self._freeze),
            (rhythm.mail, self._stop_mail),
        ]
        if self._disk.available:
            kinds.append((rhythm.disk, self._fill_disk))
        if self._clock.available:
            kinds.append((rhythm.clock, self._move_clock))
        tasks = [asyncio.create_task(self._again_and_again(rhythm, *kind)) for kind in kinds]
        tasks.append(asyncio.create_task(self._change_the_weather(rhythm)))
        try:
            await asyncio.sleep(seconds)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for link in self._links:
                link.stormy = False
            self._mail.stormy = self._mail.stopped = False
            self._disk.empty()

    async def _change_the_weather(self, rhythm: Rhythm) -> None:
        async with httpx.AsyncClient(base_url=self._address, timeout=5, trust_env=False) as client:
            while True:
                self._storm = True
                await asyncio.sleep(rhythm.storm_seconds)
                self._storm = False
                deadline = asyncio.get_running_loop().time() + LONGEST_RECOVERY
                while asyncio.get_running_loop().time() < deadline:
                    await asyncio.sleep(1)
                    with suppress(httpx.HTTPError):
                        if (await client.get("/ready")).status_code == 200:
                            break
                self.note("ready again")
                await asyncio.sleep(rhythm.lull_seconds)

    async def _again_and_again(
        self, rhythm: Rhythm, mean: float, fault: Callable[[], Awaitable[None]]
    ) -> None:
        waited, wanted = 0.0, self._dice.uniform(0.2, 1.8) * mean
        while True:
            await asyncio.sleep(STEP_SECONDS)
            waited += STEP_SECONDS if self._storm else STEP_SECONDS / rhythm.lull_times
            if waited < wanted:
                continue
            waited, wanted = 0.0, self._dice.uniform(0.2, 1.8) * mean
            with suppress(psutil.Error, ProcessLookupError):
                await fault()

    def note(self, what: str) -> None:
        at = asyncio.get_running_loop().time() - self._started
        self._ledger.events.append(f"{at:7.1f} {what}")

    def _find(self, name: str) -> psutil.Process | None:
        for child in self._launcher.children():
            with suppress(psutil.Error):
                command = child.cmdline()
                if all(mark in command for mark in MARKS[name]):
                    return child
        return None

    def kill(self, name: str) -> None:
        """Kill -9 one process of the product, if it lives now."""
        process = self._find(name)
        if process is not None:
            os.kill(process.pid, signal.SIGKILL)
            self._ledger.kills[name] += 1
            self.note(f"killed {name}")

    def _killer(self, name: str) -> Callable[[], Awaitable[None]]:
        async def kill() -> None:
            self.kill(name)

        return kill

    async def _kill_backend(self) -> None:
        database = self._find("postgresql")
        backends = database.children() if database is not None else []
        if backends:
            os.kill(self._dice.choice(backends).pid, signal.SIGKILL)
            self._ledger.kills[BACKEND] += 1
            self.note(f"killed {BACKEND}")

    async def _freeze(self) -> None:
        """Stop a process where it stands, longer than it takes to be thought dead, and let it go on."""
        name = self._dice.choice(["worker", "worker", "rasa", "actions", "public door"])
        process = self._find(name)
        if process is None:
            return
        seconds = self._dice.uniform(3, 16)
        process.suspend()
        self._ledger.faults[f"frozen: {name}"] += 1
        self.note(f"froze {name} for {seconds:.0f} s")
        try:
            await asyncio.sleep(seconds)
        finally:
            with suppress(psutil.Error):
                process.resume()

    async def _stop_mail(self) -> None:
        self._mail.stopped = True
        self._ledger.faults["mail server stopped"] += 1
        self.note("stopped the mail server")
        try:
            await asyncio.sleep(self._dice.uniform(5, 20))
        finally:
            self._mail.stopped = False

    async def _fill_disk(self) -> None:
        self._ledger.faults["disk filled"] += 1
        self.note("filled the disk")
        deadline = asyncio.get_running_loop().time() + self._dice.uniform(3, 8)
        try:
            while asyncio.get_running_loop().time() < deadline:
                with suppress(OSError):
                    self._disk.fill()
                await asyncio.sleep(0.3)
        finally:
            self._disk.empty()

    async def _move_clock(self) -> None:
        seconds = self._dice.choice(CLOCK_STEPS)
        if abs(self._clock.seconds + seconds) > CLOCK_WRONG_BY:
            seconds = -self._clock.seconds
        self._clock.move(seconds)
        self._ledger.faults["clock moved back" if seconds < 0 else "clock moved on"] += 1
        self.note(f"moved the clock by {seconds} s")

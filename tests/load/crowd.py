"""Many people at once: so many conversations side by side, or so many arriving in an hour."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from tests.load.stories import people
from tests.load.talker import Answered, NoReply, Talker, clients, talking

# Somebody reads the answer and types on a phone: about twice as long, scaled so that a long talk ends in minutes.
THINKS_SECONDS = 4.0
# Nobody is quicker than this, however the time is scaled.
LEAST_PAUSE = 0.3


@dataclass(frozen=True)
class Submitted:
    """A report that was sent: its case, and when its last message left, by the clock of this machine."""

    reference: str
    at: float


@dataclass
class Heard:
    """What a crowd saw."""

    turns: list[Answered] = field(default_factory=list)
    submitted: list[Submitted] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    told: int = 0
    seconds: float = 0.0
    most_at_once: int = 0

    def of(self, language: str) -> list[float]:
        return [turn.seconds for turn in self.turns if turn.language == language]

    @property
    def replies(self) -> list[float]:
        return [turn.seconds for turn in self.turns]


class Crowd:
    """People who tell their reports one after another or at random moments, by a seed that is always the same."""

    def __init__(self, client: httpx.AsyncClient, pause: float) -> None:
        self._client = client
        self._pause = pause
        self._random = random.Random(20261122)
        self._people = people()
        self._at_once = 0
        self.heard = Heard()

    async def tell(self, language: str, words: Sequence[str]) -> None:
        """One conversation from its opening to its end."""
        self._at_once += 1
        self.heard.most_at_once = max(self.heard.most_at_once, self._at_once)
        try:
            async with talking(self._client, language) as talker:
                for text in words:
                    await self._think()
                    await self._say(talker, text)
        except (NoReply, httpx.HTTPError) as error:
            self.heard.unanswered.append(str(error) or type(error).__name__)
        finally:
            self._at_once -= 1
        self.heard.told += 1

    async def side_by_side(self, count: int, seconds: float) -> Heard:
        """So many conversations at once for so long; each that ends is followed by another."""
        began = time.monotonic()
        # Those who are in the middle of it when the time is up are no longer asked for.
        running = [asyncio.create_task(self._on_and_on()) for _ in range(count)]
        await asyncio.sleep(seconds)
        return await self._stop(running, began)

    async def arriving(self, in_an_hour: float, seconds: float) -> Heard:
        """People who come at random moments, so many in an hour; whoever began finishes."""
        began = time.monotonic()
        running: list[asyncio.Task[None]] = []
        while True:
            await asyncio.sleep(self._random.expovariate(in_an_hour / 3600))
            if time.monotonic() - began > seconds:
                break
            running.append(asyncio.create_task(self.tell(*next(self._people))))
        await asyncio.gather(*running)
        self.heard.seconds = time.monotonic() - began
        return self.heard

    async def _on_and_on(self) -> None:
        # Not all in step: whoever opens a session at the same moment also sends at the same moment.
        await asyncio.sleep(self._random.uniform(0, self._pause))
        while True:
            await self.tell(*next(self._people))

    async def _stop(self, running: list[asyncio.Task[None]], began: float) -> Heard:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self.heard.seconds = time.monotonic() - began
        return self.heard

    async def _think(self) -> None:
        await asyncio.sleep(max(LEAST_PAUSE, self._random.gauss(self._pause, self._pause / 3)))

    async def _say(self, talker: Talker, text: str) -> None:
        at = time.time()
        answered = await talker.say(text)
        self.heard.turns.append(answered)
        if answered.reference:
            self.heard.submitted.append(Submitted(answered.reference, at))


@asynccontextmanager
async def crowd(address: str, pause: float) -> AsyncIterator[Crowd]:
    """A crowd at one door, thinking so many seconds before each message."""
    async with clients(address) as client:
        yield Crowd(client, pause)


def lateness(seconds: Sequence[float]) -> Iterator[tuple[str, float]]:
    """Median, 95th percentile and the latest, in milliseconds; nothing where nothing was heard."""
    if not seconds:
        return
    ordered = sorted(seconds)
    yield "p50", round(1000 * ordered[len(ordered) // 2], 1)
    yield "p95", round(1000 * ordered[int(len(ordered) * 0.95)], 1)
    yield "latest", round(1000 * ordered[-1], 1)

"""The public door slows down whoever asks too fast, and locks nobody out."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from api.pace import FORGOTTEN_AFTER_SECONDS, MOST_REMEMBERED, Turns
from api.policy import Allowance, Pace
from api.problems import TooManyRequests
from tests.api.public_visitor import ChatVisitor

ALLOWANCE = Allowance(burst=3, per_minute=60, longest_wait_seconds=4)
SMALL_PACE = Pace(
    sessions=Allowance(burst=15, per_minute=15, longest_wait_seconds=4),
    messages=Allowance(burst=15, per_minute=15, longest_wait_seconds=4),
)


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turns(clock: Clock) -> Turns:
    return Turns(Pace(waiting_at_once=2, retry_after_seconds=3), clock, clock.sleep)


async def test_a_few_at_once_go_through_and_then_each_waits_a_little_longer(
    turns: Turns, clock: Clock
) -> None:
    for _ in range(6):
        await turns.take(b"school", ALLOWANCE)
    assert clock.waits == [1, 2, 3]


async def test_no_wait_is_longer_than_the_longest_however_many_asked(
    turns: Turns, clock: Clock
) -> None:
    for _ in range(500):
        await turns.take(b"school", ALLOWANCE)
    assert max(clock.waits) == 4


async def test_after_a_flood_of_thousands_the_next_one_waits_seconds_and_soon_nothing(
    turns: Turns, clock: Clock
) -> None:
    for _ in range(5000):
        await turns.take(b"school", ALLOWANCE)
    clock.now += 3
    clock.waits.clear()
    await turns.take(b"school", ALLOWANCE)
    assert all(wait <= 4 for wait in clock.waits)
    clock.now += 8
    clock.waits.clear()
    await turns.take(b"school", ALLOWANCE)
    assert clock.waits == []


async def test_one_address_does_not_slow_another(turns: Turns, clock: Clock) -> None:
    for _ in range(100):
        await turns.take(b"school", ALLOWANCE)
    clock.waits.clear()
    await turns.take(b"library", ALLOWANCE)
    assert clock.waits == []


async def test_when_too_many_wait_the_next_is_told_when_to_come_back() -> None:
    gate = asyncio.Event()

    async def wait(_: float) -> None:
        await gate.wait()

    clock = Clock()
    turns = Turns(Pace(waiting_at_once=2, retry_after_seconds=3), clock, wait)
    for _ in range(3):
        await turns.take(b"school", ALLOWANCE)
    waiting = [asyncio.create_task(turns.take(b"school", ALLOWANCE)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests) as refused:
        await turns.take(b"school", ALLOWANCE)
    assert refused.value.headers["Retry-After"] == "3"
    # It was no sentence: as soon as the others have had their turn, there is a place again.
    gate.set()
    await asyncio.gather(*waiting)
    await turns.take(b"school", ALLOWANCE)


async def test_only_so_many_addresses_are_remembered(turns: Turns) -> None:
    for number in range(MOST_REMEMBERED + 10):
        await turns.take(str(number).encode(), ALLOWANCE)
    assert len(turns._counts) == MOST_REMEMBERED


async def test_an_address_is_forgotten_after_some_minutes(turns: Turns, clock: Clock) -> None:
    await turns.take(b"school", ALLOWANCE)
    await turns.take(b"library", ALLOWANCE)
    clock.now += FORGOTTEN_AFTER_SECONDS + 1
    await turns.take(b"hostel", ALLOWANCE)
    assert list(turns._counts) == [b"hostel"]


class TestAtTheDoor:
    @pytest.fixture
    def waits(self, public_app: FastAPI) -> list[float]:
        """How long calls were made to wait; nobody really does."""
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        public_app.state.turns = Turns(SMALL_PACE, sleep=sleep)
        return waits

    async def test_a_whole_class_opens_the_chat_and_the_fortieth_is_let_in_too(
        self, public: httpx.AsyncClient, waits: list[float]
    ) -> None:
        for _ in range(40):
            await ChatVisitor.arrive(public, "cy")
        assert waits
        assert max(waits) <= SMALL_PACE.sessions.longest_wait_seconds

    async def test_a_session_that_floods_is_slowed_and_another_of_its_address_is_not(
        self, public: httpx.AsyncClient, waits: list[float]
    ) -> None:
        flood, victim = await ChatVisitor.arrive(public), await ChatVisitor.arrive(public)
        for _ in range(30):
            assert (await flood.say("x")).status_code == 202
        assert waits
        waits.clear()
        assert (await victim.say("Help.")).status_code == 202
        assert waits == []

    async def test_the_form_is_paced_like_the_chat(
        self, public: httpx.AsyncClient, waits: list[float]
    ) -> None:
        for _ in range(30):
            page = await public.post("/en/form", data={"do": "begin"})
            assert page.status_code == 200
        assert waits

    async def test_too_many_at_once_is_said_on_a_page_with_what_to_do(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        gate, somebody_waits = asyncio.Event(), asyncio.Event()

        async def wait(_: float) -> None:
            somebody_waits.set()
            await gate.wait()

        hourly = Allowance(burst=1, per_minute=1 / 60, longest_wait_seconds=4)
        public_app.state.turns = Turns(Pace(sessions=hourly, waiting_at_once=1), sleep=wait)
        assert (await public.post("/cy/ffurflen", data={"do": "begin"})).status_code == 200
        waiting = asyncio.create_task(public.post("/cy/ffurflen", data={"do": "begin"}))
        await asyncio.wait_for(somebody_waits.wait(), 10)
        refused = await public.post("/cy/ffurflen", data={"do": "begin"})
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "3"
        assert refused.headers["Content-Type"].startswith("text/html")
        assert 'href="tel:101"' in refused.text
        chat = await public.post("/v1/chat/sessions", json={"language": "cy"})
        assert (chat.status_code, chat.headers["Retry-After"]) == (429, "3")
        gate.set()
        assert (await waiting).status_code == 200

"""A line: whoever asks too fast waits, whoever has been asking for longest goes first, and nobody is locked out."""

import asyncio
import time

import pytest

from api.line import FORGOTTEN_AFTER_SECONDS, MOST_REMEMBERED, Place, TurnedAway, Turns
from api.policy import Allowance

# Three at once, then one a second, and four places.
ALLOWANCE = Allowance(burst=3, per_minute=60, longest_wait_seconds=4)


class Clock:
    """Time that passes only when somebody waits, and then at once or when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self.running = asyncio.Event()
        self.running.set()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self.running.wait()
        # Whoever was called before goes on first.
        await settled()
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turns(clock: Clock) -> Turns:
    return Turns(clock, clock.sleep)


async def took(turns: Turns, clock: Clock, who: bytes = b"school") -> float:
    """How long a call waited for its turn."""
    began = clock.now
    await turns.take(who, ALLOWANCE)
    return clock.now - began


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def waiting(
    turns: Turns, number: int, place: Place | None = None, who: bytes = b"school"
) -> list["asyncio.Task[None]"]:
    return [asyncio.create_task(turns.take(who, ALLOWANCE, place)) for _ in range(number)]


async def outcomes(calls: list["asyncio.Task[None]"]) -> list[bool]:
    """Whether each had its turn; the others were turned away."""
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert all(end is None or isinstance(end, TurnedAway) for end in ended)
    return [end is None for end in ended]


async def test_a_few_at_once_go_through_and_then_one_a_second(turns: Turns, clock: Clock) -> None:
    assert [await took(turns, clock) for _ in range(6)] == [0, 0, 0, 1, 1, 1]


async def test_those_who_wait_are_called_one_by_one_and_the_last_after_the_longest_wait(
    turns: Turns, clock: Clock
) -> None:
    began = clock.now
    assert await outcomes(waiting(turns, 3 + 4)) == [True] * 7
    assert clock.now - began == ALLOWANCE.longest_wait_seconds
    assert clock.waits == [1, 1, 1, 1]


async def test_credit_comes_back_with_time(turns: Turns, clock: Clock) -> None:
    for _ in range(4):
        await turns.take(b"school", ALLOWANCE)
    clock.now += 2
    assert [await took(turns, clock) for _ in range(3)] == [0, 0, 1]


async def test_one_address_does_not_slow_another(turns: Turns, clock: Clock) -> None:
    clock.running.clear()
    flood = waiting(turns, 100)
    await settled()
    assert await took(turns, clock, b"library") == 0
    clock.running.set()
    await outcomes(flood)


async def test_when_all_places_are_taken_the_next_is_turned_away_with_a_place_to_come_back_with(
    turns: Turns, clock: Clock
) -> None:
    clock.running.clear()
    before = waiting(turns, 3 + 4)
    await settled()
    with pytest.raises(TurnedAway) as away:
        await turns.take(b"school", ALLOWANCE)
    assert away.value.place.since == pytest.approx(time.time(), abs=10)
    clock.running.set()
    assert await outcomes(before) == [True] * 7
    # It was no sentence: as soon as the others have had their turn, there is a place again.
    assert await took(turns, clock) <= ALLOWANCE.longest_wait_seconds


async def test_whoever_comes_back_goes_before_all_who_came_later(
    turns: Turns, clock: Clock
) -> None:
    clock.running.clear()
    flood = waiting(turns, 3 + 4)
    await settled()
    with pytest.raises(TurnedAway) as away:
        await turns.take(b"school", ALLOWANCE)
    # The flood goes on: the four places are for ever taken, by calls that came later.
    clock.running.set()
    assert await outcomes(flood) == [True] * 7
    clock.running.clear()
    later = waiting(turns, 50)
    await settled()
    [back] = waiting(turns, 1, away.value.place)
    await settled()
    turned: list[float] = []
    back.add_done_callback(lambda _: turned.append(clock.now))
    began = clock.now
    clock.running.set()
    await back
    assert turned[0] - began <= 1
    # One of the flood gave up its place; the others were turned away or had their turn as before.
    assert (await outcomes(later)).count(True) == 4 - 1


async def test_a_place_has_one_turn(turns: Turns, clock: Clock) -> None:
    early = Place(time.time() - 30, "early")
    clock.running.clear()
    flood = waiting(turns, 3 + 3)
    await settled()
    first = waiting(turns, 1, early)
    await settled()
    clock.running.set()
    assert await outcomes(first + flood) == [True] * 7
    clock.running.clear()
    again = waiting(turns, 4) + waiting(turns, 1, early)
    await settled()
    clock.running.set()
    assert await outcomes(again) == [True] * 4 + [False]


async def test_two_calls_under_one_place_are_one(turns: Turns, clock: Clock) -> None:
    """Whoever copies a place cannot fill the line with it."""
    early = Place(time.time() - 30, "early")
    clock.running.clear()
    begun = waiting(turns, 3)
    await settled()
    copies = waiting(turns, 10, early)
    others = waiting(turns, 3)
    await settled()
    clock.running.set()
    assert await outcomes(begun + others) == [True] * 6
    assert (await outcomes(copies)).count(True) == 1


async def test_a_place_of_the_future_is_as_good_as_a_new_one(turns: Turns, clock: Clock) -> None:
    clock.running.clear()
    calls = waiting(turns, 3) + waiting(turns, 1, Place(time.time() + 900, "x"))
    later = waiting(turns, 1)
    await settled()
    clock.running.set()
    await calls[-1]
    assert not later[0].done()
    assert await outcomes(calls + later) == [True] * 5


async def test_whoever_goes_away_leaves_their_place_to_others(turns: Turns, clock: Clock) -> None:
    clock.running.clear()
    flood = waiting(turns, 3 + 4)
    await settled()
    for call in flood[3:]:
        call.cancel()
    await settled()
    clock.running.set()
    assert await took(turns, clock) <= 1


async def test_only_so_many_addresses_are_remembered(turns: Turns) -> None:
    for number in range(MOST_REMEMBERED + 10):
        await turns.take(str(number).encode(), ALLOWANCE)
    assert len(turns._lines) == MOST_REMEMBERED


async def test_an_address_and_its_places_are_forgotten_after_some_minutes(
    turns: Turns, clock: Clock
) -> None:
    await turns.take(b"school", ALLOWANCE)
    await turns.take(b"library", ALLOWANCE)
    clock.now += FORGOTTEN_AFTER_SECONDS - 1
    await turns.take(b"school", ALLOWANCE)
    assert len(turns._lines[b"school"].used) == 2
    clock.now += 2
    await turns.take(b"school", ALLOWANCE)
    assert list(turns._lines) == [b"school"]
    assert len(turns._lines[b"school"].used) == 2


class TestWhoeverIsNotHeldUp:
    """Messages of an address: noted, so that what comes too fast is answered after what comes from elsewhere."""

    FOUR_A_SECOND = Allowance(burst=3, per_minute=240, longest_wait_seconds=2)

    def test_hurries_past_the_burst_and_no_more_once_it_kept_to_the_pace(
        self, turns: Turns, clock: Clock
    ) -> None:
        hurried = [turns.hurries(b"hostel", self.FOUR_A_SECOND) for _ in range(100)]
        assert hurried == [False] * 3 + [True] * 97
        assert not turns.hurries(b"school", self.FOUR_A_SECOND)
        clock.now += 1.9
        assert turns.hurries(b"hostel", self.FOUR_A_SECOND)
        # However many came, it is forgotten after the longest wait.
        clock.now += 2.0
        assert not turns.hurries(b"hostel", self.FOUR_A_SECOND)

    def test_never_hurries_at_the_pace_itself(self, turns: Turns, clock: Clock) -> None:
        for _ in range(1000):
            assert not turns.hurries(b"hostel", self.FOUR_A_SECOND)
            clock.now += 0.25

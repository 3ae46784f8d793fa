"""A clock that went an hour ahead and was put right leaves nobody waiting for an hour."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from api import worker
from api.conversations.models import Message
from api.conversations.receive import ANSWER_CONVERSATION
from api.conversations.say import SEND_TEXT
from api.database import utc_now
from api.runtime import Runtime
from api.texts.models import Hold, OutgoingText
from api.upkeep import requeue_stuck
from tests.api.backstage import age, forget_jobs, jobs, new_conversation, tell
from tests.api.texts.test_send import queued

STALLED = 10.0
HOUR = timedelta(hours=1)


async def put_off(runtime: Runtime, by: timedelta, attempts: int = 1) -> None:
    """Every job is to come again when the clock of before would have said so."""
    async with runtime.database.session() as session:
        await session.execute(
            text("update procrastinate_jobs set scheduled_at = now() + :by, attempts = :attempts"),
            {"by": by, "attempts": attempts},
        )
        await session.commit()


async def test_a_retry_comes_soon(runtime: Runtime) -> None:
    await tell(runtime, await new_conversation(runtime), "helo")
    await put_off(runtime, HOUR)
    await requeue_stuck(runtime, STALLED)
    [job] = await jobs(runtime)
    assert job["task_name"] == ANSWER_CONVERSATION
    assert job["scheduled_at"] <= utc_now() + timedelta(seconds=2)


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 30), (4, 16), (8, 256), (300, 256)])
async def test_a_retry_that_is_meant_keeps_its_pause(
    runtime: Runtime, attempts: int, seconds: int
) -> None:
    await tell(runtime, await new_conversation(runtime), "helo")
    await put_off(runtime, timedelta(seconds=seconds), attempts)
    [before] = await jobs(runtime)
    await requeue_stuck(runtime, STALLED)
    assert await jobs(runtime) == [before]


async def test_a_text_that_waits_for_its_hour_goes_on_waiting(runtime: Runtime) -> None:
    outgoing = await queued(runtime)
    async with runtime.database.session() as session:
        await session.execute(
            update(OutgoingText)
            .where(OutgoingText.id == outgoing.id)
            .values(not_before=utc_now() + HOUR, held_for=Hold.HOURS)
        )
        await session.commit()
    await put_off(runtime, HOUR)
    [before] = await jobs(runtime, SEND_TEXT)
    await requeue_stuck(runtime, STALLED)
    assert await jobs(runtime, SEND_TEXT) == [before]


async def test_what_was_said_by_the_clock_before_gets_its_job_again(runtime: Runtime) -> None:
    await tell(runtime, await new_conversation(runtime), "helo")
    await forget_jobs(runtime)
    await age(runtime, Message, -HOUR, "sent_at")
    await requeue_stuck(runtime, STALLED)
    assert [job["task_name"] for job in await jobs(runtime)] == [ANSWER_CONVERSATION]


async def test_a_dead_worker_is_not_taken_for_alive(runtime: Runtime) -> None:
    await tell(runtime, await new_conversation(runtime), "helo")
    async with runtime.database.session() as session:
        await session.execute(
            text("insert into procrastinate_workers (last_heartbeat) values (now() + :by)"),
            {"by": HOUR},
        )
        await session.execute(
            text(
                "update procrastinate_jobs set status = 'doing',"
                " worker_id = (select max(id) from procrastinate_workers)"
            )
        )
        await session.commit()
    await requeue_stuck(runtime, STALLED)
    assert [job["status"] for job in await jobs(runtime)] == ["doing"], "it might live"
    async with runtime.database.session() as session:
        await session.execute(
            text("update procrastinate_workers set last_heartbeat = last_heartbeat - :by"),
            {"by": timedelta(seconds=STALLED + 1)},
        )
        await session.commit()
    await requeue_stuck(runtime, STALLED)
    assert [job["status"] for job in await jobs(runtime)] == ["todo"]


async def test_the_watch_goes_on_whatever_happened_in_one_round() -> None:
    rounds: list[str] = []
    enough = asyncio.Event()

    async def look() -> None:
        rounds.append("looked")
        if len(rounds) < 3:
            raise ConnectionError
        enough.set()

    watch = asyncio.create_task(worker.keep_watch(look, every=0.01))
    await asyncio.wait_for(enough.wait(), 20)
    watch.cancel()

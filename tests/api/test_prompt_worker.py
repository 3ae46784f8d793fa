"""A job begins when it can be begun. The worker here polls once in half a minute, which is too late for the tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from procrastinate import Blueprint
from sqlalchemy import text

from api.jobs import TURNS, defer
from api.prompt_worker import PromptWorker
from api.runtime import Runtime
from tests.api.backstage import jobs

SOON = 5


class Done:
    """Which jobs have begun and ended; `hold` keeps the next one from ending."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.hold = asyncio.Event()
        self.hold.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(SOON):
            while len(self.begun) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def put(runtime: Runtime, row_id: str, lock: str | None = None) -> None:
    async with runtime.database.session() as session:
        await defer(session, runtime.queue, "note", on=TURNS, in_order_per=lock, row_id=row_id)
        await session.commit()


# The worker's own wake-ups; the product's other listener has channels of other names.
LISTENS = """
    select exists (select 1 from pg_stat_activity where query ilike 'listen%procrastinate%')
    from pg_sleep(0.02)
"""


@asynccontextmanager
async def working(runtime: Runtime, worker: PromptWorker) -> AsyncIterator[None]:
    """The worker at work, from when it can be woken: what comes before waits for the poll."""
    running = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(SOON), runtime.database.session() as session:
            while not await session.scalar(text(LISTENS)):
                await session.rollback()
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
def done(runtime: Runtime) -> Done:
    noted, tasks = Done(), Blueprint()

    @tasks.task(name="note")
    async def note(row_id: str) -> None:
        noted.begun.append(row_id)
        await noted.hold.wait()

    runtime.queue.add_tasks_from(tasks, namespace="")
    return noted


def worker_of(runtime: Runtime) -> PromptWorker:
    return PromptWorker(
        app=runtime.queue,
        queues=[TURNS],
        concurrency=4,
        fetch_job_polling_interval=30,
        install_signal_handlers=False,
        delete_jobs="successful",
    )


async def test_many_jobs_that_come_at_once_are_all_begun(runtime: Runtime, done: Done) -> None:
    async with working(runtime, worker_of(runtime)):
        await put(runtime, "first")
        await done.until(1)
        await asyncio.gather(*(put(runtime, str(number)) for number in range(20)))
        await done.until(21)
    assert len(set(done.begun)) == 21


async def test_a_job_that_comes_while_the_worker_fetches_does_not_wait_for_the_poll(
    runtime: Runtime, done: Done
) -> None:
    worker = worker_of(runtime)
    fetch, late = runtime.queue.job_manager.fetch_job, 1

    async def fetch_slowly(**given: object) -> object:
        """Finds nothing; before the worker hears of it, a job comes and wakes it."""
        nonlocal late
        found = await fetch(**given)  # type: ignore[arg-type]
        if found is None and done.begun and late:
            late = 0
            await put(runtime, "late")
            await asyncio.sleep(0.3)
        return found

    runtime.queue.job_manager.fetch_job = fetch_slowly  # type: ignore[method-assign, assignment]
    async with working(runtime, worker):
        await put(runtime, "first")
        await done.until(2)
    assert done.begun == ["first", "late"]


async def test_a_job_that_waits_for_another_of_its_lock_follows_it(
    runtime: Runtime, done: Done
) -> None:
    done.hold.clear()
    async with working(runtime, worker_of(runtime)):
        await put(runtime, "first", lock="turn")
        await done.until(1)
        await put(runtime, "second", lock="turn")
        await asyncio.sleep(0.3)
        assert done.begun == ["first"]
        done.hold.set()
        await done.until(2)
    assert done.begun == ["first", "second"]
    assert await jobs(runtime) == []

"""Jobs belong to the transaction that needs them."""

import asyncio
from typing import Any

from sqlalchemy import text

from api.jobs import TRIED_AFTER_SECONDS, TURNS, defer
from api.runtime import Runtime
from tests.api.backstage import jobs


async def put(runtime: Runtime, *, commit: bool = True, **options: Any) -> None:
    async with runtime.database.session() as session:
        await defer(session, runtime.queue, "task", on=TURNS, **options)
        if commit:
            await session.commit()


async def test_a_job_waits_once_its_transaction_is_committed(runtime: Runtime) -> None:
    await put(runtime, in_order_per="lock", row_id="1")
    [job] = await jobs(runtime)
    assert (job["task_name"], job["lock"], job["args"]) == ("task", "lock", {"row_id": "1"})
    assert job["scheduled_at"] is None


async def test_a_job_is_lost_with_its_transaction(runtime: Runtime) -> None:
    await put(runtime, commit=False, row_id="1")
    assert await jobs(runtime) == []


async def test_nobody_sees_a_job_before_the_commit(runtime: Runtime) -> None:
    async with runtime.database.session() as session:
        await defer(session, runtime.queue, "task", on=TURNS, row_id="1")
        assert await jobs(runtime) == []
        await session.commit()
    assert len(await jobs(runtime)) == 1


async def test_at_most_one_of_a_name_waits(runtime: Runtime) -> None:
    for row_id in "123":
        await put(runtime, once_per="name", row_id=row_id)
    await put(runtime, once_per="another", row_id="4")
    assert [job["args"]["row_id"] for job in await jobs(runtime)] == ["1", "4"]


async def test_a_refused_second_one_undoes_nothing_else(runtime: Runtime) -> None:
    await put(runtime, once_per="name", row_id="1")
    async with runtime.database.session() as session:
        await session.execute(text("create table before_it (n int)"))
        await defer(session, runtime.queue, "task", on=TURNS, once_per="name", row_id="2")
        await session.execute(text("create table after_it (n int)"))
        await defer(session, runtime.queue, "task", on=TURNS, row_id="3")
        await session.commit()
    async with runtime.database.session() as session:
        await session.execute(text("select * from before_it, after_it"))
    assert [job["args"]["row_id"] for job in await jobs(runtime)] == ["1", "3"]


async def test_as_the_first_thing_in_a_transaction_a_refusal_is_harmless_too(
    runtime: Runtime,
) -> None:
    await put(runtime, once_per="name", row_id="1")
    await put(runtime, once_per="name", row_id="2")
    assert len(await jobs(runtime)) == 1


async def test_while_one_of_a_name_runs_another_may_wait(runtime: Runtime) -> None:
    await put(runtime, once_per="name", row_id="1")
    async with runtime.database.session() as session:
        await session.execute(text("update procrastinate_jobs set status = 'doing'"))
        await session.commit()
    await put(runtime, once_per="name", row_id="2")
    assert [job["status"] for job in await jobs(runtime)] == ["doing", "todo"]


async def test_a_delay_is_kept(runtime: Runtime) -> None:
    await put(runtime, delay_seconds=30, row_id="1")
    async with runtime.database.session() as session:
        left = await session.scalar(
            text("select extract(epoch from scheduled_at - now())::float from procrastinate_jobs")
        )
    assert left is not None
    assert 20 < left <= 30


async def test_a_connection_that_died_while_the_queue_rested_is_replaced_unseen(
    runtime: Runtime,
) -> None:
    connector = runtime.queue.connector
    own = await connector.execute_query_one_async("select pg_backend_pid() as pid")
    async with runtime.database.session() as session:
        await session.execute(text("select pg_terminate_backend(:pid)"), own)
    await asyncio.sleep(TRIED_AFTER_SECONDS)

    # More often than the pool has connections: each of them is had once at least.
    for _ in range(8):
        assert await connector.execute_query_one_async("select 1 as one") == {"one": 1}

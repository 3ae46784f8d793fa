"""A worker process either works or ends: half of one would leave people without an answer in silence."""

import asyncio

import pytest
from procrastinate.exceptions import ConnectorException

from api import worker
from api.jobs import TURNS
from api.runtime import Runtime


async def test_a_worker_whose_heartbeat_failed_ends_its_process(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the database was started again and this was the one call that it met."""

    async def fail(_: int) -> None:
        raise ConnectorException

    # As in the real one, where periodic jobs keep procrastinate's own watch from ending early.
    @runtime.queue.periodic(cron="0 0 1 1 *")
    @runtime.queue.task(name="new_year")
    async def new_year(timestamp: int) -> None:
        return

    monkeypatch.setattr(worker, "HEARTBEAT", 0.05)
    monkeypatch.setattr(runtime.queue.job_manager, "update_heartbeat", fail)
    with pytest.raises(worker.WorkerStopped):
        await asyncio.wait_for(worker._run(runtime.queue, "turns", [TURNS], 2), 20)


async def test_a_worker_that_is_asked_to_stop_stops_without_a_fault(runtime: Runtime) -> None:
    working = asyncio.create_task(worker._run(runtime.queue, "turns", [TURNS], 2))
    await asyncio.sleep(0.5)
    worker._stop([working])
    with pytest.raises(asyncio.CancelledError):
        await working

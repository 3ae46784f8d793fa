"""The worker tries again later and longer, keeps the order, and lets a card pass."""

from collections.abc import AsyncIterator

import pytest
from procrastinate.jobs import Job
from sqlalchemy import text

from api.conversations.models import Kind
from api.conversations.say import SEND_TEXT
from api.database import utc_now
from api.jobs import SENDING
from api.runtime import Runtime
from api.worker import PatientRetry, jobs_of
from channels.rasa_client import RasaClient
from channels.sms import SendingInterrupted
from tests.api.backstage import jobs
from tests.api.texts.test_send import queued
from tests.api.texts.twilio import StandIn
from tests.conftest import RASA_TOKEN


class Worker:
    """A worker that does what is due, and stops."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def do_what_is_due(self) -> None:
        await self._runtime.queue.run_worker_async(
            queues=[SENDING], wait=False, install_signal_handlers=False, delete_jobs="successful"
        )

    async def make_all_due(self) -> None:
        async with self._runtime.database.session() as session:
            await session.execute(text("update procrastinate_jobs set scheduled_at = null"))
            await session.commit()


@pytest.fixture
async def worker(runtime: Runtime, stand_in: StandIn) -> AsyncIterator[Worker]:
    async with RasaClient("http://127.0.0.1:9", RASA_TOKEN, 5) as nobody:
        runtime.queue.add_tasks_from(jobs_of(runtime, nobody, stand_in.texts), namespace="")
        yield Worker(runtime)


async def test_a_failed_text_waits_and_holds_up_the_next_but_no_card(
    runtime: Runtime, stand_in: StandIn, worker: Worker
) -> None:
    for words in ("un", "dau"):
        await queued(runtime, words)
    await queued(runtime, "999", kind=Kind.EMERGENCY)
    await stand_in.script("429", "ok")
    await worker.do_what_is_due()
    assert [taken.body for taken in stand_in.taken] == ["999"]
    waiting = await jobs(runtime, SEND_TEXT)
    assert len(waiting) == 2
    assert waiting[0]["scheduled_at"] > utc_now()
    await worker.make_all_due()
    await worker.do_what_is_due()
    assert [taken.body for taken in stand_in.taken] == ["999", "un", "dau"]
    assert await jobs(runtime, SEND_TEXT) == []


async def test_a_refused_text_is_done_with_and_the_next_one_goes(
    runtime: Runtime, stand_in: StandIn, worker: Worker
) -> None:
    for words in ("un", "dau"):
        await queued(runtime, words)
    await stand_in.script("21614")
    await worker.do_what_is_due()
    assert [taken.body for taken in stand_in.taken] == ["dau"]
    assert await jobs(runtime, SEND_TEXT) == []


def test_each_pause_is_longer_up_to_some_minutes() -> None:
    retry = PatientRetry(SendingInterrupted)
    pauses = []
    for attempts in range(1, 12):
        job = Job(
            id=1, queue=SENDING, lock=None, queueing_lock=None, task_name="x", attempts=attempts
        )
        decision = retry.get_retry_decision(exception=SendingInterrupted(), job=job)
        assert decision is not None
        assert decision.retry_at is not None
        pauses.append(round((decision.retry_at - utc_now()).total_seconds()))
    assert pauses == sorted(pauses)
    assert pauses[0] <= 4
    assert pauses[-1] <= 300


def test_what_no_retry_helps_is_not_retried() -> None:
    job = Job(id=1, queue=SENDING, lock=None, queueing_lock=None, task_name="x", attempts=1)
    retry = PatientRetry(SendingInterrupted)
    assert retry.get_retry_decision(exception=ValueError(), job=job) is None

"""A worker of the queue that begins a job when it can be begun, without asking the database twenty times a second.

procrastinate wakes a worker when a job is put into the queue, but forgets a wake-up that comes while it fetches, and
gives none when a job ends for which others of the same lock wait. Those wait for the next poll, which would have to be
so frequent that it cost as much as the work.
"""

import asyncio
from typing import Any

from procrastinate.job_context import JobContext
from procrastinate.worker import Worker


class CountedEvent(asyncio.Event):
    """An event that knows how often it was set."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def set(self) -> None:
        self.times += 1
        super().set()


class PromptWorker(Worker):
    """procrastinate's worker; it fetches again when it was woken meanwhile, and when a job with a lock has ended."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._new_job_event = self._news = CountedEvent()

    async def run(self) -> None:
        """Work until asked to stop."""
        await super().run()  # type: ignore[no-untyped-call]

    async def _fetch_and_process_jobs(self) -> None:
        heard = -1
        while heard != self._news.times and not self._stop_event.is_set():
            heard = self._news.times
            await super()._fetch_and_process_jobs()  # type: ignore[no-untyped-call]

    async def _process_job(self, context: JobContext) -> None:
        try:
            await super()._process_job(context)
        finally:
            if context.job.lock:
                self._news.set()

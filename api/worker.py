"""The worker: takes jobs from the queue. Each job is a few lines that call the feature it belongs to."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import structlog
import uvloop
from procrastinate import App, BaseRetryStrategy, Blueprint, RetryDecision, RetryStrategy
from procrastinate.jobs import Job

from api.alerts.escalation import ESCALATE, SEND_ALERT, escalate, escalate_due
from api.alerts.officers_texts import SEND_OFFICER_TEXT, send_officer_text
from api.alerts.send import AlertInterrupted, send_alert
from api.canary.travel import TRAVEL, set_off, settle, travel
from api.cases.look_ups import complete_look_ups
from api.cases.partner_sends import SEND_TO_PARTNER, PartnerUnreached, send_to_partner
from api.cases.retention import dispose_of_what_is_due
from api.cases.written_acknowledgement import SEND_ACKNOWLEDGEMENT, send_acknowledgement
from api.config import Settings
from api.conversations.handover import COMPLETE_HANDOVER, HandoverInterrupted, complete_handover
from api.conversations.receive import ANSWER_CONVERSATION
from api.conversations.say import SEND_TEXT
from api.conversations.takeover import hand_back_where_silent
from api.conversations.turn import answer_conversation
from api.jobs import SENDING, TURNS, UPKEEP
from api.logs import configure_logs
from api.officers.mail import SEND_STAFF_MAIL, send_staff_mail
from api.prompt_worker import PromptWorker
from api.runtime import Runtime, open_runtime
from api.texts.send import send_text
from api.upkeep import drop_old_drafts, requeue_stuck
from channels.email import MailInterrupted
from channels.rasa_client import RasaClient
from channels.sms import SendingInterrupted, TwilioTexts

# Seconds. A job that is to be done at once wakes the worker; the poll is for those that wait for their time.
POLL = 0.25
HEARTBEAT = 2.0
# A worker that has not been heard of for so long is dead, and its jobs are taken over.
STALLED = 10.0
# How often somebody looks for what lies, by every worker for itself.
WATCH = 15.0
MOST_ATTEMPTS = 700
# 2 to the power of 8 seconds: about four minutes.
LONGEST_WAIT_POWER = 7
TURNS_AT_ONCE = 8
OTHERS_AT_ONCE = 6


class PatientRetry(BaseRetryStrategy):
    """Tries again after 2, 4, 8 … seconds, four minutes apart at the most, for about two days."""

    def __init__(self, error: type[Exception]) -> None:
        self._backoff = RetryStrategy(exponential_wait=2, retry_exceptions={error})

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts >= MOST_ATTEMPTS:
            return None
        gentle = job.evolve(attempts=min(job.attempts, LONGEST_WAIT_POWER))
        return self._backoff.get_retry_decision(exception=exception, job=gentle)


def jobs_of(runtime: Runtime, rasa: RasaClient, texts: TwilioTexts) -> Blueprint:
    """Every job that a worker can do. What needs no patience of the queue handles its own failures."""
    jobs = Blueprint()

    @jobs.task(name=ANSWER_CONVERSATION)
    async def answer(conversation_id: str) -> None:
        await answer_conversation(runtime, rasa, UUID(conversation_id))

    @jobs.task(name=SEND_TEXT, retry=PatientRetry(SendingInterrupted))
    async def text(outgoing_id: str) -> None:
        await send_text(runtime, texts, UUID(outgoing_id))

    @jobs.task(name=SEND_ALERT, retry=PatientRetry(AlertInterrupted))
    async def alert(send_id: str) -> None:
        await send_alert(runtime, texts, UUID(send_id))

    @jobs.task(name=SEND_OFFICER_TEXT, retry=PatientRetry(SendingInterrupted))
    async def officer_text(message_sid: str) -> None:
        await send_officer_text(runtime, texts, message_sid)

    @jobs.task(name=ESCALATE)
    async def next_step(alert_id: str) -> None:
        await escalate(runtime, UUID(alert_id))

    @jobs.task(name=TRAVEL, queue=UPKEEP)
    async def canary(canary_id: str) -> None:
        await travel(runtime, UUID(canary_id))

    @jobs.periodic(cron="* * * * * */20")
    @jobs.task(name="look_after_canaries", queue=UPKEEP, queueing_lock="look_after_canaries")
    async def canaries(timestamp: int) -> None:
        await settle(runtime)
        await set_off(runtime)

    @jobs.task(name=SEND_ACKNOWLEDGEMENT, retry=PatientRetry(MailInterrupted))
    async def acknowledgement(case_id: str) -> None:
        await send_acknowledgement(runtime, UUID(case_id))

    @jobs.task(name=SEND_TO_PARTNER, retry=PatientRetry(PartnerUnreached))
    async def partner(send_id: str) -> None:
        await send_to_partner(runtime, UUID(send_id))

    @jobs.task(name=SEND_STAFF_MAIL, retry=PatientRetry(MailInterrupted))
    async def staff_mail(mail_id: str) -> None:
        await send_staff_mail(runtime, UUID(mail_id))

    @jobs.task(name=COMPLETE_HANDOVER, retry=PatientRetry(HandoverInterrupted))
    async def handover(handover_id: str) -> None:
        await complete_handover(runtime, UUID(handover_id))

    @jobs.periodic(cron="* * * * * */30")
    @jobs.task(name="hand_back", queue=UPKEEP, queueing_lock="hand_back")
    async def hand_back(timestamp: int) -> None:
        await hand_back_where_silent(runtime)

    @jobs.periodic(cron="*/10 * * * *")
    @jobs.task(name="drop_old_drafts", queue=UPKEEP, queueing_lock="drop_old_drafts")
    async def drafts(timestamp: int) -> None:
        await drop_old_drafts(runtime)

    @jobs.periodic(cron="30 * * * *")
    @jobs.task(name="dispose_of_cases", queue=UPKEEP, queueing_lock="dispose_of_cases")
    async def disposal(timestamp: int) -> None:
        await dispose_of_what_is_due(runtime)

    @jobs.periodic(cron="* * * * * */30")
    @jobs.task(name="complete_look_ups", queue=UPKEEP, queueing_lock="complete_look_ups")
    async def look_ups(timestamp: int) -> None:
        await complete_look_ups(runtime)

    return jobs


async def work(settings: Settings) -> None:
    """Work until told to stop."""
    async with (
        open_runtime(settings) as runtime,
        RasaClient(
            settings.rasa_address,
            settings.rasa_token.get_secret_value(),
            settings.rasa_timeout_seconds,
        ) as rasa,
    ):
        texts = TwilioTexts(
            settings.twilio_account_sid,
            settings.twilio_auth_token.get_secret_value(),
            settings.twilio_from,
            settings.twilio_api_url,
        )
        queue = runtime.queue
        queue.add_tasks_from(jobs_of(runtime, rasa, texts), namespace="")
        await requeue_stuck(runtime, STALLED)
        structlog.get_logger().info("worker_ready")
        # Turns have workers of their own, so that a slow mail server never delays an answer.
        async with asyncio.TaskGroup() as running:
            workers = [
                running.create_task(_run(queue, "turns", [TURNS], TURNS_AT_ONCE)),
                running.create_task(_run(queue, "sending", [SENDING, UPKEEP], OTHERS_AT_ONCE)),
                # Each by itself, so that a sweep that fails holds up no escalation.
                running.create_task(keep_watch(partial(requeue_stuck, runtime, STALLED))),
                running.create_task(keep_watch(partial(escalate_due, runtime))),
            ]
            for number in (signal.SIGTERM, signal.SIGINT):
                # procrastinate's own handler would stop only the one that came last.
                asyncio.get_running_loop().add_signal_handler(number, _stop, workers)


async def keep_watch(look: Callable[[], Awaitable[None]], every: float = WATCH) -> None:
    """Look again and again for what lies, whatever happened in one round.

    No periodic job, because those stand still for as long as the clock was set back; this goes by no clock.
    """
    while True:
        await asyncio.sleep(every)
        try:
            await look()
        except Exception as error:  # noqa: BLE001 - the next round is to come
            structlog.get_logger().warning("watch_interrupted", exc_info=error)


def _stop(workers: Sequence[asyncio.Task[None]]) -> None:
    """Have workers finish what they do, and take nothing more."""
    for worker in workers:
        worker.cancel()


class WorkerStopped(Exception):
    """One of the workers ended although nobody asked it to; the process must end and be started again."""


async def _run(queue: App, name: str, queues: list[str], concurrency: int) -> None:
    options: dict[str, Any] = {
        "app": queue,
        "name": name,
        "queues": queues,
        "concurrency": concurrency,
        "fetch_job_polling_interval": POLL,
        "update_heartbeat_interval": HEARTBEAT,
        "stalled_worker_timeout": STALLED,
        "shutdown_graceful_timeout": 10,
        "delete_jobs": "successful",
        "install_signal_handlers": False,
    }
    await PromptWorker(**options).run()
    # procrastinate's worker ends without a fault when its heartbeat failed, for instance. The other one would go on
    # alone, and nobody would be answered, or nothing sent, until somebody saw it.
    raise WorkerStopped(name)


def main() -> None:
    configure_logs("worker")
    uvloop.run(work(Settings()))


if __name__ == "__main__":
    main()

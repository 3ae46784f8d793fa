"""Upkeep: what was left undone by a crash is queued again within a minute, and old drafts are dropped."""

from datetime import timedelta
from typing import Any

import structlog
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.escalation import SEND_ALERT, UNSENT
from api.alerts.models import Alert, AlertSend, OfficerText
from api.alerts.officers_texts import SEND_OFFICER_TEXT
from api.cases.models import MailState, WrittenAcknowledgement
from api.cases.partner_sends import SEND_TO_PARTNER
from api.cases.workspace_models import PartnerSend, PartnerSendState
from api.cases.written_acknowledgement import SEND_ACKNOWLEDGEMENT
from api.clock_set_back import bring_forward, long_ago
from api.conversations.drafts import drafts_to_drop, drop_drafts, drop_orphaned_trackers
from api.conversations.handover import COMPLETE_HANDOVER
from api.conversations.models import Handover, Message, Sender, Turn, TurnState
from api.conversations.receive import ANSWER_CONVERSATION
from api.conversations.say import SEND_TEXT, defer_text
from api.database import utc_now
from api.jobs import SENDING, TURNS, defer
from api.officers.mail import SEND_STAFF_MAIL
from api.officers.models import StaffMail, StaffMailState
from api.runtime import Runtime
from api.texts.fates import drop_early_reports
from api.texts.models import OutgoingText, TextState

STUCK_AFTER = timedelta(seconds=30)
# Jobs that come at once, or soon again after an attempt in vain.
RETRIED = [
    *(ANSWER_CONVERSATION, SEND_TEXT, SEND_ALERT, SEND_OFFICER_TEXT, SEND_ACKNOWLEDGEMENT),
    *(SEND_TO_PARTNER, SEND_STAFF_MAIL, COMPLETE_HANDOVER),
]


async def requeue_stuck(runtime: Runtime, stalled_seconds: float) -> None:
    """Take over the jobs of dead workers, and make a job for everything undone that has none."""
    async with runtime.database.session() as session:
        await bring_forward(session, RETRIED, stalled_seconds)
        await session.commit()
    await _take_over(runtime, stalled_seconds)
    async with runtime.database.session() as session:
        await _requeue_turns(session, runtime)
        await _requeue_texts(session, runtime)
        await _requeue_sending(session, runtime)
        await session.commit()


async def _take_over(runtime: Runtime, stalled_seconds: float) -> None:
    manager = runtime.queue.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_seconds):
        structlog.get_logger().warning("job_taken_over", task=job.task_name, job_id=job.id)
        assert job.id is not None
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            # The same work waits under another job already: this one only blocks it. Cancelling would
            # merely ask a worker that is dead.
            await manager.finish_job_by_id_async(job.id, Status.ABORTED, delete_job=True)
        except ConnectorException:
            # Another worker's upkeep was faster.
            continue


async def _requeue_turns(session: AsyncSession, runtime: Runtime) -> None:
    now = utc_now()
    waiting = await session.scalars(
        select(Message.conversation_id)
        .where(
            Message.sender == Sender.VICTIM,
            Message.turn_id.is_(None),
            long_ago(Message.sent_at, now, STUCK_AFTER),
        )
        .union(
            select(Turn.conversation_id).where(
                Turn.state == TurnState.OPEN, long_ago(Turn.started_at, now, STUCK_AFTER)
            )
        )
    )
    for conversation_id in waiting:
        await defer(
            session,
            runtime.queue,
            ANSWER_CONVERSATION,
            on=TURNS,
            once_per=f"turn:{conversation_id}",
            in_order_per=f"turn:{conversation_id}",
            conversation_id=str(conversation_id),
        )


async def _requeue_texts(session: AsyncSession, runtime: Runtime) -> None:
    """Texts that should have left and have no job at all. A card has no order to keep, as when it was said."""
    now = utc_now()
    stuck = await session.execute(
        select(OutgoingText, Message.conversation_id)
        .join(Message, Message.id == OutgoingText.message_id)
        .where(
            OutgoingText.state.in_([TextState.QUEUED, TextState.SENDING]),
            long_ago(OutgoingText.changed_at, now, STUCK_AFTER),
            or_(OutgoingText.not_before.is_(None), OutgoingText.not_before < now - STUCK_AFTER),
        )
        .order_by(Message.seq)
    )
    for outgoing, conversation_id in stuck.all():
        if not await _has_job(session, SEND_TEXT, "outgoing_id", str(outgoing.id)):
            await defer_text(session, runtime, outgoing, conversation_id)


async def _requeue_sending(session: AsyncSession, runtime: Runtime) -> None:
    """Other rows that wait to be sent and have no job at all; a job that waits to retry is left alone."""
    now = utc_now()
    stuck = [
        (
            SEND_ALERT,
            "send_id",
            select(AlertSend.id)
            .join(Alert, Alert.id == AlertSend.alert_id)
            .where(
                AlertSend.state.in_(UNSENT),
                long_ago(AlertSend.queued_at, now, STUCK_AFTER),
                Alert.acknowledged_at.is_(None),
            ),
        ),
        (
            SEND_OFFICER_TEXT,
            "message_sid",
            select(OfficerText.message_sid).where(
                OfficerText.state.in_(UNSENT), long_ago(OfficerText.received_at, now, STUCK_AFTER)
            ),
        ),
        (
            SEND_ACKNOWLEDGEMENT,
            "case_id",
            select(WrittenAcknowledgement.case_id).where(
                WrittenAcknowledgement.state == MailState.QUEUED,
                long_ago(WrittenAcknowledgement.queued_at, now, STUCK_AFTER),
            ),
        ),
        (
            SEND_TO_PARTNER,
            "send_id",
            select(PartnerSend.id)
            .where(
                PartnerSend.state.in_([PartnerSendState.QUEUED, PartnerSendState.SENDING]),
                long_ago(PartnerSend.queued_at, now, STUCK_AFTER),
            )
            .order_by(PartnerSend.queued_at),
        ),
        (
            SEND_STAFF_MAIL,
            "mail_id",
            select(StaffMail.id).where(
                StaffMail.state == StaffMailState.QUEUED,
                long_ago(StaffMail.queued_at, now, STUCK_AFTER),
            ),
        ),
        (
            COMPLETE_HANDOVER,
            "handover_id",
            select(Handover.id).where(
                Handover.done_at.is_(None), long_ago(Handover.pending_since, now, STUCK_AFTER)
            ),
        ),
    ]
    for task, argument, rows in stuck:
        for row_id in (await session.scalars(rows)).all():
            if not await _has_job(session, task, argument, str(row_id)):
                ids: dict[str, Any] = {argument: str(row_id)}
                await defer(session, runtime.queue, task, on=SENDING, **ids)


async def _has_job(session: AsyncSession, task: str, argument: str, row_id: str) -> bool:
    found = await session.scalar(
        text(
            "select exists (select 1 from procrastinate_jobs where task_name = :task"
            " and status in ('todo', 'doing') and args ->> :argument = :row_id)"
        ),
        {"task": task, "argument": argument, "row_id": row_id},
    )
    return bool(found)


async def drop_old_drafts(runtime: Runtime) -> None:
    """Delete what never became a case and has been silent for longer than the policy keeps it."""
    async with runtime.database.session() as session:
        old = await drafts_to_drop(session, utc_now())
        await drop_drafts(session, old)
        await drop_orphaned_trackers(session)
        await drop_early_reports(session)
        await session.commit()
    if old:
        structlog.get_logger().info("drafts_dropped", count=len(old))

"""A report that the assistant could not hand over is kept, retried until its case exists, and watched."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.alerts.service import case_of_conversation, raise_alert
from api.cases.schemas import ReportReceipt, ReportSubmission
from api.cases.service import submit_report
from api.conversations.models import Conversation, Handover, Kind
from api.conversations.receive import lock_conversation
from api.conversations.say import say
from api.database import new_id, utc_now
from api.jobs import SENDING, defer
from api.runtime import Runtime
from api.words import spoken
from channels.rasa_client import UnsentReport

COMPLETE_HANDOVER = "complete_handover"
PATIENCE = timedelta(minutes=3)


class HandoverInterrupted(Exception):
    """The case could not be made now; trying again may succeed."""


async def keep_handover(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, kept: UnsentReport
) -> None:
    """Keep a report and queue its completion, in the caller's transaction; once for each key."""
    handover_id = await session.scalar(
        insert(Handover)
        .values(
            id=new_id(),
            conversation_id=conversation.id,
            idempotency_key=kept.key,
            report=kept.report,
            attempts=0,
            pending_since=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=[Handover.idempotency_key])
        .returning(Handover.id)
    )
    if handover_id is not None:
        await defer(
            session, runtime.queue, COMPLETE_HANDOVER, on=SENDING, handover_id=str(handover_id)
        )


async def complete_handover(runtime: Runtime, handover_id: UUID) -> None:
    """Make the case and tell the person. Raises HandoverInterrupted, for the queue to try again."""
    try:
        async with runtime.database.session() as session:
            # Held, so that a job that was taken over and its first worker do not both tell the person.
            handover = await session.get(Handover, handover_id, with_for_update=True)
            if handover is None or handover.done_at is not None:
                return
            conversation = await lock_conversation(session, handover.conversation_id)
            assert conversation is not None
            submission = ReportSubmission.model_validate(handover.report)
            receipt, _ = await submit_report(session, runtime, submission, handover.idempotency_key)
            await _tell(session, runtime, conversation, receipt)
            handover.done_at = utc_now()
            await session.commit()
    except Exception as error:
        # Whatever the reason, the report stays here and people are told that it does.
        structlog.get_logger().error(
            "handover_pending", handover_id=str(handover_id), exc_info=error
        )
        await _alert_when_late(runtime, handover_id)
        raise HandoverInterrupted from error


async def _tell(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, receipt: ReportReceipt
) -> None:
    await say(
        session,
        runtime,
        conversation,
        runtime.words.say(
            "handover_done",
            spoken(conversation.language),
            reference=receipt.reference,
            update_code=receipt.update_code,
            date=receipt.contact_by_words,
        ),
        kind=Kind.RECEIPT,
        reference=receipt.reference,
    )


async def _alert_when_late(runtime: Runtime, handover_id: UUID) -> None:
    async with runtime.database.session() as session:
        handover = await session.get_one(Handover, handover_id)
        handover.attempts += 1
        # Either way, since the clock may have been set back in the meantime.
        if abs(utc_now() - handover.pending_since) > PATIENCE:
            conversation = await lock_conversation(session, handover.conversation_id)
            assert conversation is not None
            case = await case_of_conversation(session, conversation)
            await raise_alert(
                session,
                runtime,
                case,
                AlertReason.HANDOVER_PENDING,
                f"handover:{handover_id}",
            )
        await session.commit()

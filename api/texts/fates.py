"""What became of a text, as Twilio tells it: in any order, more than once, and sometimes before we know its id."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.conversations.models import Conversation, Message
from api.conversations.say import STOPPED_AT_NETWORK
from api.database import utc_now
from api.runtime import Runtime
from api.texts.answers import alert_to_case
from api.texts.models import EarlyReport, Failure, OutgoingText, TextState
from channels.sms import OPTED_OUT, StatusReport

# Twilio's names for what became of a text. Those that say no more than we know already are left out.
REPORTED_STATES: Final = {
    "sent": TextState.SENT,
    "delivered": TextState.DELIVERED,
    "undelivered": TextState.UNDELIVERED,
    "failed": TextState.FAILED,
}
STATE_ORDER: Final = {
    TextState.QUEUED: 0,
    TextState.SENDING: 1,
    TextState.ACCEPTED: 2,
    TextState.SENT: 3,
    TextState.DELIVERED: 4,
    TextState.UNDELIVERED: 4,
    TextState.FAILED: 4,
}
NOT_DELIVERED: Final = frozenset({TextState.UNDELIVERED, TextState.FAILED})
# By then its text has been found, or was none of ours.
EARLY_REPORTS_KEPT: Final = timedelta(days=7)


async def take_report(session: AsyncSession, runtime: Runtime, report: StatusReport) -> None:
    """Note the fate of a text; one that comes late never moves it backwards. The caller commits."""
    state = REPORTED_STATES.get(report.status)
    if state is None:
        return
    await _hold(session, report.message_sid)
    outgoing = await session.scalar(
        select(OutgoingText)
        .where(OutgoingText.provider_sid == report.message_sid)
        .with_for_update()
    )
    if outgoing is None:
        await _keep_for_later(session, report.message_sid, state, report.error_code)
    else:
        await _move(session, runtime, outgoing, state, report.error_code)


async def note_accepted(
    session: AsyncSession, runtime: Runtime, outgoing: OutgoingText, sid: str
) -> None:
    """Keep Twilio's id for a text, and what Twilio has already told of it. The caller commits."""
    await _hold(session, sid)
    outgoing.provider_sid = sid
    if STATE_ORDER[outgoing.state] < STATE_ORDER[TextState.ACCEPTED]:
        outgoing.state = TextState.ACCEPTED
    outgoing.held_for = outgoing.not_before = None
    outgoing.changed_at = utc_now()
    early = await session.get(EarlyReport, sid)
    if early is not None:
        await _move(session, runtime, outgoing, early.state, early.error_code)
        await session.delete(early)


async def note_failure(
    session: AsyncSession,
    runtime: Runtime,
    outgoing: OutgoingText,
    failure: Failure,
    error_code: int | None = None,
) -> None:
    """Give a text up, and have officers know. The caller commits."""
    outgoing.state = TextState.FAILED
    outgoing.failure = failure
    outgoing.error_code = error_code
    outgoing.held_for = outgoing.not_before = None
    outgoing.changed_at = utc_now()
    if failure is Failure.REFUSED:
        # What Twilio did not take it does not charge for.
        outgoing.cost_pence = Decimal(0)
    await _have_known(session, runtime, outgoing)


async def drop_early_reports(session: AsyncSession) -> None:
    """Forget fates of texts that are none of ours. The caller commits."""
    await session.execute(
        delete(EarlyReport).where(EarlyReport.arrived_at < utc_now() - EARLY_REPORTS_KEPT)
    )


async def _hold(session: AsyncSession, sid: str) -> None:
    """Keep an id from being stored while its fate is being told: neither would see the other."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(sid, 0))))


async def _keep_for_later(
    session: AsyncSession, sid: str, state: TextState, error_code: int | None
) -> None:
    kept = await session.get(EarlyReport, sid)
    if kept is None:
        await session.execute(
            insert(EarlyReport).values(
                provider_sid=sid, state=state, error_code=error_code, arrived_at=utc_now()
            )
        )
    elif STATE_ORDER[state] > STATE_ORDER[kept.state]:
        kept.state, kept.error_code = state, error_code


async def _move(
    session: AsyncSession,
    runtime: Runtime,
    outgoing: OutgoingText,
    state: TextState,
    error_code: int | None,
) -> None:
    if STATE_ORDER[state] <= STATE_ORDER[outgoing.state]:
        return
    outgoing.state = state
    outgoing.error_code = error_code
    outgoing.changed_at = utc_now()
    if state in NOT_DELIVERED:
        outgoing.failure = Failure.NOT_DELIVERED
        await _have_known(session, runtime, outgoing)


async def _have_known(session: AsyncSession, runtime: Runtime, outgoing: OutgoingText) -> None:
    """Alert officers to a text that does not arrive. A stop stands on the case, and is no alarm."""
    message = await session.get_one(Message, outgoing.message_id)
    conversation = await session.get_one(Conversation, message.conversation_id)
    if outgoing.error_code == OPTED_OUT:
        # Stopped here too, so that an officer is told instead of writing into nowhere.
        conversation.texts_stopped_at = conversation.texts_stopped_at or utc_now()
        conversation.texts_stopped_by = STOPPED_AT_NETWORK
    if outgoing.failure not in (Failure.STOPPED, Failure.NO_NUMBER):
        await alert_text_failed(session, runtime, outgoing, message, conversation)


async def alert_text_failed(
    session: AsyncSession,
    runtime: Runtime,
    outgoing: OutgoingText,
    message: Message,
    conversation: Conversation,
) -> None:
    """Alert officers to the case whose text does not get through. The caller commits."""
    await alert_to_case(
        session,
        runtime,
        conversation,
        AlertReason.TEXT_FAILED,
        f"{outgoing.id}:{outgoing.attempts}",
        message=message,
    )

"""Raising alerts, and their acknowledgement."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.escalation import drop_what_is_left, plan_escalation
from api.alerts.models import REOPENING, Alert, AlertReason
from api.audit.service import record
from api.cases.models import Case, Status
from api.cases.reference import new_reference
from api.cases.risk_history import raise_for_danger
from api.conversations.models import Conversation
from api.database import new_id, utc_now
from api.officers.models import Officer
from api.policy import policy_version
from api.problems import DoesNotExist
from api.runtime import Runtime
from api.texts.cases import newest_case
from api.wakeups import OFFICERS, announce


async def raise_alert(
    session: AsyncSession, runtime: Runtime, case: Case, reason: AlertReason, idempotency_key: str
) -> UUID:
    """Alert officers to a case as the escalation policy says, once for each key, when the caller commits.

    A closed case is open again where the person waits for an officer (REOPENING); its closing stays on record.
    """
    if reason in REOPENING:
        # Whoever closes it at this moment comes before or after, never in between.
        await session.refresh(case, ["status"], with_for_update=True)
    alert_id = new_id()
    inserted = await session.scalar(
        insert(Alert)
        .values(
            id=alert_id,
            case_id=case.id,
            reason=reason,
            idempotency_key=idempotency_key,
            raised_at=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=[Alert.idempotency_key])
        .returning(Alert.id)
    )
    if inserted is None:
        existing = await session.scalar(
            select(Alert.id).where(Alert.idempotency_key == idempotency_key)
        )
        assert existing is not None
        return existing
    if reason in REOPENING and case.status == Status.CLOSED:
        case.status = Status.OPEN
        await record(session, None, "case_reopened", case.reference)
    alert = await session.get_one(Alert, alert_id)
    await plan_escalation(session, runtime, alert, case, alert.raised_at)
    await announce(session, OFFICERS)
    return alert_id


async def case_of_conversation(session: AsyncSession, conversation: Conversation) -> Case:
    """The newest case of a conversation; before any report was sent, one that holds the conversation alone."""
    case = await newest_case(session, conversation)
    if case is None:
        case = Case(
            id=new_id(),
            reference=new_reference(),
            conversation_id=conversation.id,
            status=Status.URGENT,
            language=conversation.language or "cy",
            channel=conversation.channel,
            policy_version=policy_version(),
            canary=conversation.canary,
        )
        session.add(case)
        await session.flush()
    return case


async def standing_alert(session: AsyncSession, case: Case, reason: AlertReason) -> UUID | None:
    """The alert of this kind to which nobody has answered yet; what was asked before a closing stands no more."""
    await session.refresh(case, ["status"], with_for_update=True)
    if case.status == Status.CLOSED:
        return None
    return await session.scalar(
        select(Alert.id)
        .where(Alert.case_id == case.id, Alert.reason == reason, Alert.acknowledged_at.is_(None))
        .limit(1)
    )


async def raise_urgent_alert(
    session: AsyncSession, runtime: Runtime, conversation: Conversation
) -> tuple[Case, UUID]:
    """Alert officers that somebody may be in danger. One alert stands for a conversation at a time."""
    case = await case_of_conversation(session, conversation)
    await raise_for_danger(session, case)
    standing = await standing_alert(session, case, AlertReason.URGENT)
    if standing is not None:
        return case, standing
    key = f"urgent:{conversation.id}:{utc_now().isoformat()}"
    return case, await raise_alert(session, runtime, case, AlertReason.URGENT, key)


async def acknowledge(
    session: AsyncSession, alert_id: UUID, officer: Officer, through: str = "page"
) -> Alert:
    """Note that an officer has the alert in hand, and drop what would have followed; the first one stays on record.

    Raises DoesNotExist.
    """
    alert = await session.get(Alert, alert_id, with_for_update=True)
    if alert is None:
        raise DoesNotExist("There is no such alert.")
    if alert.acknowledged_at is None:
        alert.acknowledged_at = utc_now()
        alert.acknowledged_by = officer.id
        alert.acknowledged_through = through
        await drop_what_is_left(session, alert.id)
        case = await session.get_one(Case, alert.case_id)
        # Decided by the row as it is when its turn comes: somebody may write to the person or close it meanwhile.
        await session.execute(
            update(Case)
            .where(Case.id == case.id, Case.status == Status.NEW)
            .values(status=Status.ACKNOWLEDGED)
            .execution_options(synchronize_session="fetch")
        )
        await record(session, officer.id, "alert_acknowledged", case.reference)
        await announce(session, OFFICERS)
    return alert

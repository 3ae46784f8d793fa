"""The escalation of an alert: every step is a row before it is a message, and each is taken once.

Whoever changes an alert's steps or messages holds the lock of the alert's row, so that an acknowledgement, a step and
the fate of a message take turns. A step is started, its messages made and their jobs deferred in one commit: killed
before it, the step is still planned; killed after it, the messages wait in the queue.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.codes import new_alert_code
from api.alerts.models import Alert, AlertSend, AlertStep, SendState, StepState
from api.alerts.recipients import CANARY, EMAIL, SMS, SYSTEM, WEBHOOK, messages_of
from api.cases.models import Case
from api.database import new_id, utc_now
from api.jobs import SENDING, defer
from api.policy import Escalation, policy, policy_version
from api.runtime import Runtime
from api.wakeups import OFFICERS, announce

SEND_ALERT: Final = "send_alert"
ESCALATE: Final = "escalate"
UNSENT: Final = (SendState.QUEUED, SendState.SENDING)


def escalation_in_force() -> Escalation:
    return policy(policy_version()).escalation


async def plan_escalation(
    session: AsyncSession, runtime: Runtime, alert: Alert, case: Case, begins: datetime
) -> None:
    """Plan every step of a new alert and start those that are due, when the caller commits."""
    steps = _planned(runtime, alert, case, begins)
    session.add_all(steps)
    await session.flush()
    await _start_due(session, runtime, alert, case, begins)
    for planned_at in sorted({step.planned_at for step in steps if step.planned_at > begins}):
        await _defer_step(session, runtime, alert.id, planned_at, begins)


def _planned(runtime: Runtime, alert: Alert, case: Case, begins: datetime) -> list[AlertStep]:
    webhook = bool(runtime.settings.alert_webhook_url)
    if case.canary:
        means = [EMAIL, WEBHOOK] if webhook else [EMAIL]
        return [
            AlertStep(
                id=new_id(),
                alert_id=alert.id,
                number=1,
                means=means,
                whom=CANARY,
                planned_at=begins,
            )
        ]
    wanted = [
        step
        for step in escalation_in_force().steps[case.grade.value]
        if webhook or step.whom != SYSTEM
    ]
    return [
        AlertStep(
            id=new_id(),
            alert_id=alert.id,
            number=number,
            means=list(step.means),
            whom=step.whom,
            planned_at=begins + timedelta(minutes=step.minutes),
        )
        for number, step in enumerate(wanted, start=1)
    ]


async def _defer_step(
    session: AsyncSession, runtime: Runtime, alert_id: UUID, at: datetime, now: datetime
) -> None:
    delay = max(0.0, (at - now).total_seconds())
    await defer(
        session, runtime.queue, ESCALATE, on=SENDING, delay_seconds=delay, alert_id=str(alert_id)
    )


async def escalate(runtime: Runtime, alert_id: UUID) -> None:
    """Start the steps of an alert that are due; nothing where it is acknowledged or none is."""
    async with runtime.database.session() as session:
        alert = await session.get(Alert, alert_id, with_for_update=True)
        if alert is None or alert.acknowledged_at is not None:
            return
        case = await session.get_one(Case, alert.case_id)
        now = utc_now()
        if not await _has_steps(session, alert.id):
            # Raised by a version from before there were steps: its chain begins now.
            await plan_escalation(session, runtime, alert, case, now)
        else:
            await _start_due(session, runtime, alert, case, now)
        await session.commit()


async def _has_steps(session: AsyncSession, alert_id: UUID) -> bool:
    found = await session.scalar(
        select(AlertStep.id).where(AlertStep.alert_id == alert_id).limit(1)
    )
    return found is not None


async def escalate_due(runtime: Runtime) -> None:
    """Start whatever is due anywhere, whatever became of its job. Runs all the time."""
    async with runtime.database.session() as session:
        due = select(AlertStep.alert_id).where(
            AlertStep.state == StepState.PLANNED, AlertStep.planned_at <= utc_now()
        )
        without = ~select(AlertStep.id).where(AlertStep.alert_id == Alert.id).exists()
        alerts = await session.scalars(
            select(Alert.id).where(Alert.acknowledged_at.is_(None), Alert.id.in_(due) | without)
        )
        waiting = alerts.all()
    for alert_id in waiting:
        await escalate(runtime, alert_id)


async def _start_due(
    session: AsyncSession, runtime: Runtime, alert: Alert, case: Case, now: datetime
) -> None:
    """Start what is due, in order. A step that finds nobody brings the next one forward."""
    while (step := await _next_planned(session, alert.id)) is not None and step.planned_at <= now:
        if not await _start(session, runtime, alert, case, step, now):
            step.state = StepState.FAILED
            await _bring_forward(session, alert.id, now)
        await session.flush()


async def _next_planned(session: AsyncSession, alert_id: UUID) -> AlertStep | None:
    return await session.scalar(
        select(AlertStep)
        .where(AlertStep.alert_id == alert_id, AlertStep.state == StepState.PLANNED)
        .order_by(AlertStep.planned_at, AlertStep.number)
        .limit(1)
    )


async def _start(
    session: AsyncSession,
    runtime: Runtime,
    alert: Alert,
    case: Case,
    step: AlertStep,
    now: datetime,
) -> bool:
    """Make a step's messages and their jobs; whether there are any."""
    step.state = StepState.STARTED
    step.started_at = now
    messages, step.why = await messages_of(session, runtime, case, step, now)
    for message in messages:
        send = AlertSend(
            id=new_id(),
            alert_id=alert.id,
            step_id=step.id,
            officer_id=message.officer_id,
            recipient=message.recipient,
            means=message.means,
            queued_at=now,
        )
        if message.means == SMS and message.officer_id is not None:
            send.code, send.code_hash = await new_alert_code(
                session, runtime.database.keyring, message.officer_id
            )
        session.add(send)
        await session.flush()
        await defer(session, runtime.queue, SEND_ALERT, on=SENDING, send_id=str(send.id))
    await _repeat_after_the_last(session, runtime, alert, case, step, now)
    await announce(session, OFFICERS)
    return bool(messages)


async def _repeat_after_the_last(
    session: AsyncSession,
    runtime: Runtime,
    alert: Alert,
    case: Case,
    step: AlertStep,
    now: datetime,
) -> None:
    """Plan the last step again, so that an alert is never silent while nobody has acknowledged it."""
    if case.canary or await _next_planned(session, alert.id) is not None:
        return
    wait = escalation_in_force().repeat_minutes[case.grade.value]
    again = AlertStep(
        id=new_id(),
        alert_id=alert.id,
        number=step.number + 1,
        means=step.means,
        whom=step.whom,
        repeats=True,
        planned_at=now + timedelta(minutes=wait),
    )
    session.add(again)
    await session.flush()
    await _defer_step(session, runtime, alert.id, again.planned_at, now)


async def _bring_forward(session: AsyncSession, alert_id: UUID, now: datetime) -> None:
    """Let the next step of the policy come now. Repetitions keep their time, or they would never rest."""
    step = await _next_planned(session, alert_id)
    if step is not None and not step.repeats:
        step.planned_at = min(step.planned_at, now)
        await session.flush()


async def note_fate(
    runtime: Runtime,
    send_id: UUID,
    state: SendState,
    *,
    last_error: str | None = None,
    provider_sid: str | None = None,
) -> None:
    """Keep what became of a message, and what follows from it, in one commit.

    Accepted, it completes its step. Failed, or interrupted for now (`last_error` with another state), it brings the
    next step forward once no message of its own step has reached anybody.
    """
    async with runtime.database.session() as session:
        alert_id = await session.scalar(select(AlertSend.alert_id).where(AlertSend.id == send_id))
        if alert_id is None:
            return
        alert = await session.get_one(Alert, alert_id, with_for_update=True)
        send = await session.get_one(AlertSend, send_id)
        now = utc_now()
        send.provider_sid = send.provider_sid or provider_sid
        if send.state == SendState.FAILED:
            # The callback that says so can overtake the answer to the call.
            await session.commit()
            return
        send.state = state
        send.last_error = last_error
        if state == SendState.ACCEPTED:
            send.accepted_at = send.accepted_at or now
        await session.flush()
        if send.step_id is not None:
            step = await session.get_one(AlertStep, send.step_id)
            if state == SendState.ACCEPTED:
                step.state = StepState.DONE
                step.done_at = step.done_at or now
            elif step.state != StepState.FAILED and await _reached_nobody(session, step.id):
                step.state = StepState.FAILED
                step.done_at = None
                if alert.acknowledged_at is None:
                    case = await session.get_one(Case, alert.case_id)
                    await _bring_forward(session, alert.id, now)
                    await _start_due(session, runtime, alert, case, now)
        await announce(session, OFFICERS)
        await session.commit()


async def _reached_nobody(session: AsyncSession, step_id: UUID) -> bool:
    """Whether every message of a step has failed or was interrupted."""
    sends = await session.scalars(select(AlertSend).where(AlertSend.step_id == step_id))
    return all(
        send.state == SendState.FAILED or (send.state in UNSENT and send.last_error is not None)
        for send in sends
    )


async def drop_what_is_left(session: AsyncSession, alert_id: UUID) -> None:
    """After an acknowledgement: no further step, and no message that has not gone."""
    await session.execute(
        update(AlertStep)
        .where(AlertStep.alert_id == alert_id, AlertStep.state == StepState.PLANNED)
        .values(state=StepState.DROPPED)
    )
    await session.execute(
        update(AlertSend)
        .where(AlertSend.alert_id == alert_id, AlertSend.state.in_(UNSENT))
        .values(state=SendState.DROPPED)
    )
    nothing_went = ~(
        select(AlertSend.id)
        .where(AlertSend.step_id == AlertStep.id, AlertSend.state != SendState.DROPPED)
        .exists()
    )
    await session.execute(
        update(AlertStep)
        .where(AlertStep.alert_id == alert_id, AlertStep.state == StepState.STARTED, nothing_went)
        .values(state=StepState.DROPPED)
    )

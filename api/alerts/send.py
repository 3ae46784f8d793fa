"""Sends one alert to one recipient by one means: reference, urgency and language, and nothing else.

E-mail and webhook may be repeated when the worker dies between the call and its commit: the mail then has the same
Message-ID and the delivery the same `Llais-Delivery`. A text is looked for at Twilio first.
"""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select

from api.alerts.escalation import UNSENT, note_fate
from api.alerts.models import Alert, AlertSend, SendState
from api.alerts.recipients import CANARY, CONTROL_ROOM, EMAIL, SMS
from api.cases.models import Case
from api.claims import claimed
from api.database import utc_now
from api.officers.models import Officer
from api.rota.models import Reach
from api.runtime import Runtime
from api.words import SpokenLanguage, spoken
from channels.email import MailInterrupted, new_mail, send_mail
from channels.sms import CLOCKS_DIFFER, SendingInterrupted, SendingRefused, TwilioTexts
from channels.webhook import WebhookInterrupted, WebhookRefused, post_signed

# Faults that trying again may mend.
INTERRUPTIONS: Final = (MailInterrupted, SendingInterrupted, WebhookInterrupted)


class AlertInterrupted(Exception):
    """A message could not be handed over now; trying again may succeed."""


class _NeverTaken(Exception):
    """A message that no second attempt would bring anywhere; the code says why."""


@dataclass(frozen=True)
class _Task:
    """What one message is made of, read before any call."""

    send: AlertSend
    alert: Alert
    case: Case
    officer: Officer | None
    reach: Reach | None
    interrupted_before: bool

    @property
    def language(self) -> SpokenLanguage:
        """The officer's; both for those who are none."""
        return spoken(self.officer.language if self.officer else None)


async def send_alert(runtime: Runtime, texts: TwilioTexts, send_id: UUID) -> None:
    """Send a message unless it went before or its alert is acknowledged.

    Raises AlertInterrupted, for the queue to try again later.
    """
    async with claimed(runtime.database, f"alert:{send_id}") as mine:
        if not mine:
            raise AlertInterrupted
        await _send(runtime, texts, send_id)


async def _send(runtime: Runtime, texts: TwilioTexts, send_id: UUID) -> None:
    task = await _begin(runtime, send_id)
    if task is None:
        return
    try:
        sid = await _hand_over(runtime, texts, task)
    except _NeverTaken as refusal:
        code = str(refusal)
        structlog.get_logger().warning("alert_refused", send_id=str(send_id), code=code)
        await note_fate(runtime, send_id, SendState.FAILED, last_error=code)
        return
    except INTERRUPTIONS as error:
        structlog.get_logger().warning("alert_not_sent", send_id=str(send_id), exc_info=error)
        cause = type(error.__cause__ or error).__name__
        state = SendState.SENDING if task.send.means == SMS else SendState.QUEUED
        await note_fate(runtime, send_id, state, last_error=cause)
        raise AlertInterrupted from error
    await note_fate(runtime, send_id, SendState.ACCEPTED, provider_sid=sid)


async def _begin(runtime: Runtime, send_id: UUID) -> _Task | None:
    """Note the attempt before the call, so that one that dies is known to have been made."""
    async with runtime.database.session() as session:
        alert_id = await session.scalar(select(AlertSend.alert_id).where(AlertSend.id == send_id))
        if alert_id is None:
            return None
        alert = await session.get_one(Alert, alert_id, with_for_update=True)
        send = await session.get_one(AlertSend, send_id)
        if send.state not in UNSENT:
            return None
        if alert.acknowledged_at is not None:
            send.state = SendState.DROPPED
            await session.commit()
            return None
        task = _Task(
            send=send,
            alert=alert,
            case=await session.get_one(Case, alert.case_id),
            officer=await session.get(Officer, send.officer_id) if send.officer_id else None,
            reach=await session.get(Reach, send.officer_id) if send.officer_id else None,
            interrupted_before=send.state == SendState.SENDING,
        )
        send.attempts += 1
        if send.means == SMS:
            send.state = SendState.SENDING
        await session.commit()
    return task


async def _hand_over(runtime: Runtime, texts: TwilioTexts, task: _Task) -> str | None:
    """Make the call; returns Twilio's id of a text. Raises _NeverTaken or one of INTERRUPTIONS."""
    if task.officer is not None and task.officer.disabled_at is not None:
        raise _NeverTaken("officer_disabled")
    if task.send.means == EMAIL:
        await _mail(runtime, task)
        return None
    if task.send.means == SMS:
        return await _text(runtime, texts, task)
    await _post(runtime, task)
    return None


async def _mail(runtime: Runtime, task: _Task) -> None:
    settings = runtime.settings
    address = {
        CONTROL_ROOM: settings.control_room_email,
        CANARY: settings.canary_email,
    }.get(task.send.recipient) or (task.officer.email if task.officer else "")
    if not address:
        raise _NeverTaken("no_address")
    mail = new_mail(
        settings.mail_from,
        address,
        # One line, also where it is said in both languages.
        " / ".join(runtime.words.say("alert_subject", task.language).split("\n\n")),
        runtime.words.say("alert_body", task.language, **_said(runtime, task)),
        message_key=str(task.send.id),
    )
    await send_mail(settings.smtp_url.get_secret_value(), mail)


def _said(runtime: Runtime, task: _Task) -> dict[str, object]:
    phrases = runtime.words.phrases
    return {
        "reference": task.case.reference,
        "urgency": phrases[f"urgency_{task.case.grade}"],
        "case_language": phrases[f"language_{task.case.language}"],
        "address": f"{runtime.settings.staff_address}/alerts/{task.alert.id}",
    }


async def _text(runtime: Runtime, texts: TwilioTexts, task: _Task) -> str:
    reach = task.reach
    if reach is None or reach.phone is None or reach.texts_stopped_at is not None:
        raise _NeverTaken("no_number")
    said = {**_said(runtime, task), "code": task.send.code or ""}
    words = runtime.words.say("alert_text", task.language, **said)
    if task.interrupted_before:
        # An attempt died before its answer was kept. The code makes the words this message's own.
        since = task.send.queued_at - CLOCKS_DIFFER
        sid = await asyncio.to_thread(texts.find_sent, reach.phone, words, since)
        if sid is not None:
            return sid
    callback = f"{runtime.settings.public_address}/sms/alert-status?send={task.send.id}"
    try:
        return await asyncio.to_thread(texts.send, reach.phone, words, callback)
    except SendingRefused as refusal:
        raise _NeverTaken(f"twilio_{refusal.code}") from None


async def _post(runtime: Runtime, task: _Task) -> None:
    settings = runtime.settings
    if not settings.alert_webhook_url:
        raise _NeverTaken("no_address")
    content = {
        "event": "canary" if task.case.canary else "alert",
        "alert_id": str(task.alert.id),
        "reference": task.case.reference,
        "urgency": task.case.grade.value,
        "language": task.case.language,
        "raised_at": task.alert.raised_at.isoformat(),
        "address": f"{settings.staff_address}/alerts/{task.alert.id}",
    }
    secret = settings.alert_webhook_secret.get_secret_value()
    try:
        await post_signed(
            settings.alert_webhook_url,
            secret,
            str(task.send.id),
            content,
            int(utc_now().timestamp()),
        )
    except WebhookRefused as refusal:
        raise _NeverTaken(f"http_{refusal.status}") from None

"""Sends one alert to one officer by e-mail: reference, urgency and language, in the officer's language."""

from uuid import UUID

import structlog

from api.alerts.models import Alert, AlertSend, SendState
from api.cases.models import Case
from api.database import utc_now
from api.officers.models import Officer
from api.runtime import Runtime
from api.words import spoken
from channels.email import MailInterrupted, new_mail, send_mail


async def send_alert(runtime: Runtime, send_id: UUID) -> None:
    """Send an alert unless it was accepted before or is acknowledged already.

    Raises MailInterrupted, for the queue to try again later.
    """
    async with runtime.database.session() as session:
        send = await session.get(AlertSend, send_id)
        if send is None or send.state == SendState.ACCEPTED:
            return
        alert = await session.get_one(Alert, send.alert_id)
        if alert.acknowledged_at is not None:
            return
        case = await session.get_one(Case, alert.case_id)
        officer = await session.get_one(Officer, send.officer_id)
    language = spoken(officer.language)
    mail = new_mail(
        runtime.settings.mail_from,
        officer.email,
        runtime.words.say("alert_subject", language),
        runtime.words.say(
            "alert_body",
            language,
            reference=case.reference,
            urgency=runtime.words.say(f"urgency_{case.grade}", language),
            case_language=runtime.words.say(f"language_{case.language}", language),
            address=runtime.settings.staff_address,
        ),
        message_key=str(send_id),
    )
    try:
        await send_mail(runtime.settings.smtp_url.get_secret_value(), mail)
    except MailInterrupted as error:
        structlog.get_logger().warning("alert_not_sent", send_id=str(send_id), exc_info=error)
        await _note(runtime, send_id, error=type(error.__cause__).__name__)
        raise
    await _note(runtime, send_id)


async def _note(runtime: Runtime, send_id: UUID, error: str | None = None) -> None:
    async with runtime.database.session() as session:
        send = await session.get_one(AlertSend, send_id, with_for_update=True)
        send.attempts += 1
        send.last_error = error
        if error is None:
            send.state = SendState.ACCEPTED
            send.accepted_at = utc_now()
        await session.commit()

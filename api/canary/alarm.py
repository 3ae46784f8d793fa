"""Tells the control room when no synthetic report has arrived in time.

The watch stands on the staff door, not in the worker: a dead worker is one of the things that it must notice. The mail
takes a server of its own where the settings name one.
"""

import asyncio
from typing import Final

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from api.alerts.models import SendState
from api.canary.models import CanaryAlarm
from api.canary.watch import canary_policy, watch_over
from api.database import utc_now
from api.runtime import Runtime
from channels.email import MailInterrupted, new_mail, send_mail

LOOK_EVERY_SECONDS: Final = 30.0


async def watch_the_canary(runtime: Runtime) -> None:
    """Look without end. Begins once a canary of a product that has just been started may have arrived."""
    await asyncio.sleep(canary_policy().late_after_minutes * 60)
    while True:
        try:
            await raise_alarm_when_late(runtime)
        except Exception as error:  # noqa: BLE001 - the watch outlives whatever it watches, the database too
            structlog.get_logger().error("canary_watch_failed", exc_info=error)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def raise_alarm_when_late(runtime: Runtime) -> None:
    """Send one mail for one outage, tried again until a server takes it; note when the way is open again."""
    settings = runtime.settings
    async with runtime.database.session() as session:
        watch = await watch_over(session, settings, utc_now())
        if not watch.late or watch.open_until is None:
            await session.execute(
                update(CanaryAlarm).where(CanaryAlarm.over_at.is_(None)).values(over_at=utc_now())
            )
            await session.commit()
            return
        await session.execute(
            insert(CanaryAlarm)
            .values(
                open_until=watch.open_until,
                state=SendState.QUEUED,
                attempts=0,
                raised_at=utc_now(),
            )
            .on_conflict_do_nothing()
        )
        await session.commit()
        # Held while the mail goes: of several staff doors one sends it.
        alarm = await session.scalar(
            select(CanaryAlarm)
            .where(
                CanaryAlarm.open_until == watch.open_until, CanaryAlarm.state == SendState.QUEUED
            )
            .with_for_update(skip_locked=True)
        )
        if alarm is None:
            return
        alarm.attempts += 1
        try:
            await _mail(runtime, alarm)
        except MailInterrupted as error:
            structlog.get_logger().error("canary_alarm_not_sent", exc_info=error)
            alarm.last_error = type(error.__cause__).__name__
        else:
            alarm.state = SendState.ACCEPTED
            alarm.accepted_at = utc_now()
            alarm.last_error = None
        await session.commit()


async def _mail(runtime: Runtime, alarm: CanaryAlarm) -> None:
    settings = runtime.settings
    if not settings.control_room_email:
        structlog.get_logger().error("canary_late_and_no_control_room")
        return
    route = (
        settings.control_room_smtp_url.get_secret_value() or settings.smtp_url.get_secret_value()
    )
    mail = new_mail(
        settings.mail_from,
        settings.control_room_email,
        " / ".join(runtime.words.say("canary_subject", "cy+en").split("\n\n")),
        runtime.words.say("canary_body", "cy+en", address=settings.staff_address),
        message_key=f"canary-{int(alarm.open_until.timestamp())}",
    )
    await send_mail(route, mail)

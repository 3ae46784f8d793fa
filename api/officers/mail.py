"""Mail to an account: an invitation, a reset, or the news that a restricted case was opened.

The mail is a row before it is a mail. A link's token stands after the `#`, which no browser sends to any
server and no log keeps; the row forgets it as soon as the mail server has taken the mail.
"""

from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.database import new_id, utc_now
from api.jobs import SENDING, defer
from api.officers.models import Officer, StaffMail, StaffMailKind, StaffMailState
from api.officers.sessions import staff_access
from api.runtime import Runtime
from api.words import Language
from channels.email import MailInterrupted, new_mail, send_mail

SEND_STAFF_MAIL = "send_staff_mail"


async def queue_mail(
    session: AsyncSession,
    runtime: Runtime,
    officer_id: UUID,
    kind: StaffMailKind,
    *,
    token: str | None = None,
    reference: str | None = None,
) -> None:
    """Have a mail sent once the caller commits."""
    row = StaffMail(id=new_id(), officer_id=officer_id, kind=kind, token=token, reference=reference)
    session.add(row)
    await session.flush()
    await defer(session, runtime.queue, SEND_STAFF_MAIL, on=SENDING, mail_id=str(row.id))


async def send_staff_mail(runtime: Runtime, mail_id: UUID) -> None:
    """Send it unless it was accepted before. Raises MailInterrupted, for the queue to try again later."""
    async with runtime.database.session() as session:
        row = await session.get(StaffMail, mail_id)
        if row is None or row.state != StaffMailState.QUEUED:
            return
        officer = await session.get_one(Officer, row.officer_id)
    language: Language = "en" if officer.language == "en" else "cy"
    mail = new_mail(
        runtime.settings.mail_from,
        officer.email,
        runtime.words.say(f"mail_{row.kind}_subject", language),
        runtime.words.say(
            f"mail_{row.kind}_body",
            language,
            username=officer.username,
            hours=_hours(row.kind),
            reference=row.reference or "",
            link=f"{runtime.settings.staff_address}/set-password#{row.token or ''}",
            address=f"{runtime.settings.staff_address}/openings",
        ),
        message_key=f"staff-{mail_id}",
    )
    try:
        await send_mail(runtime.settings.smtp_url.get_secret_value(), mail)
    except MailInterrupted as error:
        structlog.get_logger().warning("staff_mail_not_sent", mail_id=str(mail_id))
        await _note(runtime, mail_id, error=type(error.__cause__).__name__)
        raise
    await _note(runtime, mail_id)


def _hours(kind: StaffMailKind) -> int:
    """For how long what the mail is about holds."""
    return {
        StaffMailKind.INVITATION: staff_access().invitation_hours,
        StaffMailKind.RESET: staff_access().reset_hours,
        StaffMailKind.CASE_OPENED: staff_access().emergency_hours,
    }[kind]


async def _note(runtime: Runtime, mail_id: UUID, error: str | None = None) -> None:
    async with runtime.database.session() as session:
        row = await session.get_one(StaffMail, mail_id, with_for_update=True)
        row.attempts += 1
        row.last_error = error
        if error is None:
            row.state = StaffMailState.ACCEPTED
            row.accepted_at = utc_now()
            row.token = None
        await session.commit()

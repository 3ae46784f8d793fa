"""The written acknowledgement of a report: by e-mail, where that is the safe way that the person chose.

In the web chat and by text the receipt in the conversation is the acknowledgement; nothing is written to
anybody who asked to be phoned or not to be contacted. The mail does not say what it is about: somebody else may
read it.
"""

from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.models import (
    ActionState,
    Case,
    Deadline,
    MailState,
    Person,
    PlannedAction,
    WrittenAcknowledgement,
)
from api.conversations.dates import say_date
from api.database import utc_now
from api.jobs import SENDING, defer
from api.runtime import Runtime
from api.words import LANGUAGES, Language
from channels.email import MailInterrupted, new_mail, send_mail

SEND_ACKNOWLEDGEMENT = "send_acknowledgement"


async def queue_acknowledgement(
    session: AsyncSession, runtime: Runtime, case: Case, person: Person
) -> None:
    """Have the acknowledgement sent once the caller commits; nothing where e-mail is not the chosen way."""
    if person.contact_method != "email" or not person.email:
        return
    session.add(WrittenAcknowledgement(case_id=case.id))
    await session.flush()
    await defer(session, runtime.queue, SEND_ACKNOWLEDGEMENT, on=SENDING, case_id=str(case.id))


async def send_acknowledgement(runtime: Runtime, case_id: UUID) -> None:
    """Send it unless it was accepted before. Raises MailInterrupted, for the queue to try again later."""
    async with runtime.database.session() as session:
        row = await session.get(WrittenAcknowledgement, case_id)
        if row is None or row.state != MailState.QUEUED:
            return
        case = await session.get_one(Case, case_id)
        person = await session.scalar(
            select(Person).where(Person.case_id == case_id, Person.contact_method == "email")
        )
        contact_by = await session.scalar(
            select(Deadline.due_at).where(
                Deadline.case_id == case_id, Deadline.code == "first_contact"
            )
        )
    assert person is not None
    assert person.email is not None
    assert contact_by is not None
    # Another language than these two is an interpreter's; until then the conversation's own is known to be read.
    wished = person.written_language if person.written_language in LANGUAGES else case.language
    language: Language = "cy" if wished == "cy" else "en"
    mail = new_mail(
        runtime.settings.mail_from,
        person.email,
        runtime.words.say("acknowledgement_subject", language),
        runtime.words.say(
            "acknowledgement_body",
            language,
            reference=case.reference,
            date=say_date(contact_by, language),
        ),
        message_key=f"acknowledgement-{case_id}",
    )
    try:
        await send_mail(runtime.settings.smtp_url.get_secret_value(), mail)
    except MailInterrupted as error:
        structlog.get_logger().warning("acknowledgement_not_sent", case_id=str(case_id))
        await _note(runtime, case_id, error=type(error.__cause__).__name__)
        raise
    await _note(runtime, case_id)


async def _note(runtime: Runtime, case_id: UUID, error: str | None = None) -> None:
    async with runtime.database.session() as session:
        row = await session.get_one(WrittenAcknowledgement, case_id, with_for_update=True)
        row.attempts += 1
        row.last_error = error
        if error is None:
            row.state = MailState.ACCEPTED
            row.accepted_at = utc_now()
            await session.execute(
                update(PlannedAction)
                .where(
                    PlannedAction.case_id == case_id,
                    PlannedAction.code == "written_acknowledgement",
                    PlannedAction.state == ActionState.OPEN,
                )
                .values(state=ActionState.DONE, done_at=row.accepted_at)
            )
        await session.commit()

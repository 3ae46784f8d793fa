"""An officer writes to the person by the way they chose, or learns why that may not be now."""

from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.models import Case, Deadline, Person, PersonRole, Status
from api.cases.service import find_case
from api.conversations.models import Channel, Conversation, Message, Sender
from api.conversations.receive import lock_conversation
from api.conversations.say import say
from api.database import utc_now
from api.officers.models import Officer
from api.problems import Conflict, DoesNotExist
from api.runtime import Runtime
from api.wakeups import OFFICERS, announce
from api.words import Language

# Why a message may not be sent now. The pages have words for each of these.
REASONS: Final = {
    "case-closed": "The case is closed.",
    "no-channel": "The report came without a way to write back.",
    "contact-not-wanted": "The person asked not to be contacted.",
    "another-channel-chosen": "The person chose another way to be contacted.",
    "conversation-ended": "The conversation has ended.",
    "texts-stopped": "The person has stopped texts to their number.",
}


class NotNow(Conflict):
    """The message may not be sent now; the problem's type is the reason."""


def why_not_now(
    case: Case, conversation: Conversation | None, person: Person | None, now: datetime
) -> str | None:
    """The reason, one of REASONS, why nobody may write to the person now, or None."""
    if case.status == Status.CLOSED:
        return "case-closed"
    if conversation is None:
        return "no-channel"
    method = person.contact_method if person is not None else None
    if method == "none":
        return "contact-not-wanted"
    if conversation.ended_at is not None:
        return "conversation-ended"
    if conversation.channel == Channel.WEB:
        # Whoever holds the open chat reads there, whichever other way they also gave.
        expires_at = conversation.token_expires_at
        return "conversation-ended" if expires_at is None or expires_at <= now else None
    if conversation.texts_stopped_at is not None:
        return "texts-stopped"
    # A telephone that they text from need not be safe to be texted on.
    texts_are_safe = method in (None, "this_conversation") or (
        method == "text" and person is not None and person.phone in (None, conversation.phone)
    )
    return None if texts_are_safe else "another-channel-chosen"


async def write_to_person(
    session: AsyncSession,
    runtime: Runtime,
    officer: Officer,
    reference: str,
    text: str,
    language: Language,
    *,
    key: str | None = None,
) -> Message:
    """Send the officer's words as they are; they leave when the caller commits.

    `key` makes sending the same form twice harmless. Raises DoesNotExist, or NotNow and why.
    """
    case = await find_case(session, reference)
    if case is None:
        raise DoesNotExist("There is no such case.")
    conversation = None
    if case.conversation_id is not None:
        conversation = await lock_conversation(session, case.conversation_id)
    provider_id = f"officer:{case.id}:{key}" if key else None
    if provider_id is not None:
        sent = await session.scalar(select(Message).where(Message.provider_id == provider_id))
        if sent is not None:
            return sent
    person = await session.scalar(
        select(Person).where(Person.case_id == case.id, Person.role != PersonRole.PERSON_INVOLVED)
    )
    reason = why_not_now(case, conversation, person, utc_now())
    if reason is not None:
        raise NotNow(REASONS[reason], type=reason)
    assert conversation is not None
    message = await say(
        session, runtime, conversation, text, language=language, sender=Sender.OFFICER
    )
    message.provider_id = provider_id
    case.status = Status.OPEN
    conversation.unanswered_since = None
    await _meet_first_contact(session, case)
    await announce(session, OFFICERS)
    await record(session, officer.id, "message_sent", case.reference)
    return message


async def _meet_first_contact(session: AsyncSession, case: Case) -> None:
    await session.execute(
        update(Deadline)
        .where(
            Deadline.case_id == case.id,
            Deadline.code == "first_contact",
            Deadline.met_at.is_(None),
        )
        .values(met_at=utc_now())
    )

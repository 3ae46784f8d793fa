"""An officer writes to the person by the way they chose, or learns why that may not be now."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.casework_models import Means
from api.cases.contact_log import meet_first_contact
from api.cases.models import Case, Person, Status
from api.cases.safe_contact import REASONS, Allowed, Refused, contact_allowed, wishes_of
from api.cases.service import find_case
from api.conversations.models import Channel, Conversation, Message, Sender
from api.conversations.receive import lock_conversation
from api.conversations.say import say
from api.database import utc_now
from api.officers.models import Officer
from api.policy import casework
from api.problems import Conflict
from api.runtime import Runtime
from api.texts.models import OutgoingText
from api.wakeups import OFFICERS, announce
from api.words import Language


class NotNow(Conflict):
    """The message may not be sent now; the problem's type is the reason."""


def means_of(conversation: Conversation | None) -> Means:
    """How a message of an officer reaches the person."""
    return Means.TEXT if conversation and conversation.channel == Channel.SMS else Means.CHAT


def may_write(
    case: Case,
    conversation: Conversation | None,
    person: Person | None,
    now: datetime,
    *,
    words_read: bool = False,
) -> Allowed | Refused:
    """Whether a message may go to the person now. A text that is only early is sent later, not refused."""
    wishes = wishes_of(case, conversation, person, casework()[1].contact, now)
    return contact_allowed(wishes, means_of(conversation), now, words_read=words_read)


async def write_to_person(
    session: AsyncSession,
    runtime: Runtime,
    officer: Officer,
    reference: str,
    text: str,
    language: Language,
    *,
    key: str | None = None,
    words_read: bool = False,
) -> Message:
    """Send the officer's words as they are; they leave when the caller commits, or when the safe hours begin.

    `key` makes sending the same form twice harmless; `words_read` says that the officer keeps to what the person
    said of safe times in their own words. Raises DoesNotExist, or NotNow and why.
    """
    case = await find_case(session, reference)
    conversation = None
    if case.conversation_id is not None:
        conversation = await lock_conversation(session, case.conversation_id)
    # Whoever held the conversation may have closed the case.
    await session.refresh(case, ["status"], with_for_update=True)
    provider_id = f"officer:{case.id}:{key}" if key else None
    if provider_id is not None:
        sent = await session.scalar(select(Message).where(Message.provider_id == provider_id))
        if sent is not None:
            return sent
    person = await session.scalar(
        select(Person).where(Person.case_id == case.id, Person.role == case.reporting_role)
    )
    answer = may_write(case, conversation, person, utc_now(), words_read=words_read)
    not_before = answer.next_at if isinstance(answer, Refused) else None
    if isinstance(answer, Refused) and not_before is None:
        raise NotNow(REASONS[answer.reasons[0]], type=answer.reasons[0])
    assert conversation is not None
    message = await say(
        session,
        runtime,
        conversation,
        text,
        language=language,
        sender=Sender.OFFICER,
        not_before=not_before,
        about_case_id=case.id,
    )
    message.provider_id = provider_id
    case.status = Status.OPEN
    conversation.unanswered_since = None
    if means_of(conversation) == Means.CHAT:
        # It can be read now; a text is contact once Twilio has taken it (`api.texts.send`).
        await meet_first_contact(session, case, utc_now())
    await announce(session, OFFICERS)
    await record(session, officer.id, "message_sent", case.reference)
    return message


async def warn_of_language(
    session: AsyncSession, runtime: Runtime, reference: str, text: str, language: Language
) -> None:
    """Raise NotNow where a message is, or says that it is, in another language than the person's."""
    case = await find_case(session, reference)
    person = await session.scalar(
        select(Person).where(Person.case_id == case.id, Person.role == case.reporting_role)
    )
    theirs = language_of(case, person)
    written = runtime.language.decide(text, theirs)
    if language != theirs or (written.reason == "clear-sentence" and written.language != theirs):
        raise NotNow("The message is not in the person's language.", type="other-language")


async def waits(session: AsyncSession, message: Message) -> bool:
    """Whether a message that was just written waits for the person's safe hours."""
    until = await session.scalar(
        select(OutgoingText.not_before).where(OutgoingText.message_id == message.id)
    )
    return until is not None and until > utc_now()


def language_of(case: Case, person: Person | None) -> Language:
    """The language in which the person is written to: the one they chose, else the one they wrote in."""
    chosen = person.written_language if person is not None else None
    return "cy" if (chosen if chosen in ("cy", "en") else case.language) == "cy" else "en"

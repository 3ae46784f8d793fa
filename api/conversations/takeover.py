"""An officer writes with a person live: the assistant is silent until it is handed back, and says so."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.alerts.service import case_of_conversation, raise_alert
from api.audit.service import record
from api.cases.casework_models import Means
from api.cases.models import Case, Person, Status
from api.cases.safe_contact import Allowed, contact_allowed, wishes_of
from api.conversations.models import Channel, Conversation, Message, Sender
from api.conversations.receive import close_turn, lock_conversation
from api.conversations.say import say
from api.database import new_id, utc_now
from api.officers.models import Officer
from api.policy import casework
from api.problems import Conflict, DoesNotExist
from api.runtime import Runtime
from api.wakeups import OFFICERS, announce
from api.words import spoken

# Nobody is left waiting for an officer who has gone: the assistant says so and is there again.
OFFICER_SILENT: Final = timedelta(minutes=5)
_CLOSED: Final = select(Case.id).where(Case.status == Status.CLOSED)


async def take_over(
    session: AsyncSession, runtime: Runtime, officer: Officer, reference: str
) -> None:
    """Have the assistant fall silent, and tell the person that an officer writes now. The caller commits.

    Taking over again changes nothing. Raises DoesNotExist, or Conflict where another officer writes already, where the
    case is closed, so that nothing can be written, or where the text that tells the person so would come outside
    their safe hours.
    """
    conversation = await _conversation_of(session, reference)
    if conversation.taken_over_by == officer.id:
        return
    if conversation.taken_over_at is not None:
        raise Conflict("Another officer writes here.", type="taken-over-by-another")
    if await session.scalar(_CLOSED.where(Case.reference == reference)) is not None:
        raise Conflict("The case is closed.", type="case-closed")
    if not await may_take_over(session, conversation):
        raise Conflict("A text may not arrive now.", type="outside-hours")
    conversation.taken_over_at = utc_now()
    conversation.taken_over_by = officer.id
    await _settle_waiting(session, conversation)
    await _tell(session, runtime, conversation, "officer_is_here")
    await announce(session, OFFICERS)
    await record(session, officer.id, "conversation_taken_over", reference)


async def may_take_over(session: AsyncSession, conversation: Conversation) -> bool:
    """Whether the person may be told now that an officer writes: in the web chat always, by text when it is safe."""
    if conversation.channel != Channel.SMS:
        return True
    case = await case_of_conversation(session, conversation)
    person = await session.scalar(
        select(Person).where(Person.case_id == case.id, Person.role == case.reporting_role)
    )
    now = utc_now()
    wishes = wishes_of(case, conversation, person, casework()[1].contact, now)
    # As it will be: with somebody who writes at this hour too, an officer may write live.
    live = replace(wishes, live=True, closed=False)
    return isinstance(contact_allowed(live, Means.TEXT, now, words_read=True), Allowed)


async def hand_back(
    session: AsyncSession, runtime: Runtime, officer: Officer, reference: str
) -> None:
    """Let the assistant speak again, and tell the person so. The caller commits. Raises DoesNotExist."""
    conversation = await _conversation_of(session, reference)
    if conversation.taken_over_at is None:
        return
    await _settle_waiting(session, conversation)
    _release(conversation)
    await _tell(session, runtime, conversation, "officer_has_left")
    await announce(session, OFFICERS)
    await record(session, officer.id, "conversation_handed_back", reference)


async def settle_for_officer(session: AsyncSession, conversation: Conversation) -> bool:
    """Whether an officer writes here; then what waits is the officer's to answer, not the assistant's.

    A turn that had begun before is still finished, without a word that is only talk.
    """
    if conversation.taken_over_at is None:
        return False
    await _settle_waiting(session, conversation)
    return True


async def hand_back_where_silent(runtime: Runtime) -> None:
    """Where a person has waited too long for the officer who took over, the assistant comes back."""
    async with runtime.database.session() as session:
        taken = list(
            await session.scalars(
                select(Conversation.id).where(Conversation.taken_over_at.is_not(None))
            )
        )
    for conversation_id in taken:
        async with runtime.database.session() as session:
            conversation = await lock_conversation(session, conversation_id)
            if conversation is None or conversation.taken_over_at is None:
                continue
            if not await _waits_in_vain(session, conversation):
                continue
            _release(conversation)
            await _tell(session, runtime, conversation, "officer_not_there")
            case = await case_of_conversation(session, conversation)
            await raise_alert(
                session, runtime, case, AlertReason.PERSON_WANTED, f"silent:{new_id()}"
            )
            await session.commit()
            structlog.get_logger().info(
                "conversation_handed_back", conversation_id=str(conversation_id)
            )


async def _waits_in_vain(session: AsyncSession, conversation: Conversation) -> bool:
    found = await session.execute(
        select(Message.sender, func.max(Message.sent_at))
        .where(Message.conversation_id == conversation.id)
        .group_by(Message.sender)
    )
    newest = {row[0]: row[1] for row in found}
    said = newest.get(Sender.VICTIM)
    answered = max(
        filter(None, (newest.get(Sender.OFFICER), conversation.taken_over_at)), default=None
    )
    if said is None or answered is None or said < answered:
        return False
    return utc_now() - said > OFFICER_SILENT


async def _conversation_of(session: AsyncSession, reference: str) -> Conversation:
    conversation_id = await session.scalar(
        select(Case.conversation_id).where(Case.reference == reference)
    )
    conversation = await lock_conversation(session, conversation_id) if conversation_id else None
    if conversation is None:
        raise DoesNotExist("There is no such conversation.")
    return conversation


async def _settle_waiting(session: AsyncSession, conversation: Conversation) -> None:
    """Note that messages which no turn has begun to answer are the officer's. The caller commits.

    A turn that has begun stays open: Rasa may have taken it, and what it brings must not be lost.
    """
    waiting = list(
        await session.scalars(
            select(Message).where(
                Message.conversation_id == conversation.id,
                Message.sender == Sender.VICTIM,
                Message.turn_id.is_(None),
            )
        )
    )
    if waiting:
        await close_turn(session, waiting)


def _release(conversation: Conversation) -> None:
    conversation.taken_over_at = None
    conversation.taken_over_by = None
    # "Yes" may be said to the officer still, so nothing that comes now is held to answer the form's question.
    conversation.returned_at = utc_now()


async def _tell(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, words: str
) -> None:
    said = runtime.words.say(words, spoken(conversation.language))
    await say(session, runtime, conversation, said)

"""Whether a text is safe to arrive now: asked of `api.cases.safe_contact` each time before one leaves."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.casework_models import Means
from api.cases.models import Person
from api.cases.safe_contact import Allowed, Wishes, contact_allowed, opens_at, wishes_of
from api.conversations.models import Conversation, Message, Sender
from api.policy import casework
from api.texts.cases import newest_case
from api.texts.models import Failure


async def safe_from(
    session: AsyncSession, message: Message, conversation: Conversation, now: datetime
) -> datetime | Failure | None:
    """When a text may arrive; None for now, a failure where waiting would not help.

    What the assistant says to somebody who has just written is their answer, at any hour.
    """
    rules = casework()[1].contact
    # Whichever case it is about: what the person said last of their safety holds for all their texts.
    case = await newest_case(session, conversation)
    wishes = Wishes(policy=rules, heard_at=conversation.last_message_at)
    if case is not None:
        person = await session.scalar(
            select(Person).where(Person.case_id == case.id, Person.role == case.reporting_role)
        )
        wishes = wishes_of(case, conversation, person, rules, now)
    if message.sender != Sender.OFFICER:
        just_wrote = now - conversation.last_message_at <= timedelta(minutes=rules.live_minutes)
        return None if just_wrote else opens_at(wishes, now)
    # The officer who wrote it has read what the person said in words; closing a case does not take back what was
    # said before, and tells the person so itself.
    answer = contact_allowed(replace(wishes, closed=False), Means.TEXT, now, words_read=True)
    if isinstance(answer, Allowed):
        return None
    return answer.next_at or Failure.NOT_WANTED

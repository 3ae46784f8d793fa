"""The log of contact with a person: every attempt that an officer made, and every time the person got in touch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.casework_models import ContactAttempt, ContactOutcome, Direction, Means
from api.cases.models import Case, Deadline, Person, PersonRole
from api.cases.safe_contact import CLOCKS_DIFFER, Allowed, Refused, contact_allowed, wishes_of
from api.conversations.models import Conversation
from api.database import utc_now
from api.officers.models import Officer
from api.policy import casework
from api.problems import Conflict, UnusableContent

FIRST_CONTACT: Final = "first_contact"


@dataclass(frozen=True)
class Contact:
    """One contact as an officer notes it."""

    means: Means
    direction: Direction
    outcome: ContactOutcome
    with_role: PersonRole
    at: datetime
    note: str | None = None
    against_wishes: str | None = None


async def note_contact(
    session: AsyncSession, officer: Officer, case: Case, contact: Contact
) -> ContactAttempt:
    """Add a contact to the log when the caller commits; the person reached stops the clock of first contact.

    Raises UnusableContent for one in the future, or Conflict where the person did not allow it then and no reason
    is given: what happened is noted as it happened, with why.
    """
    if contact.at > utc_now() + CLOCKS_DIFFER:
        raise UnusableContent("This is still to come.", type="contact-in-future")
    against = None
    if contact.direction == Direction.TO_PERSON and contact.with_role == case.reporting_role:
        answer = await _allowed(session, case, contact)
        if isinstance(answer, Refused):
            if not contact.against_wishes:
                raise Conflict(
                    "The person did not allow this then; say why.", type="contact-not-allowed"
                )
            against = contact.against_wishes
            await record(session, officer.id, "safe_contact_overridden", case.reference)
    attempt = ContactAttempt(
        case_id=case.id,
        means=contact.means,
        direction=contact.direction,
        outcome=contact.outcome,
        with_role=contact.with_role,
        note=contact.note,
        against_wishes=against,
        at=contact.at,
        by=officer.id,
    )
    session.add(attempt)
    if contact.outcome in (ContactOutcome.REACHED, ContactOutcome.SENT):
        await meet_first_contact(session, case, contact.at)
    await record(session, officer.id, "contact_noted", case.reference)
    return attempt


async def note_number_shown(
    session: AsyncSession, officer: Officer, case: Case, reason: str
) -> None:
    """Keep in the log why the number was shown although the person does not allow a call now. The caller commits."""
    session.add(
        ContactAttempt(
            case_id=case.id,
            means=Means.PHONE,
            direction=Direction.TO_PERSON,
            outcome=ContactOutcome.NUMBER_SHOWN,
            with_role=case.reporting_role,
            against_wishes=reason,
            at=utc_now(),
            by=officer.id,
        )
    )
    await record(session, officer.id, "safe_contact_overridden", case.reference)


async def meet_first_contact(session: AsyncSession, case: Case, at: datetime) -> None:
    """The person was in contact with an officer: that clock stopped then, whenever it is noted.

    An earlier contact that is noted later is still the first.
    """
    await session.execute(
        update(Deadline)
        .where(
            Deadline.case_id == case.id,
            Deadline.code == FIRST_CONTACT,
            or_(Deadline.met_at.is_(None), Deadline.met_at > at),
        )
        .values(met_at=at)
    )


async def _allowed(session: AsyncSession, case: Case, contact: Contact) -> Allowed | Refused:
    conversation = None
    if case.conversation_id is not None:
        conversation = await session.get(Conversation, case.conversation_id)
    person = await session.scalar(
        select(Person).where(Person.case_id == case.id, Person.role == case.reporting_role)
    )
    wishes = wishes_of(case, conversation, person, casework()[1].contact, contact.at)
    # The officer has the person's words before them on the page; the clock they cannot argue with.
    return contact_allowed(wishes, contact.means, contact.at, words_read=True)

"""What lies on an officer's desk beside the file of a case: contact, translations, links, outcome, closing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.casework_models import (
    Closing,
    ContactAttempt,
    Means,
    Outcome,
    PersonInvolved,
    Redaction,
    Translation,
)
from api.cases.closing import why_not_close
from api.cases.identifiers import Linked, Suggestion, links_of, note_identifiers, suggestions_for
from api.cases.message_templates import MessageTemplate, message_templates
from api.cases.models import Case
from api.cases.officer_messages import language_of, means_of
from api.cases.outcomes import people_involved
from api.cases.plan import case_can_close
from api.cases.queries import CaseFile
from api.cases.safe_contact import Allowed, Refused, contact_allowed, wishes_of
from api.cases.translations import translations_of
from api.conversations.models import Message
from api.conversations.takeover import may_take_over
from api.officers.models import Officer
from api.policy import casework
from api.policy_casework import Casework
from api.security import Keyring
from api.texts.models import OutgoingText, TextState
from api.words import Language

# What the case page can say was done; each has words `done_…`.
Done = Literal[
    "",
    "sent",
    "held",
    "acknowledged",
    "contact",
    "translation",
    "linked",
    "unlinked",
    "person_involved",
    "outcome",
    "redacted",
    "closed",
    "given",
    "planned",
    "assessed",
    "referred",
    "chosen",
    "answered",
    "override_asked",
    "override_decided",
    "signed_off",
    "sent_back",
    "review_answered",
]


@dataclass(frozen=True)
class Desk:
    """What the pages show of the work on a case. `contact` says for each means whether it may be used now."""

    rules: Casework
    language: Language
    writing: Means
    contact: Mapping[Means, Allowed | Refused]
    contact_when_read: Mapping[Means, Allowed | Refused]
    templates: Sequence[MessageTemplate]
    contacts: Sequence[ContactAttempt]
    translations: Sequence[Translation]
    suggestions: Sequence[Suggestion]
    links: Sequence[Linked]
    people_involved: Sequence[PersonInvolved]
    outcomes: Sequence[Outcome]
    redactions: Sequence[Redaction]
    closings: Sequence[Closing]
    not_closable: Sequence[str]
    # The codes of what the plan still asks for.
    open_items: tuple[str, ...]
    may_take_over: bool
    # By message: until when a text waits.
    held: Mapping[UUID, datetime]
    names: Mapping[UUID, str] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome | None:
        """The decision that holds."""
        return self.outcomes[-1] if self.outcomes else None

    @property
    def not_now(self) -> str | None:
        """Why nobody may write to the person, where neither waiting nor reading their words would be enough."""
        answer = self.contact_when_read[self.writing]
        if isinstance(answer, Allowed) or answer.next_at is not None:
            return None
        return answer.reasons[0]

    @property
    def words_to_read(self) -> bool:
        """Whether the officer must say that they keep to what the person said of safe times in their own words."""
        answer = self.contact[self.writing]
        return isinstance(answer, Refused) and "hours-in-words" in answer.reasons

    @property
    def writing_is_early(self) -> datetime | None:
        """When a message that is written now would leave, where it would have to wait."""
        answer = self.contact_when_read[self.writing]
        return answer.next_at if isinstance(answer, Refused) else None

    @property
    def holds_data_on_others(self) -> bool:
        """Whether anything is kept of a person involved."""
        return any(person.redacted_at is None for person in self.people_involved)


async def load_desk(session: AsyncSession, keyring: Keyring, file: CaseFile, now: datetime) -> Desk:
    """Everything on the desk of a case. A case from before there were identifiers gets them on the way."""
    case = file.case
    _, rules = casework()
    await note_identifiers(session, keyring, case, case.people, case.report)
    wishes = wishes_of(case, file.conversation, file.person, rules.contact, now)
    ways = (Means.CHAT, Means.TEXT, Means.PHONE, Means.EMAIL)
    return Desk(
        rules=rules,
        language=language_of(case, file.person),
        writing=means_of(file.conversation),
        contact={means: contact_allowed(wishes, means, now) for means in ways},
        contact_when_read={
            means: contact_allowed(wishes, means, now, words_read=True) for means in ways
        },
        templates=message_templates(),
        contacts=await _of_case(session, ContactAttempt, case, ContactAttempt.at),
        translations=await translations_of(session, case),
        suggestions=await suggestions_for(session, case, rules.repeat_months, now),
        links=await links_of(session, case),
        people_involved=await people_involved(session, case),
        outcomes=await _of_case(session, Outcome, case, Outcome.decided_at),
        redactions=await _of_case(session, Redaction, case, Redaction.redacted_at),
        closings=await _of_case(session, Closing, case, Closing.closed_at),
        not_closable=await why_not_close(session, case),
        open_items=(await case_can_close(session, case.id)).open_items,
        may_take_over=file.conversation is not None
        and await may_take_over(session, file.conversation),
        held=await _held(session, file.messages),
        names=await _names(session),
    )


async def _of_case[Row: (ContactAttempt, Outcome, Redaction, Closing)](
    session: AsyncSession, table: type[Row], case: Case, by: Any
) -> Sequence[Row]:
    found = await session.scalars(select(table).where(table.case_id == case.id).order_by(by))
    return found.all()


async def _held(session: AsyncSession, messages: Sequence[Message]) -> dict[UUID, datetime]:
    rows = await session.execute(
        select(OutgoingText.message_id, OutgoingText.not_before).where(
            OutgoingText.message_id.in_([message.id for message in messages]),
            OutgoingText.state == TextState.QUEUED,
            OutgoingText.not_before.is_not(None),
        )
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}


async def _names(session: AsyncSession) -> dict[UUID, str]:
    """The names of all officers: there are few."""
    rows = await session.execute(select(Officer.id, Officer.name))
    return {row[0]: row[1] for row in rows}

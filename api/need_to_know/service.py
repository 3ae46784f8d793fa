"""Need to know: a restricted case opens for supervisors, for the officers named, and in an emergency.

Everybody else who works on cases learns that it exists, by its reference, and nothing more. A conversation may hold
several cases, and each of them shows all of it: so one that is restricted closes the others too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.alerts.models import Alert
from api.audit.service import record
from api.cases.models import Case
from api.cases.queue import ClosedCase, Filters, QueuedCase, QueuePage
from api.database import new_id, utc_now
from api.need_to_know.models import EmergencyOpening, NamedOfficer, Restriction
from api.officers.mail import queue_mail
from api.officers.models import Officer, Role, StaffMailKind
from api.officers.sessions import staff_access
from api.problems import DoesNotExist, NotAllowed, UnusableContent
from api.runtime import Runtime

SHORTEST_REASON: Final = 15
LONGEST_REASON: Final = 500
CASE_ROLES: Final = (Role.OFFICER, Role.SUPERVISOR, Role.CONTROL_ROOM)


class CaseRestricted(NotAllowed):
    """The case exists, and its content is for others."""

    type = "case-restricted"

    def __init__(self, reference: str) -> None:
        super().__init__("This case is restricted to named officers.", reference=reference)
        self.reference = reference


class ReasonTooShort(UnusableContent):
    """An emergency that nobody can judge afterwards."""

    type = "reason-too-short"


@dataclass(frozen=True)
class CaseAtHand:
    """The case that a request is about."""

    id: UUID
    reference: str


# How the case that a route is about is found from the path. A test holds that every route of case work has one of
# these, so that none can forget to ask.
_CASE_BY: Final[Mapping[str, ColumnElement[Any]]] = {
    "reference": Case.reference.expression,
    "alert_id": Alert.id.expression,
}
CASE_PARAMETERS: Final = frozenset(_CASE_BY)


async def case_at_hand(session: AsyncSession, path: Mapping[str, Any]) -> CaseAtHand | None:
    """The case of a route's path parameters; None where there is no such case, or none is meant."""
    query = select(Case.id, Case.reference)
    name = next((name for name in _CASE_BY if name in path), None)
    if name is None:
        return None
    value = path[name]
    if name == "alert_id":
        query = query.join(Alert, Alert.case_id == Case.id)
        try:
            value = UUID(str(value))
        except ValueError:
            return None
    row = (await session.execute(query.where(_CASE_BY[name] == value))).one_or_none()
    return CaseAtHand(row[0], row[1]) if row else None


def _opens_for(officer: Officer) -> ColumnElement[bool]:
    """Whether a case with a `Restriction` in a query opens for somebody who is no supervisor."""
    named = exists().where(
        NamedOfficer.case_id == Restriction.case_id, NamedOfficer.officer_id == officer.id
    )
    in_emergency = exists().where(
        EmergencyOpening.case_id == Restriction.case_id,
        EmergencyOpening.officer_id == officer.id,
        EmergencyOpening.ends_at > utc_now(),
    )
    return or_(named.correlate(Restriction), in_emergency.correlate(Restriction))


async def _kept_from(
    session: AsyncSession, officer: Officer, references: Sequence[str]
) -> dict[str, list[CaseAtHand]]:
    """Of these cases, those that do not open for an officer, each with the restricted cases that keep it closed.

    These are the case itself and others of its conversation, because whoever opens one of them reads all that was said.
    """
    if officer.role == Role.SUPERVISOR or not references:
        return {}
    query = _restricted_beside().where(Case.reference.in_(references))
    if officer.role in CASE_ROLES:
        query = query.where(~_opens_for(officer))
    kept: dict[str, list[CaseAtHand]] = {}
    for reference, restricted_id, restricted in await session.execute(query):
        kept.setdefault(reference, []).append(CaseAtHand(restricted_id, restricted))
    return kept


def _restricted_beside() -> Select[str, UUID, str]:
    """Each `Case` with every restricted case of its conversation, itself among them."""
    restricted = aliased(Case)
    together = or_(restricted.id == Case.id, restricted.conversation_id == Case.conversation_id)
    return (
        select(Case.reference, restricted.id, restricted.reference)
        .join(restricted, together)
        .join(Restriction, Restriction.case_id == restricted.id)
    )


async def others_restricted(session: AsyncSession, case: CaseAtHand) -> Sequence[str]:
    """The references of the other cases of its conversation that are restricted, and so restrict this one."""
    rows = await session.execute(_restricted_beside().where(Case.id == case.id))
    return sorted(reference for _, _, reference in rows if reference != case.reference)


async def closed_to(session: AsyncSession, officer: Officer, references: Sequence[str]) -> set[str]:
    """Which of these cases do not open for an officer: they, or others of their conversations, are restricted."""
    return set(await _kept_from(session, officer, references))


async def refuse_closed_case(
    session: AsyncSession, officer: Officer, path: Mapping[str, Any]
) -> None:
    """Raise CaseRestricted, and note it, if the case of this path does not open for the officer."""
    case = await case_at_hand(session, path)
    if case is None or not await closed_to(session, officer, [case.reference]):
        return
    await record(session, officer.id, "restricted_case_refused", case.reference)
    await session.commit()
    raise CaseRestricted(case.reference)


async def refuse_closed_cases(
    session: AsyncSession, officer: Officer, references: Sequence[str]
) -> None:
    """Raise CaseRestricted if one of these cases, which lie behind another one, does not open for the officer."""
    for reference in references:
        await refuse_closed_case(session, officer, {"reference": reference})


async def without_content(
    session: AsyncSession, officer: Officer, page: QueuePage, filters: Filters
) -> QueuePage:
    """A page of the queue on which cases that do not open for the officer are references alone.

    Narrowed by anything but the reference, the list leaves them out: being found would tell what they hold.
    """
    closed = await closed_to(session, officer, [case.reference for case in page.cases])
    by_reference = replace(filters, q="") == Filters()
    asked = "".join(filters.q.split()).upper()
    shown: list[QueuedCase | ClosedCase] = []
    for case in page.cases:
        if case.reference not in closed:
            shown.append(case)
        elif by_reference and case.reference.startswith(asked):
            shown.append(ClosedCase(case.reference, case.alert_waiting))
    return replace(page, cases=shown)


async def find_case(session: AsyncSession, reference: str) -> CaseAtHand:
    """Raises DoesNotExist."""
    case = await case_at_hand(session, {"reference": reference})
    if case is None:
        raise DoesNotExist("There is no such case.")
    return case


async def restrict(session: AsyncSession, by: Officer, reference: str) -> None:
    """Keep a case to supervisors and to whoever is named for it. The caller commits."""
    case = await find_case(session, reference)
    made = await session.scalar(
        insert(Restriction)
        .values(case_id=case.id, restricted_at=utc_now(), restricted_by=by.id)
        .on_conflict_do_nothing()
        .returning(Restriction.case_id)
    )
    if made is not None:
        await record(session, by.id, "case_restricted", reference)


async def lift_restriction(session: AsyncSession, by: Officer, reference: str) -> None:
    """Open a case to everybody who works on cases; who was named stays noted. The caller commits."""
    case = await find_case(session, reference)
    lifted = await session.scalar(
        delete(Restriction).where(Restriction.case_id == case.id).returning(Restriction.case_id)
    )
    if lifted is not None:
        await record(session, by.id, "case_restriction_lifted", reference)


async def name_officer(
    session: AsyncSession, by: Officer, reference: str, officer_id: UUID
) -> None:
    """Let an officer open a restricted case. Raises DoesNotExist. The caller commits."""
    case = await find_case(session, reference)
    officer = await session.get(Officer, officer_id)
    if officer is None or officer.role not in CASE_ROLES:
        raise DoesNotExist("There is nobody of that account who works on cases.")
    named = await session.scalar(
        insert(NamedOfficer)
        .values(case_id=case.id, officer_id=officer_id, named_at=utc_now(), named_by=by.id)
        .on_conflict_do_nothing()
        .returning(NamedOfficer.case_id)
    )
    if named is not None:
        await record(session, by.id, "case_officer_named", reference)


async def unname_officer(
    session: AsyncSession, by: Officer, reference: str, officer_id: UUID
) -> None:
    """Take an officer's name off a case, and end an emergency opening of theirs. The caller commits."""
    case = await find_case(session, reference)
    removed = await session.scalar(
        delete(NamedOfficer)
        .where(NamedOfficer.case_id == case.id, NamedOfficer.officer_id == officer_id)
        .returning(NamedOfficer.officer_id)
    )
    ended = await session.scalar(
        update(EmergencyOpening)
        .where(
            EmergencyOpening.case_id == case.id,
            EmergencyOpening.officer_id == officer_id,
            EmergencyOpening.ends_at > utc_now(),
        )
        .values(ends_at=utc_now())
        .returning(EmergencyOpening.officer_id)
    )
    if removed is not None or ended is not None:
        await record(session, by.id, "case_officer_removed", reference)


async def open_in_emergency(
    session: AsyncSession, runtime: Runtime, officer: Officer, reference: str, reason: str
) -> None:
    """Open a case for a while, with what keeps it closed, and tell the supervisors. The caller commits.

    Raises DoesNotExist, or ReasonTooShort. A case that is open already is left as it is.
    """
    case = await find_case(session, reference)
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if len(reason) < SHORTEST_REASON:
        raise ReasonTooShort("Say why, in a sentence.")
    kept = await _kept_from(session, officer, [reference])
    for restricted in kept.get(case.reference, []):
        await _open_for_a_while(session, runtime, officer, restricted, reason)


async def _open_for_a_while(
    session: AsyncSession, runtime: Runtime, officer: Officer, case: CaseAtHand, reason: str
) -> None:
    now = utc_now()
    session.add(
        EmergencyOpening(
            id=new_id(),
            case_id=case.id,
            officer_id=officer.id,
            reason=reason,
            opened_at=now,
            ends_at=now + timedelta(hours=staff_access().emergency_hours),
        )
    )
    await record(session, officer.id, "case_opened_in_emergency", case.reference)
    for supervisor_id in await _to_be_told(session):
        await queue_mail(
            session, runtime, supervisor_id, StaffMailKind.CASE_OPENED, reference=case.reference
        )


async def _to_be_told(session: AsyncSession) -> Sequence[UUID]:
    """The supervisors; where there is none, whoever administers accounts: it never goes to no one."""
    for role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
        found = await session.scalars(
            select(Officer.id).where(Officer.role == role, Officer.disabled_at.is_(None))
        )
        if told := found.all():
            return told
    return []

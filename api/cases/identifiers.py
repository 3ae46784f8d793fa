"""Finds other cases of the same person or place, without storing who or where: by keyed hashes.

It only suggests. Two people can share a telephone, and a place has many visitors: an officer links, or does not.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final
from uuid import UUID

from sqlalchemy import and_, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.casework_models import CaseIdentifier, CaseLink, IdentifierKind, LinkKind
from api.cases.models import Case, Person, Report
from api.database import utc_now
from api.officers.models import Officer
from api.problems import DoesNotExist, UnusableContent
from api.security import Keyring
from channels.sms import normal_number

_POSTCODE: Final = re.compile(r"\b([a-z]{1,2}\d[a-z\d]?)\s*(\d[a-z]{2})\b")
# Words that one person writes before a place and another does not.
_SMALL_WORDS: Final = frozenset(
    [
        *("a", "an", "at", "by", "in", "near", "of", "on", "outside", "the", "to"),
        *("yn", "y", "yr", "ym", "yng", "ar", "wrth", "ger", "tu", "allan", "i", "o", "mewn", "r"),
    ]
)
# Fewer words than this name a kind of place ("the bus stop"), not one place.
_FEWEST_WORDS: Final = 3
_MONTH: Final = timedelta(days=30.4375)


# Beside the kinds of identifiers: reports that came one after the other from whoever was writing.
_CONVERSATION: Final = "conversation"


@dataclass(frozen=True)
class Suggestion:
    """Another case of the same conversation, or with the same telephone, e-mail address or place."""

    reference: str
    created_at: datetime
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Linked:
    """A case that an officer has linked to this one."""

    id: UUID
    reference: str
    kind: LinkKind
    linked_by: UUID
    linked_at: datetime


def normal_place(where: str | None, place: str | None) -> str | None:
    """One form of a place however it was written, or None for words that name no one place."""
    plain = _plain(" ".join(filter(None, (where, place))))
    postcode = _POSTCODE.search(plain)
    if postcode is not None:
        return "".join(postcode.groups())
    words = {word for word in re.findall(r"\w+", plain) if word not in _SMALL_WORDS}
    return " ".join(sorted(words)) if len(words) >= _FEWEST_WORDS else None


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def identifiers_of(
    keyring: Keyring, people: Iterable[Person], report: Report | None
) -> set[tuple[IdentifierKind, bytes]]:
    """The hashes under which a case is found again."""
    found = set()
    for person in people:
        if person.phone:
            number = normal_number(person.phone)
            found.add((IdentifierKind.PHONE, keyring.look_up_hash("phone", number)))
        if person.email:
            address = person.email.strip().casefold()
            found.add((IdentifierKind.EMAIL, keyring.look_up_hash("email", address)))
    place = normal_place(report.where_text, report.place) if report and not report.online else None
    if place:
        found.add((IdentifierKind.PLACE, keyring.look_up_hash("place", place)))
    return found


async def note_identifiers(
    session: AsyncSession,
    keyring: Keyring,
    case: Case,
    people: Iterable[Person],
    report: Report | None,
) -> None:
    """Keep the hashes of a case when the caller commits. Keeping them again changes nothing."""
    rows = [
        {"case_id": case.id, "kind": kind, "hash": hashed}
        for kind, hashed in identifiers_of(keyring, people, report)
    ]
    if rows:
        await session.execute(insert(CaseIdentifier).values(rows).on_conflict_do_nothing())


async def suggestions_for(
    session: AsyncSession, case: Case, months: int, now: datetime
) -> list[Suggestion]:
    """Cases of the last months that share something with this one and are not linked to it, newest first."""
    own = select(CaseIdentifier.hash).where(CaseIdentifier.case_id == case.id)
    of_each = select(Case.reference, Case.created_at)
    ways = [
        of_each.add_columns(CaseIdentifier.kind)
        .join(CaseIdentifier, CaseIdentifier.case_id == Case.id)
        .where(CaseIdentifier.hash.in_(own)),
        of_each.add_columns(literal(_CONVERSATION)).where(
            Case.conversation_id.is_not(None), Case.conversation_id == case.conversation_id
        ),
    ]
    recent = (Case.id != case.id, Case.created_at >= now - months * _MONTH)
    rows = [row for way in ways for row in await session.execute(way.where(*recent))]
    linked = {one.reference for one in await links_of(session, case)}
    found: dict[str, Suggestion] = {}
    for reference, created_at, kind in sorted(rows, key=itemgetter(1), reverse=True):
        if reference in linked:
            continue
        before = found[reference].kinds if reference in found else ()
        found[reference] = Suggestion(reference, created_at, tuple(sorted({*before, kind})))
    return list(found.values())


async def links_of(session: AsyncSession, case: Case) -> list[Linked]:
    """The standing links of a case, oldest first."""
    rows = await session.execute(
        select(CaseLink, Case.reference)
        .join(
            Case,
            or_(
                and_(CaseLink.case_id == case.id, Case.id == CaseLink.other_id),
                and_(CaseLink.other_id == case.id, Case.id == CaseLink.case_id),
            ),
        )
        .where(CaseLink.unlinked_at.is_(None))
        .order_by(CaseLink.linked_at)
    )
    return [
        Linked(link.id, reference, link.kind, link.linked_by, link.linked_at)
        for link, reference in rows
    ]


async def link_cases(
    session: AsyncSession, officer: Officer, case: Case, other_reference: str, kind: LinkKind
) -> None:
    """Say that two cases belong together; nothing is merged. The caller commits.

    Raises DoesNotExist for an unknown reference, UnusableContent for the case itself.
    """
    other = await session.scalar(select(Case).where(Case.reference == other_reference))
    if other is None:
        raise DoesNotExist("There is no such case.")
    if other.id == case.id:
        raise UnusableContent("A case is not linked to itself.", type="linked-to-itself")
    first, second = sorted((case, other), key=lambda one: one.id)
    added = await session.scalar(
        insert(CaseLink)
        .values(case_id=first.id, other_id=second.id, kind=kind, linked_by=officer.id)
        .on_conflict_do_nothing()
        .returning(CaseLink.id)
    )
    if added is not None:
        for each in (case, other):
            await record(session, officer.id, "case_linked", each.reference)


async def unlink_cases(session: AsyncSession, officer: Officer, case: Case, link_id: UUID) -> None:
    """Undo a link of this case when the caller commits; undoing it again changes nothing. Raises DoesNotExist."""
    link = await session.get(CaseLink, link_id, with_for_update=True)
    if link is None or case.id not in (link.case_id, link.other_id):
        raise DoesNotExist("There is no such link.")
    if link.unlinked_at is not None:
        return
    link.unlinked_at = utc_now()
    link.unlinked_by = officer.id
    await record(session, officer.id, "case_unlinked", case.reference)

"""What a case is found by beside its reference: keyed hashes of telephone and e-mail, and the area."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.areas import area_of
from api.cases.models import Case, Person, Report
from api.runtime import Runtime
from api.security import Keyring

AT_ONCE: Final = 200


def email_hash(keyring: Keyring, address: str) -> bytes:
    """The keyed hash of an e-mail address, however it was capitalised."""
    return keyring.look_up_hash("email", address.strip().casefold())


async def complete_look_ups(runtime: Runtime) -> int:
    """Make what is missing on cases from before, some hundred at a time; returns how many rows were completed.

    The database cannot do this itself: it does not hold the keys.
    """
    async with runtime.database.session() as session:
        done = await _hash_emails(session, runtime.database.keyring) + await _find_areas(session)
        await session.commit()
    return done


async def _hash_emails(session: AsyncSession, keyring: Keyring) -> int:
    people = (
        await session.scalars(
            select(Person)
            .where(Person.email.is_not(None), Person.email_hash.is_(None))
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for person in people:
        assert person.email is not None
        person.email_hash = email_hash(keyring, person.email)
    return len(people)


async def _find_areas(session: AsyncSession) -> int:
    rows = (
        await session.execute(
            select(Case, Report.place, Report.where_text)
            .join(Report, Report.case_id == Case.id)
            .where(Case.area.is_(None))
            .limit(AT_ONCE)
            .with_for_update(of=Case, skip_locked=True)
        )
    ).all()
    for case, place, where in rows:
        case.area = area_of(place, where)
    return len(rows)

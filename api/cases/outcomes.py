"""What a case came to is a person's decision.

Without a crime, nothing is kept of the person involved unless an officer states why it must be.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.casework_models import Outcome, PersonInvolved, Redaction
from api.cases.models import Case
from api.database import utc_now
from api.officers.models import Officer
from api.policy import casework
from api.problems import Conflict, UnusableContent

FIELDS_OF_PERSON_INVOLVED: Final = ("name", "description", "whereabouts")
# What a case's people have beside their role; for the person involved all of it goes.


async def newest_outcome(session: AsyncSession, case: Case) -> Outcome | None:
    """The decision that holds."""
    return await session.scalar(
        select(Outcome)
        .where(Outcome.case_id == case.id)
        .order_by(Outcome.decided_at.desc())
        .limit(1)
    )


async def decide_outcome(
    session: AsyncSession,
    officer: Officer,
    case: Case,
    code: str,
    reason: str,
    kept_because: str | None,
) -> tuple[Outcome, bool]:
    """Keep an officer's decision when the caller commits. Returns it, and whether anything was removed.

    Where it is no crime and no reason is given to keep it, what is known of the person involved is removed from the
    database, and a record says so. Raises UnusableContent for a code that the policy does not have or no reason.
    """
    version, rules = casework()
    known = rules.outcome(code)
    if known is None:
        raise UnusableContent("There is no such outcome.", type="unknown-outcome")
    if not reason.strip():
        raise UnusableContent("An outcome needs a reason.", type="reason-missing")
    kept_because = (kept_because or "").strip() or None
    outcome = Outcome(
        case_id=case.id,
        code=code,
        policy_version=version,
        reason=reason.strip(),
        kept_because=None if known.crime else kept_because,
        decided_by=officer.id,
    )
    session.add(outcome)
    await session.flush()
    await record(session, officer.id, "outcome_decided", case.reference)
    redacted = not known.crime and kept_because is None
    if redacted:
        redacted = await _redact(session, officer, case, outcome)
    return outcome, redacted


async def add_person_involved(
    session: AsyncSession,
    officer: Officer,
    case: Case,
    name: str | None,
    description: str | None,
    whereabouts: str | None,
) -> PersonInvolved:
    """Keep what is known of somebody who is said to have done it, when the caller commits.

    Raises UnusableContent for nothing at all, and Conflict where the outcome is no crime and gives no reason to.
    """
    told = [words.strip() or None if words else None for words in (name, description, whereabouts)]
    if not any(told):
        raise UnusableContent("Nothing is known of this person.", type="nothing-known")
    outcome = await newest_outcome(session, case)
    if outcome is not None and not _may_keep(outcome):
        raise Conflict(
            "The outcome is no crime and states no reason to keep this.", type="not-to-be-kept"
        )
    person = PersonInvolved(
        case_id=case.id,
        name=told[0],
        description=told[1],
        whereabouts=told[2],
        added_by=officer.id,
    )
    session.add(person)
    await record(session, officer.id, "person_involved_added", case.reference)
    return person


async def people_involved(session: AsyncSession, case: Case) -> Sequence[PersonInvolved]:
    """Everybody who is said to have done it, also those of whom only the redaction is left."""
    found = await session.scalars(
        select(PersonInvolved)
        .where(PersonInvolved.case_id == case.id)
        .order_by(PersonInvolved.added_at)
    )
    return found.all()


def _may_keep(outcome: Outcome) -> bool:
    known = casework()[1].outcome(outcome.code)
    # A code that the policy no longer has was decided under one that had it; in doubt, nothing is kept.
    return outcome.kept_because is not None or (known is not None and known.crime)


async def _redact(session: AsyncSession, officer: Officer, case: Case, outcome: Outcome) -> bool:
    now = utc_now()
    people = fields = 0
    for person in await people_involved(session, case):
        removed = _empty(person, FIELDS_OF_PERSON_INVOLVED)
        if removed:
            person.redacted_at = now
            people, fields = people + 1, fields + removed
    if not people:
        return False
    session.add(
        Redaction(
            case_id=case.id,
            outcome_id=outcome.id,
            people=people,
            fields=fields,
            policy_version=outcome.policy_version,
            redacted_by=officer.id,
            redacted_at=now,
        )
    )
    await record(session, officer.id, "person_involved_redacted", case.reference)
    return True


def _empty(row: PersonInvolved, names: Sequence[str]) -> int:
    """Remove what these fields hold; returns how many held anything."""
    filled = [name for name in names if getattr(row, name) is not None]
    for name in filled:
        setattr(row, name, None)
    return len(filled)

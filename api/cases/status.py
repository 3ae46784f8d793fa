"""What a person may learn of their own report: how far it is, in words that their assistant has."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.models import Case, Deadline, Referral, Status
from api.cases.schemas import CaseStatus, StatusQuestion
from api.cases.service import find_case_by_code
from api.conversations.dates import say_date
from api.problems import DoesNotExist
from api.runtime import Runtime
from api.words import LANGUAGES


async def tell_status(
    session: AsyncSession, runtime: Runtime, question: StatusQuestion
) -> CaseStatus:
    """The state of a report, asked by its reference and code or from its own conversation.

    The caller commits the entry in the audit log. Raises DoesNotExist, the same for a wrong code as for a wrong
    reference.
    """
    case = await _asked_about(session, runtime, question)
    if case is None:
        raise DoesNotExist("There is no report with this reference and code.")
    referral = await session.scalar(select(Referral).where(Referral.case_id == case.id))
    first_contact = await session.scalar(
        select(Deadline).where(Deadline.case_id == case.id, Deadline.code == "first_contact")
    )
    waits = first_contact is not None and first_contact.met_at is None
    await record(session, None, "status_told", case.reference)
    return CaseStatus(
        reference=case.reference,
        status=case.status.value,
        referral=referral.state.value if referral is not None else None,
        contact_by_words=(
            {each: say_date(first_contact.due_at, each) for each in LANGUAGES}
            if first_contact is not None and waits and case.status != Status.CLOSED
            else None
        ),
    )


async def _asked_about(
    session: AsyncSession, runtime: Runtime, question: StatusQuestion
) -> Case | None:
    if question.reference is not None and question.update_code is not None:
        return await find_case_by_code(
            session, runtime.database.keyring, question.reference, question.update_code
        )
    return await _newest_of(session, question.conversation_id) if question.conversation_id else None


async def _newest_of(session: AsyncSession, conversation_id: UUID) -> Case | None:
    return await session.scalar(
        select(Case)
        .where(Case.conversation_id == conversation_id, Case.submitted_at.is_not(None))
        .order_by(Case.submitted_at.desc())
        .limit(1)
    )

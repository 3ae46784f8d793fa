"""A case is closed for a reason that the person is told, in their language and by their safe channel."""

from dataclasses import replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.casework_models import Closing, ToldState
from api.cases.models import Case, Person, Status
from api.cases.officer_messages import language_of, means_of
from api.cases.outcomes import newest_outcome
from api.cases.plan import case_can_close
from api.cases.safe_contact import Refused, contact_allowed, wishes_of
from api.conversations.models import Conversation, Message, Sender
from api.conversations.receive import lock_conversation
from api.conversations.say import say
from api.conversations.takeover import hand_back
from api.database import utc_now
from api.officers.models import Officer
from api.policy import casework
from api.problems import Conflict, UnusableContent
from api.runtime import Runtime
from api.wakeups import OFFICERS, announce

# Why a case cannot be closed yet. The pages have words for each.
NOT_YET: Final = {
    "already-closed": "The case is closed already.",
    "plan-open": "Items of the plan are still open.",
    "outcome-missing": "Nobody has decided what the case came to.",
}


async def why_not_close(session: AsyncSession, case: Case) -> list[str]:
    """What stands between a case and its closing, out of NOT_YET; nothing, if it can be closed."""
    if case.status == Status.CLOSED:
        return ["already-closed"]
    reasons = []
    if not await case_can_close(session, case.id):
        reasons.append("plan-open")
    if case.submitted_at is not None and await newest_outcome(session, case) is None:
        reasons.append("outcome-missing")
    return reasons


async def close_case(
    session: AsyncSession,
    runtime: Runtime,
    officer: Officer,
    case: Case,
    reason: str,
    note: str | None = None,
) -> Closing:
    """Close a case and tell the person why, when the caller commits. A text that is early waits for its hour.

    Where nothing may be written to them, the closing says that an officer must tell them, or that they want no
    contact. An officer who writes live leaves with it. Raises UnusableContent for a reason that the policy does not
    have, and Conflict with the first of NOT_YET.
    """
    version, rules = casework()
    if reason not in rules.closing_reasons:
        raise UnusableContent("There is no such reason.", type="unknown-reason")
    # The conversation first, as everybody locks it who has both; a danger that comes in now waits for its turn.
    conversation = await _conversation_of(session, case)
    await session.refresh(case, ["status"], with_for_update=True)
    stands = await why_not_close(session, case)
    if stands:
        raise Conflict(NOT_YET[stands[0]], type=stands[0])
    told, message = await _tell(session, runtime, case, conversation, reason)
    closing = Closing(
        case_id=case.id,
        reason=reason,
        policy_version=version,
        note=(note or "").strip() or None,
        told=told,
        message_id=message.id if message is not None else None,
        closed_by=officer.id,
    )
    session.add(closing)
    case.status = Status.CLOSED
    await announce(session, OFFICERS)
    await record(session, officer.id, "case_closed", case.reference)
    if not await _has_open_case(session, conversation):
        await hand_back(session, runtime, officer, case.reference)
    return closing


async def _tell(
    session: AsyncSession,
    runtime: Runtime,
    case: Case,
    conversation: Conversation | None,
    reason: str,
) -> tuple[ToldState, Message | None]:
    person = await session.scalar(
        select(Person).where(Person.case_id == case.id, Person.role == case.reporting_role)
    )
    if person is not None and person.contact_method == "none":
        return ToldState.NOT_WANTED, None
    now = utc_now()
    wishes = wishes_of(case, conversation, person, casework()[1].contact, now)
    means = means_of(conversation)
    # What was said of safe times in words is for a person to read, so then an officer tells them.
    answer = contact_allowed(replace(wishes, closed=False), means, now)
    not_before = answer.next_at if isinstance(answer, Refused) else None
    if conversation is None or (isinstance(answer, Refused) and not_before is None):
        return ToldState.BY_OFFICER, None
    language = language_of(case, person)
    said = [
        runtime.words.say("closing_opening", language, reference=case.reference),
        runtime.words.say(f"closing_told_{reason}", language),
        runtime.words.say("closing_support", language),
        runtime.words.say("closing_feedback", language),
    ]
    message = await say(
        session,
        runtime,
        conversation,
        "\n\n".join(said),
        language=language,
        sender=Sender.OFFICER,
        not_before=not_before,
        about_case_id=case.id,
    )
    return ToldState.QUEUED, message


async def _has_open_case(session: AsyncSession, conversation: Conversation | None) -> bool:
    """Whether an officer may still write in a conversation; without one there is nothing to hand back."""
    if conversation is None:
        return True
    open_case = select(Case.id).where(
        Case.conversation_id == conversation.id, Case.status != Status.CLOSED
    )
    return await session.scalar(open_case.limit(1)) is not None


async def _conversation_of(session: AsyncSession, case: Case) -> Conversation | None:
    if case.conversation_id is None:
        return None
    return await lock_conversation(session, case.conversation_id)

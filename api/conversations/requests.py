"""What the dialogue asks to be done, carried out in the commit that keeps its reply: never lost, never twice."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.alerts.service import (
    case_of_conversation,
    raise_alert,
    raise_urgent_alert,
    standing_alert,
)
from api.cases.models import Addition, AdditionKind, Case, Consent, Decision
from api.cases.referral import apply_choice
from api.cases.risk_history import raise_for_information
from api.cases.service import find_case_by_code
from api.conversations.models import Conversation
from api.database import utc_now
from api.runtime import Runtime
from channels.rasa_client import Request

KINDS = {
    "addition": (AdditionKind.ADDITION, AlertReason.INFORMATION_ADDED),
    "withdrawal": (AdditionKind.WITHDRAWAL, AlertReason.WITHDRAWAL_WANTED),
    "feedback": (AdditionKind.FEEDBACK, None),
}


async def carry_out(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    request: Request,
    turn_id: UUID,
) -> None:
    """Do what a reply has promised. The caller commits it with the reply, once for a turn."""
    key = f"{request.kind}:{turn_id}"
    if request.kind == "urgent":
        conversation.urgent_since = conversation.urgent_since or utc_now()
        await raise_urgent_alert(session, runtime, conversation)
        return
    case = await _case_of(session, runtime, conversation, request)
    if request.kind == "person":
        if await standing_alert(session, case, AlertReason.PERSON_WANTED) is None:
            await raise_alert(session, runtime, case, AlertReason.PERSON_WANTED, key)
    elif request.kind == "referral":
        await _change_choice(session, runtime, case, conversation, request)
        await raise_alert(session, runtime, case, AlertReason.CHOICE_CHANGED, key)
    else:
        kind, reason = KINDS[request.kind]
        session.add(
            Addition(
                case_id=case.id,
                kind=kind,
                text=request.words or "–",
                language=request.language,
                channel=conversation.channel,
            )
        )
        if kind == AdditionKind.ADDITION:
            await session.flush()
            await raise_for_information(session, case, conversation)
        if reason is not None:
            await raise_alert(session, runtime, case, reason, key)


async def _case_of(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, request: Request
) -> Case:
    """The case that the code opens, else the conversation's own; where neither is, one that holds the words.

    A code that fits no case must not lose what was said: an officer finds it with the conversation.
    """
    if request.reference and request.update_code:
        found = await find_case_by_code(
            session, runtime.database.keyring, request.reference, request.update_code
        )
        if found is not None:
            return found
    return await case_of_conversation(session, conversation)


async def _change_choice(
    session: AsyncSession,
    runtime: Runtime,
    case: Case,
    conversation: Conversation,
    request: Request,
) -> None:
    """Add the new choice with its evidence, and bring the referral in line with it."""
    decision = Decision(request.decision or "ask_later")
    session.add(
        Consent(
            case_id=case.id,
            decision=decision,
            wording_version=request.wording_version or "changed-later",
            language=request.language,
            channel=conversation.channel,
            words=request.words,
        )
    )
    await session.flush()
    await apply_choice(session, runtime, case, decision)

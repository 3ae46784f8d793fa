"""The flags of a case: what the safety layer saw in messages, and what the report raised."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.models import Case, Report
from api.conversations.models import Message, Sender


async def flags_of_conversation(session: AsyncSession, conversation_id: UUID | None) -> set[str]:
    """What the safety layer saw in the messages, whatever became of it in the dialogue."""
    if conversation_id is None:
        return set()
    flags: set[str] = set()
    messages = await session.scalars(
        select(Message).where(
            Message.conversation_id == conversation_id, Message.sender == Sender.VICTIM
        )
    )
    for message in messages:
        safety = message.safety or {}
        flags.update(safety.get("flags", []))
        flags.update(name for name in ("danger", "suicide") if safety.get(name) == "card")
    return flags


async def flags_of_case(session: AsyncSession, case: Case) -> set[str]:
    """What the report raised, and what the safety layer has seen in its conversation since."""
    report = await session.get(Report, case.id)
    raised = set(report.flags) if report is not None else set()
    return raised | await flags_of_conversation(session, case.conversation_id)

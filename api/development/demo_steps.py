"""The steps of a made-up case, from the alert to its closing, each by the service that officers use."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert
from api.cases.acknowledgement import take_in_hand
from api.cases.casework_models import ContactOutcome, Direction, Means
from api.cases.closing import close_case
from api.cases.contact_log import Contact, note_contact
from api.cases.models import (
    ActionState,
    Case,
    Deadline,
    PlannedAction,
    Referral,
    ReferralState,
    Status,
)
from api.cases.officer_messages import write_to_person
from api.cases.outcomes import add_person_involved, decide_outcome
from api.cases.retention import parts_of_cases
from api.cases.translations import add_translation
from api.conversations.models import Channel, Conversation
from api.database import Base, utc_now
from api.officers.models import Officer
from api.runtime import Runtime

# How much of the plan is done where a case is open.
DONE_OF_PLAN: Final = 6


async def acknowledge(
    session: AsyncSession, runtime: Runtime, officer: Officer, case: Case, entry: Mapping[str, Any]
) -> None:
    """Take the alerts in hand."""
    for alert_id in await session.scalars(select(Alert.id).where(Alert.case_id == case.id)):
        await take_in_hand(session, alert_id, officer)
    await session.refresh(case, ["status"])


async def work(
    session: AsyncSession, runtime: Runtime, officer: Officer, case: Case, entry: Mapping[str, Any]
) -> None:
    """Everything that an officer adds to an open case."""
    case.status = Status.OPEN
    await session.flush()
    if "involved" in entry:
        told = entry["involved"]
        await add_person_involved(
            session,
            officer,
            case,
            told.get("name"),
            told.get("description"),
            told.get("whereabouts"),
        )
    if "note" in entry:
        contact = Contact(
            means=Means.VISIT,
            direction=Direction.FROM_PERSON,
            outcome=ContactOutcome.REACHED,
            with_role=case.reporting_role,
            at=utc_now(),
            note=entry["note"],
        )
        await note_contact(session, officer, case, contact)
    if "translation" in entry:
        # A day is not moved back with the moments.
        day = (utc_now() - timedelta(days=entry["days"] - 1)).date()
        await add_translation(session, officer, case, entry["translation"], "Elin Prys", day)
    if "message" in entry and case.channel == Channel.WEB:
        # A chat that is open for as long as it takes to write.
        await _open_chat(session, case, until=timedelta(minutes=1))
        await write_to_person(
            session, runtime, officer, case.reference, entry["message"], entry["language"]
        )
    if entry["stage"] != "closed":
        await _do_plan(session, officer, case, DONE_OF_PLAN)
        return
    await _do_plan(session, officer, case, None)
    now = utc_now()
    await session.execute(
        update(Deadline)
        .where(Deadline.case_id == case.id, Deadline.met_at.is_(None))
        .values(met_at=now)
    )
    await session.execute(
        update(Referral)
        .where(Referral.case_id == case.id, Referral.state == ReferralState.DUE)
        .values(state=ReferralState.ACCEPTED)
    )


async def decide(
    session: AsyncSession, runtime: Runtime, officer: Officer, case: Case, entry: Mapping[str, Any]
) -> None:
    """What it came to."""
    await decide_outcome(session, officer, case, entry["outcome"], entry["reason"], None)


async def close(
    session: AsyncSession, runtime: Runtime, officer: Officer, case: Case, entry: Mapping[str, Any]
) -> None:
    """The end."""
    await close_case(session, runtime, officer, case, entry["closing"])
    await session.flush()


async def _open_chat(session: AsyncSession, case: Case, until: timedelta) -> None:
    await session.execute(
        update(Conversation)
        .where(Conversation.id == case.conversation_id)
        .values(token_expires_at=utc_now() + until)
    )
    session.expire_all()
    await session.refresh(case)


async def _do_plan(session: AsyncSession, officer: Officer, case: Case, most: int | None) -> None:
    items = await session.scalars(
        select(PlannedAction)
        .where(PlannedAction.case_id == case.id)
        .order_by(PlannedAction.position)
        .limit(most)
    )
    for item in items:
        item.state = ActionState.DONE
        item.done_at = utc_now()
        item.done_by = officer.id


async def move_back(session: AsyncSession, case: Case, days: float) -> None:
    """Let the whole case have happened so many days earlier."""
    await session.flush()
    conditions = dict(parts_of_cases([case.id]))
    tables = Base.metadata.tables
    conditions[tables["conversations"]] = tables["conversations"].c.id == case.conversation_id
    for name in ("messages", "turns"):
        conditions[tables[name]] = tables[name].c.conversation_id == case.conversation_id
    # Evidence is never changed, which a trigger holds; a case that never was has none.
    await session.execute(text("set local session_replication_role = replica"))
    for table, condition in conditions.items():
        moments = [
            column for column in table.columns if column.type.python_type.__name__ == "datetime"
        ]
        if moments:
            earlier = {column.name: column - timedelta(days=days) for column in moments}
            await session.execute(update(table).where(condition).values(earlier))
    await session.execute(text("set local session_replication_role = origin"))
    session.expire_all()
    await session.refresh(case)

"""What is due by policy is deleted for good: every row of the case, and the key of whatever copies are left.

How long a closed case is kept follows from its outcome, by the policy in force on the day. Nothing that is open, or
for which an alert stands, is ever due. A certificate says what class, how many cases and rows, when and by which
policy, and nothing of content.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, ScalarSelect, Table, case, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert
from api.audit.service import record
from api.cases.casework_models import Closing, DisposalCertificate, Outcome
from api.cases.models import Case, Status
from api.content_keys import destroy_keys
from api.conversations.drafts import drop_drafts, kept_for
from api.conversations.models import Conversation, Handover, Message
from api.database import Base, utc_now
from api.owned_rows import owned_rows
from api.policy import casework
from api.policy_casework import Casework
from api.runtime import Runtime

# Rows of these point at cases without being part of one.
NOT_PART_OF_A_CASE: Final = frozenset({"officers", "conversations"})
# So many cases go in one transaction.
MOST_AT_ONCE: Final = 100


@dataclass(frozen=True)
class Due:
    """A case that is to be deleted, and the class by which it is."""

    case_id: UUID
    reference: str
    conversation_id: UUID | None
    retention_class: str


async def dispose_of_what_is_due(runtime: Runtime) -> None:
    """Delete every case that is due, with a certificate for each class."""
    async with runtime.database.session() as session:
        version, rules = casework()
        due = await due_cases(session, rules)
        for name in sorted({case.retention_class for case in due}):
            of_class = [case for case in due if case.retention_class == name]
            certificate = await dispose(session, runtime, of_class, name, version)
            structlog.get_logger().info(
                "cases_disposed_of", certificate=str(certificate.id), count=len(of_class)
            )
        await session.commit()


async def due_cases(session: AsyncSession, rules: Casework) -> list[Due]:
    """Closed cases that have been kept for as long as their class says, locked; those in use are passed over."""
    closed_at = (
        select(func.max(Closing.closed_at)).where(Closing.case_id == Case.id).scalar_subquery()
    )
    outcome = (
        select(Outcome.code)
        .where(Outcome.case_id == Case.id)
        .order_by(Outcome.decided_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    retention_class = _class_of(rules, outcome)
    # Asked of each case by its own class: a class that is kept for long does not fill the round of the others.
    limit = case(await _limits(session, rules), value=retention_class)
    rows = await session.execute(
        select(Case.id, Case.reference, Case.conversation_id, retention_class)
        .where(
            Case.status == Status.CLOSED,
            closed_at < limit,
            ~exists().where(Alert.case_id == Case.id, Alert.acknowledged_at.is_(None)),
        )
        .order_by(closed_at)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=Case, skip_locked=True)
    )
    return [Due(*row) for row in rows]


async def _limits(session: AsyncSession, rules: Casework) -> dict[str, datetime]:
    """For each class: what was closed before this is due. Months are counted as the calendar has them."""
    limits = {}
    for name, kept in rules.retention.items():
        limits[name] = await session.scalar(select(func.now() - func.make_interval(0, kept.months)))
    return {name: limit for name, limit in limits.items() if limit is not None}


def _class_of(rules: Casework, outcome_code: ScalarSelect[str]) -> ColumnElement[str]:
    known = {outcome.code: outcome.retention for outcome in rules.outcomes}
    # Decided under an earlier policy: in doubt, as long as anything is kept.
    longest = max(rules.retention, key=lambda name: rules.retention[name].months)
    decided = case(known, value=outcome_code, else_=longest)
    return case((outcome_code.is_(None), rules.no_outcome), else_=decided)


async def dispose(
    session: AsyncSession,
    runtime: Runtime,
    due: Sequence[Due],
    retention_class: str,
    version: str,
) -> DisposalCertificate:
    """Delete cases and destroy their keys when the caller commits. Returns the certificate."""
    ids = [case.case_id for case in due]
    keys = await destroy_keys(session, ids)
    rows: Counter[str] = Counter()
    conditions = parts_of_cases(ids)
    for table in reversed(Base.metadata.sorted_tables):
        if table in conditions:
            deleted = await session.execute(delete(table).where(conditions[table]))
            rows[table.name] += _count(deleted)
    gone, of_conversations = await _drop_conversations(session, due)
    rows.update(of_conversations)
    certificate = DisposalCertificate(
        retention_class=retention_class,
        policy_version=version,
        cases=len(due),
        rows={name: count for name, count in sorted(rows.items()) if count},
        keys_destroyed=keys + gone,
        fingerprint=fingerprint(runtime, due, retention_class, version),
    )
    session.add(certificate)
    await session.flush()
    await record(session, None, "cases_disposed_of", str(certificate.id))
    return certificate


def fingerprint(runtime: Runtime, due: Sequence[Due], retention_class: str, version: str) -> str:
    """What proves that these cases were the ones, to whoever has their references and the key for hashes."""
    told = json.dumps([retention_class, version, sorted(case.reference for case in due)])
    return runtime.database.keyring.look_up_hash("disposal", told).hex()


def parts_of_cases(ids: Sequence[UUID]) -> Mapping[Table, ColumnElement[bool]]:
    """For each table, which of its rows belong to the cases."""
    return owned_rows({"cases": Case.id.in_(ids)}, without=NOT_PART_OF_A_CASE)


async def _drop_conversations(
    session: AsyncSession, due: Sequence[Due]
) -> tuple[int, Counter[str]]:
    """Delete the conversations that are silent and have no case left or still to come; returns keys and rows."""
    ids = {case.conversation_id for case in due if case.conversation_id is not None}
    rows: Counter[str] = Counter()
    if not ids:
        return 0, rows
    left = await session.scalars(
        select(Conversation)
        .where(
            Conversation.id.in_(ids),
            ~exists().where(Case.conversation_id == Conversation.id),
            # A report that still waits to be handed over will be a case of it.
            ~exists().where(
                Handover.conversation_id == Conversation.id, Handover.done_at.is_(None)
            ),
        )
        # One that somebody writes in just now is kept for the next round.
        .with_for_update(skip_locked=True)
    )
    now = utc_now()
    # Somebody who writes now is telling something new, and that is a draft like any other.
    silent = [one.id for one in left if now - one.last_message_at > kept_for(one.channel)]
    handovers = delete(Handover).where(
        Handover.conversation_id.in_(ids),
        Handover.done_at.is_not(None),
        ~exists().where(Case.conversation_id == Handover.conversation_id),
    )
    rows["handovers"] = _count(await session.execute(handovers))
    counted = await session.scalar(
        select(func.count()).select_from(Message).where(Message.conversation_id.in_(silent))
    )
    rows["messages"] = counted or 0
    rows["conversations"] = len(silent)
    keys = await destroy_keys(session, silent)
    await drop_drafts(session, silent)
    return keys, rows


def _count(result: Any) -> int:
    return int(result.rowcount)

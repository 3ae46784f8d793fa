"""The queue, next most urgent first: a waiting alert, then the grade, then what falls due next, then age.

The order stands in the database (`Case.queue_rank`, `next_due_at`) under one index, so that a page of it costs the same
however many cases there are.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert
from api.cases.look_ups import email_hash
from api.cases.models import ActionState, Case, Deadline, Grade, Person, PlannedAction, Status
from api.conversations.models import Channel, Conversation
from api.database import utc_now
from api.officers.models import Officer
from api.problems import BadRequest
from api.security import Keyring
from channels.sms import normal_number

PAGE_LENGTH: Final = 50
Whose = Literal["mine", "nobody"]
QueueSelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Filters:
    """What a queue is narrowed to. `q` is the beginning of a reference, a telephone number or an e-mail address.

    `mine` asks who looks: `queue_page` is told.
    """

    status: Status | None = None
    grade: Grade | None = None
    language: str | None = None
    q: str = ""
    area: str | None = None
    whose: Whose | None = None
    overdue: bool = False

    @property
    def any(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class NextDue:
    """What falls due next on a case: the code of a clock or of an item of the plan."""

    kind: Literal["deadline", "plan"]
    code: str
    due_at: datetime


@dataclass(frozen=True)
class QueuedCase:
    """A case as the queue shows it: nothing of what the person said."""

    reference: str
    status: Status
    grade: Grade
    language: str
    channel: Channel
    route: str
    created_at: datetime
    alert_waiting: bool
    area: str | None = None
    owner: str | None = None
    next_due: NextDue | None = None
    restricted: ClassVar[bool] = False


@dataclass(frozen=True)
class ClosedCase:
    """A restricted case to somebody for whom it does not open: that it exists, and whether it waits."""

    reference: str
    alert_waiting: bool
    restricted: ClassVar[bool] = True


@dataclass(frozen=True)
class QueuePage:
    cases: Sequence[QueuedCase | ClosedCase]
    cursor: str | None


_waiting_for_officers: Final[ColumnElement[bool]] = and_(
    Alert.acknowledged_at.is_(None),
    exists().where(Case.id == Alert.case_id, Case.canary.is_(False)).correlate(Alert),
)
# One comparison of rows continues the list.
_ORDER: Final = (Case.queue_rank, Case.next_due_at, Case.created_at, Case.id)


async def queue_page(
    session: AsyncSession,
    keyring: Keyring,
    filters: Filters,
    cursor: str = "",
    *,
    viewer: UUID | None = None,
) -> QueuePage:
    """One page of the queue, and the cursor of the next one if there is more. Raises BadRequest."""
    rows = (await session.execute(queue_query(keyring, filters, cursor, viewer))).all()
    shown = rows[:PAGE_LENGTH]
    due = await _next_due(session, [row.id for row in shown])
    return QueuePage(
        cases=[
            QueuedCase(
                reference=row.reference,
                status=row.status,
                grade=row.grade,
                language=row.language,
                channel=row.channel,
                route=row.route,
                created_at=row.created_at,
                alert_waiting=row.alert_waiting,
                area=row.area,
                owner=row.owner,
                next_due=due.get(row.id),
            )
            for row in shown
        ],
        cursor=_cursor(shown[-1]) if len(rows) > PAGE_LENGTH else None,
    )


def queue_query(
    keyring: Keyring, filters: Filters, cursor: str = "", viewer: UUID | None = None
) -> QueueSelect:
    """The statement of one page and one row more. Raises BadRequest for a cursor of somebody else's."""
    query: QueueSelect = (
        select(
            *(Case.id, Case.reference, Case.status, Case.grade, Case.language, Case.channel),
            *(Case.route, Case.created_at, Case.alert_waiting, Case.area),
            *(Case.queue_rank, Case.next_due_at, Officer.name.label("owner")),
        )
        .join(Officer, Officer.id == Case.owner_id, isouter=True)
        .where(Case.canary.is_(False))
        .order_by(*_ORDER)
        .limit(PAGE_LENGTH + 1)
    )
    query = _narrowed(query, keyring, filters, viewer)
    if cursor:
        after = _position(cursor)
        query = query.where(tuple_(*_ORDER) > tuple_(*(literal(value) for value in after)))
    return query


async def count_waiting_alerts(session: AsyncSession) -> int:
    rows = await session.scalars(select(Alert.id).where(_waiting_for_officers).limit(100))
    return len(rows.all())


async def newest_waiting_alert(session: AsyncSession) -> datetime | None:
    """When the newest alert that still waits was raised."""
    return await session.scalar(
        select(Alert.raised_at)
        .where(_waiting_for_officers)
        .order_by(Alert.raised_at.desc())
        .limit(1)
    )


async def _next_due(session: AsyncSession, cases: Sequence[UUID]) -> dict[UUID, NextDue]:
    """What falls due first on each of some cases; a deadline before an item of the plan at the same moment."""
    deadlines = select(
        Deadline.case_id, literal("deadline").label("kind"), Deadline.code, Deadline.due_at
    ).where(Deadline.case_id.in_(cases), Deadline.met_at.is_(None))
    items = select(
        PlannedAction.case_id, literal("plan"), PlannedAction.code, PlannedAction.due_at
    ).where(
        PlannedAction.case_id.in_(cases),
        PlannedAction.state == ActionState.OPEN,
        PlannedAction.mandatory,
    )
    clocks = deadlines.union_all(items).subquery()
    rows = await session.execute(
        select(clocks)
        .ext(distinct_on(clocks.c.case_id))
        .order_by(clocks.c.case_id, clocks.c.due_at, clocks.c.kind)
    )
    return {
        case_id: NextDue("plan" if kind == "plan" else "deadline", code, due_at)
        for case_id, kind, code, due_at in rows
    }


def _narrowed(
    query: QueueSelect, keyring: Keyring, filters: Filters, viewer: UUID | None
) -> QueueSelect:
    if filters.status is not None:
        query = query.where(Case.status == filters.status)
    if filters.grade is not None:
        query = query.where(Case.grade == filters.grade)
    if filters.language is not None:
        query = query.where(Case.language == filters.language)
    if filters.area == "unknown":
        query = query.where(or_(Case.area == filters.area, Case.area.is_(None)))
    elif filters.area is not None:
        query = query.where(Case.area == filters.area)
    if filters.whose == "mine":
        query = query.where(Case.owner_id == viewer)
    elif filters.whose == "nobody":
        query = query.where(Case.owner_id.is_(None), Case.status != Status.CLOSED)
    if filters.overdue:
        query = query.where(Case.next_due_at < utc_now(), Case.status != Status.CLOSED)
    if filters.q:
        query = query.where(_matches(keyring, filters.q))
    return query


def _matches(keyring: Keyring, q: str) -> ColumnElement[bool]:
    """Each way of finding has an index of its own, which an `or` over three tables could not use."""
    reference = "".join(q.split()).upper()
    hashes = [keyring.look_up_hash("phone", number) for number in {q, normal_number(q)}]
    found = [
        select(Person.case_id).where(Person.phone_hash.in_(hashes)),
        select(Person.case_id).where(Person.email_hash == email_hash(keyring, q)),
        select(Case.id)
        .join(Conversation, Conversation.id == Case.conversation_id)
        .where(Conversation.phone_hash.in_(hashes)),
    ]
    if reference:
        prefix = Case.reference.startswith(reference, autoescape=True)
        found.append(select(Case.id).where(prefix))
    # As an array, so that the few that are found are fetched by their keys, however many a prefix might have matched.
    return Case.id == any_(func.array(union(*found).scalar_subquery()))


def _cursor(row: Any) -> str:
    position = [
        *(row.queue_rank, row.next_due_at.isoformat(), row.created_at.isoformat(), str(row.id))
    ]
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[Any, ...]:
    """What `_cursor` put in. Raises BadRequest for anything else."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        rank, *moments, case_id = json.loads(base64.b64decode(padded, altchars=b"-_"))
        due, created = (datetime.fromisoformat(moment) for moment in moments)
        if type(rank) is not int or not 0 <= rank <= 2000 or None in (due.tzinfo, created.tzinfo):
            raise ValueError
        return rank, due, created, UUID(case_id)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise BadRequest("This cursor was not given out here.", type="unknown-cursor") from None

"""The queue, next most urgent first: a waiting alert, then the grade, then urgency, then age."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert
from api.cases.models import Case, Grade, Person, Status
from api.conversations.models import Channel, Conversation
from api.problems import BadRequest
from api.security import Keyring
from channels.sms import normal_number

PAGE_LENGTH: Final = 50


@dataclass(frozen=True)
class Filters:
    """What a queue is narrowed to. `q` is the beginning of a reference, or a telephone number."""

    status: Status | None = None
    grade: Grade | None = None
    language: str | None = None
    q: str = ""

    @property
    def any(self) -> bool:
        return self != Filters()


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


_alert_waiting: Final[ColumnElement[bool]] = (
    exists().where(Alert.case_id == Case.id, Alert.acknowledged_at.is_(None)).correlate(Case)
)
# Each rank is smaller for what comes first, so that one comparison of rows continues the list.
_RANKS: Final[tuple[ColumnElement[Any], ...]] = (
    case((_alert_waiting, 0), else_=1),
    case((Case.status == Status.CLOSED, 1), else_=0),
    case((Case.grade == Grade.HIGH, 0), (Case.grade == Grade.MEDIUM, 1), else_=2),
    case((Case.status == Status.URGENT, 0), else_=1),
)


async def queue_page(
    session: AsyncSession,
    keyring: Keyring,
    filters: Filters,
    cursor: str = "",
) -> QueuePage:
    """One page of the queue, and the cursor of the next one if there is more. Raises BadRequest."""
    query = select(Case, _alert_waiting, *_RANKS).order_by(*_RANKS, Case.created_at, Case.id)
    query = _narrowed(query, keyring, filters)
    if cursor:
        after = _position(cursor)
        query = query.where(
            tuple_(*_RANKS, Case.created_at, Case.id) > tuple_(*(literal(value) for value in after))
        )
    rows = (await session.execute(query.limit(PAGE_LENGTH + 1))).all()
    shown = rows[:PAGE_LENGTH]
    return QueuePage(
        cases=[_queued(row[0], row[1]) for row in shown],
        cursor=_cursor(shown[-1]) if len(rows) > PAGE_LENGTH else None,
    )


async def count_waiting_alerts(session: AsyncSession) -> int:
    rows = await session.scalars(select(Alert.id).where(Alert.acknowledged_at.is_(None)).limit(100))
    return len(rows.all())


async def newest_waiting_alert(session: AsyncSession) -> datetime | None:
    """When the newest alert that still waits was raised."""
    return await session.scalar(
        select(Alert.raised_at)
        .where(Alert.acknowledged_at.is_(None))
        .order_by(Alert.raised_at.desc())
        .limit(1)
    )


def _queued(found: Case, alert_waiting: bool) -> QueuedCase:
    return QueuedCase(
        reference=found.reference,
        status=found.status,
        grade=found.grade,
        language=found.language,
        channel=found.channel,
        route=found.route,
        created_at=found.created_at,
        alert_waiting=alert_waiting,
    )


def _narrowed(query: Select[Any], keyring: Keyring, filters: Filters) -> Select[Any]:
    if filters.status is not None:
        query = query.where(Case.status == filters.status)
    if filters.grade is not None:
        query = query.where(Case.grade == filters.grade)
    if filters.language is not None:
        query = query.where(Case.language == filters.language)
    if filters.q:
        query = query.where(_matches(keyring, filters.q))
    return query


def _matches(keyring: Keyring, q: str) -> ColumnElement[bool]:
    reference = "".join(q.split()).upper()
    hashes = [keyring.look_up_hash("phone", number) for number in {q, normal_number(q)}]
    person = exists().where(Person.case_id == Case.id, Person.phone_hash.in_(hashes))
    conversation = exists().where(
        Conversation.id == Case.conversation_id, Conversation.phone_hash.in_(hashes)
    )
    return or_(
        and_(literal(bool(reference)), Case.reference.startswith(reference, autoescape=True)),
        person,
        conversation,
    )


def _cursor(row: Sequence[Any]) -> str:
    found, ranks = row[0], row[2:]
    position = [*ranks, found.created_at.isoformat(), str(found.id)]
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[Any, ...]:
    """What `_cursor` put in. Raises BadRequest for anything else."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        *ranks, created_at, case_id = json.loads(base64.b64decode(padded, altchars=b"-_"))
        moment = datetime.fromisoformat(created_at)
        known = len(ranks) == len(_RANKS) and all(type(rank) is int for rank in ranks)
        if not known or max(ranks) > 2 or min(ranks) < 0 or moment.tzinfo is None:
            raise ValueError
        return (*ranks, moment, UUID(case_id))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise BadRequest("This cursor was not given out here.", type="unknown-cursor") from None

"""The audit log as auditors see it: who did what to what, and whether the chain is whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import ColumnElement, select
from starlette.responses import Response

from api.audit.models import AuditEntry
from api.audit.service import record, verify
from api.local_time import LONDON
from api.officers.access import PageAuditReader
from api.officers.models import Officer
from api.runtime import RuntimeDep
from api.ui.pages import pages_of

SHOWN: Final = 200
# Higher than any number of an entry.
NO_END: Final = 2**62
# A day of the log is a day in Wales.

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Narrowed:
    """What the entries are narrowed to. `subject` is a case's reference, or the id of something else."""

    subject: str = ""
    actor: UUID | None = None
    day: date | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.subject:
            yield AuditEntry.subject == self.subject
        if self.actor is not None:
            yield AuditEntry.actor == self.actor
        if self.day is not None:
            yield AuditEntry.at >= datetime.combine(self.day, time.min, LONDON)
            yield AuditEntry.at < datetime.combine(self.day + timedelta(days=1), time.min, LONDON)

    def values(self) -> dict[str, str]:
        """As they stand in an address."""
        return {
            "case": self.subject,
            "officer": str(self.actor or ""),
            "day": self.day.isoformat() if self.day else "",
        }


def _narrowed(case: str, officer: str, day: str) -> tuple[Narrowed, bool]:
    """What was asked for, and whether all of it could be read."""
    try:
        return (
            Narrowed(
                subject="".join(case.split()).upper(),
                actor=UUID(officer) if officer else None,
                day=date.fromisoformat(day) if day else None,
            ),
            True,
        )
    except ValueError:
        return Narrowed(subject="".join(case.split()).upper()), False


@router.get("/audit")
async def audit_page(
    request: Request,
    officer: PageAuditReader,
    runtime: RuntimeDep,
    case: Annotated[str, Query(max_length=64)] = "",
    by: Annotated[str, Query(alias="officer", max_length=36)] = "",
    day: Annotated[str, Query(max_length=10)] = "",
    before: Annotated[int | None, Query(ge=1, le=NO_END)] = None,
) -> Response:
    """The entries asked for, the newest first, after the whole chain was gone through."""
    asked, understood = _narrowed(case, by, day)
    async with runtime.database.session() as session:
        count, first_broken = await verify(session)
        query = (
            select(AuditEntry, Officer.name, Officer.username)
            .outerjoin(Officer, Officer.id == AuditEntry.actor)
            .where(*asked.conditions(), AuditEntry.number < (before or NO_END))
            .order_by(AuditEntry.number.desc())
            .limit(SHOWN + 1)
        )
        rows = (await session.execute(query)).all()
        officers = list(await session.scalars(select(Officer).order_by(Officer.name)))
        await record(session, officer.id, "audit_read", asked.subject or None)
        await session.commit()
    return pages_of(request).answer(
        request,
        "staff/audit.html",
        status=200 if understood else 422,
        count=count,
        first_broken=first_broken,
        entries=rows[:SHOWN],
        names={str(one.id): one.name for one in officers},
        officers=officers,
        asked=asked.values(),
        understood=understood,
        earlier=rows[SHOWN - 1][0].number if len(rows) > SHOWN else None,
    )

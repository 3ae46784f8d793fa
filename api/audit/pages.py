"""The audit log as auditors see it: who did what to what, and whether the chain is whole."""

from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response

from api.audit.models import AuditEntry
from api.audit.service import record, verify
from api.officers.access import PageAuditReader, RuntimeDep
from api.officers.models import Officer
from api.ui.pages import pages_of

NEWEST_SHOWN: Final = 200

router = APIRouter(include_in_schema=False)


@router.get("/audit")
async def audit_page(request: Request, officer: PageAuditReader, runtime: RuntimeDep) -> Response:
    """The newest entries, after the whole chain was gone through."""
    async with runtime.database.session() as session:
        count, first_broken = await verify(session)
        rows = await session.execute(
            select(AuditEntry, Officer.username)
            .outerjoin(Officer, Officer.id == AuditEntry.actor)
            .order_by(AuditEntry.number.desc())
            .limit(NEWEST_SHOWN)
        )
        entries = [(entry, username) for entry, username in rows]
        await record(session, officer.id, "audit_read")
        await session.commit()
    return pages_of(request).answer(
        request, "staff/audit.html", count=count, first_broken=first_broken, entries=entries
    )

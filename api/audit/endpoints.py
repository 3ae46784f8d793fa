"""Whether the audit log is whole, for anybody who may sign in: the answer holds no content."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.audit.service import record, verify
from api.description import problems
from api.officers.access import ApiOfficer
from api.problems import NotSignedIn
from api.runtime import RuntimeDep

router = APIRouter(prefix="/v1/audit", tags=["audit"])


class Verified(BaseModel):
    """`first_broken` is the number of the first entry that does not fit the chain."""

    entries: int
    intact: bool
    first_broken: int | None


@router.get("/verify", responses=problems(NotSignedIn))
async def verify_audit(officer: ApiOfficer, runtime: RuntimeDep) -> Verified:
    """Go through the whole chain."""
    async with runtime.database.session() as session:
        entries, first_broken = await verify(session)
        await record(session, officer.id, "audit_verified")
        await session.commit()
    return Verified(entries=entries, intact=first_broken is None, first_broken=first_broken)

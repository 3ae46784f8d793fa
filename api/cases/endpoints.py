"""The staff door's service calls: what the action server may ask for, with its bearer token."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Response, status
from fastapi.security import HTTPAuthorizationCredentials

from api.alerts.service import raise_urgent_alert
from api.cases.schemas import (
    CaseStatus,
    ReportReceipt,
    ReportSubmission,
    StatusQuestion,
    UrgentAlert,
    UrgentAlertReceipt,
)
from api.cases.service import submit_report
from api.cases.status import tell_status
from api.conversations.receive import lock_conversation
from api.database import utc_now
from api.description import bearer, problems, token_of
from api.problems import (
    BadRequest,
    Conflict,
    DoesNotExist,
    NotSignedIn,
    TooLarge,
    UnusableContent,
)
from api.runtime import RuntimeDep
from api.security import same_secret

SERVICE_TOKEN: Final = bearer("ServiceToken", "The action server's, from the settings.")


async def require_service(
    runtime: RuntimeDep,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(SERVICE_TOKEN)],
) -> None:
    """Let the action server in. Raises NotSignedIn."""
    if not same_secret(token_of(shown), runtime.settings.service_token.get_secret_value()):
        raise NotSignedIn("A service token is needed.")


router = APIRouter(
    prefix="/v1",
    tags=["service"],
    dependencies=[Depends(require_service)],
    responses=problems(BadRequest, NotSignedIn, TooLarge, UnusableContent),
)
IdempotencyKey = Annotated[str, Header(min_length=8, max_length=128, pattern=r"^[\x21-\x7e]+$")]


@router.post(
    "/reports",
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": ReportReceipt, "description": "The same report was received before."},
        **problems(Conflict),
    },
)
async def receive_report(
    submission: ReportSubmission,
    idempotency_key: IdempotencyKey,
    response: Response,
    runtime: RuntimeDep,
) -> ReportReceipt:
    """Make one case of a report; the same key again returns the same reference."""
    async with runtime.database.session() as session:
        receipt, created = await submit_report(session, runtime, submission, idempotency_key)
        await session.commit()
    if not created:
        response.status_code = status.HTTP_200_OK
    return receipt


@router.post("/reports/status", responses=problems(DoesNotExist))
async def ask_status(question: StatusQuestion, runtime: RuntimeDep) -> CaseStatus:
    """How far a report is, for the person who has its reference and code. Posted, so that neither stands in a URL."""
    async with runtime.database.session() as session:
        told = await tell_status(session, runtime, question)
        await session.commit()
    return told


@router.post(
    "/urgent-alerts", status_code=status.HTTP_201_CREATED, responses=problems(DoesNotExist)
)
async def receive_urgent_alert(
    urgent: UrgentAlert, idempotency_key: IdempotencyKey, runtime: RuntimeDep
) -> UrgentAlertReceipt:
    """Alert officers at once, with no report yet. A standing alert of the same conversation is returned."""
    async with runtime.database.session() as session:
        conversation = await lock_conversation(session, urgent.conversation_id)
        if conversation is None:
            raise DoesNotExist("There is no such conversation.")
        conversation.urgent_since = conversation.urgent_since or utc_now()
        case, alert_id = await raise_urgent_alert(session, runtime, conversation)
        await session.commit()
    return UrgentAlertReceipt(alert_id=alert_id, reference=case.reference)

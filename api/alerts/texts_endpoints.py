"""Twilio's callbacks about texts that carried an alert: one that does not arrive moves the escalation on."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.alerts.escalation import note_fate
from api.alerts.models import SendState
from api.problems import UnusableContent
from api.runtime import RuntimeDep
from api.texts.endpoints import REFUSALS, SignedFields, webhook
from channels import sms

NOT_ARRIVED: Final = frozenset({"undelivered", "failed"})

router = APIRouter(prefix="/sms", tags=["sms"], responses=REFUSALS)


@router.post(
    "/alert-status",
    status_code=204,
    openapi_extra=webhook("MessageSid", "MessageStatus", "ErrorCode"),
)
async def receive_alert_status(
    fields: SignedFields, runtime: RuntimeDep, send: Annotated[UUID, Query()]
) -> Response:
    """Note that a text did not reach its officer. `send` is the message's own id, signed with the address."""
    try:
        report = sms.parse_status(fields)
    except sms.MalformedWebhook as error:
        raise UnusableContent(str(error), type="malformed-webhook") from None
    if report.status in NOT_ARRIVED:
        await note_fate(
            runtime,
            send,
            SendState.FAILED,
            last_error=f"twilio_{report.error_code}",
            provider_sid=report.message_sid,
        )
    return Response(status_code=204)

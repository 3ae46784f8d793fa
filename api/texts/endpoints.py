"""Twilio's webhooks on the public door: a text arrives, or the fate of one that was sent."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response

from api.alerts.officers_texts import take_officers_text
from api.description import problems
from api.problems import NotAllowed, TooLarge, UnusableContent
from api.runtime import RuntimeDep
from api.texts.arriving import take_text
from api.texts.fates import take_report
from channels import sms

REFUSALS: Final = problems(NotAllowed, TooLarge, UnusableContent)

router = APIRouter(prefix="/sms", tags=["sms"], responses=REFUSALS)


def webhook(*fields: str) -> dict[str, Any]:
    """The description of a form that Twilio posts: these fields are read here, others stand beside them."""
    form = {"type": "object", "properties": {field: {"type": "string"} for field in fields}}
    content = {"application/x-www-form-urlencoded": {"schema": form}}
    return {"requestBody": {"content": content}}


async def signed_fields(
    request: Request,
    runtime: RuntimeDep,
    x_twilio_signature: Annotated[str, Header()] = "",
    x_twilio_webhooks_signature_settings: Annotated[str, Header()] = "",
) -> dict[str, str]:
    """The form of a webhook that Twilio signed for our public address. Raises NotAllowed."""
    fields = sms.form_fields(await request.body())
    url = runtime.settings.public_address + request.url.path
    if request.url.query:
        url += f"?{request.url.query}"
    secret = runtime.settings.twilio_auth_token
    if sms.names_an_algorithm(x_twilio_webhooks_signature_settings):
        # Signed with a key made for webhooks, where the account has one.
        secret = runtime.settings.twilio_webhook_key or secret
    if not sms.is_from_twilio(
        secret.get_secret_value(),
        url,
        fields,
        x_twilio_signature,
        x_twilio_webhooks_signature_settings,
    ):
        raise NotAllowed("The signature is missing or does not fit.", type="bad-signature")
    return fields


SignedFields = Annotated[dict[str, str], Depends(signed_fields)]


@router.post(
    "/inbound",
    response_class=Response,
    responses={200: {"content": {"text/xml": {}}}},
    openapi_extra=webhook("MessageSid", "From", "To", "Body", "NumMedia", "OptOutType"),
)
async def receive_text(fields: SignedFields, runtime: RuntimeDep) -> Response:
    """Keep a text, then answer with nothing to say: the reply goes out by the API when it is ready."""
    try:
        incoming = sms.parse_incoming(fields)
    except sms.MalformedWebhook as error:
        raise UnusableContent(str(error), type="malformed-webhook") from None
    async with runtime.database.session() as session:
        if not await take_officers_text(session, runtime, incoming):
            await take_text(session, runtime, incoming)
        await session.commit()
    return Response(sms.EMPTY_RESPONSE, media_type="text/xml")


@router.post(
    "/status",
    status_code=204,
    openapi_extra=webhook("MessageSid", "MessageStatus", "ErrorCode"),
)
async def receive_status(fields: SignedFields, runtime: RuntimeDep) -> Response:
    """Note the fate of a text; a callback that comes late never moves it backwards."""
    try:
        report = sms.parse_status(fields)
    except sms.MalformedWebhook as error:
        raise UnusableContent(str(error), type="malformed-webhook") from None
    async with runtime.database.session() as session:
        await take_report(session, runtime, report)
        await session.commit()
    return Response(status_code=204)

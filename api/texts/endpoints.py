"""Twilio's webhooks on the public door: a text arrives, or the fate of one that was sent."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.officers_texts import take_officers_text
from api.conversations.models import Channel, Conversation
from api.conversations.receive import receive_message
from api.conversations.say import say
from api.database import new_id, utc_now
from api.problems import NotAllowed, UnusableContent
from api.runtime import Runtime, runtime_of
from api.texts.models import OutgoingText, TextState
from channels import sms

RuntimeDep = Annotated[Runtime, Depends(runtime_of)]
# Twilio's names for what became of a text. Those that say no more than we know already are left out.
REPORTED_STATES = {
    "sent": TextState.SENT,
    "delivered": TextState.DELIVERED,
    "undelivered": TextState.UNDELIVERED,
    "failed": TextState.FAILED,
}
STATE_ORDER = {
    TextState.QUEUED: 0,
    TextState.SENDING: 1,
    TextState.ACCEPTED: 2,
    TextState.SENT: 3,
    TextState.DELIVERED: 4,
    TextState.UNDELIVERED: 4,
    TextState.FAILED: 4,
}

router = APIRouter(prefix="/sms", tags=["sms"])


async def signed_fields(
    request: Request,
    runtime: RuntimeDep,
    x_twilio_signature: Annotated[str, Header()] = "",
) -> dict[str, str]:
    """The form of a webhook that Twilio signed for our public address. Raises NotAllowed."""
    fields = sms.form_fields(await request.body())
    url = runtime.settings.public_address + request.url.path
    if request.url.query:
        url += f"?{request.url.query}"
    token = runtime.settings.twilio_auth_token.get_secret_value()
    if not sms.is_from_twilio(token, url, fields, x_twilio_signature):
        raise NotAllowed("The signature is missing or does not fit.", type="bad-signature")
    return fields


SignedFields = Annotated[dict[str, str], Depends(signed_fields)]


@router.post("/inbound")
async def receive_text(fields: SignedFields, runtime: RuntimeDep) -> Response:
    """Keep a text, then answer with nothing to say: the reply goes out by the API when it is ready."""
    try:
        incoming = sms.parse_incoming(fields)
    except sms.MalformedWebhook as error:
        raise UnusableContent(str(error), type="malformed-webhook") from None
    async with runtime.database.session() as session:
        if not await take_officers_text(session, runtime, incoming):
            conversation = await _conversation_with(session, runtime, incoming.sender)
            await _keep(session, runtime, conversation, incoming)
        await session.commit()
    return Response(sms.EMPTY_RESPONSE, media_type="text/xml")


async def _keep(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, incoming: sms.IncomingText
) -> None:
    word = sms.keyword(incoming.text)
    if word is sms.Keyword.STOP:
        # The networks stop delivery themselves; the report stands, and an officer sees the stop.
        conversation.texts_stopped_at = conversation.texts_stopped_at or datetime.now(UTC)
    elif word is sms.Keyword.START:
        conversation.texts_stopped_at = None
    await receive_message(
        session, runtime, conversation, incoming.text, f"sms:{incoming.message_sid}"
    )


async def _conversation_with(session: AsyncSession, runtime: Runtime, number: str) -> Conversation:
    """The open conversation with a number, locked; a new one, greeted, where there is none."""
    number_hash = runtime.database.keyring.look_up_hash("phone", number)
    opened = await session.scalar(
        insert(Conversation)
        .values(
            id=new_id(),
            channel=Channel.SMS,
            phone=number,
            phone_hash=number_hash,
            opened_at=utc_now(),
            last_message_at=utc_now(),
        )
        .on_conflict_do_nothing(
            index_elements=[Conversation.phone_hash],
            index_where=Conversation.phone_hash.is_not(None) & Conversation.ended_at.is_(None),
        )
        .returning(Conversation.id)
    )
    conversation = await session.scalar(
        select(Conversation)
        .where(Conversation.phone_hash == number_hash, Conversation.ended_at.is_(None))
        .with_for_update()
    )
    assert conversation is not None
    if opened is not None:
        await say(session, runtime, conversation, runtime.words.say("opening_text", "cy+en"))
    return conversation


@router.post("/status", status_code=204)
async def receive_status(fields: SignedFields, runtime: RuntimeDep) -> Response:
    """Note the fate of a text; a callback that comes late never moves it backwards."""
    try:
        report = sms.parse_status(fields)
    except sms.MalformedWebhook as error:
        raise UnusableContent(str(error), type="malformed-webhook") from None
    state = REPORTED_STATES.get(report.status)
    if state is not None:
        async with runtime.database.session() as session:
            outgoing = await session.scalar(
                select(OutgoingText)
                .where(OutgoingText.provider_sid == report.message_sid)
                .with_for_update()
            )
            if outgoing is not None and STATE_ORDER[state] > STATE_ORDER[outgoing.state]:
                outgoing.state = state
                outgoing.error_code = report.error_code
                outgoing.changed_at = utc_now()
                await session.commit()
    return Response(status_code=204)

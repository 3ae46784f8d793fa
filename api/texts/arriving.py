"""A text arrives: taken once, for what the router says it is, and kept before anybody acts on it."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.conversations.models import Channel, Conversation, Message
from api.conversations.receive import keep_message, receive_message
from api.conversations.say import say
from api.database import new_id, utc_now
from api.runtime import Runtime
from api.texts.answers import alert_to_case, answer
from api.texts.keywords import KEYWORD_ROUTES, note_writing_while_stopped, take_keyword
from api.texts.models import ReceivedText, Route
from api.texts.router import route
from api.texts.situation import Asked, asked_by_officer, is_first_contact, situation_of
from api.wakeups import OFFICERS, announce
from api.words import Language, spoken
from channels.sms import IncomingText

# Several pictures in a row are answered once.
PICTURES_TOGETHER: Final = timedelta(minutes=5)
FOR_THE_ASSISTANT: Final = frozenset(
    {Route.CODE, Route.TO_WEB, Route.STATUS, Route.ANSWER, Route.FOLLOW_UP, Route.NEW_REPORT}
)


async def take_text(session: AsyncSession, runtime: Runtime, incoming: IncomingText) -> None:
    """Keep a text and do what it asks for. One that came before changes nothing. The caller commits."""
    if await session.scalar(select(Message.id).where(Message.provider_id == _id_of(incoming))):
        # Taken before texts were remembered apart from their words.
        return
    sid_hash = runtime.database.keyring.look_up_hash("message_sid", incoming.message_sid)
    new = await session.scalar(
        insert(ReceivedText)
        .values(sid_hash=sid_hash, pictures=incoming.media_count, arrived_at=utc_now())
        # Waits for whoever takes the same text at this moment, and then finds it taken.
        .on_conflict_do_nothing(index_elements=[ReceivedText.sid_hash])
        .returning(ReceivedText.sid_hash)
    )
    if new is None:
        return
    received = await session.get_one(ReceivedText, sid_hash)
    conversation = await _conversation_with(session, runtime, incoming.sender)
    situation = await situation_of(session, conversation)
    received.conversation_id = conversation.id
    received.route = route(incoming.text, incoming.media_count, situation)
    await session.flush()
    if received.route in KEYWORD_ROUTES:
        await take_keyword(session, runtime, conversation, incoming, received)
    elif received.route in FOR_THE_ASSISTANT:
        await _give_to_assistant(session, runtime, conversation, incoming, received)
    else:
        await _keep_for_people(session, runtime, conversation, incoming, received)


def _id_of(incoming: IncomingText) -> str:
    return f"sms:{incoming.message_sid}"


async def _conversation_with(session: AsyncSession, runtime: Runtime, number: str) -> Conversation:
    """The open conversation with a number, locked; a new one where there is none."""
    number_hash = runtime.database.keyring.look_up_hash("phone", number)
    await session.execute(
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
    )
    conversation = await session.scalar(
        select(Conversation)
        .where(Conversation.phone_hash == number_hash, Conversation.ended_at.is_(None))
        .with_for_update()
    )
    assert conversation is not None
    return conversation


async def _introduce(session: AsyncSession, runtime: Runtime, conversation: Conversation) -> None:
    """Whoever writes for the first time learns first who answers and that nobody reads it live."""
    if await is_first_contact(session, conversation):
        await say(session, runtime, conversation, runtime.words.say("opening_text", "cy+en"))


async def _give_to_assistant(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    incoming: IncomingText,
    received: ReceivedText,
) -> None:
    await _introduce(session, runtime, conversation)
    message = await receive_message(session, runtime, conversation, incoming.text, _id_of(incoming))
    if message is None:
        return
    received.message_id = message.id
    if message.conversation_id != conversation.id:
        # A code has led to another conversation.
        conversation = await session.get_one(Conversation, message.conversation_id)
        received.conversation_id = conversation.id
    if incoming.media_count:
        await _answer_picture(session, runtime, conversation, received)


async def _keep_for_people(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    incoming: IncomingText,
    received: ReceivedText,
) -> None:
    """What the assistant is not given: it stands in the conversation, and the person learns what becomes of it."""
    words, language = incoming.text, None
    if not words:
        key = "picture_came" if incoming.media_count else "blank_came"
        words = runtime.words.say(key, spoken(conversation.language))
        language = _language_of(conversation)
    if received.route in (Route.PICTURE, Route.BLANK):
        await _introduce(session, runtime, conversation)
    asked = await asked_by_officer(session, conversation)
    message = await keep_message(
        session,
        runtime,
        conversation,
        words,
        _id_of(incoming),
        language=language,
    )
    received.message_id = message.id
    await announce(session, OFFICERS)
    if received.route is Route.WHILE_STOPPED:
        await note_writing_while_stopped(session, runtime, conversation, message, received)
        return
    if received.route is Route.BLANK:
        await answer(session, runtime, conversation, received, "blank_text")
    elif asked is not None and conversation.taken_over_at is None:
        await _tell_officer(session, runtime, conversation, received, asked)
    if incoming.media_count and received.answer_id is None:
        await _answer_picture(session, runtime, conversation, received)


def _language_of(conversation: Conversation) -> Language:
    return "en" if conversation.language == "en" else "cy"


async def _tell_officer(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    received: ReceivedText,
    asked: Asked,
) -> None:
    """Alert officers to an answer to what one of them `asked`; the person learns once that it has come."""
    earlier = await session.scalar(
        select(ReceivedText.sid_hash)
        .where(
            ReceivedText.conversation_id == conversation.id,
            ReceivedText.route == Route.TO_OFFICER,
            ReceivedText.arrived_at >= asked.left_at,
            ReceivedText.sid_hash != received.sid_hash,
        )
        .limit(1)
    )
    await alert_to_case(
        session,
        runtime,
        conversation,
        AlertReason.PERSON_REPLIED,
        received.sid_hash.hex(),
        message=asked.message,
    )
    if earlier is None and received.route is Route.TO_OFFICER:
        key = "given_to_officer_without_picture" if received.pictures else "given_to_officer"
        await answer(session, runtime, conversation, received, key)


async def _answer_picture(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, received: ReceivedText
) -> None:
    """Say once what can be taken. The picture itself is never fetched."""
    answered = await session.scalar(
        select(ReceivedText.sid_hash)
        .where(
            ReceivedText.conversation_id == conversation.id,
            ReceivedText.pictures > 0,
            ReceivedText.sid_hash != received.sid_hash,
            ReceivedText.answer_id.is_not(None),
            ReceivedText.arrived_at > utc_now() - PICTURES_TOGETHER,
        )
        .limit(1)
    )
    if answered is None:
        await answer(session, runtime, conversation, received, "picture_not_taken")

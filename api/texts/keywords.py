"""STOP, START and HELP: done at once, answered once, and never given to the assistant.

STOP and its English forms reach Twilio before us. Twilio replies to them in its own words and refuses what we send from
then on (error 21610), until START, YES or UNSTOP. STOPIO is known to us alone, unless the account names it too: then
Twilio says so with the text (`OptOutType`), and has replied.
https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
"""

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.conversations.models import Conversation, Message
from api.conversations.receive import defer_answer, keep_message
from api.conversations.say import STOPPED_AT_NETWORK, STOPPED_HERE
from api.conversations.typed_code import HIDDEN
from api.database import utc_now
from api.policy import policy, policy_version
from api.runtime import Runtime
from api.texts.answers import alert_to_case, answer
from api.texts.models import ReceivedText, Route
from api.wakeups import OFFICERS, announce
from channels.sms import WELSH_KEYWORDS, IncomingText, bare_word

KEYWORD_ROUTES: Final = frozenset({Route.STOP, Route.START, Route.HELP})


async def take_keyword(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    incoming: IncomingText,
    received: ReceivedText,
) -> None:
    """Keep a text that is a keyword and do what it says. `conversation` must be locked; the caller commits."""
    word = bare_word(incoming.text)
    if conversation.language is None and word in WELSH_KEYWORDS:
        conversation.language = "cy"
    message = await keep_message(
        session,
        runtime,
        conversation,
        incoming.text,
        f"sms:{incoming.message_sid}",
        # A keyword says nothing about the language of those who have one.
        language="en" if conversation.language == "en" else "cy",
    )
    received.message_id = message.id
    if received.route is Route.STOP:
        by_network = incoming.answered_by_twilio or word in _network_stop_words()
        await _stop(session, runtime, conversation, received, by_network=by_network)
    elif received.route is Route.START:
        news = await _start(session, runtime, conversation, received)
        if news and not incoming.answered_by_twilio:
            await answer(session, runtime, conversation, received, "texts_started", essential=True)
    elif not incoming.answered_by_twilio:
        await answer(session, runtime, conversation, received, "texts_help", essential=True)


def _network_stop_words() -> frozenset[str]:
    return policy(policy_version()).texts.network_stop_words


async def _stop(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    received: ReceivedText,
    *,
    by_network: bool,
) -> None:
    """Stop texts. The report stays as it is; the person is told so once, by us or by Twilio."""
    was_stopped = conversation.texts_stopped_at is not None
    if by_network:
        conversation.texts_stopped_by = STOPPED_AT_NETWORK
    elif not was_stopped:
        conversation.texts_stopped_by = STOPPED_HERE
    if not was_stopped:
        conversation.texts_stopped_at = utc_now()
        if not by_network:
            await answer(session, runtime, conversation, received, "texts_stopped", essential=True)
    await announce(session, OFFICERS)


async def _start(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, received: ReceivedText
) -> bool:
    """Let texts come again. Returns whether that is any news: a second START in a row is not."""
    was_stopped = conversation.texts_stopped_at is not None
    conversation.texts_stopped_at = conversation.texts_stopped_by = None
    if was_stopped and conversation.open_question is not None:
        # The question may not have reached them, so nothing they say now is held to be its answer.
        conversation.returned_at = utc_now()
    await _take_up(session, runtime, conversation)
    await announce(session, OFFICERS)
    before = await session.scalar(
        select(ReceivedText.route)
        .where(
            ReceivedText.conversation_id == conversation.id,
            ReceivedText.sid_hash != received.sid_hash,
        )
        .order_by(ReceivedText.arrived_at.desc())
        .limit(1)
    )
    return was_stopped or before is not Route.START


async def _take_up(session: AsyncSession, runtime: Runtime, conversation: Conversation) -> None:
    """What was written while texts were stopped now goes to the assistant, which has not seen it."""
    unseen = (
        ReceivedText.conversation_id == conversation.id,
        ReceivedText.route == Route.WHILE_STOPPED,
        ReceivedText.message_id.is_not(None),
    )
    messages = await session.scalars(
        select(Message).join(ReceivedText, ReceivedText.message_id == Message.id).where(*unseen)
    )
    # A code that came meanwhile was not taken, and tells the assistant nothing.
    told = [message for message in messages if message.text != HIDDEN]
    for message in told:
        message.turn_id = None
    await session.execute(update(ReceivedText).where(*unseen).values(route=Route.FOLLOW_UP))
    if told:
        await defer_answer(session, runtime, conversation)


async def note_writing_while_stopped(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    message: Message,
    received: ReceivedText,
) -> None:
    """An officer who has the case is told of the words, and the person once how to have answers again."""
    earlier = await session.scalar(
        select(ReceivedText.sid_hash)
        .where(
            ReceivedText.conversation_id == conversation.id,
            ReceivedText.route == Route.WHILE_STOPPED,
            ReceivedText.arrived_at >= conversation.texts_stopped_at,
            ReceivedText.sid_hash != received.sid_hash,
        )
        .limit(1)
    )
    await alert_to_case(
        session, runtime, conversation, AlertReason.INFORMATION_ADDED, received.sid_hash.hex()
    )
    if earlier is None and conversation.texts_stopped_by == STOPPED_HERE:
        key = "code_while_stopped" if message.text == HIDDEN else "wrote_while_stopped"
        await answer(session, runtime, conversation, received, key, essential=True)

"""A message arrives: it is saved with its language, its safety decision and the job that answers it, in one commit.

Language and safety are decided here, by pure functions, so that the 999 card comes even when the worker
and Rasa are away.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.alerts.service import raise_urgent_alert
from api.conversations.language import LanguageDecision
from api.conversations.models import (
    Audience,
    Channel,
    Conversation,
    Kind,
    Message,
    Sender,
    Turn,
    TurnState,
)
from api.conversations.moving import offer_move, take_to_phone
from api.conversations.resume import try_code, without_code
from api.conversations.safety import SafetyAssessment
from api.conversations.say import say
from api.conversations.typed_code import code_in
from api.database import new_id, utc_now
from api.jobs import TURNS, Priority, defer
from api.policy import policy, policy_version
from api.runtime import Runtime
from api.texts.answers import alert_to_case
from api.wakeups import announce
from api.words import LANGUAGES, Language, spoken

ANSWER_CONVERSATION = "answer_conversation"
SOFT_CARD_AGAIN_AFTER = timedelta(minutes=30)
# Whoever names a language in answer to this one says how to speak with the officer, not with the assistant.
OFFICERS_LANGUAGE = "languages"
# While an officer writes, it is the officer who asks: a number that stands alone answers that.
OFFICER_ASKS = "officer"
# What a message is keyed to that answers no question, whichever is open.
NO_QUESTION = "none"


# Made once: putting a statement together costs more than having it answered.
_LOCKED = (
    select(Conversation).where(Conversation.id == bindparam("conversation_id")).with_for_update()
)
_KNOWN = select(Message.id).where(Message.provider_id == bindparam("provider_id"))
# Who spoke last but for the assistant.
_LAST_OF_PEOPLE = (
    select(Message.sender)
    .where(
        Message.conversation_id == bindparam("conversation_id"),
        Message.sender != Sender.ASSISTANT,
    )
    .order_by(Message.seq.desc())
    .limit(1)
)


async def lock_conversation(session: AsyncSession, conversation_id: UUID) -> Conversation | None:
    """The conversation, held against everybody else who would add to it until the commit."""
    return await session.scalar(_LOCKED, {"conversation_id": conversation_id})


async def receive_message(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    text: str,
    provider_id: str,
    priority: Priority = Priority.USUAL,
) -> Message | None:
    """Save what a person said, to be answered by the assistant; the caller commits, then answers.

    `conversation` must be locked. `provider_id` makes a second delivery harmless: then nothing is
    saved and None is returned. `priority` is that of the answer.
    """
    if await session.scalar(_KNOWN, {"provider_id": provider_id}):
        return None
    officer_asks = conversation.taken_over_at is not None
    typed = code_in(text, OFFICER_ASKS if officer_asks else conversation.open_question)
    said_to_code: str | None = None
    if typed is not None:
        text = typed.hidden
        take = try_code if conversation.channel == Channel.WEB else take_to_phone
        outcome = await take(session, runtime, conversation, typed.digits, provider_id)
        conversation, provider_id = outcome.conversation, outcome.provider_id
        said_to_code = outcome.answer
    answers_officer = await _answers_officer(session, conversation)
    message = await _save(session, runtime, conversation, text, provider_id)
    if answers_officer:
        await alert_to_case(
            session, runtime, conversation, AlertReason.PERSON_REPLIED, str(message.id)
        )
    if said_to_code is not None:
        words = runtime.words.say(said_to_code, spoken(conversation.language))
        await say(session, runtime, conversation, words, reply_to=message.id)
        if typed is not None and typed.alone:
            # Nothing else was said, so there is nothing for the assistant to answer.
            await close_turn(session, [message])
            return message
    if conversation.taken_over_at is None:
        how_to_move = await offer_move(session, runtime, conversation, text)
        if how_to_move is not None:
            await say(session, runtime, conversation, how_to_move, reply_to=message.id)
            await close_turn(session, [message])
            return message
    await defer_answer(session, runtime, conversation, priority=priority)
    await announce(session, str(conversation.id))
    return message


async def _answers_officer(session: AsyncSession, conversation: Conversation) -> bool:
    """Whether a message of the web chat is the first since an officer wrote who is not there any more.

    The assistant is given it as well, but holds it to no question. What a text is, the router has decided.
    """
    if conversation.channel != Channel.WEB or conversation.taken_over_at is not None:
        return False
    last = await session.scalar(_LAST_OF_PEOPLE, {"conversation_id": conversation.id})
    return last == Sender.OFFICER


async def keep_message(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    text: str,
    provider_id: str,
    *,
    language: Language | None = None,
) -> Message:
    """Save what a person said without its going to the assistant. Danger is seen in it all the same.

    A code in it is hidden, opens nothing, and works later. `conversation` must be locked; the caller commits.
    `language` is given where the words say nothing about it.
    """
    text = await without_code(session, runtime, text)
    message = await _save(session, runtime, conversation, text, provider_id, language)
    await close_turn(session, [message])
    await announce(session, str(conversation.id))
    return message


async def defer_answer(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    delay_seconds: float | None = None,
    priority: Priority = Priority.USUAL,
) -> None:
    """Have the assistant answer what waits in a conversation, once, when the caller commits."""
    if delay_seconds is None:
        # People send three texts in a row; wait a moment and answer them together.
        by_text = conversation.channel == Channel.SMS
        delay_seconds = runtime.settings.sms_join_seconds if by_text else 0
    await defer(
        session,
        runtime.queue,
        ANSWER_CONVERSATION,
        on=TURNS,
        once_per=f"turn:{conversation.id}",
        in_order_per=f"turn:{conversation.id}",
        delay_seconds=delay_seconds,
        priority=priority,
        conversation_id=str(conversation.id),
    )


async def _save(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    text: str,
    provider_id: str,
    language: Language | None = None,
) -> Message:
    """The message with its language and safety decision; the card for danger is shown at once."""
    current: Language | None = (
        "cy" if conversation.language == "cy" else "en" if conversation.language == "en" else None
    )
    question = conversation.open_question
    if language is not None:
        decision = LanguageDecision(language, "keyword", 1.0)
    else:
        decision = runtime.language.decide(text, current)
        if decision.reason == "requested" and question == OFFICERS_LANGUAGE and current is not None:
            if _is_the_pages_switch(runtime, conversation, text):
                question = NO_QUESTION
            else:
                decision = LanguageDecision(current, "answer", decision.confidence)
        if decision.reason != "undecided":
            conversation.language = decision.language
    # Words of ours that stand for a picture are no words of the person.
    safety = runtime.safety.assess(text if language is None else "")
    message = Message(
        id=new_id(),
        conversation_id=conversation.id,
        provider_id=provider_id,
        sender=Sender.VICTIM,
        audience=Audience.VICTIM,
        text=text,
        language=decision.language,
        language_reason=decision.reason,
        safety=_safety_record(safety),
        question=question,
    )
    session.add(message)
    _note_return(conversation)
    conversation.last_message_at = utc_now()
    await session.flush()
    await _answer_danger(session, runtime, conversation, message, safety)
    return message


def _is_the_pages_switch(runtime: Runtime, conversation: Conversation, text: str) -> bool:
    """Whether these are the words with which the pages of the web switch the language."""
    switches = {runtime.words.say("chat_switch_request", each) for each in LANGUAGES}
    return conversation.channel == Channel.WEB and text in switches


def _note_return(conversation: Conversation) -> None:
    """Whether this comes after a pause so long that the person is asked how to go on."""
    pause = timedelta(minutes=policy(policy_version()).drafts.pause_minutes)
    if utc_now() - conversation.last_message_at > pause:
        conversation.returned_at = utc_now()


async def close_turn(session: AsyncSession, messages: Sequence[Message]) -> None:
    """Note that messages of one conversation need no answer of the assistant's. The caller commits."""
    turn = Turn(
        id=new_id(),
        conversation_id=messages[0].conversation_id,
        state=TurnState.ANSWERED,
        answered_at=utc_now(),
    )
    session.add(turn)
    await session.flush()
    for message in messages:
        message.turn_id = turn.id


def _safety_record(safety: SafetyAssessment) -> dict[str, Any]:
    return {**asdict(safety), "flags": sorted(safety.flags), "reasons": list(safety.reasons)}


async def _answer_danger(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    message: Message,
    safety: SafetyAssessment,
) -> None:
    """Show the card before anything else is done, and tell an officer even if no report is ever sent."""
    card = (
        "danger_card"
        if safety.danger == "card"
        else "suicide_card"
        if safety.suicide == "card"
        else None
    )
    if card is None:
        if "soft" in (safety.danger, safety.suicide):
            await _show_soft_card(session, runtime, conversation)
        return
    await say(
        session,
        runtime,
        conversation,
        runtime.words.say(card, spoken(conversation.language)),
        kind=Kind.EMERGENCY,
        reply_to=message.id,
    )
    conversation.urgent_since = conversation.urgent_since or utc_now()
    await raise_urgent_alert(session, runtime, conversation)


async def _show_soft_card(
    session: AsyncSession, runtime: Runtime, conversation: Conversation
) -> None:
    """Where it is not sure, the numbers are given once in a while, and nothing else changes."""
    shown = conversation.soft_card_at
    if shown is not None and utc_now() - shown < SOFT_CARD_AGAIN_AFTER:
        return
    conversation.soft_card_at = utc_now()
    words = runtime.words.say("soft_card", spoken(conversation.language))
    await say(session, runtime, conversation, words)

"""A draft is taken up again by a code: in another session of the web chat, or by text (api.conversations.moving).

Only a keyed hash of the code is stored. What a person types of it is hidden before it is saved, so that it reaches
neither Rasa nor a log. Whoever tries a wrong code learns nothing, and after some tries has to wait.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.conversations.drafts import drop_drafts, is_draft, kept_for
from api.conversations.models import Channel, Conversation, Message, Sender
from api.conversations.say import say
from api.conversations.typed_code import HIDDEN, code_in
from api.database import new_id, utc_now
from api.runtime import Runtime
from api.wakeups import announce
from api.words import spoken

# Twelve digits: nobody types those of an update code (8) or of a telephone number (0…) for them by mistake.
CODE_DIGITS = 12
FREE_TRIES = 5
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True)
class Outcome:
    """The conversation that the message now belongs to, its id there, and what is said to it, if anything."""

    conversation: Conversation
    provider_id: str
    answer: str | None = None


def readable(digits: str) -> str:
    """The code in groups of four, as it is shown and typed."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


async def issue_code(session: AsyncSession, runtime: Runtime, conversation: Conversation) -> str:
    """A new code for a conversation, as it is shown; the one before no longer works."""
    while True:
        digits = str(secrets.randbelow(9) + 1) + "".join(
            secrets.choice("0123456789") for _ in range(CODE_DIGITS - 1)
        )
        code_hash = runtime.database.keyring.look_up_hash("resume_code", digits)
        taken = await session.scalar(
            select(Conversation.id).where(Conversation.resume_code_hash == code_hash)
        )
        if taken is None:
            conversation.resume_code_hash = code_hash
            return readable(digits)


async def offer_code(session: AsyncSession, runtime: Runtime, conversation: Conversation) -> None:
    """Tell the person of a web chat by which code they can come back; a text needs none."""
    if conversation.channel != Channel.WEB:
        return
    key = "resume_code_newest" if conversation.resume_code_hash else "resume_code"
    code = await issue_code(session, runtime, conversation)
    hours = int(kept_for(conversation.channel).total_seconds() // 3600)
    await say(
        session,
        runtime,
        conversation,
        runtime.words.say(key, spoken(conversation.language), code=code, hours=hours),
    )


async def try_code(
    session: AsyncSession,
    runtime: Runtime,
    conversation: Conversation,
    digits: str,
    provider_id: str,
) -> Outcome:
    """Have a web chat go over to the conversation that a code stands for. `conversation` must be locked."""
    if must_wait(conversation):
        return Outcome(conversation, provider_id, "resume_code_wait")
    if _hash_of(runtime, digits) == conversation.resume_code_hash:
        # It stands for this very conversation.
        conversation.returned_at = utc_now()
        return Outcome(conversation, provider_id)
    earlier = await draft_of_code(session, runtime, conversation, digits)
    if earlier is None:
        return Outcome(conversation, provider_id, "resume_code_unknown")
    await _go_over(session, runtime, conversation, earlier, digits)
    return Outcome(earlier, _moved_id(provider_id, earlier))


async def draft_of_code(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, digits: str
) -> Conversation | None:
    """The draft that a code stands for, locked. A code that stands for none counts against `conversation`."""
    found = await session.scalar(
        select(Conversation)
        .where(
            Conversation.resume_code_hash == _hash_of(runtime, digits),
            Conversation.ended_at.is_(None),
        )
        # Of two sessions that give the same code at once, the second finds it used.
        .with_for_update()
    )
    if found is None or utc_now() - found.last_message_at > kept_for(found.channel):
        conversation.resume_failures += 1
        conversation.resume_failed_at = utc_now()
        return None
    return found


async def without_code(session: AsyncSession, runtime: Runtime, words: str) -> str:
    """Words that are kept without being acted on, with the code that they give hidden.

    A number alone may be what an officer asked for: it is hidden only where it opens a draft.
    """
    typed = code_in(words, None)
    if typed is None:
        return words
    opens = select(Conversation.id).where(
        Conversation.resume_code_hash == _hash_of(runtime, typed.digits)
    )
    return typed.hidden if typed.named or await session.scalar(opens) else words


def _hash_of(runtime: Runtime, digits: str) -> bytes:
    return runtime.database.keyring.look_up_hash("resume_code", digits)


def must_wait(conversation: Conversation) -> bool:
    """After some tries in vain each one more doubles the wait, for right and wrong codes alike."""
    beyond = conversation.resume_failures - FREE_TRIES
    if beyond < 0 or conversation.resume_failed_at is None:
        return False
    wait = min(timedelta(minutes=2 ** min(beyond, 6)), LONGEST_WAIT)
    return utc_now() - conversation.resume_failed_at < wait


def _moved_id(provider_id: str, conversation: Conversation) -> str:
    """The id of a message of the web chat in another conversation; its client's own part stays."""
    return f"web:{conversation.id}:{provider_id.rpartition(':')[2]}"


async def _go_over(
    session: AsyncSession,
    runtime: Runtime,
    session_now: Conversation,
    earlier: Conversation,
    used_code: str,
) -> None:
    """Have the session's token stand for the earlier conversation, and show that conversation again."""
    token, expires_at = session_now.token_hash, session_now.token_expires_at
    session_now.token_hash = None
    await session.flush()
    earlier.token_hash, earlier.token_expires_at = token, expires_at
    await _part_from_phone(session, earlier)
    earlier.returned_at = utc_now()
    said_before = await _messages_of(session, earlier)
    language = spoken(earlier.language)
    await say(session, runtime, earlier, runtime.words.say("resumed", language))
    for message in said_before:
        # The used code stays nowhere.
        message.text = message.text.replace(readable(used_code), HIDDEN)
        await _say_last(session, message)
    if await is_draft(session, session_now.id):
        # What was told in the new session already is told to the earlier conversation.
        for message in await _messages_of(session, session_now):
            if message.sender == Sender.VICTIM and message.text != HIDDEN:
                await move_message(session, message, earlier)
        await session.flush()
        await drop_drafts(session, [session_now.id])
    else:
        # An officer has it already.
        session_now.ended_at = utc_now()
    code = await issue_code(session, runtime, earlier)
    await say(session, runtime, earlier, runtime.words.say("resumed_code", language, code=code))
    for conversation in (session_now, earlier):
        await announce(session, str(conversation.id))


async def _part_from_phone(session: AsyncSession, earlier: Conversation) -> None:
    """What went on by text goes on here, and the telephone has no part in it any more. A STOP stays with its number."""
    stopped = None
    if earlier.phone is not None and earlier.texts_stopped_at is not None:
        stopped = Conversation(
            id=new_id(),
            channel=Channel.SMS,
            phone=earlier.phone,
            phone_hash=earlier.phone_hash,
            language=earlier.language,
            texts_stopped_at=earlier.texts_stopped_at,
            texts_stopped_by=earlier.texts_stopped_by,
        )
    earlier.channel, earlier.phone, earlier.phone_hash = Channel.WEB, None, None
    earlier.texts_stopped_at = earlier.texts_stopped_by = None
    # No number has two open conversations.
    await session.flush()
    if stopped is not None:
        session.add(stopped)


async def _messages_of(session: AsyncSession, conversation: Conversation) -> list[Message]:
    found = await session.scalars(
        select(Message).where(Message.conversation_id == conversation.id).order_by(Message.seq)
    )
    return list(found)


async def _say_last(session: AsyncSession, message: Message) -> None:
    """Give a message a new place at the end, so that a client that has read this far is shown it."""
    await session.execute(
        text("update messages set seq = default where id = :id"), {"id": message.id}
    )


async def move_message(session: AsyncSession, message: Message, earlier: Conversation) -> None:
    """Have an earlier conversation hold a message as its newest, unanswered."""
    message.conversation_id = earlier.id
    message.turn_id = None
    message.question = earlier.open_question
    if message.provider_id is not None and message.provider_id.startswith("web:"):
        message.provider_id = _moved_id(message.provider_id, earlier)
    await session.flush()
    await _say_last(session, message)

"""A session of the web, whoever is its client: the chat's script, or the form that works without one.

The token is the session. It is kept as a hash, and a session that has ended knows it no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, case, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.conversations.drafts import drop_drafts, is_draft
from api.conversations.models import (
    Audience,
    Channel,
    Conversation,
    Message,
    Sender,
    Turn,
    TurnState,
)
from api.conversations.receive import lock_conversation, receive_message
from api.conversations.say import say
from api.database import new_id, utc_now
from api.jobs import Priority
from api.problems import NotSignedIn
from api.runtime import Runtime
from api.security import new_token, token_hash
from api.wakeups import announce
from api.words import Language

# Made once: putting a statement together costs more than having it answered, and these are asked at every news.
_ASKED = aliased(Message)
_UNANSWERED: Final = exists().where(
    Message.conversation_id == Conversation.id,
    Message.sender == Sender.VICTIM,
    Message.turn_id.is_(None),
)
_TURN_IS_OPEN: Final = exists().where(
    Turn.conversation_id == Conversation.id, Turn.state == TurnState.OPEN
)
# While an officer writes, the assistant finishes in silence what it had begun.
_BEING_ANSWERED: Final = Conversation.taken_over_at.is_(None) & (
    _UNANSWERED.correlate(Conversation) | _TURN_IS_OPEN.correlate(Conversation)
)
# What has gone over to a telephone is not shown on a page that is still open.
_ON_THE_WEB: Final = Conversation.channel == Channel.WEB
_NEWS: Final = (
    select(
        _BEING_ANSWERED,
        case((_ON_THE_WEB, Conversation.token_hash)),
        Message,
        _ASKED.provider_id,
    )
    .select_from(Conversation)
    .outerjoin(
        Message,
        (Message.conversation_id == Conversation.id)
        & _ON_THE_WEB
        & (Message.audience == Audience.VICTIM)
        & (Message.seq > bindparam("position")),
    )
    .outerjoin(_ASKED, _ASKED.id == Message.reply_to)
    .where(Conversation.id == bindparam("conversation_id"))
    .order_by(Message.seq)
    .limit(bindparam("most"))
)
_ANSWERING: Final = select(_BEING_ANSWERED).where(Conversation.id == bindparam("conversation_id"))
_OPEN_SESSION: Final = select(Conversation.id).where(
    Conversation.token_hash == bindparam("token_hash"),
    Conversation.ended_at.is_(None),
    Conversation.token_expires_at > bindparam("now"),
)


async def open_web_session(
    runtime: Runtime, language: Language | None, opening: Sequence[str]
) -> tuple[str, datetime]:
    """Open a conversation that begins with the phrases `opening`; its token, and until when that is good."""
    token = new_token()
    expires_at = utc_now() + timedelta(minutes=runtime.settings.web_session_minutes)
    async with runtime.database.session() as session:
        conversation = Conversation(
            id=new_id(),
            channel=Channel.WEB,
            language=language,
            token_hash=token_hash(token),
            token_expires_at=expires_at,
        )
        session.add(conversation)
        await session.flush()
        for key in opening:
            await say(session, runtime, conversation, runtime.words.say(key, language or "cy+en"))
        await session.commit()
    return token, expires_at


async def conversation_of(runtime: Runtime, token: str) -> UUID | None:
    """The conversation that an open session's token stands for."""
    async with runtime.database.reading() as session:
        found: UUID | None = await session.scalar(
            _OPEN_SESSION, {"token_hash": token_hash(token), "now": utc_now()}
        )
    return found


async def keep_message(
    runtime: Runtime, conversation_id: UUID, message_id: UUID, text: str, priority: Priority
) -> None:
    """Keep what a person said under their client's id; the same id again changes nothing.

    `priority` is that of the answer.

    Raises NotSignedIn when the session has ended in the meantime.
    """
    async with runtime.database.session() as session:
        conversation = await lock_conversation(session, conversation_id)
        if conversation is None or conversation.ended_at is not None:
            raise NotSignedIn("This session has ended.")
        await receive_message(
            session,
            runtime,
            conversation,
            text,
            provider_id(conversation_id, message_id),
            priority,
        )
        await session.commit()


def provider_id(conversation_id: UUID, message_id: UUID) -> str:
    """The id of a client's message, made unique across channels."""
    return f"web:{conversation_id}:{message_id}"


async def being_answered(session: AsyncSession, conversation_id: UUID) -> bool:
    """Whether an answer is being written."""
    return bool(await session.scalar(_ANSWERING, {"conversation_id": conversation_id}))


@dataclass(frozen=True)
class News:
    """What a page shows next: messages in order, each with the provider's id of the one that it answers.

    `token_hash`: of the session that may see them; None where there is none on the web any more.
    """

    messages: Sequence[tuple[Message, str | None]] = ()
    being_answered: bool = False
    token_hash: bytes | None = None


async def news_after(
    session: AsyncSession, conversation_id: UUID, position: int, most: int
) -> News:
    """What the person may see after a position, as it is at one moment."""
    given = {"conversation_id": conversation_id, "position": position, "most": most}
    rows = (await session.execute(_NEWS, given)).all()
    if not rows:
        return News()
    shown = [(message, asked) for _, _, message, asked in rows if message is not None]
    return News(shown, bool(rows[0][0]), rows[0][1])


async def leave_web_session(runtime: Runtime, conversation_id: UUID) -> None:
    """End the session of a page that was left. A draft stays for whoever was given a code, as they were told.

    Without a code nobody could come back to it, and it is deleted.
    """
    await _end(runtime, conversation_id, code_works_on=True)


async def end_web_session(runtime: Runtime, conversation_id: UUID) -> None:
    """End a session at once. A draft that was not sent is deleted with it, and a code opens nothing any more."""
    await _end(runtime, conversation_id, code_works_on=False)


async def _end(runtime: Runtime, conversation_id: UUID, *, code_works_on: bool) -> None:
    async with runtime.database.session() as session:
        conversation = await lock_conversation(session, conversation_id)
        if conversation is None:
            return
        if code_works_on and conversation.resume_code_hash is not None:
            # Until somebody comes back, nobody reads here what an officer writes.
            conversation.token_hash = conversation.token_expires_at = None
        elif await is_draft(session, conversation_id):
            await drop_drafts(session, [conversation_id])
        else:
            conversation.ended_at = utc_now()
            conversation.token_hash = None
        # An open stream of the same session ends too.
        await announce(session, str(conversation_id))
        await session.commit()

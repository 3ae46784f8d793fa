"""A turn: everything unanswered in a conversation goes to the assistant once, and its replies are kept.

Which messages a turn answers is committed before Rasa is called, and the turn's id is what Rasa knows
the call by: after a crash on either side the same turn gets the same replies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, takewhile
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.alerts.service import case_of_conversation, raise_alert
from api.conversations.handover import keep_handover
from api.conversations.models import Conversation, Kind, Message, Sender, Turn, TurnState
from api.conversations.receive import ANSWER_CONVERSATION, lock_conversation
from api.conversations.requests import carry_out
from api.conversations.resume import offer_code
from api.conversations.say import say
from api.conversations.takeover import settle_for_officer
from api.conversations.typed_code import HIDDEN
from api.database import new_id, utc_now
from api.jobs import TURNS, defer
from api.runtime import Runtime
from api.texts.bursts import wait_for_more
from api.words import spoken
from channels.rasa_client import RasaAway, RasaClient, TurnAnswer
from channels.rasa_limits import LONGEST_TEXT

# Rasa restarts within this; a person should not be told of it.
PATIENCE = timedelta(seconds=30)
LONGEST_PAUSE_SECONDS = 30

# Made once: putting a statement together costs more than having it answered.
_OPEN = select(Turn).where(
    Turn.conversation_id == bindparam("conversation_id"), Turn.state == TurnState.OPEN
)
# What a person said that no turn answers yet.
_WAITING = (
    select(Message)
    .where(
        Message.conversation_id == bindparam("conversation_id"),
        Message.sender == Sender.VICTIM,
        Message.turn_id.is_(None),
    )
    .order_by(Message.seq)
)
_CLOSE = (
    update(Turn)
    .where(Turn.id == bindparam("turn_id"), Turn.state == TurnState.OPEN)
    .values(state=TurnState.ANSWERED, answered_at=bindparam("now"))
    .returning(Turn.id)
)


@dataclass(frozen=True)
class OpenTurn:
    """What is sent to Rasa. `last_message_id` is the message that the replies answer.

    `returned_at` is the conversation's when the turn was put together.
    `more`: whether something may have waited that is left for another turn. What comes later brings a job of its own.
    """

    id: UUID
    text: str
    metadata: dict[str, Any]
    last_message_id: UUID
    returned_at: datetime | None
    more: bool


async def answer_conversation(runtime: Runtime, rasa: RasaClient, conversation_id: UUID) -> None:
    """Answer everything unanswered in a conversation, turn by turn; later, while somebody is still texting."""
    while (turn := await _open_turn(runtime, conversation_id)) is not None:
        try:
            answer = await rasa.take_turn(turn.id, conversation_id, turn.text, turn.metadata)
        except RasaAway as error:
            structlog.get_logger().warning(
                "turn_not_answered", conversation_id=str(conversation_id), reason=str(error)
            )
            await _note_failure(runtime, conversation_id, turn)
            return
        await _keep_answer(runtime, conversation_id, turn, answer)
        if not turn.more:
            return


async def _open_turn(runtime: Runtime, conversation_id: UUID) -> OpenTurn | None:
    """The turn to be answered: one that was interrupted, else a new one with all that waits."""
    async with runtime.database.session() as session:
        conversation = await lock_conversation(session, conversation_id)
        if conversation is None:
            return None
        officer_writes = await settle_for_officer(session, conversation)
        turn = await session.scalar(_OPEN, {"conversation_id": conversation_id})
        if turn is None and officer_writes:
            await session.commit()
            return None
        if turn is None:
            waiting = list(await session.scalars(_WAITING, {"conversation_id": conversation_id}))
            if not waiting:
                return None
            if await wait_for_more(session, runtime, conversation, waiting):
                await session.commit()
                return None
            # What was said to the next question is another turn.
            said_to_one = takewhile(lambda each: each.question == waiting[0].question, waiting)
            together = _that_fit(list(said_to_one))
            more = len(together) < len(waiting)
            waiting = together
            turn = Turn(id=new_id(), conversation_id=conversation_id, attempts=1)
            session.add(turn)
            await session.flush()
            for message in waiting:
                message.turn_id = turn.id
        else:
            turn.attempts += 1
            # The job that came with what was said since may have been refused for this one's sake.
            more = True
            messages = list(
                await session.scalars(
                    select(Message).where(Message.turn_id == turn.id).order_by(Message.seq)
                )
            )
            waiting = _that_fit(messages)
            # One of older code that is longer than Rasa takes was never taken: the rest waits for the next.
            for message in messages[len(waiting) :]:
                message.turn_id = None
        await session.commit()
    return OpenTurn(
        id=turn.id,
        # An empty text (a picture, say) still deserves an answer: "?" asks for the question again.
        # So does a code by which somebody came back; the code itself is nothing for the assistant.
        text=_joined(waiting) or "?",
        metadata={
            "language": _language_at(waiting[-1]),
            "channel": conversation.channel.value,
            # "Today" and "tonight" go by it, however late the turn is answered.
            "sent_at": waiting[0].sent_at.isoformat(),
            # Sent before the question was seen, a message cannot be the answer to it.
            "question": waiting[0].question,
            # Back after a pause or an officer's words: asked first whether to go on or to start afresh.
            "returned": conversation.returned_at is not None,
            "safety": _strongest([message.safety or {} for message in waiting]),
        },
        last_message_id=waiting[-1].id,
        returned_at=conversation.returned_at,
        more=more,
    )


def _that_fit(messages: Sequence[Message]) -> list[Message]:
    """The first of some messages, and those after it that Rasa takes together with it."""
    ends = accumulate(len(message.text) + 1 for message in messages)
    fitting = [message for message, end in zip(messages, ends, strict=True) if end <= LONGEST_TEXT]
    return fitting or list(messages[:1])


def _joined(messages: Sequence[Message]) -> str:
    return "\n".join(m.text for m in messages if m.text.strip(" .") != HIDDEN).strip()


def _language_at(message: Message) -> str | None:
    """What the conversation's language was when a message came.

    A message that comes between two attempts can change the conversation's; what is asked again is asked as it was.
    """
    return None if message.language_reason == "undecided" else message.language


def _strongest(assessments: list[dict[str, Any]]) -> dict[str, Any]:
    """What the safety layer saw in any of the messages of a turn."""
    levels = ("none", "soft", "card")
    return {
        "danger": max((a.get("danger", "none") for a in assessments), key=levels.index),
        "suicide": max((a.get("suicide", "none") for a in assessments), key=levels.index),
        "flags": sorted({flag for a in assessments for flag in a.get("flags", [])}),
    }


async def _keep_answer(
    runtime: Runtime, conversation_id: UUID, turn: OpenTurn, answer: TurnAnswer
) -> None:
    """Keep the replies once: a second keeper of the same turn finds it answered.

    Where an officer has taken over meanwhile, the assistant is silent but for what was done.
    """
    async with runtime.database.session() as session:
        conversation = await lock_conversation(session, conversation_id)
        if conversation is None or not await _close(session, turn.id):
            return
        is_silent = conversation.taken_over_at is not None
        for reply in answer.replies:
            if is_silent and not reply.is_a_deed:
                continue
            await say(
                session,
                runtime,
                conversation,
                reply.text,
                language=reply.language,
                kind=Kind(reply.kind),
                choices=reply.choices or None,
                reply_to=turn.last_message_id,
                reference=reply.reference,
            )
            if reply.handover is not None:
                await keep_handover(session, runtime, conversation, reply.handover)
            if reply.request is not None:
                await carry_out(session, runtime, conversation, reply.request, turn.id)
            if Kind(reply.kind) is Kind.RECEIPT or reply.handover is not None:
                # What was sent is no draft that a code could open.
                conversation.resume_code_hash = None
        if any(reply.resume_code for reply in answer.replies):
            await offer_code(session, runtime, conversation)
        if not await _is_still_held_to_nothing(session, conversation, turn):
            conversation.returned_at = None
        conversation.open_question = answer.question
        conversation.unanswered_since = None
        await session.commit()


async def _is_still_held_to_nothing(
    session: AsyncSession, conversation: Conversation, turn: OpenTurn
) -> bool:
    """Whether what is said next may still mean something else than what these replies ask.

    So it is where an officer has spoken since the turn began, and where more was written before the replies were seen.
    """
    if conversation.returned_at is None:
        return False
    if conversation.returned_at != turn.returned_at:
        return True
    return await session.scalar(_WAITING, {"conversation_id": conversation.id}) is not None


async def _close(session: AsyncSession, turn_id: UUID) -> bool:
    closed = await session.execute(_CLOSE, {"turn_id": turn_id, "now": utc_now()})
    return closed.first() is not None


async def _note_failure(runtime: Runtime, conversation_id: UUID, turn: OpenTurn) -> None:
    """Try again soon; past our patience, say so honestly and have an officer look."""
    async with runtime.database.session() as session:
        conversation = await lock_conversation(session, conversation_id)
        failed = await session.get(Turn, turn.id)
        if conversation is None or failed is None or failed.state != TurnState.OPEN:
            return
        # Either way, since the clock may have been set back in the meantime.
        waited = abs(utc_now() - failed.started_at)
        officer_writes = conversation.taken_over_at is not None
        if conversation.unanswered_since is None and waited > PATIENCE and not officer_writes:
            conversation.unanswered_since = utc_now()
            case = await case_of_conversation(session, conversation)
            await say(
                session,
                runtime,
                conversation,
                runtime.words.say(
                    "cannot_answer", spoken(conversation.language), reference=case.reference
                ),
                reply_to=turn.last_message_id,
            )
            await raise_alert(
                session, runtime, case, AlertReason.UNANSWERED, f"unanswered:{turn.id}"
            )
        await defer(
            session,
            runtime.queue,
            ANSWER_CONVERSATION,
            on=TURNS,
            once_per=f"turn:{conversation_id}",
            in_order_per=f"turn:{conversation_id}",
            delay_seconds=min(2.0**failed.attempts, LONGEST_PAUSE_SECONDS),
            conversation_id=str(conversation_id),
        )
        await session.commit()

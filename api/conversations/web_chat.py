"""The web chat's endpoints on the public door. The token is the session; no cookie, nothing in a URL."""

import json
from collections.abc import AsyncIterator
from hmac import compare_digest
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response, status
from fastapi.security import HTTPAuthorizationCredentials
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.conversations.models import Message
from api.conversations.web_session import (
    News,
    conversation_of,
    end_web_session,
    keep_message,
    leave_web_session,
    news_after,
    open_web_session,
)
from api.description import bearer, problems, token_of
from api.pace import PLACE_HEADER, DoorkeeperDep
from api.problems import BadRequest, NotSignedIn, TooLarge, TooManyRequests, UnusableContent
from api.runtime import Runtime, RuntimeDep
from api.security import token_hash
from api.wakeups import wait_for_news
from channels.web import (
    MAX_CHARACTERS,
    Accepted,
    ChatMessage,
    Choice,
    NewSession,
    Polled,
    SentMessage,
    Session,
)
from channels.written import as_kept

OPENING = ("opening", "opening_not_live", "opening_promise", "opening_question")
LONGEST_WAIT_SECONDS = 25
MOST_AT_ONCE = 200

SESSION_TOKEN: Final = bearer("SessionToken", "The session's, from `POST /v1/chat/sessions`.")

router = APIRouter(
    prefix="/v1/chat",
    tags=["web chat"],
    responses=problems(BadRequest, TooLarge, UnusableContent),
)


async def current_conversation(
    runtime: RuntimeDep,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(SESSION_TOKEN)],
) -> UUID:
    """The conversation that the bearer token stands for. Raises NotSignedIn."""
    token = token_of(shown)
    if not token:
        raise NotSignedIn("A session token is needed.")
    conversation_id = await conversation_of(runtime, token)
    if conversation_id is None:
        raise NotSignedIn("This session is unknown or has ended.")
    return conversation_id


ConversationId = Annotated[UUID, Depends(current_conversation)]


@router.post("/sessions", status_code=status.HTTP_201_CREATED, responses=problems(TooManyRequests))
async def open_session(
    new: NewSession,
    runtime: RuntimeDep,
    doorkeeper: DoorkeeperDep,
    place: Annotated[str, Header(alias=PLACE_HEADER)] = "",
) -> Session:
    """Open a conversation; its opening messages come with the first poll.

    A 429 carries a place in line in the header of that name; whoever shows it with the next try goes before all who
    came later.
    """
    await doorkeeper.open_session(place)
    token, expires_at = await open_web_session(runtime, new.language, OPENING)
    return Session(token=token, expires_at=expires_at, cursor="0")


@router.post(
    "/messages",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(NotSignedIn, TooManyRequests),
)
async def send_message(
    sent: SentMessage,
    conversation_id: ConversationId,
    runtime: RuntimeDep,
    doorkeeper: DoorkeeperDep,
) -> Accepted:
    """Keep a message, then answer 202. The same id again changes nothing."""
    if len(sent.text) > MAX_CHARACTERS:
        raise TooLarge(
            f"A message has {MAX_CHARACTERS} characters at most.", type="message-too-long"
        )
    text = as_kept(sent.text)
    if not text:
        raise UnusableContent("A message needs some text.", type="message-empty")
    priority = await doorkeeper.send_message(conversation_id)
    await keep_message(runtime, conversation_id, sent.id, text, priority)
    return Accepted(id=sent.id)


def _position(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise BadRequest("This cursor was not given out here.", type="unknown-cursor")
    return int(cursor)


def _own_id(provider_id: str) -> str:
    return provider_id.rpartition(":")[2]


def _as_shown(message: Message, answered: str | None) -> dict[str, object]:
    """A message as the contract has it; `answered` is the provider's id of the message that it answers."""
    reply_to = _own_id(answered) if answered else str(message.reply_to or "") or None
    return ChatMessage(
        id=_own_id(message.provider_id) if message.provider_id else str(message.id),
        speaker=message.sender.value,
        text=message.text,
        language=message.language,
        choices=[Choice(**choice) for choice in message.choices or []],
        kind=message.kind.value,
        reply_to=reply_to,
        sent_at=message.sent_at,
        reference=message.reference,
    ).shown()


async def _look(runtime: Runtime, conversation_id: UUID, position: int) -> News:
    async with runtime.database.reading() as session:
        return await news_after(session, conversation_id, position, MOST_AT_ONCE)


@router.get(
    "/messages", response_model=None, responses={200: {"model": Polled}, **problems(NotSignedIn)}
)
async def poll_messages(
    conversation_id: ConversationId,
    runtime: RuntimeDep,
    after: Annotated[str, Query(max_length=20)] = "0",
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_SECONDS)] = 0,
) -> dict[str, Any]:
    """The messages after a cursor; waits up to `wait` seconds for something new."""
    position = _position(after)
    topic = str(conversation_id)
    news = runtime.wakeups.subscribe(topic)
    try:
        for seconds_left in (wait, 0):
            found = await _look(runtime, conversation_id, position)
            if found.messages or not seconds_left:
                break
            await wait_for_news(news, seconds_left)
    finally:
        runtime.wakeups.unsubscribe(topic, news)
    return {
        "messages": [_as_shown(message, answered) for message, answered in found.messages],
        "cursor": str(found.messages[-1][0].seq if found.messages else position),
        "typing": found.being_answered,
    }


@router.get("/events", response_class=EventSourceResponse, responses=problems(NotSignedIn))
async def stream_messages(
    request: Request,
    conversation_id: ConversationId,
    runtime: RuntimeDep,
    token: Annotated[HTTPAuthorizationCredentials | None, Depends(SESSION_TOKEN)],
    last_event_id: Annotated[str, Header()] = "0",
) -> EventSourceResponse:
    """The same messages as server-sent events; each event's id is its cursor."""
    position = _position(last_event_id)
    own_hash = token_hash(token_of(token))

    async def events(position: int) -> AsyncIterator[ServerSentEvent]:
        topic = str(conversation_id)
        news = runtime.wakeups.subscribe(topic)
        was_typing = False
        try:
            while not await request.is_disconnected():
                found = await _look(runtime, conversation_id, position)
                if not compare_digest(found.token_hash or b"", own_hash):
                    # The session has ended, or a code has taken the conversation to another page.
                    return
                for message, answered in found.messages:
                    position = message.seq
                    shown = json.dumps(_as_shown(message, answered), ensure_ascii=False)
                    yield ServerSentEvent(shown, event="message", id=str(position))
                if found.being_answered != was_typing:
                    was_typing = found.being_answered
                    yield ServerSentEvent(json.dumps({"typing": was_typing}), event="typing")
                await wait_for_news(news, LONGEST_WAIT_SECONDS)
        finally:
            runtime.wakeups.unsubscribe(topic, news)

    return EventSourceResponse(events(position), headers={"Cache-Control": "no-store"})


@router.post(
    "/session/leave", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotSignedIn)
)
async def leave_session(conversation_id: ConversationId, runtime: RuntimeDep) -> Response:
    """End the session of a page that is left or lies idle. A draft stays only for whoever was given a code."""
    await leave_web_session(runtime, conversation_id)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.delete("/session", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotSignedIn))
async def end_session(conversation_id: ConversationId, runtime: RuntimeDep) -> Response:
    """End the session at once. A draft that was not sent is deleted with it, also where a code was given."""
    await end_web_session(runtime, conversation_id)
    return Response(status_code=status.HTTP_204_NO_CONTENT)

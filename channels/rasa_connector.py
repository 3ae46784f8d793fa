"""The only way into Rasa: `POST /webhooks/llais/turn` with a bearer token, from the worker. Runs inside Rasa (3.10).

Rasa's stock channels answer a repeated message again, save half a turn when an action fails, and take a
typed "/intent" for a command. Here a turn is all or nothing: it is saved when every action has answered,
and a turn that was saved is replayed instead of taken again.
"""

import asyncio
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import jsonschema
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.core.policies.rule_policy import DEFAULT_ACTION_MAPPINGS
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from channels.rasa_limits import LONGEST_BODY, LONGEST_TEXT
from channels.rasa_sessions import (
    begin_anew_where_long,
    copy_slots_plainly,
    find_event_classes_once,
)

# It is held against words between which stands one space: with more, there would be endless ways to share them out.
COMMAND = re.compile(r"/+ ?\w* ?(@[\d.]*)? ?(\{.*\})?")
# Rasa strips blanks of every kind before it looks for a slash, so a line break between two slashes hides neither.
BEFORE_WORDS = re.compile(r"[/\s]+")
CHANNELS = ("web", "sms")
ACTION_TIMEOUT_SECONDS = 12


class ActionFailed(BaseException):
    """The action server gave no usable answer, so the turn ends at once with nothing kept.

    Not an Exception: Rasa catches those, loses the action's events and goes on to the next action.
    """


class WatchedEndpoint(EndpointConfig):
    """The action server, with one connection pool, no more of the tracker than actions read, and failures told."""

    _session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any | None:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                headers=self.headers, timeout=aiohttp.ClientTimeout(total=ACTION_TIMEOUT_SECONDS)
            )
        try:
            async with self._session.post(self.url, json=_slim(kwargs["json"])) as answer:
                if answer.status == 400:
                    # The action server's way to say that the form rejects this message.
                    raise ClientResponseError(answer.status, answer.reason, await answer.text())
                answer.raise_for_status()
                return await answer.json()
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            # ValueError: what came is no JSON. Nothing of it may reach a log.
            raise ActionFailed(type(error).__name__) from None


def _slim(body: dict[str, Any]) -> dict[str, Any]:
    """The request without the history before the person's last message, which no action reads."""
    tracker = dict(body["tracker"])
    events = tracker.get("events") or []
    spoken = [index for index, event in enumerate(events) if event.get("event") == "user"]
    tracker["events"] = events[spoken[-1] :] if spoken else events[-5:]
    return {**body, "tracker": tracker, "domain": {}}


class Silent(OutputChannel):
    """Replies are read from the tracker afterwards, where a replay finds them too."""

    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:  # type: ignore[override]
        return self._name

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        return None


class LlaisInput(InputChannel):
    """Our connector, named in credentials.yml."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    @classmethod
    def name(cls) -> str:
        return "llais"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "LlaisInput":
        token = (credentials or {}).get("token") or ""
        if len(token) < 16 or token.startswith("${"):
            raise ValueError("the connector needs a token of 16 characters or more")
        return cls(token)

    def _may_enter(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, self._expected)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        webhook = Blueprint("llais_connector", __name__)

        @webhook.get("/health")
        async def health(request: Request) -> HTTPResponse:
            if not self._may_enter(request):
                return response.json({"error": "token"}, status=401)
            agent: Agent = request.app.ctx.agent
            if agent is None or not agent.is_ready():
                return response.json({"status": "loading"}, status=503)
            return response.json({"status": "ok", "model": agent.model_id})

        @webhook.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            if not self._may_enter(request):
                return response.json({"error": "token"}, status=401)
            if len(request.body) > LONGEST_BODY:
                return response.json({"error": "too-large"}, status=413)
            message = _message_of(request.body)
            if message is None:
                return response.json({"error": "malformed"}, status=400)
            agent: Agent = request.app.ctx.agent
            if agent is None or not agent.is_ready():
                return response.json({"error": "loading"}, status=503)
            answer = await take_turn(agent, message)
            if answer is None:
                return response.json({"error": "action-failed"}, status=503)
            return response.json(answer)

        return webhook


def _message_of(body: bytes) -> UserMessage | None:
    """The message of a request, or None where the request is not of the agreed form."""
    try:
        content = json.loads(body)
        message_id, sender_id = content["message_id"], content["conversation_id"]
        text, metadata = content["text"], content["metadata"]
        channel = metadata["channel"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not all(map(_is_words, (message_id, sender_id, text))):
        return None
    if channel not in CHANNELS or len(text) > LONGEST_TEXT or len(sender_id) > 64:
        return None
    return UserMessage(
        without_commands(text),
        Silent(channel),
        sender_id,
        input_channel=channel,
        message_id=message_id,
        metadata=metadata,
    )


def _is_words(part: object) -> bool:
    """Whether something is a text that can be kept: JSON can carry half a letter, which UTF-8 cannot."""
    if not isinstance(part, str) or not part.strip():
        return False
    try:
        part.encode()
    except UnicodeEncodeError:
        return False
    return True


def without_commands(text: str) -> str:
    """The text with nothing at its start that Rasa would take for a command ("/restart", "/intent{…}").

    A message that is a command and nothing else becomes "?", which has the open question asked again.
    """
    stripped = text.lstrip()
    if not stripped.startswith("/"):
        return text
    if COMMAND.fullmatch(" ".join(stripped.split())):
        return "?"
    return BEFORE_WORDS.sub("", stripped, count=1) or "?"


def _prepare(agent: Agent) -> None:
    """Replace parts of Rasa's own that would hide failures or pass over the form. Harmless when done already."""
    processor = agent.processor
    # Rasa obeys a "restart" at once, however unsure the classifier; here the form hears every message first.
    DEFAULT_ACTION_MAPPINGS.clear()
    find_event_classes_once()
    copy_slots_plainly()
    if not isinstance(processor.action_endpoint, WatchedEndpoint):
        endpoint = processor.action_endpoint
        processor.action_endpoint = WatchedEndpoint(url=endpoint.url, headers=endpoint.headers)
        RemoteAction._validate_action_result = _validator_of_answers()
    # Rasa wraps its store into one that answers from an empty memory when the database is away.
    store = getattr(agent.tracker_store, "_tracker_store", None)
    if store is not None:
        store.domain = agent.domain
        agent.tracker_store = processor.tracker_store = store


def _validator_of_answers() -> Callable[[RemoteAction, dict[str, Any]], bool]:
    """Rasa's check of what an action answers, with its schema prepared once instead of at every answer.

    Preparing it took more than half of a whole turn. Raises jsonschema's ValidationError, as Rasa's own does.
    """
    schema = RemoteAction.action_response_format_spec()
    validator = jsonschema.validators.validator_for(schema)(schema)

    def validate(action: RemoteAction, answer: dict[str, Any]) -> bool:
        validator.validate(answer)
        return True

    return validate


async def take_turn(agent: Agent, message: UserMessage) -> dict[str, Any] | None:
    """Have a message answered once. None when an action failed: then nothing was saved.

    Raises whatever the tracker store and the lock store raise when the database is away, and LockError when the
    conversation is held by another server.
    """
    _prepare(agent)
    processor = agent.processor
    async with agent.lock_store.lock(message.sender_id):
        tracker = await processor.fetch_tracker_and_update_session(
            message.sender_id, message.output_channel, message.metadata
        )
        if not _was_answered(tracker, message.message_id):
            begin_anew_where_long(tracker)
            _note_context(tracker, message)
            try:
                await processor._handle_message_with_tracker(message, tracker)
                tracker = await processor.run_action_extract_slots(message.output_channel, tracker)
                await processor._run_prediction_loop(message.output_channel, tracker)
            except ActionFailed:
                return None
            # Without the lock another server may have answered meanwhile: then nothing of ours is kept.
            agent.lock_store.confirm(message.sender_id)
            await processor.save_tracker(tracker)
        return _answer_of(tracker, message.message_id)


def _note_context(tracker: DialogueStateTracker, message: UserMessage) -> None:
    """Language and channel were decided by the API; the dialogue reads them from slots."""
    for slot in ("language", "channel"):
        value = message.metadata.get(slot)
        if tracker.get_slot(slot) != value:
            tracker.update(SlotSet(slot, value))


def _was_answered(tracker: DialogueStateTracker, message_id: str) -> bool:
    return any(
        isinstance(event, UserUttered) and event.message_id == message_id
        for event in tracker.events
    )


def _answer_of(tracker: DialogueStateTracker, message_id: str) -> dict[str, Any]:
    """What was said after a message, and the question that is open now."""
    replies: list[dict[str, Any]] = []
    spoken = False
    for event in tracker.events:
        if isinstance(event, UserUttered):
            spoken = event.message_id == message_id
        elif spoken and isinstance(event, BotUttered):
            replies.append(_reply_of(event, tracker))
    question = tracker.get_slot("requested_slot") if tracker.active_loop_name else None
    return {"replies": replies, "question": question, "language": tracker.get_slot("language")}


def _reply_of(event: BotUttered, tracker: DialogueStateTracker) -> dict[str, Any]:
    data = event.data or {}
    return {
        "text": event.text or "",
        "language": tracker.get_slot("language") or "cy+en",
        "choices": [
            {"label": button["title"], "value": button["payload"]}
            for button in data.get("buttons") or []
        ],
        **(data.get("custom") or {}),
    }

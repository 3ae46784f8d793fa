"""Messages and trackers as actions see them, made by hand."""

from typing import Any

from rasa_sdk import Tracker

from actions.turn import Turn


def turn_of(
    text: str,
    intent: str = "nlu_fallback",
    *,
    confidence: float = 0.95,
    language: str | None = "en",
    entities: tuple[tuple[str, str, str], ...] = (),
    **metadata: Any,
) -> Turn:
    """A message; `entities` are (kind, the words in the text, value)."""
    return Turn(
        text=text,
        intent=intent,
        confidence=confidence,
        entities=tuple(
            {
                "entity": kind,
                "value": value,
                "start": text.index(words),
                "end": text.index(words) + len(words),
            }
            for kind, words, value in entities
        ),
        metadata={"language": language, "channel": "web", **metadata},
    )


def tracker_of(
    turn: Turn,
    *,
    sender_id: str = "00000000-0000-4000-8000-000000000001",
    asking: bool = True,
    **slots: Any,
) -> Tracker:
    """A conversation in which this message has just been said."""
    message = {
        "text": turn.text,
        "intent": {"name": turn.intent, "confidence": turn.confidence},
        "entities": [dict(entity) for entity in turn.entities],
        "metadata": dict(turn.metadata),
        "message_id": "message-1",
    }
    return Tracker(
        sender_id=sender_id,
        slots={"language": turn.language, "channel": "web", **slots},
        latest_message=message,
        events=[{"event": "user", **message}],
        paused=False,
        followup_action=None,
        active_loop={"name": "report_form"} if asking else {},
        latest_action_name="action_listen",
    )

"""Keeps what Rasa goes through in a turn from growing with the conversation. Runs inside Rasa (3.10).

Rasa reads every event since the last start of a session, and plays all of them again for each action it runs: the
sixtieth turn of a conversation would cost several times what the fifth did. So before a turn that finds much, a new
session is begun which stands where the old one stood: the same slots, the same open form. Nothing is deleted; Rasa
passes over the sessions before the last.
"""

from functools import lru_cache

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

# About eight turns.
MANY_EVENTS = 100


def begin_anew_where_long(tracker: DialogueStateTracker) -> None:
    """Begin a new session in the same state, where the present one has become long.

    To be called before the message of a turn is added, so that this turn lies wholly in the new session: a turn that is
    asked for again is found there. Where the form stands in the middle of something, the next turn will do.
    """
    if len(tracker.events) < MANY_EVENTS or not _is_at_rest(tracker):
        return
    loop = tracker.active_loop_name
    slots = [
        SlotSet(slot.name, slot.value)
        for slot in tracker.slots.values()
        if slot.value != slot.initial_value
    ]
    tracker.update_with_events(
        [
            SessionStarted(),
            *slots,
            *([ActiveLoop(loop)] if loop else []),
            ActionExecuted(ACTION_LISTEN_NAME),
        ],
        None,
    )


def _is_at_rest(tracker: DialogueStateTracker) -> bool:
    """Whether the last thing that happened was that Rasa waits for a message, and nothing is interrupted."""
    loop = tracker.active_loop
    interrupted = loop is not None and (loop.rejected or loop.is_interrupted)
    return (
        tracker.latest_action_name == ACTION_LISTEN_NAME
        and tracker.followup_action is None
        and not tracker.is_paused()
        and not interrupted
    )


def copy_slots_plainly() -> None:
    """Have a slot copied by its attributes: Rasa copies all of them several times a turn, and in a general way."""
    if "__copy__" not in vars(Slot):
        Slot.__copy__ = _copy_of


def _copy_of(slot: Slot) -> Slot:
    copied = object.__new__(type(slot))
    copied.__dict__.update(slot.__dict__)
    return copied


def find_event_classes_once() -> None:
    """Have Rasa remember which class the name of an event stands for; it would search all of them for each event."""
    if not hasattr(Event.resolve_by_type, "cache_info"):
        Event.resolve_by_type = staticmethod(lru_cache(maxsize=None)(Event.resolve_by_type))

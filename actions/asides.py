"""Answers to questions about the conversation itself: to go on or start afresh, to start again, to pause."""

from typing import Any

from actions.drafts import ask_to_resume, had_draft
from actions.memory import forget
from actions.questions import ASIDES
from actions.turn import Turn

Slots = dict[str, Any]
# What is noted while a pause is offered, and while somebody rests.
OFFERED, RESTING = "offered", "resting"
# Who turns to another person has no need to be asked again about pausing.
_TURNED_ELSEWHERE = frozenset({"ask_human", "ask_support"})
# What an officer is told when somebody asks for a person (`api/conversations/requests.py`).
PERSON_WANTED = {"request": {"kind": "person"}}


def settle_aside(slots: Slots, slot: str, value: str) -> str | None:
    """Do what the answer says. Returns the name of what to say to it; None where that is the next question's."""
    if value == "restart":
        slots.update(forget())
        return "utter_restarted"
    if value == "afresh":
        _start_afresh(slots)
        return "utter_restarted"
    slots[slot] = None
    slots["answered"] = [each for each in slots.get("answered") or [] if each != slot]
    if value == "rest":
        slots["found"] = {**(slots.get("found") or {}), "pause": RESTING}
        return None
    settled = (ASIDES[slot], "came_with") if slot == "resume" else (ASIDES[slot],)
    slots["found"] = _without(slots, *settled)
    return "utter_ask_human" if value == "person" else "utter_going_on"


def come_back_after_digression(slots: Slots, turn: Turn) -> None:
    """What else was said has been answered; who came back with it is still asked how to go on."""
    found = slots.get("found") or {}
    rested = found.get("pause") == RESTING
    if rested or (found.get("pause") and turn.intent in _TURNED_ELSEWHERE):
        slots["found"] = found = _without(slots, "pause")
    if turn.returned and had_draft(slots, turn) and not found.get("restart"):
        ask_to_resume(slots)


def _start_afresh(slots: Slots) -> None:
    """Forget the draft; what the person came back to tell is where the new one begins."""
    came_with, language = (slots.get("found") or {}).get("came_with"), slots.get("language")
    slots.update(forget())
    if came_with:
        slots["account"], slots["account_language"] = came_with, language


def _without(slots: Slots, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in (slots.get("found") or {}).items() if key not in keys}

"""What the form remembers: changing it, opening parts of it again, and forgetting all of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk.events import SlotSet

from actions.questions import QUESTIONS

Event = dict[str, Any]
# What the next report starts without, besides the answers themselves.
MEMORY = (
    "account_language",
    "referral_words",
    "referral_wording",
    "found",
    "flags",
    "answered",
    "unclear",
    "asked_again",
)
# What is noted besides the words of an answer.
READ_FROM = {"when": ("occurred",), "where": ("place", "online")}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Event]:
    """The events that turn one set of slots into the other."""
    return [SlotSet(key, after[key]) for key in after if after[key] != before.get(key)]


def reopen(slots: dict[str, Any], parts: Iterable[str]) -> None:
    """Have questions asked again; the review comes after them."""
    for slot in parts:
        slots[slot] = None
        forget_reading(slots, slot)
    slots["review"] = None


def forget_reading(slots: dict[str, Any], slot: str) -> None:
    """Drop what was understood by an answer that is taken back, so that it is not sent without its words."""
    read = READ_FROM.get(slot, ())
    if slots.get("found") and read:
        slots["found"] = {key: value for key, value in slots["found"].items() if key not in read}


def forget() -> dict[str, None]:
    """The slots of an empty form."""
    return dict.fromkeys((*(question.slot for question in QUESTIONS), *MEMORY))


def forget_answers() -> list[Event]:
    """Empty the form for another report; what was sent is in the case and no longer needed here."""
    return [SlotSet(slot, None) for slot in forget()]

"""Who reports: their age where they say it, whom they report for, and how it is safe to reach either."""

from collections.abc import Mapping
from typing import Any

from actions.question import PROFESSIONAL, SKIP_ALL, SKIPPED, UNDER_18, UNKNOWN, words_given
from actions.turn import Turn

Slots = Mapping[str, Any]
# An age in a message that speaks of one of these is theirs, not the writer's.
CHILDREN = frozenset({"son", "daughter", "child", "grandchild", "sibling", "pupil"})
# These are spoken of by those who work with them.
SUPPORTED_AT_WORK = frozenset({"client", "pupil"})
LANGUAGES = {"cy": ("cy", "cy"), "en": ("en", "en"), "cy_en": ("cy", "en")}
NOBODY = "none"
# The choices of the one question by text, in the answers of the several that the web chat asks. "Any time, and a
# message is fine" leaves open whether to say that it is the police.
ANY_TIME = {"contact_hours": "any_time", "voicemail": "yes", "say_police": UNKNOWN}
NO_MESSAGE = {"voicemail": "no", "say_police": "no"}


def is_young(slots: Slots) -> bool:
    """Whether it happened to the person who writes, and they are under 18."""
    found = slots.get("found") or {}
    return slots.get("route") in (None, "victim") and found.get("under_18") is True


def is_professional(slots: Slots) -> bool:
    return (slots.get("found") or {}).get("professional") is True


def note_people(slots: dict[str, Any], turn: Turn) -> None:
    """Keep what a message tells of the writer's age, and of who somebody else is to them."""
    found = dict(slots.get("found") or {})
    if "child" in turn.flags and not CHILDREN & set(turn.values("relation")):
        # A route that was chosen outright says more than words that sound young.
        found.setdefault("under_18", True)
    if slots.get("route") == "on_behalf" and slots.get("relation") is None:
        told, words = turn.values("relation"), turn.quoted("relation")
        if set(told) & SUPPORTED_AT_WORK:
            found["professional"] = True
        elif words:
            slots["relation"] = words[0]
    slots["found"] = found or None
    if is_young(slots):
        slots["flags"] = sorted({*(slots.get("flags") or []), "child"})


def choose_route(slots: dict[str, Any], chosen: str) -> None:
    """Keep the route by the three that a case knows, and what the choice says besides."""
    slots["route"] = {UNDER_18: "victim", PROFESSIONAL: "on_behalf"}.get(chosen, chosen)
    found = dict(slots.get("found") or {})
    found.pop("professional", None)
    if slots["route"] == "victim":
        found["under_18"] = chosen == UNDER_18
    if chosen == PROFESSIONAL:
        found["professional"] = True
    slots["found"] = found


def route_chosen(slots: Slots) -> str:
    """The choice of the route's question that these slots stand for."""
    if is_young(slots):
        return UNDER_18
    route = str(slots.get("route") or "victim")
    return PROFESSIONAL if route == "on_behalf" and is_professional(slots) else route


def reporter_of(slots: Slots) -> dict[str, Any]:
    """The report's `reporter`, as the staff door takes it."""
    on_behalf = slots.get("route") == "on_behalf"
    agrees = _yes_no(slots.get("victim_agrees")) if on_behalf else UNKNOWN
    knows = _yes_no(slots.get("victim_knows")) if on_behalf else UNKNOWN
    may_contact = _yes_no(slots.get("may_contact_victim")) if on_behalf else UNKNOWN
    reachable = may_contact == "yes"
    return {
        "under_18": _under_18(slots),
        "professional": on_behalf and is_professional(slots),
        "relation": words_given(slots.get("relation")) if on_behalf else None,
        "organisation": words_given(slots.get("organisation")) if on_behalf else None,
        # Whoever agreed to a report knows of it.
        "victim_knows": "yes" if agrees == "yes" else knows,
        "victim_agrees": agrees,
        "may_contact_victim": may_contact,
        "victim_name": words_given(slots.get("victim_name")) if reachable else None,
        "victim_contact": words_given(slots.get("victim_contact")) if reachable else None,
        "trusted_adult": named(slots.get("trusted_adult")) if is_young(slots) else None,
    }


def safe_contact_of(slots: Slots) -> dict[str, Any]:
    """The answers about safe contact, as the report's `contact` has them; null where there is none."""
    chosen = words_given(slots.get("languages"))
    other = words_given(slots.get("other_language")) if chosen == "other" else None
    spoken, written = LANGUAGES.get(chosen or "", (other, other))
    return {
        **_when_and_how(slots),
        "trusted_person": named(slots.get("trusted_person")),
        "spoken_language": spoken,
        "written_language": written,
        "interpreter": None if chosen is None else chosen == "other",
        "access_needs": named(slots.get("access_needs")),
    }


def _when_and_how(slots: Slots) -> dict[str, Any]:
    """When it is safe, and what may be said to whoever hears it. Words of one's own are for a person to read."""
    said = {
        "contact_hours": words_given(slots.get("contact_hours")),
        "voicemail": _answered(slots.get("voicemail")),
        "say_police": _answered(slots.get("say_police")),
        "safe_contact_text": None,
    }
    match slots.get("safe_contact"):
        case "any_time":
            # A draft that came from the web may have been more careful already.
            return {**said, **{name: said[name] or answer for name, answer in ANY_TIME.items()}}
        case "no_message":
            return {**said, **NO_MESSAGE}
        case words:
            return {**said, "safe_contact_text": words_given(words)}


def _under_18(slots: Slots) -> bool | None:
    if slots.get("route") not in (None, "victim"):
        return None
    under_18: bool | None = (slots.get("found") or {}).get("under_18")
    return under_18


def _yes_no(value: Any) -> str:
    return value if value in ("yes", "no") else UNKNOWN


def _answered(value: Any) -> str | None:
    return None if value in (None, SKIPPED, SKIP_ALL) else str(value)


def named(value: Any) -> str | None:
    """Whom, or what, an answer names: with "nobody", there is none."""
    return None if value == NOBODY else words_given(value)

"""The account in the person's own words, and the facts that it tells without being asked."""

from typing import Any, Literal

from actions.questions import SKIPPED, STRANDS
from actions.times import describe_time, resolve_time
from actions.told_facts import note_who_and_evidence
from actions.told_risk import note_risk
from actions.turn import REPORTING, Turn

# "I want to report a hate crime" announces an account and is none.
ANNOUNCING = ("report", "riport", "rhoi gwybod", "roi gwybod", "adrodd", "complain", "cwyno")
ANNOUNCEMENT_WORDS = 9
FEWEST_WORDS = 3
# A message of so many words tells something, whatever a classifier makes of it.
SURELY_TELLING = 15
# How much of a long account is used as the words about a time or a place.
LONGEST_QUOTE = 200


def announces(turn: Turn) -> bool:
    """Whether a message only says that something will be told."""
    if turn.words > ANNOUNCEMENT_WORDS or turn.values("time") or turn.values("place"):
        return False
    return any(word in turn.text.casefold() for word in ANNOUNCING)


def holds_account(turn: Turn) -> bool:
    """Whether a first message tells what happened rather than asks to be allowed to tell it."""
    if turn.words < FEWEST_WORDS or announces(turn):
        return False
    return turn.intent in REPORTING or turn.card_shown or turn.words > SURELY_TELLING


def add_to_account(slots: dict[str, Any], turn: Turn) -> None:
    """Keep the words as they were written, after what was told before, and what they tell without being asked."""
    told = slots.get("account")
    slots["account"] = f"{told}\n{turn.text}" if told and told != SKIPPED else turn.text
    slots["account_language"] = slots.get("account_language") or turn.language
    found = dict(slots.get("found") or {})
    types = [*(found.get("incident_types") or []), *turn.values("incident_type")]
    found["incident_types"] = list(dict.fromkeys(types))
    if turn.values("url") or turn.values("handle") or "online" in turn.values("incident_type"):
        found["told_online"] = True
    slots["found"] = found
    facts_in(slots, turn)


def facts_in(slots: dict[str, Any], turn: Turn) -> None:
    """Fill what a message says already: it is shown for correction at the review, and not asked again."""
    strands = [strand for strand in turn.values("strand") if strand in STRANDS]
    if strands and slots.get("strands") is None:
        slots["strands"] = strands
    note_risk(slots, turn)
    note_who_and_evidence(slots, turn)
    times = turn.quoted("time")
    if times and slots.get("when") is None:
        note_time(slots, ", ".join(times)[:LONGEST_QUOTE], turn)
    places = turn.places_named()
    if places and slots.get("where") is None:
        note_place(slots, ", ".join(places)[:LONGEST_QUOTE], turn)


def note_time(slots: dict[str, Any], words: str, turn: Turn) -> None:
    """Keep the words about the time, and the range that they mean, where it can be told."""
    slots["when"] = words
    found = {key: value for key, value in (slots.get("found") or {}).items() if key != "occurred"}
    resolved = _resolve(words, turn) or next(
        (range_ for quoted in turn.quoted("time") if (range_ := _resolve(quoted, turn))), None
    )
    if resolved is not None:
        found["occurred"] = {
            "from": resolved.start.isoformat(),
            "to": resolved.end.isoformat(),
            "cy": describe_time(resolved, "cy"),
            "en": describe_time(resolved, "en"),
        }
    slots["found"] = found


def note_place(slots: dict[str, Any], words: str, turn: Turn) -> None:
    """Keep the words about the place, the place that the gazetteer knows by them, and whether it was online."""
    slots["where"] = words
    found = {key: value for key, value in (slots.get("found") or {}).items() if key != "place"}
    if turn.values("place"):
        found["place"] = turn.values("place")[0]
    if turn.values("url") or turn.values("handle") or "online" in turn.values("place_type"):
        found["online"] = True
    slots["found"] = found


def _resolve(words: str, turn: Turn) -> Any:
    language: Literal["cy", "en"] = turn.language or "cy"
    other: Literal["cy", "en"] = "en" if language == "cy" else "cy"
    said = turn.sent_at
    return resolve_time(words, language, said) or resolve_time(words, other, said)

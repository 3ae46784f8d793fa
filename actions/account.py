"""The account in the person's own words, and the facts that it tells without being asked."""

from typing import Any

from actions.questions import STRANDS
from actions.turn import REPORTING, Turn

# "I want to report a hate crime" announces an account and is none.
ANNOUNCES = ("report", "riport", "rhoi gwybod", "adrodd", "roi gwybod")
ANNOUNCEMENT_WORDS = 9
FEWEST_WORDS = 3


def holds_account(turn: Turn) -> bool:
    """Whether a first message tells what happened rather than asks to be allowed to tell it."""
    if turn.intent not in REPORTING and not turn.card_shown:
        return False
    if turn.words < FEWEST_WORDS:
        return False
    text = turn.text.casefold()
    announces = any(word in text for word in ANNOUNCES)
    return not announces or turn.words > ANNOUNCEMENT_WORDS or bool(turn.values("time"))


def add_to_account(slots: dict[str, Any], turn: Turn) -> None:
    """Keep the words as they were written, after what was told before."""
    told = slots.get("account")
    slots["account"] = f"{told}\n{turn.text}" if told else turn.text
    slots["account_language"] = slots.get("account_language") or turn.metadata.get("language")
    slots["flags"] = sorted({*(slots.get("flags") or []), *turn.flags})
    found = dict(slots.get("found") or {})
    found["incident_types"] = _joined(found.get("incident_types"), turn.values("incident_type"))
    if turn.values("url") or turn.values("handle") or "online" in turn.values("incident_type"):
        found["online"] = True
    slots["found"] = found


def facts_in(slots: dict[str, Any], turn: Turn) -> None:
    """Fill what the account says already: it is shown for correction at the review, and not asked again."""
    strands = [strand for strand in turn.values("strand") if strand in STRANDS]
    if strands and slots.get("strands") is None:
        slots["strands"] = strands
    times = turn.quoted("time")
    if times and slots.get("when") is None:
        slots["when"] = ", ".join(times)
    places = turn.values("place")
    if places and slots.get("where") is None:
        slots["where"] = ", ".join(places)
        slots["found"] = {**(slots.get("found") or {}), "place": places[0]}


def _joined(before: list[str] | None, new: list[str]) -> list[str]:
    return list(dict.fromkeys([*(before or []), *new]))

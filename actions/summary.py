"""The summary that a person reads before anything is sent."""

from collections.abc import Mapping
from typing import Any

from actions.catalogue import Catalogue
from actions.questions import ANONYMOUS, BY_SLOT, RATHER_NOT, SKIPPED, UNKNOWN, Kind

SHOWN = (
    "account",
    "route",
    "why",
    "strands",
    "when",
    "where",
    "risk_weapon_or_hurt",
    "risk_threats",
    "risk_repeated",
    "risk_knows_where",
    "contact_name",
    "contact_method",
    "contact_phone",
    "contact_email",
    "safe_contact",
    "referral",
)
# A summary by text shows the beginning of a long account; the report holds all of it.
LONGEST_BY_TEXT = 120
PLAIN_VALUES = {"yes", "no", UNKNOWN, RATHER_NOT, SKIPPED, ANONYMOUS}


def summary_lines(
    slots: Mapping[str, Any], catalogue: Catalogue, language: str | None
) -> list[str]:
    """A heading and one line an answer, in one language or in both."""
    if language is None:
        return [*summary_lines(slots, catalogue, "cy"), "", *summary_lines(slots, catalogue, "en")]
    lines = [catalogue.say("utter_summary_heading", language)]
    for slot in SHOWN:
        value = slots.get(slot)
        if value is None or value == "not_asked":
            continue
        words = _in_words(slot, value, catalogue, language)
        if slot == "account" and slots.get("channel") == "sms" and len(words) > LONGEST_BY_TEXT:
            words = f"{words[:LONGEST_BY_TEXT].rstrip()} …"
        read = ((slots.get("found") or {}).get("occurred") or {}).get(language)
        if slot == "when" and read and read.casefold() != words.casefold():
            lines.append(catalogue.say("utter_summary_when_read", language, value=words, read=read))
            continue
        lines.append(catalogue.say(f"utter_summary_{slot}", language, value=words))
    return lines


def _in_words(slot: str, value: Any, catalogue: Catalogue, language: str) -> str:
    if isinstance(value, list):
        return ", ".join(_in_words(slot, item, catalogue, language) for item in value)
    if value in PLAIN_VALUES:
        return catalogue.say(f"utter_value_{value}", language)
    question = BY_SLOT[slot]
    if question.kind in (Kind.CHOICE, Kind.SEVERAL) and value in question.codes:
        buttons = catalogue.buttons(f"utter_ask_{slot}", language)
        return buttons[question.codes.index(value)]["title"]
    return str(value)

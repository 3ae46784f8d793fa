"""The summary that a person reads before anything is sent."""

from collections.abc import Mapping
from typing import Any

from actions.catalogue import Catalogue
from actions.people_questions import REPORTER_QUESTIONS, VICTIM_QUESTIONS
from actions.questions import (
    ANONYMOUS,
    BY_SLOT,
    RATHER_NOT,
    RISKS,
    SAFE_CONTACT,
    SKIP_ALL,
    SKIPPED,
    UNKNOWN,
)
from actions.reporter import route_chosen
from actions.risk_plan import RISK_PREFIX, risks_of_route

SHOWN = (
    "account",
    "route",
    *(question.slot for question in REPORTER_QUESTIONS),
    "why",
    "strands",
    "when",
    "where",
    *RISKS,
    "who",
    "evidence",
    *(question.slot for question in VICTIM_QUESTIONS),
    "contact_name",
    "contact_method",
    "contact_phone",
    "contact_email",
    *SAFE_CONTACT,
    "referral",
)
# A summary by text shows the beginning of a long account; the report holds all of it.
LONGEST_BY_TEXT = 120
# Yes and no are not among them: in Welsh they are other words for each question, those of its buttons.
PLAIN_VALUES = {UNKNOWN, RATHER_NOT, SKIPPED, ANONYMOUS}


def summary_lines(
    slots: Mapping[str, Any], catalogue: Catalogue, language: str | None
) -> list[str]:
    """A heading and one line an answer, in one language or in both."""
    if language is None:
        return [*summary_lines(slots, catalogue, "cy"), "", *summary_lines(slots, catalogue, "en")]
    lines = [catalogue.say("utter_summary_heading", language)]
    for slot in SHOWN:
        value = slots.get(slot)
        if slot == RISKS[-1] and any(slots.get(risk) == SKIP_ALL for risk in RISKS):
            lines.append(catalogue.say("utter_summary_risk_skipped", language))
        if value in (None, "not_asked", SKIP_ALL) or _is_not_of_route(slot, slots):
            continue
        value = route_chosen(slots) if slot == "route" else value
        words = _in_words(slot, value, catalogue, language)
        if slot == "account" and slots.get("channel") == "sms" and len(words) > LONGEST_BY_TEXT:
            words = f"{words[:LONGEST_BY_TEXT].rstrip()} …"
        read = ((slots.get("found") or {}).get("occurred") or {}).get(language)
        if slot == "when" and read and read.casefold() != words.casefold():
            lines.append(catalogue.say("utter_summary_when_read", language, value=words, read=read))
            continue
        lines.append(catalogue.say(f"utter_summary_{slot}", language, value=words))
    return lines


def _is_not_of_route(slot: str, slots: Mapping[str, Any]) -> bool:
    """Whether an answer about risk is not sent, because this route does not ask it."""
    is_risk = slot.startswith(RISK_PREFIX)
    return is_risk and slot.removeprefix(RISK_PREFIX) not in risks_of_route(slots)


def _in_words(slot: str, value: Any, catalogue: Catalogue, language: str) -> str:
    if isinstance(value, list):
        return ", ".join(_in_words(slot, item, catalogue, language) for item in value)
    if value in PLAIN_VALUES:
        return catalogue.say(f"utter_value_{value}", language)
    question = BY_SLOT[slot]
    if value in question.codes:
        buttons = catalogue.buttons(f"utter_ask_{slot}", language)
        return buttons[question.codes.index(value)]["title"]
    if value == question.yes:
        # "Oes" alone says that somebody is afraid and not how much, and no button does.
        return catalogue.say("utter_value_yes", language)
    return str(value)

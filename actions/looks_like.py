"""Answers that look like something else to a classifier that does not know what was asked."""

import re

from actions.question import Kind, Question
from actions.turn import Turn

NAMES = ("contact_name", "victim_name")
FEW_WORDS = 3
# The kinds of things that answer a question of fact.
FACT_OF = {"why": ("strand",), "when": ("time",), "where": ("place", "place_type", "url")}
# "Outside my house by the gate": a place, and nothing that happens there.
LONGEST_FACT = 5
# What a name can look like to a classifier that has never heard it.
_NAMES_LOOK_LIKE = frozenset({"greet", "goodbye", "thank", "abuse_bot"})
# Where a person, a post or a way of contact is asked for, naming one is no wish for one.
_ASKED_FOR_PEOPLE = frozenset(
    {
        *("relation", "organisation", "trusted_adult", "trusted_person", "victim_contact"),
        *("contact_hours", "access_needs", "other_language", "who", "evidence"),
    }
)
_PEOPLE_LOOK_LIKE = frozenset({"ask_human", "ask_support", "help", *_NAMES_LOOK_LIKE})
# "Three men, not two" and "after 3 o'clock" correct nothing but themselves.
_SELDOM_CORRECTS = ("who", "contact_hours")
_GOES_BACK = re.compile(
    r"\b(?:n?[oô]l|back|previous|blaenorol|undo|mistake|camgymeriad|wrong|anghywir)\b",
    re.IGNORECASE,
)
# "It was easy to use" asks for nothing to be said again.
_SAY_AGAIN = re.compile(
    r"\?|\b(?:again|repeat|pardon|what|question|understand|say|said|read|eto|ailadrodd|unwaith|beth|be|pardwn"
    r"|cwestiwn|deall|ddeall|dweud|gweud|deud|darllen)\b",
    re.IGNORECASE,
)
_WISHES = re.compile(
    r"\?|\b(?:can i|could i|may i|i want|i need|speak|talk|ga i|alla i|eisiau|isie|isio|moyn|siarad)\b",
    re.IGNORECASE,
)


def answers_all_the_same(question: Question, turn: Turn) -> bool:
    """Whether a message is an answer although its intent is a question or a remark."""
    if question.kind is Kind.PHONE:
        return bool(re.search(r"\d{3}", turn.text))
    if question.slot in _SELDOM_CORRECTS and turn.intent == "go_back":
        return _GOES_BACK.search(turn.text) is None
    if question.slot == "addition" and turn.intent == "repeat":
        return _SAY_AGAIN.search(turn.text) is None
    if question.slot in NAMES and turn.words <= FEW_WORDS:
        return turn.intent in _NAMES_LOOK_LIKE
    if question.slot in _ASKED_FOR_PEOPLE and turn.intent in _PEOPLE_LOOK_LIKE:
        return _WISHES.search(turn.text) is None
    return False


def is_fact_asked_for(question: Question, turn: Turn) -> bool:
    """Whether a short message is the time or the place that was asked for, and says nothing besides."""
    if question.slot not in ("when", "where") or turn.words > LONGEST_FACT:
        return False
    return tells_what_was_asked(question, turn)


def tells_what_was_asked(question: Question, turn: Turn) -> bool:
    """Whether a time is found where the time is asked, and so on, whatever the intent."""
    return any(turn.values(fact) for fact in FACT_OF.get(question.slot, ()))

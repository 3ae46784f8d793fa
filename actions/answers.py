"""Reads an answer to the open question, or finds that the message is none."""

import re
from dataclasses import dataclass, field
from typing import Any

import phonenumbers

from actions.catalogue import Catalogue
from actions.questions import Kind, Question
from actions.turn import COMMANDS, DIGRESSIONS, REPORTING, Turn

HOME_REGION = "GB"
EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]{2,}")
NUMBERS = re.compile(r"\d+")
# "OK" says that a statement was heard; it is no choice about who gets one's name.
ONLY_HEARD = frozenset(
    {
        "ok",
        "okay",
        "k",
        "iawn",
        "olreit",
        "reit",
        "right",
        "alright",
        "all right",
        "fine",
        "sure",
        "siŵr",
        "siwr",
    }
)
# A clear yes or no in front of more words. "Do" is a Welsh yes and an English verb.
LEADING_YES = {
    "cy": {"do", "ydw", "ydy", "ydi", "ydyn", "oes", "oedd", "ie", "ia", "yes"},
    "en": {"yes", "yeah", "yep", "yup"},
}
LEADING_NO = {"cy": {"na", "naddo", "nac", "nage", "nagoes", "no"}, "en": {"no", "nope", "never"}}
LONG_ANSWER = 12
# Enough words to be something that happened rather than a reply to a question with choices.
TELLING = 5


@dataclass(frozen=True)
class Answer:
    """`value` for the question's slot; `complaint` names what to say when it cannot be used; `addition` is text
    that belongs to the account instead."""

    value: Any = None
    complaint: str | None = None
    addition: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def read_answer(question: Question, turn: Turn, catalogue: Catalogue) -> Answer | None:
    """The answer in a message, or None when the message is something else than an answer."""
    chosen = _choices(question, turn.text, catalogue)
    if chosen:
        if question.kind is Kind.SEVERAL:
            return Answer([question.codes[index] for index in chosen])
        if len(chosen) == 1:
            return _chosen(question, question.codes[chosen[0]], turn)
    if question.slot == "account":
        return (
            None
            if _is_digression(turn) or (turn.intent in _SHORT_WORDS and turn.words <= 3)
            else Answer(turn.text)
        )
    if turn.intent == "skip" and turn.sure:
        return Answer(question.skipped)
    if turn.intent == "unsure" and turn.sure and turn.words <= LONG_ANSWER:
        return Answer(question.unknown)
    if _is_digression(turn):
        # Agreement or refusal in so many words is an answer while the choice itself is open.
        if question.slot == "referral" and turn.intent == "change_referral_choice":
            return _spoken_choice(turn)
        if question.slot == "contact_name" and turn.intent == "ask_anonymity":
            return Answer(question.skipped)
        return None
    if question.kind in (Kind.CHOICE, Kind.SEVERAL):
        return _yes_or_no(question, turn) or _more_of_the_account(question, turn)
    return _free_text(question, turn)


_SHORT_WORDS = frozenset({"affirm", "deny", "unsure", "skip"})


def _is_digression(turn: Turn) -> bool:
    if turn.intent not in DIGRESSIONS or not turn.sure:
        return False
    return turn.words <= LONG_ANSWER or turn.intent in COMMANDS


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w'/ ]", " ", text.casefold().replace("’", "'")).split())


def _choices(question: Question, text: str, catalogue: Catalogue) -> list[int]:
    """The positions of the choices that a message names, by label or by number."""
    if not question.codes:
        return []
    said = _plain(text)
    for index, labels in enumerate(catalogue.labels(f"utter_ask_{question.slot}")):
        if said in {_plain(label) for label in labels}:
            return [index]
    numbers = [int(number) for number in NUMBERS.findall(said)]
    rest = re.sub(r"\d+|\b(a|ac|and|y|n|rhif|number|option|opsiwn)\b|[,&+ ]", "", said)
    if numbers and not rest and all(1 <= number <= len(question.codes) for number in numbers):
        return sorted({number - 1 for number in numbers})
    return []


def _chosen(question: Question, code: str, turn: Turn) -> Answer:
    if question.slot == "referral":
        return Answer(code, extra={"referral_words": turn.text})
    if question.slot == "safe_contact":
        # The words of the button are what the officer reads.
        return Answer(turn.text)
    return Answer(code)


def _spoken_choice(turn: Turn) -> Answer | None:
    """A choice about support in a sentence of one's own: refused only when it says so, never read as yes."""
    refusal = re.search(
        r"\b(don'?t|do not|no|not|never|na|paid|peidiwch|ddim|dim)\b", turn.text.casefold()
    )
    return Answer("declined", extra={"referral_words": turn.text}) if refusal else None


def _yes_or_no(question: Question, turn: Turn) -> Answer | None:
    if question.slot == "referral" and _plain(turn.text) in ONLY_HEARD:
        return None
    extra = {"referral_words": turn.text} if question.slot == "referral" else {}
    first = _plain(turn.text).split()[:1]
    language = turn.metadata.get("language") or "cy"
    led_by_yes = bool(first) and first[0] in LEADING_YES[language] and turn.words > 1
    led_by_no = bool(first) and first[0] in LEADING_NO[language] and turn.words > 1
    telling = turn.intent in REPORTING or turn.intent == "add_information"
    if (turn.intent == "affirm" and turn.sure) or (telling and led_by_yes):
        return Answer(question.yes, extra=extra) if question.yes else None
    if (turn.intent == "deny" and turn.sure) or (telling and led_by_no):
        return Answer(question.no, extra=extra) if question.no else None
    return None


def _more_of_the_account(question: Question, turn: Turn) -> Answer | None:
    """Words that tell more in place of a choice are kept with the account, and the question stays open."""
    if question.slot == "account_done" and turn.intent not in _SHORT_WORDS:
        return Answer(addition=True)
    if turn.words >= TELLING and (turn.intent in REPORTING or turn.intent == "add_information"):
        return Answer(addition=True)
    return None


def _free_text(question: Question, turn: Turn) -> Answer | None:
    if question.kind is Kind.PHONE:
        return _phone(turn)
    if question.kind is Kind.EMAIL:
        found = EMAIL.search(turn.text)
        return Answer(found.group()) if found else Answer(complaint="utter_invalid_email")
    if turn.intent == "deny" and turn.sure and question.no and turn.words <= 3:
        return Answer(question.no)
    if (
        turn.intent in ("affirm", "deny")
        and turn.sure
        and turn.words <= 2
        and question.slot != "safe_contact"
    ):
        return Answer(complaint="utter_please_text")
    return Answer(turn.text)


def _phone(turn: Turn) -> Answer:
    for match in phonenumbers.PhoneNumberMatcher(turn.text, HOME_REGION):
        number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        return Answer(number)
    return Answer(complaint="utter_invalid_phone")

"""Reads an answer to the open question, or finds that the message is none."""

import re
from dataclasses import dataclass, field
from typing import Any

from actions.account import announces
from actions.catalogue import Catalogue, plain
from actions.choices import choices_in
from actions.contact_details import (
    code_in,
    email_in,
    has_details,
    introduces_name,
    name_in,
    phone_in,
)
from actions.looks_like import FEW_WORDS, NAMES, answers_all_the_same, tells_what_was_asked
from actions.questions import SKIPPED, STRANDS, Kind, Question
from actions.told_risk import told_outright
from actions.turn import COMMANDS, DIGRESSIONS, REPORTING, Turn

# "OK" says that a statement was heard; it is no choice about who gets one's name.
ONLY_HEARD = frozenset(
    {
        *("ok", "okay", "k", "iawn", "olreit", "reit", "right", "alright", "fine", "sure", "siwr"),
        *("aye", "diolch", "all right", "iawn te", "iawn diolch", "ok diolch", "ok thanks"),
        *("ok then", "iawn ok", "ok iawn"),
    }
)
# A clear yes or no in front of more words. "Do" is a Welsh yes and an English verb.
LEADING_YES = {
    "cy": frozenset(
        {
            *("do", "ydw", "ydy", "ydi", "ydyn", "oes", "oedd", "ie", "ia", "yndw", "yndi", "yes"),
            *("oeddwn", "oeddan", "oedden", "bydd", "gallwch", "cewch", "caf"),
        }
    ),
    "en": frozenset({"yes", "yeah", "yep", "yup"}),
}
# These can begin nothing but a yes; "oedden nhw'n feddw" begins with one and is told.
GOING_ON = LEADING_YES["en"] | ONLY_HEARD | {"ie", "ia", "oes", "ydw", "ydy"}
LEADING_NO = {
    "cy": frozenset({"na", "naddo", "nac", "nag", "nage", "nagoes", "nagw", "nagyw", "no"}),
    "en": frozenset({"no", "nope", "never"}),
}
REFUSAL = re.compile(
    r"\b(don'?t|do not|no|not|never|na|nac|nag|paid|peidiwch|peidio|ddim|dim|sa i|sai|moyn dim|withdraw|stop)\b"
)
AGREEMENT = re.compile(
    r"\b(pass|share|give|refer|send|pasiwch|pasia|basio|pasio|rhowch|rhoi|roi|rhannwch|trosglwyddwch)\b"
)
# "Yes but the date is wrong" sends nothing.
_RESERVE = re.compile(
    r"\b(?:but|except|apart from|although|though|unless|wrong|change|ond|heblaw|er bod|oni bai|anghywir|newid\w*)\b"
)
LONG_ANSWER = 12
# Enough words to be something that happened rather than a reply to a question with choices.
TELLING = 5
# A "don't know" longer than this says something besides.
SHORT_UNSURE = 6

FEELINGS = frozenset({"express_fear", "express_distress"})


@dataclass(frozen=True)
class Answer:
    """`value` for the question's slot; `complaint` names what to say when there is none that can be used, and after
    a second complaint `value`, or else the words as written, is kept. `addition` is text that belongs with the account,
    beside a value or in place of one."""

    value: Any = None
    complaint: str | None = None
    addition: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def read_answer(question: Question, turn: Turn, catalogue: Catalogue) -> Answer | None:
    """The answer in a message, or None when the message is something else than an answer."""
    chosen = read_choice(question, turn, catalogue)
    if chosen is not None:
        return chosen
    if question.slot == "account":
        return _account(turn, catalogue)
    if question.slot == "contact_method" and has_details(turn.text):
        return _details_for_contact(question, turn)
    if question.kind in (Kind.PHONE, Kind.EMAIL) and has_details(turn.text):
        return _number_or_address(question, turn)
    given = _given_outright(question, turn)
    if given is not None:
        return given
    if turn.intent == "skip" and turn.sure and turn.words <= LONG_ANSWER:
        return None if question.skipped is None else Answer(question.skipped)
    if _says_only_unsure(question, turn):
        return None if question.unknown is None else Answer(question.unknown)
    if question.about_support and turn.intent in ("change_referral_choice", "affirm", "deny"):
        return _choice_of_support(question, turn)
    if is_digression(turn, question):
        if question.slot == "contact_name" and turn.intent == "ask_anonymity":
            return Answer(question.skipped)
        return None
    if question.closed:
        return _closed(question, turn)
    return _free_text(question, turn)


def _given_outright(question: Question, turn: Turn) -> Answer | None:
    """A detail that cannot be anything else, whatever a classifier makes of the words around it."""
    clearly = told_outright(question.slot, turn)
    if clearly and (turn.intent in FEELINGS or not is_digression(turn)):
        return Answer(clearly, addition=turn.words >= TELLING)
    if question.slot in NAMES and introduces_name(turn.text):
        return Answer(name_in(turn.text))
    if question.about_support and "?" not in turn.text:
        said = turn.text.casefold().replace("’", "'")
        if REFUSAL.search(said) and AGREEMENT.search(said) and turn.words <= LONG_ANSWER:
            # "Don't give them my details" whatever else it looks like.
            return Answer(question.no)
    return None


def read_choice(question: Question, turn: Turn, catalogue: Catalogue) -> Answer | None:
    """The answer in a message that names choices of the question and says nothing else."""
    # Where words of one's own are asked for, "5" is an hour and "one" a witness, unless a text numbered the choices.
    numbered = question.kind is not Kind.TEXT or turn.metadata.get("channel") == "sms"
    chosen = choices_in(question, turn.text, catalogue, numbered)
    if question.several and chosen:
        return Answer([question.codes[index] for index in chosen])
    if len(chosen) != 1:
        return None
    return Answer(question.codes[chosen[0]])


def is_digression(turn: Turn, question: Question | None = None) -> bool:
    """Whether the message asks or does something that is possible at any time, instead of answering."""
    if turn.intent not in DIGRESSIONS or not turn.sure:
        return False
    if question is not None and answers_all_the_same(question, turn):
        return False
    if question is not None and tells_what_was_asked(question, turn) and "?" not in turn.text:
        # "Last Monday" where the time is asked is a time.
        return False
    if question is not None and question.slot in NAMES and turn.words <= FEW_WORDS:
        return True
    return turn.words <= LONG_ANSWER or turn.intent in COMMANDS


def _account(turn: Turn, catalogue: Catalogue) -> Answer | None:
    if plain(turn.text) in {
        plain(label) for label in catalogue.labels("utter_not_understood_again")[0]
    }:
        return Answer(complaint="utter_listening")
    if is_digression(turn) or (turn.intent in ("deny", "unsure") and turn.words <= FEW_WORDS):
        return None
    if turn.intent == "skip" and turn.sure and turn.words <= LONG_ANSWER:
        return Answer(SKIPPED, complaint="utter_account_short")
    if turn.intent == "affirm" and turn.sure and turn.words <= FEW_WORDS:
        return Answer(SKIPPED, complaint="utter_listening")
    if announces(turn):
        return Answer(complaint="utter_listening")
    if turn.intent == "out_of_scope" and turn.sure and turn.words <= LONG_ANSWER:
        return Answer(complaint="utter_out_of_scope")
    if turn.words < FEW_WORDS and turn.intent not in REPORTING:
        return Answer(complaint="utter_not_understood")
    return Answer(turn.text)


def _says_only_unsure(question: Question, turn: Turn) -> bool:
    if turn.intent != "unsure" or not turn.sure:
        return False
    if question.closed:
        return turn.words <= LONG_ANSWER and not (question.several and turn.values("strand"))
    return turn.words <= SHORT_UNSURE and not tells_what_was_asked(question, turn)


def _choice_of_support(question: Question, turn: Turn) -> Answer | None:
    """The choice in a sentence of one's own. Refusal wins over agreement, and doubt is never read as yes."""
    said, first = turn.text.casefold().replace("’", "'"), plain(turn.text).split()[:1]
    if plain(turn.text) in ONLY_HEARD or "?" in said:
        return None
    if turn.intent == "deny" and turn.sure:
        return Answer(question.no)
    if REFUSAL.search(said) and turn.intent == "change_referral_choice":
        return Answer(question.no)
    if REFUSAL.search(said):
        return None
    if turn.intent == "affirm" and turn.sure:
        # "Iawn, iawn" and "ok sure" have been heard, too.
        heard_only = all(word in ONLY_HEARD for word in plain(turn.text).split())
        return None if heard_only else Answer(question.yes)
    led_by_yes = first[:1] != [] and first[0] in (LEADING_YES["cy"] | LEADING_YES["en"] | {"iawn"})
    return Answer(question.yes) if led_by_yes and AGREEMENT.search(said) else None


def _closed(question: Question, turn: Turn) -> Answer | None:
    if question.slot == "strands":
        strands = [strand for strand in turn.values("strand") if strand in STRANDS]
        if strands:
            return Answer(strands, addition=turn.words >= TELLING)
    if question.slot == "account_done":
        return _more_or_done(question, turn)
    return _yes_or_no(question, turn) or _more_of_the_account(turn)


def _yes_or_no(question: Question, turn: Turn) -> Answer | None:
    if question.about_support:
        return None
    first = plain(turn.text).split()[:1]
    language = turn.language or "cy"
    led_by_yes = bool(first) and first[0] in LEADING_YES[language] and turn.words > 1
    led_by_no = bool(first) and first[0] in LEADING_NO[language] and turn.words > 1
    # More than the answer was said: the officer should have those words, too.
    telling = turn.tells or turn.intent == "danger_now"
    addition = turn.words >= TELLING and (turn.tells or turn.words > LONG_ANSWER)
    agrees = (turn.intent == "affirm" and turn.sure) or (telling and led_by_yes)
    if agrees and question.slot == "review" and _RESERVE.search(turn.text.casefold()):
        return Answer(question.no, addition=addition)
    if agrees:
        return Answer(question.yes, addition=addition) if question.yes else None
    if (turn.intent == "deny" and turn.sure) or (telling and led_by_no):
        return Answer(question.no, addition=addition) if question.no else None
    return None


def _more_or_done(question: Question, turn: Turn) -> Answer:
    """ "Yes" to "is there anything else" is no answer yet: the words are still to come.

    "They were drunk" looks like a yes and "nobody helped me" like a no: both tell more, and no word may be lost.
    """
    first = (plain(turn.text).split() or [""])[0]
    agrees = first in GOING_ON
    refuses = first in LEADING_NO["cy"] | LEADING_NO["en"]
    if turn.intent == "affirm" and (turn.words < FEW_WORDS or (agrees and turn.words <= TELLING)):
        return Answer(question.unknown, complaint="utter_listening")
    if turn.intent in ("deny", "unsure") and turn.sure:
        if turn.words <= FEW_WORDS:
            return Answer(question.no)
        if refuses:
            return Answer(question.no, addition=True)
    return Answer(addition=True)


def _details_for_contact(question: Question, turn: Turn) -> Answer:
    """A number or an address given where the means was asked answers both.

    "Don't ring 07700 900123" gives neither, and does not say that no contact is wanted.
    """
    email, phone = email_in(turn.text), phone_in(turn.text)
    if email:
        return Answer("email", extra={"contact_email": email})
    if phone:
        by_text = re.search(r"\b(te[cx]s?t\w*|sms|neges)\b", turn.text.casefold())
        return Answer("text" if by_text else "phone", extra={"contact_phone": phone})
    return Answer(question.unknown, complaint="utter_choose_one")


def _number_or_address(question: Question, turn: Turn) -> Answer:
    if question.kind is Kind.PHONE:
        found, complaint = phone_in(turn.text), "utter_invalid_phone"
    else:
        found, complaint = email_in(turn.text), "utter_invalid_email"
    return Answer(found, complaint=_unless(found, complaint))


def _more_of_the_account(turn: Turn) -> Answer | None:
    """Words that tell more in place of a choice are kept with the account, and the question stays open."""
    return Answer(addition=True) if turn.words >= TELLING and turn.tells else None


def _free_text(question: Question, turn: Turn) -> Answer | None:
    refuses = turn.intent == "deny" and turn.sure and turn.words <= FEW_WORDS
    if question.kind in (Kind.PHONE, Kind.EMAIL):
        return Answer(question.skipped) if refuses else _number_or_address(question, turn)
    if question.slot in NAMES:
        return _name(question, turn, refuses)
    if question.slot in ("case_reference", "case_code"):
        # What fits is taken from the message by case_wishes; anything else is asked for once more.
        fits = turn.values("reference") if question.slot == "case_reference" else code_in(turn.text)
        if refuses:
            return Answer(question.skipped)
        return Answer(
            turn.text if fits else None, complaint=_unless(fits, f"utter_invalid_{question.slot}")
        )
    if refuses and question.no:
        return Answer(question.no)
    bare = turn.intent in ("affirm", "deny") and turn.sure and turn.words <= 2
    if bare and question.slot != "safe_contact" and not tells_what_was_asked(question, turn):
        return Answer(complaint="utter_please_text")
    return Answer(turn.text)


def _name(question: Question, turn: Turn, refuses: bool) -> Answer:
    """A name may look like anything, so only plain words of yes and no are taken for those."""
    first = plain(turn.text).split()[:1]
    said = first[0] if first else ""
    plainly_no = said in LEADING_NO["cy"] | LEADING_NO["en"] | {"dim", "none", "neb"}
    if refuses and (plainly_no or REFUSAL.search(turn.text.casefold())):
        return Answer(question.no or question.skipped)
    if turn.words <= 1 and said in LEADING_YES["cy"] | LEADING_YES["en"] | ONLY_HEARD:
        return Answer(complaint="utter_please_text")
    return Answer(name_in(turn.text))


def _unless(found: object, complaint: str) -> str | None:
    return None if found else complaint

"""The questions of the report, in their order: which apply, what their choices mean, and what counts as no answer.

To add a question: a slot and form entry in bot/domain/domain.yml, `utter_ask_<slot>` (cy, en and both) with its
choices in this order, a `utter_summary_<slot>` line, other words for its choices in data/spoken_choices.yml, and an
entry here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from actions.people_questions import REPORTER_QUESTIONS, VICTIM_QUESTIONS
from actions.question import (
    ANONYMOUS,
    PROFESSIONAL,
    RATHER_NOT,
    SKIP_ALL,
    SKIPPED,
    UNDER_18,
    UNKNOWN,
    Kind,
    Question,
    Slots,
)
from actions.reporter import NOBODY, is_young
from actions.risk_plan import risks_to_ask
from actions.risk_questions import RISK_QUESTIONS
from actions.safe_contact_questions import SAFE_CONTACT_QUESTIONS, wants_contact

__all__ = [
    "ANONYMOUS",
    "PROFESSIONAL",
    "RATHER_NOT",
    "SKIPPED",
    "SKIP_ALL",
    "UNKNOWN",
    "Kind",
    "Question",
    "Slots",
]

STRANDS = (
    "disability",
    "race",
    "religion",
    "sexual_orientation",
    "transgender",
    "other",
    "not_sure",
)
METHODS = ("this_conversation", "phone", "text", "email", "none")


def _found(key: str) -> Callable[[Slots], bool]:
    """Applies while something was noted besides the answers."""
    return lambda slots: bool((slots.get("found") or {}).get(key))


def _wish(slots: Slots) -> Mapping[str, Any]:
    """What the person wants of a report that was sent (actions/case_wishes.py)."""
    wish: Mapping[str, Any] = (slots.get("found") or {}).get("wish") or {}
    return wish


def _needs_case(slots: Slots) -> bool:
    return bool(_wish(slots)) and not _wish(slots)["own"]


def _needs_addition(slots: Slots) -> bool:
    wish = _wish(slots)
    return wish.get("kind") in ("addition", "feedback") and not wish.get("words")


def _needs_new_choice(slots: Slots) -> bool:
    wish = _wish(slots)
    return wish.get("kind") == "referral" and not wish.get("decision")


def _came_as_nuisance(slots: Slots) -> bool:
    return bool((slots.get("found") or {}).get("nuisance"))


def _needs_phone(slots: Slots) -> bool:
    return slots.get("contact_method") in ("phone", "text") and slots.get("channel") != "sms"


def _asks_strands(slots: Slots) -> bool:
    """A young person says why in their own words only; an officer sorts it."""
    return not is_young(slots)


def _asks_evidence(slots: Slots) -> bool:
    """Texts cost effort, and a young person's report is short: an officer asks them."""
    return slots.get("channel") != "sms" and not is_young(slots)


def _choice_of_support(slot: str, applies: Callable[[Slots], bool]) -> Question:
    return Question(
        slot,
        Kind.CHOICE,
        codes=("refer", "declined", "ask_later"),
        yes="refer",
        no="declined",
        unknown="ask_later",
        skipped="ask_later",
        applies=applies,
    )


QUESTIONS: tuple[Question, ...] = (
    Question(
        "resume",
        Kind.CHOICE,
        codes=("go_on", "afresh"),
        yes="go_on",
        unknown="go_on",
        skipped="go_on",
        applies=_found("resume"),
    ),
    Question(
        "start_again",
        Kind.CHOICE,
        codes=("restart", "go_on"),
        yes="restart",
        no="go_on",
        unknown="go_on",
        skipped="go_on",
        applies=_found("restart"),
    ),
    Question(
        "pause",
        Kind.CHOICE,
        codes=("rest", "go_on", "person"),
        no="go_on",
        unknown="go_on",
        skipped="go_on",
        applies=_found("pause"),
    ),
    Question("case_reference", Kind.TEXT, unknown=SKIPPED, no=SKIPPED, applies=_needs_case),
    Question("case_code", Kind.TEXT, unknown=SKIPPED, no=SKIPPED, applies=_needs_case),
    Question("addition", Kind.TEXT, no=SKIPPED, unknown=SKIPPED, applies=_needs_addition),
    _choice_of_support("new_choice", _needs_new_choice),
    Question("account", Kind.ACCOUNT),
    Question(
        "account_done",
        Kind.CHOICE,
        codes=("done",),
        no="done",
        unknown="done",
        skipped="done",
    ),
    Question(
        "targeted",
        Kind.CHOICE,
        codes=("yes", "no", "unsure"),
        yes="yes",
        no="no",
        unknown="unsure",
        skipped="unsure",
        applies=_came_as_nuisance,
    ),
    Question(
        "route",
        Kind.CHOICE,
        codes=("victim", UNDER_18, "witness", "on_behalf", PROFESSIONAL),
        unknown="victim",
        skipped="victim",
    ),
    *REPORTER_QUESTIONS,
    Question("why", Kind.TEXT),
    Question(
        "strands",
        Kind.SEVERAL,
        codes=STRANDS,
        unknown=["not_sure"],
        skipped=["not_sure"],
        applies=_asks_strands,
    ),
    Question("when", Kind.TEXT),
    Question("where", Kind.TEXT),
    *RISK_QUESTIONS,
    Question("who", Kind.TEXT, codes=(UNKNOWN,)),
    Question("evidence", Kind.TEXT, codes=(NOBODY,), no=NOBODY, applies=_asks_evidence),
    *VICTIM_QUESTIONS,
    Question(
        "contact_name",
        Kind.TEXT,
        codes=(ANONYMOUS,),
        no=ANONYMOUS,
        unknown=ANONYMOUS,
        skipped=ANONYMOUS,
    ),
    Question(
        "contact_method",
        Kind.CHOICE,
        codes=METHODS,
        yes="this_conversation",
        no="none",
        unknown="this_conversation",
        skipped="none",
    ),
    Question("contact_phone", Kind.PHONE, applies=_needs_phone),
    Question(
        "contact_email",
        Kind.EMAIL,
        applies=lambda slots: slots.get("contact_method") == "email",
    ),
    *SAFE_CONTACT_QUESTIONS,
    _choice_of_support("referral", wants_contact),
    Question(
        "review",
        Kind.CHOICE,
        codes=("send", "change", "discard"),
        yes="send",
        no="change",
        # Whoever is not sure, or would rather not say, has neither sent a report nor thrown it away: it is asked again.
        unknown=None,
        skipped=None,
    ),
    Question(
        "change",
        Kind.CHOICE,
        codes=(
            "account",
            "why",
            "when",
            "where",
            "who_and_evidence",
            "people",
            "risk",
            "contact",
            "referral",
            "nothing",
        ),
        no="nothing",
        unknown="nothing",
        skipped="nothing",
        applies=lambda slots: slots.get("review") == "change",
    ),
)
# Questions about the conversation itself, and what has them asked. Their answers are no part of the report.
ASIDES = {"resume": "resume", "start_again": "restart", "pause": "pause"}
# What a new answer about the means of contact makes void.
SAFE_CONTACT = tuple(question.slot for question in SAFE_CONTACT_QUESTIONS)
CONTACT_DETAILS = ("contact_phone", "contact_email", *SAFE_CONTACT)
CHOICE_OF_SUPPORT = ("referral", "referral_words", "referral_wording")
RISKS = tuple(question.slot for question in RISK_QUESTIONS)
# Questions that belong together: introduced once, and left out together when the person says so.
GROUPS = {"risk": RISKS, "contact": SAFE_CONTACT}
BY_SLOT = {question.slot: question for question in QUESTIONS}

# What naming a part of the report for change asks again.
PARTS: dict[str, tuple[str, ...]] = {
    # What was told stays as it was told; more words, and corrections, come after it.
    "account": ("account_done",),
    "why": ("why", "strands"),
    "when": ("when",),
    "where": ("where",),
    "who_and_evidence": ("who", "evidence"),
    # Whose report it is decides how the choice of support is asked.
    "people": (
        "route",
        *(question.slot for question in (*REPORTER_QUESTIONS, *VICTIM_QUESTIONS)),
        *CHOICE_OF_SUPPORT,
    ),
    "risk": RISKS,
    "contact": ("contact_name", "contact_method", *CONTACT_DETAILS, *CHOICE_OF_SUPPORT),
    "referral": CHOICE_OF_SUPPORT,
    "nothing": (),
}


def next_question(slots: Slots) -> Question | None:
    """The first question that applies and has no answer yet; None when the report is ready to be finished."""
    for question in QUESTIONS:
        if slots.get(question.slot) is not None or not question.applies(slots):
            continue
        # The order among the questions about risk is the policy's.
        return BY_SLOT[f"risk_{risks_to_ask(slots)[0]}"] if question.slot in RISKS else question
    return None


def group_of(slot: str) -> str | None:
    """The group that a question belongs to."""
    return next((name for name, slots in GROUPS.items() if slot in slots), None)

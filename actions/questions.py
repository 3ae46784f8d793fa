"""The questions of the report, in their order: which apply, what their choices mean, and what counts as no answer.

To add a question: a slot and form entry in bot/domain/domain.yml, `utter_ask_<slot>` (cy, en and both) with its
choices in this order, a `utter_summary_<slot>` line, other words for its choices in data/spoken_choices.yml, and an
entry here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

Slots = Mapping[str, Any]

SKIPPED = "skipped"
UNKNOWN = "unknown"
RATHER_NOT = "rather_not"
ANONYMOUS = "anonymous"
YES_NO_CODES = ("yes", "no", UNKNOWN, RATHER_NOT)
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


class Kind(Enum):
    """How an answer is read."""

    ACCOUNT = "account"
    TEXT = "text"
    CHOICE = "choice"
    SEVERAL = "several"
    PHONE = "phone"
    EMAIL = "email"


def always(slots: Slots) -> bool:
    return True


@dataclass(frozen=True)
class Question:
    """`codes` are what the choices mean, in the order of the buttons; `yes` and `no` what those words mean here.

    `unknown` is kept when the person does not know or their answer twice could not be read; `skipped` when they
    would rather not say. `why` names the explanation of the question.
    """

    slot: str
    kind: Kind
    why: str
    codes: tuple[str, ...] = ()
    yes: str | None = None
    no: str | None = None
    unknown: Any = UNKNOWN
    skipped: Any = SKIPPED
    applies: Callable[[Slots], bool] = always

    @property
    def several(self) -> bool:
        return self.kind is Kind.SEVERAL

    @property
    def closed(self) -> bool:
        """Whether it is answered by choosing."""
        return self.kind in (Kind.CHOICE, Kind.SEVERAL)


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


def _wants_contact(slots: Slots) -> bool:
    return slots.get("contact_method") not in (None, "none", UNKNOWN, SKIPPED)


def _needs_phone(slots: Slots) -> bool:
    return slots.get("contact_method") in ("phone", "text") and slots.get("channel") != "sms"


def _needs_safe_contact(slots: Slots) -> bool:
    return slots.get("contact_method") in ("phone", "text", "email")


def _risk(code: str) -> Question:
    return Question(
        f"risk_{code}",
        Kind.CHOICE,
        "risk",
        codes=YES_NO_CODES,
        yes="yes",
        no="no",
        unknown=UNKNOWN,
        skipped=RATHER_NOT,
    )


QUESTIONS: tuple[Question, ...] = (
    Question(
        "resume",
        Kind.CHOICE,
        "resume",
        codes=("go_on", "afresh"),
        yes="go_on",
        unknown="go_on",
        skipped="go_on",
        applies=_found("resume"),
    ),
    Question(
        "start_again",
        Kind.CHOICE,
        "start_again",
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
        "pause",
        codes=("rest", "go_on", "person"),
        no="go_on",
        unknown="go_on",
        skipped="go_on",
        applies=_found("pause"),
    ),
    Question("case_reference", Kind.TEXT, "case", unknown=SKIPPED, no=SKIPPED, applies=_needs_case),
    Question("case_code", Kind.TEXT, "case", unknown=SKIPPED, no=SKIPPED, applies=_needs_case),
    Question("addition", Kind.TEXT, "case", no=SKIPPED, unknown=SKIPPED, applies=_needs_addition),
    Question(
        "new_choice",
        Kind.CHOICE,
        "referral",
        codes=("refer", "declined", "ask_later"),
        yes="refer",
        no="declined",
        unknown="ask_later",
        skipped="ask_later",
        applies=_needs_new_choice,
    ),
    Question("account", Kind.ACCOUNT, "account"),
    Question(
        "account_done",
        Kind.CHOICE,
        "account",
        codes=("done",),
        no="done",
        unknown="done",
        skipped="done",
    ),
    Question(
        "targeted",
        Kind.CHOICE,
        "why",
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
        "route",
        codes=("victim", "witness", "on_behalf"),
        unknown="victim",
        skipped="victim",
    ),
    Question("why", Kind.TEXT, "why"),
    Question(
        "strands", Kind.SEVERAL, "why", codes=STRANDS, unknown=["not_sure"], skipped=["not_sure"]
    ),
    Question("when", Kind.TEXT, "time_place"),
    Question("where", Kind.TEXT, "time_place"),
    _risk("weapon_or_hurt"),
    _risk("threats"),
    _risk("repeated"),
    _risk("knows_where"),
    Question(
        "contact_name",
        Kind.TEXT,
        "contact",
        codes=(ANONYMOUS,),
        no=ANONYMOUS,
        unknown=ANONYMOUS,
        skipped=ANONYMOUS,
    ),
    Question(
        "contact_method",
        Kind.CHOICE,
        "contact",
        codes=METHODS,
        yes="this_conversation",
        no="none",
        unknown="this_conversation",
        skipped="none",
    ),
    Question("contact_phone", Kind.PHONE, "contact", applies=_needs_phone),
    Question(
        "contact_email",
        Kind.EMAIL,
        "contact",
        applies=lambda slots: slots.get("contact_method") == "email",
    ),
    Question(
        "safe_contact",
        Kind.TEXT,
        "contact",
        codes=("any_time", "no_message"),
        applies=_needs_safe_contact,
    ),
    Question(
        "referral",
        Kind.CHOICE,
        "referral",
        codes=("refer", "declined", "ask_later"),
        yes="refer",
        no="declined",
        unknown="ask_later",
        skipped="ask_later",
        applies=_wants_contact,
    ),
    Question(
        "review",
        Kind.CHOICE,
        "review",
        codes=("send", "change", "discard"),
        yes="send",
        no="change",
    ),
    Question(
        "change",
        Kind.CHOICE,
        "review",
        codes=(
            "account",
            "route",
            "why",
            "when",
            "where",
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
CONTACT_DETAILS = ("contact_phone", "contact_email", "safe_contact")
CHOICE_OF_SUPPORT = ("referral", "referral_words", "referral_wording")
BY_SLOT = {question.slot: question for question in QUESTIONS}

# What naming a part of the report for change asks again.
PARTS: dict[str, tuple[str, ...]] = {
    # What was told stays as it was told; more words, and corrections, come after it.
    "account": ("account_done",),
    # Whose report it is decides how the choice of support is asked.
    "route": ("route", *CHOICE_OF_SUPPORT),
    "why": ("why", "strands"),
    "when": ("when",),
    "where": ("where",),
    "risk": ("risk_weapon_or_hurt", "risk_threats", "risk_repeated", "risk_knows_where"),
    "contact": ("contact_name", "contact_method", *CONTACT_DETAILS, *CHOICE_OF_SUPPORT),
    "referral": CHOICE_OF_SUPPORT,
    "nothing": (),
}


def next_question(slots: Slots) -> Question | None:
    """The first question that applies and has no answer yet; None when the report is ready to be finished."""
    return next(
        (
            question
            for question in QUESTIONS
            if question.applies(slots) and slots.get(question.slot) is None
        ),
        None,
    )

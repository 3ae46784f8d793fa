"""The questions about safe contact: each asked only where its answer could matter, and all skippable at once."""

from collections.abc import Callable

from actions.question import SKIP_ALL, SKIPPED, UNKNOWN, Kind, Question, Slots
from actions.reporter import NOBODY, is_young

HOURS = ("any_time", "morning", "afternoon", "evening")


def by_text_message(slots: Slots) -> bool:
    """Whether the report is made by text, where every question costs effort."""
    return slots.get("channel") == "sms"


def _by(*methods: str) -> Callable[[Slots], bool]:
    def applies(slots: Slots) -> bool:
        return not by_text_message(slots) and slots.get("contact_method") in methods

    return applies


def _in_short(slots: Slots) -> bool:
    """By text message, one question asks what the web chat asks in several."""
    return by_text_message(slots) and slots.get("contact_method") == "phone"


def _may_be_seen(slots: Slots) -> bool:
    method = slots.get("contact_method")
    if by_text_message(slots):
        return method in ("text", "this_conversation")
    return method in ("phone", "text", "email")


def _is_adult_to_contact(slots: Slots) -> bool:
    return not by_text_message(slots) and not is_young(slots) and wants_contact(slots)


def wants_contact(slots: Slots) -> bool:
    """Whether a means of contact was chosen, in whatever words."""
    return slots.get("contact_method") not in (None, "none", UNKNOWN, SKIPPED)


def _has_another_to_contact(slots: Slots) -> bool:
    return _is_adult_to_contact(slots) and slots.get("contact_method") != "this_conversation"


def _wants_another_language(slots: Slots) -> bool:
    return _is_adult_to_contact(slots) and slots.get("languages") == "other"


SAFE_CONTACT_QUESTIONS = (
    Question("safe_contact", Kind.TEXT, codes=("any_time", "no_message"), applies=_in_short),
    Question(
        "contact_hours",
        Kind.TEXT,
        codes=(*HOURS, SKIP_ALL),
        applies=_by("phone", "text"),
    ),
    Question(
        "voicemail",
        Kind.CHOICE,
        codes=("yes", "text", "no", SKIP_ALL),
        yes="yes",
        no="no",
        applies=_by("phone"),
    ),
    Question(
        "say_police",
        Kind.CHOICE,
        codes=("yes", "no", SKIP_ALL),
        yes="yes",
        no="no",
        applies=_may_be_seen,
    ),
    Question(
        "trusted_person",
        Kind.TEXT,
        codes=(NOBODY, SKIP_ALL),
        no=NOBODY,
        applies=_has_another_to_contact,
    ),
    Question(
        "languages",
        Kind.CHOICE,
        codes=("cy", "en", "cy_en", "other", SKIP_ALL),
        unknown=SKIPPED,
        applies=_is_adult_to_contact,
    ),
    Question("other_language", Kind.TEXT, applies=_wants_another_language),
    Question(
        "access_needs",
        Kind.TEXT,
        codes=(NOBODY, SKIP_ALL),
        no=NOBODY,
        unknown=NOBODY,
        applies=_is_adult_to_contact,
    ),
)

"""The questions about who reports for whom, and about a young person's trusted adult."""

from collections.abc import Callable

from actions.question import PROFESSIONAL, SKIPPED, UNKNOWN, Kind, Question, Slots
from actions.reporter import NOBODY, is_professional, is_young

THROUGH_ME = "through_me"


def _on_behalf(slots: Slots) -> bool:
    return slots.get("route") == "on_behalf"


def _is_known_privately(slots: Slots) -> bool:
    return _on_behalf(slots) and not is_professional(slots)


def _is_supported_at_work(slots: Slots) -> bool:
    return _on_behalf(slots) and is_professional(slots)


def _may_contact_victim(slots: Slots) -> bool:
    return _on_behalf(slots) and slots.get("may_contact_victim") == "yes"


def _yes_no(slot: str, applies: Callable[[Slots], bool]) -> Question:
    return Question(
        slot,
        Kind.CHOICE,
        codes=("yes", "no", UNKNOWN),
        yes="yes",
        no="no",
        unknown=UNKNOWN,
        skipped=UNKNOWN,
        applies=applies,
    )


# After the route.
REPORTER_QUESTIONS = (
    Question("relation", Kind.TEXT, codes=(PROFESSIONAL,), applies=_is_known_privately),
    Question("organisation", Kind.TEXT, applies=_is_supported_at_work),
    _yes_no("victim_knows", _is_known_privately),
    _yes_no("victim_agrees", _is_supported_at_work),
)
# Before the contact details of whoever reports.
VICTIM_QUESTIONS = (
    Question(
        "trusted_adult",
        Kind.TEXT,
        codes=(NOBODY,),
        no=NOBODY,
        unknown=UNKNOWN,
        skipped=SKIPPED,
        applies=is_young,
    ),
    _yes_no("may_contact_victim", _on_behalf),
    Question("victim_name", Kind.TEXT, applies=_may_contact_victim),
    Question("victim_contact", Kind.TEXT, codes=(THROUGH_ME,), applies=_may_contact_victim),
)

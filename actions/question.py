"""What a question of the report is: how its answer is read, and what its choices mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

Slots = Mapping[str, Any]

SKIPPED = "skipped"
UNKNOWN = "unknown"
RATHER_NOT = "rather_not"
ANONYMOUS = "anonymous"
# Chosen at one question of a group, it leaves out the rest of the group.
SKIP_ALL = "skip_all"
UNDER_18 = "under_18"
# The questions about support, in the report and after it was sent: agreement to them is never guessed.
CHOICES_OF_SUPPORT = frozenset({"referral", "new_choice"})
PROFESSIONAL = "professional"
# What the staff door takes of one answer.
LONGEST_WORDS = 4000


class Kind(Enum):
    """How an answer is read."""

    ACCOUNT = "account"
    TEXT = "text"
    CHOICE = "choice"
    SEVERAL = "several"
    PHONE = "phone"
    EMAIL = "email"


def words_given(value: Any, longest: int = LONGEST_WORDS) -> str | None:
    """The person's own words of an answer, or None where they gave none.

    PostgreSQL text cannot hold NUL, and what is too long would be refused with all the rest.
    """
    if value in (None, SKIPPED, UNKNOWN, RATHER_NOT, SKIP_ALL):
        return None
    return str(value).replace("\x00", "")[:longest].strip() or None


def always(slots: Slots) -> bool:
    return True


@dataclass(frozen=True)
class Question:
    """`codes` are what the choices mean, in the order of the buttons; `yes` and `no` what those words mean here.

    `unknown` is kept when the person does not know or their answer twice could not be read; `skipped` when they
    would rather not say. None where that is no answer.
    """

    slot: str
    kind: Kind
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
    def about_support(self) -> bool:
        return self.slot in CHOICES_OF_SUPPORT

    @property
    def closed(self) -> bool:
        """Whether it is answered by choosing."""
        return self.kind in (Kind.CHOICE, Kind.SEVERAL)

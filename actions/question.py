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
PROFESSIONAL = "professional"


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

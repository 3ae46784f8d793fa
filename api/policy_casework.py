"""The policy of working a case: when people may be reached, what it can come to, and how long it is kept."""

from collections.abc import Mapping
from datetime import time

from pydantic import Field

from api.policy_model import Frozen


class Window(Frozen):
    """A part of the day in London time, from the first minute to before the last."""

    begins: time
    ends: time


class ContactPolicy(Frozen):
    """`windows` are the hours that the assistant offers; `unsaid` is for people who were not asked.

    Somebody who has written within the last `live_minutes` has the telephone in hand, and is answered then, unless
    they said when it is safe.
    """

    windows: Mapping[str, Window]
    unsaid: str
    live_minutes: int = Field(ge=1)


class OutcomeCode(Frozen):
    """`crime` is whether the data on the person involved may be kept without a further reason."""

    code: str
    crime: bool
    retention: str


class RetentionClass(Frozen):
    """How long a closed case of this class is kept after it was closed."""

    months: int = Field(ge=1)


class Casework(Frozen):
    contact: ContactPolicy
    repeat_months: int = Field(ge=1)
    outcomes: tuple[OutcomeCode, ...]
    closing_reasons: tuple[str, ...]
    # A case without an outcome, such as one that never became a report, is of the class `no_outcome`.
    retention: Mapping[str, RetentionClass]
    no_outcome: str

    def outcome(self, code: str) -> OutcomeCode | None:
        return next((each for each in self.outcomes if each.code == code), None)

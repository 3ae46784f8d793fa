"""What the answers mean for risk, by the dated policy. The software may raise a grade, never lower it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from api.cases.models import Grade
from api.policy import Risk

GRADE_ORDER = (Grade.STANDARD, Grade.MEDIUM, Grade.HIGH)


@dataclass(frozen=True)
class Assessment:
    """Points, the codes that gave them, and the resulting grade; `unknown` is for an officer to ask."""

    points: int
    reasons: tuple[str, ...]
    unknown: tuple[str, ...]
    grade: Grade


def assess(risk: Risk, answers: Mapping[str, str], flags: Set[str]) -> Assessment:
    """Grade the answers (`yes`, `no`, anything else is unknown) and the flags that the account raised."""
    yes = [code for code in risk.questions if answers.get(code) == "yes"]
    unknown = tuple(code for code in risk.questions if answers.get(code) not in ("yes", "no"))
    raised = [code for code in risk.flags if code in flags]
    items = [(code, risk.questions[code]) for code in yes]
    items += [(code, risk.flags[code]) for code in raised]
    points = sum(item.points for _, item in items)
    if any(item.red_flag for _, item in items) or points >= risk.grades["high"]:
        grade = Grade.HIGH
    elif points >= risk.grades["medium"]:
        grade = Grade.MEDIUM
    else:
        grade = Grade.STANDARD
    return Assessment(points, tuple(code for code, _ in items), unknown, grade)


def higher(one: Grade, other: Grade) -> Grade:
    return max(one, other, key=GRADE_ORDER.index)

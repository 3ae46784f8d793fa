"""What the answers mean for risk, by the dated policy. The software may raise a grade, never lower it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from api.cases.models import Grade
from api.policy import Combination, Risk, RiskItem

GRADE_ORDER = (Grade.STANDARD, Grade.MEDIUM, Grade.HIGH)


@dataclass(frozen=True)
class Assessment:
    """Points, what gave them, and the resulting grade; `unknown` is for an officer to ask.

    A reason is the code of a question, a flag or a combination; where an answer says how much, it stands behind the
    code: `repeated_often`.
    """

    points: int
    reasons: tuple[str, ...]
    unknown: tuple[str, ...]
    grade: Grade


def assess(risk: Risk, answers: Mapping[str, str], flags: Set[str]) -> Assessment:
    """Grade the answers and the flags that the account raised.

    `yes`, `no` and the levels of a question are answers; anything else is unknown.
    """
    items: list[tuple[str, RiskItem]] = []
    points = 0
    for code, question in risk.questions.items():
        said = answers.get(code, "")
        if said == "yes":
            points += question.points
            items.append((code, question))
        elif said in question.levels:
            points += question.levels[said]
            items.append((f"{code}_{said}", question))
    further = [
        *((code, flag) for code, flag in risk.flags.items() if code in flags),
        *((code, all_) for code, all_ in risk.combinations.items() if _holds(all_, answers)),
    ]
    points += sum(item.points for _, item in further)
    items += further
    if any(item.red_flag for _, item in items) or points >= risk.grades["high"]:
        grade = Grade.HIGH
    elif points >= risk.grades["medium"]:
        grade = Grade.MEDIUM
    else:
        grade = Grade.STANDARD
    unknown = tuple(code for code in risk.questions if _is_unknown(risk, code, answers))
    return Assessment(points, tuple(code for code, _ in items), unknown, grade)


def _holds(combination: Combination, answers: Mapping[str, str]) -> bool:
    return all(answers.get(code) in wanted for code, wanted in combination.answers.items())


def _is_unknown(risk: Risk, code: str, answers: Mapping[str, str]) -> bool:
    """Whether a question has no answer yet, and another answer has not made it pointless."""
    question = risk.questions[code]
    said = answers.get(code)
    if said in ("yes", "no") or said in question.levels:
        return False
    return not any(answers.get(other) == "no" for other in question.after)


def higher(one: Grade, other: Grade) -> Grade:
    return max(one, other, key=GRADE_ORDER.index)

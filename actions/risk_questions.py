"""The questions about risk and vulnerability. Which of them are asked, of whom and in which order, is the policy's."""

from actions.question import RATHER_NOT, SKIP_ALL, UNKNOWN, Kind, Question, Slots
from actions.risk_plan import RISK_PREFIX, risks_to_ask

RISK_CODES = (
    *("weapon_or_hurt", "threats", "repeated", "knows_where", "worse", "afraid", "daily_life"),
    *("someone_close", "children", "alone", "health_need", "harder"),
)
# Where an answer can say how much.
DEGREES = {"repeated": ("yes", "often", "no"), "afraid": ("very", "a_bit", "no")}


def _risk(code: str) -> Question:
    def applies(slots: Slots) -> bool:
        return code in risks_to_ask(slots)

    return Question(
        f"{RISK_PREFIX}{code}",
        Kind.CHOICE,
        codes=(*DEGREES.get(code, ("yes", "no")), UNKNOWN, RATHER_NOT, SKIP_ALL),
        yes="yes",
        no="no",
        unknown=UNKNOWN,
        skipped=RATHER_NOT,
        applies=applies,
    )


RISK_QUESTIONS = tuple(_risk(code) for code in RISK_CODES)

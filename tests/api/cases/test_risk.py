"""Risk: more that is said never makes a grade lower, and what is not known is never a no."""

from hypothesis import given
from hypothesis import strategies as st

from api.cases.models import Grade
from api.cases.risk import GRADE_ORDER, assess, higher
from api.policy import policy, policy_version

RISK = policy(policy_version()).risk
ANSWERS = st.dictionaries(
    st.sampled_from([*RISK.questions, "unheard_of"]),
    st.sampled_from(["yes", "no", "unknown", "rather_not", "", "YES"]),
)
FLAGS = st.sets(st.sampled_from([*RISK.flags, "unheard_of"]))


@given(answers=ANSWERS, flags=FLAGS, more=st.sets(st.sampled_from([*RISK.questions])))
def test_more_yes_never_lowers_the_grade(
    answers: dict[str, str], flags: set[str], more: set[str]
) -> None:
    before = assess(RISK, answers, flags)
    after = assess(RISK, {**answers, **dict.fromkeys(more, "yes")}, flags)
    assert GRADE_ORDER.index(after.grade) >= GRADE_ORDER.index(before.grade)
    assert after.points >= before.points
    assert set(after.reasons) >= set(before.reasons)


@given(answers=ANSWERS, flags=FLAGS, more=FLAGS)
def test_more_flags_never_lower_the_grade(
    answers: dict[str, str], flags: set[str], more: set[str]
) -> None:
    before, after = assess(RISK, answers, flags), assess(RISK, answers, flags | more)
    assert GRADE_ORDER.index(after.grade) >= GRADE_ORDER.index(before.grade)


@given(answers=ANSWERS, flags=FLAGS)
def test_every_question_is_a_reason_answered_no_or_open(
    answers: dict[str, str], flags: set[str]
) -> None:
    found = assess(RISK, answers, flags)
    for code in RISK.questions:
        said = answers.get(code)
        assert (code in found.reasons) is (said == "yes")
        assert (code in found.unknown) is (said not in ("yes", "no"))


def test_one_red_flag_is_high_whatever_the_points() -> None:
    assert assess(RISK, {"threats": "yes"}, set()).grade == Grade.HIGH
    assert assess(RISK, {}, {"suicide"}).grade == Grade.HIGH


def test_nothing_known_is_standard_with_everything_to_ask() -> None:
    found = assess(RISK, {}, set())
    assert (found.grade, found.points) == (Grade.STANDARD, 0)
    assert set(found.unknown) == set(RISK.questions)


def test_points_alone_reach_medium() -> None:
    found = assess(RISK, {"repeated": "yes", "knows_where": "yes"}, {"child", "adult_at_risk"})
    assert (found.points, found.grade) == (12, Grade.MEDIUM)


@given(st.sampled_from(GRADE_ORDER), st.sampled_from(GRADE_ORDER))
def test_the_higher_of_two_grades_is_neither_below(one: Grade, other: Grade) -> None:
    assert GRADE_ORDER.index(higher(one, other)) == max(
        GRADE_ORDER.index(one), GRADE_ORDER.index(other)
    )

"""Risk: more that is said never makes a grade lower, and what is not known is never a no."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.models import Grade
from api.cases.risk import GRADE_ORDER, assess, higher
from api.policy import policy, policy_version

RISK = policy(policy_version()).risk
ANSWERS = st.dictionaries(
    st.sampled_from([*RISK.questions, "unheard_of"]),
    st.sampled_from(["yes", "no", "unknown", "rather_not", "", "YES", "often", "very", "a_bit"]),
)
FLAGS = st.sets(st.sampled_from([*RISK.flags, "unheard_of"]))


@given(answers=ANSWERS, flags=FLAGS, more=st.sets(st.sampled_from([*RISK.questions])))
def test_more_yes_never_lowers_the_grade(
    answers: dict[str, str], flags: set[str], more: set[str]
) -> None:
    before = assess(RISK, answers, flags)
    # An answer that says how much is a yes already.
    new = {code for code in more if answers.get(code) not in RISK.questions[code].levels}
    after = assess(RISK, {**answers, **dict.fromkeys(new, "yes")}, flags)
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
    for code, question in RISK.questions.items():
        said = answers.get(code, "")
        assert (code in found.reasons) is (said == "yes")
        assert (f"{code}_{said}" in found.reasons) is (said in question.levels)
        pointless = any(answers.get(other) == "no" for other in question.after)
        answered = said in ("yes", "no", *question.levels)
        assert (code in found.unknown) is (not answered and not pointless)


def test_one_red_flag_is_high_whatever_the_points() -> None:
    assert assess(RISK, {"threats": "yes"}, set()).grade == Grade.HIGH
    assert assess(RISK, {}, {"suicide"}).grade == Grade.HIGH


def test_nothing_known_is_standard_with_everything_to_ask() -> None:
    found = assess(RISK, {}, set())
    assert (found.grade, found.points) == (Grade.STANDARD, 0)
    assert set(found.unknown) == set(RISK.questions)


def test_how_often_and_how_afraid_count_by_degree() -> None:
    for code, weaker, stronger in (
        ("repeated", "yes", "often"),
        ("afraid", "a_bit", "yes"),
        ("afraid", "yes", "very"),
    ):
        less, more = (assess(RISK, {code: said}, set()) for said in (weaker, stronger))
        assert less.points < more.points, code
    assert assess(RISK, {"afraid": "very"}, set()).reasons == ("afraid_very",)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"threats": "yes", "knows_where": "yes"}, "threatened_near_home"),
        ({"repeated": "often", "worse": "yes"}, "often_and_worse"),
        ({"someone_close": "yes", "afraid": "very"}, "close_and_afraid"),
    ],
)
def test_some_answers_together_are_a_red_flag(answers: dict[str, str], reason: str) -> None:
    found = assess(RISK, answers, set())
    assert found.grade == Grade.HIGH
    assert found.reasons[-1] == reason
    for code in answers:
        rest = {key: said for key, said in answers.items() if key != code}
        assert reason not in assess(RISK, rest, set()).reasons


def test_whether_it_gets_worse_is_not_asked_of_a_first_time() -> None:
    assert "worse" not in assess(RISK, {"repeated": "no"}, set()).unknown
    assert "worse" in assess(RISK, {"repeated": "unknown"}, set()).unknown


def test_every_question_that_is_asked_counts_and_every_one_is_asked_of_a_victim() -> None:
    for channel, routes in RISK.asked.items():
        assert set(routes) == {"victim", "under_18", "witness", "on_behalf"}, channel
        for route, codes in routes.items():
            assert set(codes) <= set(RISK.questions)
            assert set(codes) <= set(RISK.asked["web"][route]), "a text asks no more than the web"
            assert len(codes) == len(set(codes))
    assert set(RISK.asked["web"]["victim"]) == set(RISK.questions)
    assert len(RISK.asked["web"]["under_18"]) < len(RISK.asked["web"]["victim"])


def test_a_case_of_the_first_policy_is_still_read_by_it() -> None:
    old = policy("2026-11-01").risk
    found = assess(old, {"threats": "yes", "repeated": "often", "afraid": "very"}, {"child"})
    assert (found.points, found.reasons) == (7, ("threats", "child"))
    assert "repeated" in found.unknown


def test_points_alone_reach_medium() -> None:
    found = assess(RISK, {"repeated": "yes", "knows_where": "yes"}, {"child", "adult_at_risk"})
    assert (found.points, found.grade) == (12, Grade.MEDIUM)


@given(st.sampled_from(GRADE_ORDER), st.sampled_from(GRADE_ORDER))
def test_the_higher_of_two_grades_is_neither_below(one: Grade, other: Grade) -> None:
    assert GRADE_ORDER.index(higher(one, other)) == max(
        GRADE_ORDER.index(one), GRADE_ORDER.index(other)
    )

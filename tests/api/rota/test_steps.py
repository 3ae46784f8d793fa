"""The page's question, answered by the functions that the escalation itself uses."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from api.local_time import LONDON
from api.policy import policy
from api.rota.steps import who_is_alerted
from api.rota.who import BANK_HOLIDAY, Member, Rota, Shift, Why

MEGAN = Member(UUID(int=1), "Megan", speaks_welsh=True)
TOMOS = Member(UUID(int=2), "Tomos")
CARYL = Member(UUID(int=4), "Caryl", supervisor=True)
ESCALATION = policy("2026-11-22").escalation
BOXING_DAY = datetime(2026, 12, 26, 3, 10, tzinfo=LONDON).astimezone(UTC)


def night(member: Member, area: str, position: int) -> Shift:
    return Shift(member.id, area, frozenset({BANK_HOLIDAY}), time(22), time(6), position)


def test_who_is_alerted_at_ten_past_three_on_boxing_day_for_a_welsh_high_risk_in_ceredigion() -> (
    None
):
    rota = Rota([MEGAN, TOMOS, CARYL], [night(TOMOS, "ceredigion", 1), night(MEGAN, "all", 2)])
    steps = who_is_alerted(rota, ESCALATION, BOXING_DAY, "cy", "high", "ceredigion")
    assert [
        (step.step.minutes, step.step.means, step.step.whom, [one.name for one in step.officers])
        for step in steps
    ] == [
        (0, ("webhook",), "system", []),
        (0, ("email", "sms"), "first", ["Megan"]),
        (3, ("sms",), "first", ["Megan"]),
        (5, ("email", "sms"), "next", ["Tomos"]),
        (8, ("email", "sms"), "supervisor", ["Caryl"]),
        (12, ("email",), "control_room", []),
    ]
    assert list(steps[1].why) == [Why.ON_SHIFT, Why.BANK_HOLIDAY, Why.AREA, Why.WELSH_FIRST]


def test_a_step_goes_by_the_rota_of_its_own_moment() -> None:
    every_day = frozenset(range(8))
    rota = Rota(
        [MEGAN, TOMOS],
        [
            Shift(MEGAN.id, "all", every_day, time(22), time(6)),
            Shift(TOMOS.id, "all", every_day, time(6), time(22)),
        ],
    )
    at = BOXING_DAY.replace(hour=5, minute=58) + timedelta(0)
    steps = who_is_alerted(rota, ESCALATION, at, "en", "high", None)
    assert [one.name for one in steps[1].officers] == ["Megan"]
    assert [one.name for one in steps[2].officers] == ["Tomos"], "the shifts changed at six"


def test_the_next_one_is_asked_again_when_nobody_else_is_left() -> None:
    rota = Rota([TOMOS], [night(TOMOS, "all", 1)])
    steps = who_is_alerted(rota, ESCALATION, BOXING_DAY, "cy", "standard", None)
    assert [[one.name for one in step.officers] for step in steps[1:4]] == [["Tomos"]] * 3

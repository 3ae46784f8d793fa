"""Who is alerted, and why: across midnight, bank holidays and the change of the clocks; never no one."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.areas import COUNTIES
from api.local_time import LONDON
from api.rota.who import (
    ALL,
    BANK_HOLIDAY,
    Absence,
    Member,
    Rota,
    Shift,
    Why,
    cover,
    shift_began,
    supervisors,
)

MEGAN = Member(UUID(int=1), "Megan", speaks_welsh=True)
TOMOS = Member(UUID(int=2), "Tomos")
SIAN = Member(UUID(int=3), "Siân", speaks_welsh=True)
CARYL = Member(UUID(int=4), "Caryl", supervisor=True)
EVERY_DAY = frozenset(range(8))
WEEKDAYS = frozenset(range(5))


def shift(
    member: Member,
    begins: int = 0,
    ends: int = 0,
    area: str = ALL,
    days: frozenset[int] = EVERY_DAY,
    position: int = 1,
) -> Shift:
    return Shift(member.id, area, days, time(begins), time(ends), position)


def london(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON).astimezone(UTC)


def names(rota: Rota, at: datetime, language: str = "en", area: str | None = None) -> list[str]:
    return [member.name for member in cover(rota, at, language, area).officers]


BOXING_DAY = london(2026, 12, 26, 3, 10)


class TestTheQuestionOfTheBrief:
    """03:10 on Boxing Day, a Welsh-speaking high-risk case in Ceredigion."""

    rota = Rota(
        [MEGAN, TOMOS, SIAN],
        [
            shift(TOMOS, 22, 6, "ceredigion", frozenset({BANK_HOLIDAY}), position=1),
            shift(MEGAN, 22, 6, ALL, frozenset({BANK_HOLIDAY}), position=2),
            shift(SIAN, 22, 6, "ceredigion", WEEKDAYS, position=1),
        ],
    )

    def test_it_is_the_night_shift_of_christmas_day_and_the_one_who_speaks_welsh_comes_first(
        self,
    ) -> None:
        answer = cover(self.rota, BOXING_DAY, "cy", "ceredigion")
        assert [member.name for member in answer.officers] == ["Megan", "Tomos"]
        assert list(answer.why) == [
            Why.ON_SHIFT,
            Why.BANK_HOLIDAY,
            Why.AREA,
            Why.WELSH_FIRST,
        ]

    def test_a_weekday_shift_does_not_begin_on_a_bank_holiday(self) -> None:
        friday = self.rota.shifts[2]
        assert shift_began(friday, BOXING_DAY) is None
        assert shift_began(friday, BOXING_DAY - timedelta(days=7)) is not None

    def test_an_english_case_goes_by_the_order_of_cover(self) -> None:
        assert names(self.rota, BOXING_DAY, "en", "ceredigion") == ["Tomos", "Megan"]

    def test_welsh_never_waits_for_somebody_who_speaks_it(self) -> None:
        answer = cover(
            Rota([TOMOS], [shift(TOMOS, area="ceredigion")]), BOXING_DAY, "cy", "ceredigion"
        )
        assert [member.name for member in answer.officers] == ["Tomos"]
        assert Why.WELSH_NOBODY in answer.why


class TestTheCircleWidens:
    def test_another_area_covers_where_ones_own_has_nobody(self) -> None:
        rota = Rota([MEGAN, TOMOS], [shift(TOMOS, area="powys")])
        answer = cover(rota, BOXING_DAY, "en", "ceredigion")
        assert ([one.name for one in answer.officers], answer.together) == (["Tomos"], False)
        assert Why.OTHER_AREAS in answer.why

    def test_an_unknown_area_is_everybodys(self) -> None:
        rota = Rota([MEGAN, TOMOS], [shift(TOMOS, area="powys"), shift(MEGAN, area="ceredigion")])
        assert names(rota, BOXING_DAY) == ["Megan", "Tomos"]

    def test_with_nobody_on_shift_all_who_are_on_duty_are_asked_together(self) -> None:
        off = Member(UUID(int=9), "Off", on_duty=False)
        answer = cover(Rota([MEGAN, TOMOS, off]), BOXING_DAY, "cy", None)
        assert [one.name for one in answer.officers] == ["Megan", "Tomos"]
        assert answer.together
        assert list(answer.why) == [Why.ROTA_SILENT]

    def test_with_nobody_on_duty_either_everybody_is(self) -> None:
        off = Member(UUID(int=9), "Off", on_duty=False)
        assert names(Rota([off]), BOXING_DAY) == ["Off"]

    def test_somebody_away_is_asked_only_when_all_are(self) -> None:
        def away(member: Member) -> Absence:
            return Absence(
                member.id, BOXING_DAY - timedelta(hours=1), BOXING_DAY + timedelta(hours=1)
            )

        shifts = [shift(MEGAN), shift(TOMOS, position=2)]
        one = Rota([MEGAN, TOMOS], shifts, [away(MEGAN)])
        assert names(one, BOXING_DAY, "cy") == ["Tomos"]
        assert names(one, BOXING_DAY + timedelta(hours=1), "cy") == ["Megan", "Tomos"]
        both = Rota([MEGAN, TOMOS], shifts, [away(MEGAN), away(TOMOS)])
        answer = cover(both, BOXING_DAY, "cy", None)
        assert [each.name for each in answer.officers] == ["Megan", "Tomos"]
        assert Why.EVERYBODY_AWAY in answer.why

    @given(
        minutes=st.integers(0, 366 * 24 * 60),
        language=st.sampled_from(["cy", "en"]),
        area=st.sampled_from([None, *COUNTIES]),
        shifts=st.lists(
            st.builds(
                Shift,
                st.sampled_from([MEGAN.id, TOMOS.id, CARYL.id]),
                st.sampled_from([*COUNTIES, ALL]),
                st.frozensets(st.integers(0, 7), min_size=1),
                st.times(),
                st.times(),
                st.integers(1, 3),
            ),
            max_size=6,
        ),
        away=st.sets(st.sampled_from([MEGAN.id, TOMOS.id, CARYL.id])),
    )
    def test_an_alert_never_goes_to_no_one(
        self,
        minutes: int,
        language: str,
        area: str | None,
        shifts: list[Shift],
        away: set[UUID],
    ) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        absences = [Absence(one, at, at + timedelta(hours=1)) for one in away]
        rota = Rota([MEGAN, TOMOS, CARYL], shifts, absences)
        answer = cover(rota, at, language, area)
        assert answer.officers
        assert answer.why
        assert len({one.id for one in answer.officers}) == len(answer.officers)
        assert supervisors(rota, at).officers


class TestTheOrder:
    def test_ones_own_area_comes_before_all_areas_at_the_same_place(self) -> None:
        rota = Rota([MEGAN, TOMOS], [shift(MEGAN), shift(TOMOS, area="powys")])
        assert names(rota, BOXING_DAY, "en", "powys") == ["Tomos", "Megan"]
        assert names(rota, BOXING_DAY, "en", "ceredigion") == ["Megan"]

    def test_whoever_speaks_welsh_keeps_the_order_of_cover_among_them(self) -> None:
        rota = Rota(
            [MEGAN, TOMOS, SIAN],
            [shift(MEGAN, position=3), shift(TOMOS), shift(SIAN, position=2)],
        )
        assert names(rota, BOXING_DAY, "cy") == ["Siân", "Megan", "Tomos"]
        assert names(rota, BOXING_DAY, "en") == ["Tomos", "Siân", "Megan"]

    def test_supervisors_are_everybody_where_there_is_none(self) -> None:
        assert [one.name for one in supervisors(Rota([MEGAN, CARYL]), BOXING_DAY).officers] == [
            "Caryl"
        ]
        assert [one.name for one in supervisors(Rota([MEGAN]), BOXING_DAY).officers] == ["Megan"]


class TestTheClock:
    def test_a_shift_across_midnight_belongs_to_the_day_on_which_it_began(self) -> None:
        monday_night = shift(MEGAN, 22, 6, days=frozenset({0}))
        assert shift_began(monday_night, london(2026, 11, 23, 22, 0)) is not None
        assert shift_began(monday_night, london(2026, 11, 24, 5, 59)) is not None
        assert shift_began(monday_night, london(2026, 11, 24, 6, 0)) is None
        assert shift_began(monday_night, london(2026, 11, 24, 22, 0)) is None

    def test_the_same_hour_twice_is_a_whole_day(self) -> None:
        sunday = shift(MEGAN, 9, 9, days=frozenset({6}))
        assert shift_began(sunday, london(2026, 11, 22, 9)) is not None
        assert shift_began(sunday, london(2026, 11, 23, 8, 59)) is not None
        assert shift_began(sunday, london(2026, 11, 23, 9)) is None

    @pytest.mark.parametrize("day", [(2026, 3, 28), (2026, 10, 24), (2026, 6, 10)])
    def test_shifts_that_follow_each_other_leave_no_gap_when_the_clocks_change(
        self, day: tuple[int, int, int]
    ) -> None:
        in_turn = [
            Shift(MEGAN.id, ALL, EVERY_DAY, time(22), time(1, 30)),
            Shift(TOMOS.id, ALL, EVERY_DAY, time(1, 30), time(6)),
            Shift(SIAN.id, ALL, EVERY_DAY, time(6), time(22)),
        ]
        start = london(*day, 12)
        for minute in range(0, 36 * 60, 5):
            at = start + timedelta(minutes=minute)
            assert sum(shift_began(each, at) is not None for each in in_turn) == 1, at

    def test_a_night_shift_is_nine_hours_long_when_the_clocks_go_back(self) -> None:
        night = shift(MEGAN, 22, 6)
        start = london(2026, 10, 24, 22)
        covered = [
            hour
            for hour in range(12)
            if shift_began(night, start + timedelta(hours=hour)) is not None
        ]
        assert covered == list(range(9))

"""When it happened: both languages, dialect and slips; never silently wrong; read back as people say it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.time_days import LONDON
from actions.time_tables import WEEKDAYS
from actions.time_words import Language
from actions.times import describe_time, resolve_time

NOW = datetime(2026, 3, 5, 14, 20, tzinfo=LONDON)  # a Thursday


@pytest.mark.parametrize(
    ("words", "language", "start", "end"),
    [
        ("ddoe", "cy", "2026-03-04 00:00", "2026-03-05 00:00"),
        ("neithiwr", "cy", "2026-03-04 18:00", "2026-03-05 06:00"),
        ("echdoe", "cy", "2026-03-03 00:00", "2026-03-04 00:00"),
        ("bore ddoe", "cy", "2026-03-04 00:00", "2026-03-04 12:00"),
        ("pnawn ddoe", "cy", "2026-03-04 12:00", "2026-03-04 18:00"),
        ("nos Fawrth diwethaf", "cy", "2026-03-03 18:00", "2026-03-04 06:00"),
        ("nos Sadwrn dwetha", "cy", "2026-02-28 18:00", "2026-03-01 06:00"),
        ("dydd Llun diwethaf", "cy", "2026-03-02 00:00", "2026-03-03 00:00"),
        ("wythnos diwethaf", "cy", "2026-02-23 00:00", "2026-03-02 00:00"),
        ("wthnos dwetha", "cy", "2026-02-23 00:00", "2026-03-02 00:00"),
        ("3ydd o Fawrth", "cy", "2026-03-03 00:00", "2026-03-04 00:00"),
        ("y trydydd o Fawrth", "cy", "2026-03-03 00:00", "2026-03-04 00:00"),
        ("5 o Fai", "cy", "2025-05-05 00:00", "2025-05-06 00:00"),
        ("12fed o Chwefror", "cy", "2026-02-12 00:00", "2026-02-13 00:00"),
        ("3 diwrnod yn ôl", "cy", "2026-03-02 00:00", "2026-03-03 00:00"),
        ("tair wythnos nol", "cy", "2026-02-09 00:00", "2026-02-16 00:00"),
        ("tua 9 y nos", "cy", "2026-03-04 20:30", "2026-03-04 21:30"),
        ("neithiwr tua 2 y bore", "cy", "2026-03-05 01:30", "2026-03-05 02:30"),
        ("nos Wener tua hanner awr wedi deg", "cy", "2026-02-27 22:00", "2026-02-27 23:00"),
        ("chwarter wedi wyth bore ddoe", "cy", "2026-03-04 08:15", "2026-03-04 08:15"),
        ("am 9 o'r gloch neithiwr", "cy", "2026-03-04 21:00", "2026-03-04 21:00"),
        ("ers mis", "cy", "2026-02-05 14:20", "2026-03-05 14:20"),
        ("ers dydd Llun", "cy", "2026-03-02 00:00", "2026-03-05 14:20"),
        ("bore 'ma", "cy", "2026-03-05 00:00", "2026-03-05 12:00"),
        ("llynedd", "cy", "2025-01-01 00:00", "2026-01-01 00:00"),
        ("yn yr hydref", "cy", "2025-09-01 00:00", "2025-12-01 00:00"),
        ("yr hydref diwethaf", "cy", "2025-09-01 00:00", "2025-12-01 00:00"),
        ("ym mis Hydref", "cy", "2025-10-01 00:00", "2025-11-01 00:00"),
        ("hydref", "cy", "2025-10-01 00:00", "2025-11-01 00:00"),
        ("last Tuesday night", "en", "2026-03-03 18:00", "2026-03-04 06:00"),
        ("3rd of March", "en", "2026-03-03 00:00", "2026-03-04 00:00"),
        ("half nine last night", "en", "2026-03-04 21:30", "2026-03-04 21:30"),
        ("the other day", "en", "2026-02-26 00:00", "2026-03-05 00:00"),
        ("two weeks ago", "en", "2026-02-16 00:00", "2026-02-23 00:00"),
        ("since Monday", "en", "2026-03-02 00:00", "2026-03-05 14:20"),
        ("yesterday at 21:30", "en", "2026-03-04 21:30", "2026-03-04 21:30"),
        ("2am last night", "en", "2026-03-05 02:00", "2026-03-05 02:00"),
        ("03/11/2025", "en", "2025-11-03 00:00", "2025-11-04 00:00"),
        ("Monday last week", "en", "2026-02-23 00:00", "2026-02-24 00:00"),
        ("Thursday", "en", "2026-03-05 00:00", "2026-03-05 14:20"),
        ("last summer", "en", "2025-06-01 00:00", "2025-09-01 00:00"),
    ],
)
def test_sayings_mean_the_latest_past_that_fits(
    words: str, language: Language, start: str, end: str
) -> None:
    resolved = resolve_time(words, language, NOW)

    assert resolved is not None
    assert resolved.words == words
    assert f"{resolved.start:%Y-%m-%d %H:%M}" == start
    assert f"{resolved.end:%Y-%m-%d %H:%M}" == end


SATURDAY_NIGHT = datetime(2025, 3, 8, 23, 30, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("words", "language", "start"),
    [
        ("nos Sadwrn", "cy", "2025-03-08 18:00"),
        ("nos Sadwrn tua 9", "cy", "2025-03-08 20:30"),
        ("dydd Sadwrn am 2 y prynhawn", "cy", "2025-03-08 14:00"),
        ("dydd Sadwrn", "cy", "2025-03-08 00:00"),
        ("saturday night at 9", "en", "2025-03-08 21:00"),
        ("Saturday", "en", "2025-03-08 00:00"),
        # What is still to come, or "last", was a week ago.
        ("nos Sadwrn am hanner nos", "cy", "2025-03-02 00:00"),
        ("Saturday at 11.45pm", "en", "2025-03-01 23:45"),
        ("nos Sadwrn diwethaf", "cy", "2025-03-01 18:00"),
        ("last Saturday night", "en", "2025-03-01 18:00"),
        ("Saturday last", "en", "2025-03-01 00:00"),
    ],
)
def test_a_day_named_on_that_same_day_is_today_once_its_time_has_begun(
    words: str, language: Language, start: str
) -> None:
    resolved = resolve_time(words, language, SATURDAY_NIGHT)

    assert resolved is not None
    assert f"{resolved.start:%Y-%m-%d %H:%M}" == start


SUNDAY_AFTER_MIDNIGHT = datetime(2025, 3, 9, 0, 30, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("words", "language", "start", "end"),
    [
        ("heno", "cy", "2025-03-08 18:00", "2025-03-09 00:30"),
        ("heno am 11", "cy", "2025-03-08 23:00", "2025-03-08 23:00"),
        ("heno am chwarter wedi deuddeg", "cy", "2025-03-09 00:15", "2025-03-09 00:15"),
        ("heddiw am 9 y nos", "cy", "2025-03-08 21:00", "2025-03-08 21:00"),
        ("tonight", "en", "2025-03-08 18:00", "2025-03-09 00:30"),
        ("this evening about 8", "en", "2025-03-08 19:30", "2025-03-08 20:30"),
        ("9pm today", "en", "2025-03-08 21:00", "2025-03-08 21:00"),
        ("today at 00:15", "en", "2025-03-09 00:15", "2025-03-09 00:15"),
        ("bore 'ma", "cy", "2025-03-09 00:00", "2025-03-09 00:30"),
    ],
)
def test_before_six_tonight_is_the_evening_that_the_person_is_still_awake_from(
    words: str, language: Language, start: str, end: str
) -> None:
    resolved = resolve_time(words, language, SUNDAY_AFTER_MIDNIGHT)

    assert resolved is not None
    assert f"{resolved.start:%Y-%m-%d %H:%M}" == start
    assert f"{resolved.end:%Y-%m-%d %H:%M}" == end


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("yfory", "cy"),
        ("yfory am 2", "cy"),
        ("trennydd", "cy"),
        ("heno", "cy"),
        ("heddiw am 9 y nos", "cy"),
        ("dydd Sadwrn nesaf", "cy"),
        ("tomorrow", "en"),
        ("tomorrow at 2", "en"),
        ("the day after tomorrow", "en"),
        ("tonight", "en"),
        ("9pm today", "en"),
        ("next Saturday", "en"),
        ("this Thursday at 9pm", "en"),
        ("3 March 2030", "en"),
        ("summer 2026", "en"),
    ],
)
def test_what_is_still_to_come_is_no_time_of_an_incident(words: str, language: Language) -> None:
    assert resolve_time(words, language, NOW) is None


_PARTS_SAID: list[tuple[str, str]] = [
    ("dydd {cy}", "{en}"),
    ("bore {cy}", "{en} morning"),
    ("prynhawn {cy}", "{en} afternoon"),
    ("nos {cy}", "{en} night"),
    ("dydd {cy} am {hour}:30", "{en} at {hour}:30"),
    ("nos {cy} am {hour} o'r gloch", "{en} night at {hour} o'clock"),
]
_WELSH_WEEKDAYS = ("Llun", "Mawrth", "Mercher", "Iau", "Gwener", "Sadwrn", "Sul")


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(_PARTS_SAID),
    st.sampled_from(list(zip(_WELSH_WEEKDAYS, WEEKDAYS, strict=True))),
    st.integers(1, 12),
    st.integers(0, 7 * 24 * 4 - 1).map(lambda quarter: NOW + timedelta(minutes=15 * quarter)),
)
def test_a_weekday_has_begun_and_is_of_the_last_seven_days(
    said: tuple[str, str], day: tuple[str, str], hour: int, now: datetime
) -> None:
    welsh, english = (words.format(cy=day[0], en=day[1], hour=hour) for words in said)

    in_welsh, in_english = resolve_time(welsh, "cy", now), resolve_time(english, "en", now)

    assert in_welsh is not None
    assert in_english is not None
    assert now - timedelta(days=7) <= in_welsh.start <= now
    assert (in_welsh.start, in_welsh.end) == (in_english.start, in_english.end)


@pytest.mark.parametrize(
    ("welsh", "english"),
    [
        ("ddoe", "yesterday"),
        ("neithiwr", "last night"),
        ("bob nos", "every night"),
        ("ers mis", "for a month"),
        ("hanner awr wedi naw", "half past nine"),
        ("y diwrnod o'r blaen", "the other day"),
        ("penwythnos diwethaf", "last weekend"),
        ("pythefnos yn ôl", "a fortnight ago"),
        ("nos Fercher tua 9", "Wednesday night about 9"),
        ("heddiw", "today"),
        ("yn yr hydref", "in the autumn"),
        ("ers yr hydref", "since the autumn"),
    ],
)
def test_both_languages_mean_the_same(welsh: str, english: str) -> None:
    in_welsh, in_english = resolve_time(welsh, "cy", NOW), resolve_time(english, "en", NOW)

    assert in_welsh is not None
    assert in_english is not None
    assert (in_welsh.start, in_welsh.end) == (in_english.start, in_english.end)


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("yesterday about 9", "en"),
        ("ddoe tua 9", "cy"),
        ("half nine", "en"),
    ],
)
def test_an_hour_without_its_half_of_the_day_keeps_both(words: str, language: Language) -> None:
    resolved = resolve_time(words, language, NOW)

    assert resolved is not None
    assert resolved.precision == "either_half"
    assert resolved.end - resolved.start >= timedelta(hours=12)


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("31 o Chwefror", "cy"),
        ("31st of February", "en"),
        ("Monday 3 March", "en"),
        ("banana", "en"),
        ("yesterday banana", "en"),
        ("for years", "en"),
        ("nos Sadwrn am 3 y prynhawn", "cy"),
        ("", "cy"),
    ],
)
def test_what_is_not_wholly_understood_is_asked(words: str, language: Language) -> None:
    assert resolve_time(words, language, NOW) is None


@pytest.mark.parametrize(
    ("words", "language", "said"),
    [
        ("nos Fawrth diwethaf tua 9", "cy", "nos Fawrth 3 Mawrth, tua 9 o'r gloch"),
        ("last Tuesday about 9 in the evening", "en", "Tuesday 3 March, at about 9 in the evening"),
        ("pnawn ddoe am dri", "cy", "dydd Mercher 4 Mawrth, am 3 o'r gloch y prynhawn"),
        ("12 Mai", "cy", "dydd Llun 12 Mai 2025"),
        ("neithiwr am hanner nos", "cy", "nos Fercher 4 Mawrth, am hanner nos"),
        (
            "yesterday about 9",
            "en",
            "Wednesday 4 March, at about 9, in the morning or in the evening",
        ),
        ("last night", "en", "Wednesday night, 4 March"),
        ("wythnos diwethaf", "cy", "rhwng dydd Llun 23 Chwefror a dydd Sul 1 Mawrth"),
        ("bob nos", "cy", "dro ar ôl tro, y tro diwethaf nos Fercher 4 Mawrth"),
    ],
)
def test_a_time_is_read_back_as_people_say_it(words: str, language: Language, said: str) -> None:
    resolved = resolve_time(words, language, NOW)

    assert resolved is not None
    assert describe_time(resolved, language) == said


def test_now_must_know_its_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        resolve_time("ddoe", "cy", datetime(2026, 3, 5, 14, 20))  # noqa: DTZ001


_VOCABULARY = [
    "ddoe",
    "neithiwr",
    "nos",
    "bore",
    "Llun",
    "Fawrth",
    "Mawrth",
    "diwethaf",
    "wythnos",
    "3ydd",
    "o",
    "9",
    "30",
    "tua",
    "am",
    "y",
    "hanner",
    "awr",
    "wedi",
    "chwarter",
    "i",
    "ers",
    "bob",
    "yn",
    "ôl",
    "2",
    "last",
    "night",
    "yesterday",
    "Tuesday",
    "March",
    "about",
    "at",
    "half",
    "quarter",
    "to",
    "past",
    "12",
    "32",
    "99",
    "pm",
    "every",
    "since",
    "ago",
    "weeks",
    "the",
]
_WORDS = st.lists(st.sampled_from(_VOCABULARY), max_size=8).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(_WORDS, st.text(max_size=60)), st.sampled_from(["cy", "en"]))
def test_any_words_give_an_ordered_range_that_can_be_said_or_nothing(
    words: str, language: Language
) -> None:
    resolved = resolve_time(words, language, NOW)

    assert resolved == resolve_time(words, language, NOW)
    if resolved is not None:
        assert resolved.start <= min(resolved.end, NOW)
        assert describe_time(resolved, "cy")
        assert describe_time(resolved, "en")

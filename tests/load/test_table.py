"""The table says plainly what was missed, and what people say in a load is what the product was told once."""

from tests.load.crowd import lateness
from tests.load.stories import LANGUAGES, LONG, long_conversation, long_message, told_reports
from tests.load.table import table

TEN = {"p50": 61.0, "p95": 150.0, "cy": {"p50": 60.0}, "en": {"p50": 58.0}}


def lines_of(figures: dict[str, object]) -> dict[str, str]:
    return {line[:24]: line.split()[-1] for line in table(figures).splitlines() if line}


def test_what_misses_its_aim_is_said_to_miss_it() -> None:
    said = lines_of({"ten": TEN})
    assert said["reply, ten at once, p50 "] == "missed"
    assert said["reply, ten at once, p95 "] == "reached"
    assert said["Welsh and English median"] == "reached"


def test_more_turns_a_second_are_better() -> None:
    assert "missed" in table({"breaking": {"sustained_turns_a_second": 29.9}})
    assert "reached" in table({"breaking": {"sustained_turns_a_second": 30.0}})


def test_a_report_that_raised_no_alert_misses_the_aim() -> None:
    hour = {"late": 0, "alert_accepted": {"p95": 900.0}, "without_alert": 1}
    said = lines_of({"hour": hour})
    assert said["reports without an alert"] == "missed"
    assert said["sending to alert accepte"] == "reached"


def test_what_was_not_measured_has_no_line() -> None:
    assert table({}).strip() == ""


def test_the_percentile_is_of_the_late_end() -> None:
    assert dict(lateness([number / 1000 for number in range(1, 101)]))["p95"] == 96.0


def test_every_story_is_told_in_both_languages_turn_by_turn() -> None:
    told = {language: told_reports(language) for language in LANGUAGES}
    assert [len(story) for story in told["cy"]] == [len(story) for story in told["en"]]
    assert all(len(story) > 8 for stories in told.values() for story in stories)
    for language in LANGUAGES:
        assert len(long_conversation(language, 62)) == 62
        assert LONG - 100 < len(long_message(language)) <= LONG

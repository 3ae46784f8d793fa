"""The directory of services: whole, honest about what was checked, and found by need, strand and place."""

from datetime import date, timedelta

import pytest
import yaml
from structlog.testing import capture_logs

from actions.catalogue import Catalogue
from actions.config import ROOT
from actions.directory import MOST_AT_ONCE, Directory, Wish
from actions.nuisance import came_in, right_places, went_on
from actions.support import services_in_words
from channels.sms import segments

NEWEST = max((ROOT / "data" / "services").glob("*.yml"))
CONTENT = yaml.safe_load(NEWEST.read_text())
WORDS = yaml.safe_load((ROOT / "data" / "support_words.yml").read_text())
DIRECTORY = Directory.load(ROOT)
CATALOGUE = Catalogue.load(ROOT)
TODAY = date(2026, 11, 22)
ALL_NEEDS = {need for entry in CONTENT["services"] for need in entry["needs"]}


@pytest.mark.parametrize("entry", CONTENT["services"], ids=lambda entry: entry["number"])
def test_every_service_is_whole_and_says_where_it_comes_from(entry: dict[str, object]) -> None:
    assert entry["number"] in CONTENT["numbers"]
    for key in ("name", "needs", "hours", "cost", "languages", "source"):
        assert entry[key], key
    assert {"verified_on", "verified_by"} <= set(entry)
    assert (entry["verified_on"] is None) is (entry["verified_by"] is None)
    assert f"utter_cost_{entry['cost']}" in CATALOGUE
    assert f"utter_languages_{'_'.join(entry['languages'])}" in CATALOGUE  # type: ignore[arg-type]


def test_an_older_file_of_numbers_alone_still_serves() -> None:
    old = Directory({"numbers": {"samaritans": "116 123"}}, WORDS, {})
    assert old.find(Wish(needs=("suicide",)), "cy") == []


def test_every_need_that_is_understood_has_a_service() -> None:
    for need in (*WORDS["needs"], *WORDS["strands"].values(), *WORDS["otherwise"]):
        assert need in ALL_NEEDS, need


def test_words_of_both_languages_name_each_need() -> None:
    for need, words in WORDS["needs"].items():
        assert set(words) == {"cy", "en"}, need


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("oes help i'm mam-gu", "older"),
        ("fy mam gu", "older"),
        ("problem gyda'r landlord", "housing"),
        ("I need a solicitor", "legal"),
        ("rwy'n teimlo'n isel", "mental_health"),
        ("she was raped", "sexual"),
    ],
)
def test_needs_are_read_from_what_people_say(text: str, need: str) -> None:
    assert need in DIRECTORY.needs_in(text)


def test_asked_for_nothing_special_those_who_know_hate_come_first() -> None:
    for wish, first in (
        (Wish(), ["wales_hate_support"]),
        (Wish(strands=("transgender",)), ["wales_hate_support", "galop"]),
        (Wish(strands=("transgender",), asked=True), ["galop", "wales_hate_support"]),
        (Wish(strands=("other", "not_sure")), ["wales_hate_support"]),
    ):
        found = [service.key for service in DIRECTORY.find(wish, "en")]
        assert found[: len(first)] == first
        assert len(set(found)) == len(found)


def test_a_place_has_a_county_and_one_beyond_the_area_has_none() -> None:
    assert DIRECTORY.county_of(["Y Drenewydd / Newtown"]) == "powys"
    assert DIRECTORY.county_of(["Abertawe / Swansea"]) is None
    assert DIRECTORY.county_of([""]) is None


def test_services_of_another_county_are_not_named() -> None:
    keys = [each.key for each in DIRECTORY.find(Wish(("antisocial",), county="powys"), "cy")]
    assert "powys_council" in keys
    assert "ceredigion_council" not in keys


def test_who_writes_welsh_is_offered_welsh_first() -> None:
    welsh = DIRECTORY.find(Wish(("listening",)), "cy")[0]
    english = DIRECTORY.find(Wish(("listening",)), "en")[0]
    assert "cy" in welsh.languages
    assert "en" in english.languages


@pytest.mark.parametrize("language", ["cy", "en"])
def test_a_checked_number_shows_the_day_and_an_old_check_does_not_count(language: str) -> None:
    entry = {**CONTENT["services"][0], "verified_by": "X"}
    for days, fresh in ((10, True), (91, False)):
        checked = {**entry, "verified_on": TODAY - timedelta(days=days)}
        directory = Directory({**CONTENT, "services": [checked]}, WORDS, {})
        [service] = directory.services
        assert directory.is_checked(service, TODAY) is fresh
        line = directory.line(service, CATALOGUE, language, TODAY)
        assert ("12/11/2026" in line) is fresh


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("need", sorted(ALL_NEEDS))
def test_any_need_fits_into_three_segments_of_text(language: str, need: str) -> None:
    found = DIRECTORY.find(Wish((need,)), language)
    most = MOST_AT_ONCE["sms"]
    for start in range(0, len(found), most):
        words = services_in_words(
            DIRECTORY,
            CATALOGUE,
            found[start : start + most],
            language,
            head="utter_ask_support" if start == 0 else "utter_more_services",
            tail="utter_say_more",
        )
        assert segments(words) <= 3, words


def test_a_nuisance_without_a_place_names_what_serves_everybody() -> None:
    lines = right_places(DIRECTORY, CATALOGUE, {"found": {}})
    assert "101" in lines["cy"]
    assert "0159" not in lines["en"]


def test_antisocial_reports_are_counted_without_content() -> None:
    slots = {"account": "secret", "channel": "sms"}
    with capture_logs() as logs:
        came_in(slots)
        for targeted in ("yes", "no", "unsure"):
            went_on(slots, targeted)
    assert [(log["event"], log.get("way")) for log in logs] == [
        ("antisocial_report_came_in", None),
        ("antisocial_report_went_on", "hate_route"),
        ("antisocial_report_went_on", "right_place"),
        ("antisocial_report_went_on", "hate_route_unsure"),
    ]
    assert "secret" not in str(logs)

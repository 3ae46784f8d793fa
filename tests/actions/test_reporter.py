"""Who reports, as the dialogue understands it, and the report that it makes of it."""

from typing import Any

import pytest

from actions.finish import report_of
from actions.reporter import choose_route, is_young, note_people, reporter_of, route_chosen
from actions.reporter import safe_contact_of as safe
from api.cases.schemas import ReportSubmission
from tests.actions.people import turn_of

SENDER = "00000000-0000-4000-8000-000000000001"
CHILD: dict[str, Any] = {"danger": "none", "suicide": "none", "flags": ["child"]}


@pytest.mark.parametrize(
    ("chosen", "route"),
    [
        ("victim", "victim"),
        ("under_18", "victim"),
        ("witness", "witness"),
        ("on_behalf", "on_behalf"),
        ("professional", "on_behalf"),
    ],
)
def test_five_choices_are_three_routes(chosen: str, route: str) -> None:
    slots: dict[str, Any] = {}
    choose_route(slots, chosen)
    assert slots["route"] == route
    assert route_chosen(slots) == chosen
    assert is_young(slots) is (chosen == "under_18")
    assert ReportSubmission.model_validate(report_of(slots, SENDER, "v")).route == route


def test_another_choice_takes_back_what_the_first_one_said() -> None:
    slots: dict[str, Any] = {}
    choose_route(slots, "professional")
    choose_route(slots, "on_behalf")
    assert route_chosen(slots) == "on_behalf"
    choose_route(slots, "under_18")
    choose_route(slots, "victim")
    assert not is_young(slots)


def test_words_that_sound_young_count_until_the_person_says_otherwise() -> None:
    slots: dict[str, Any] = {"route": "victim"}
    note_people(slots, turn_of("I'm 12", safety=CHILD))
    assert is_young(slots)
    assert slots["flags"] == ["child"]
    choose_route(slots, "victim")
    note_people(slots, turn_of("I'm 12", safety=CHILD))
    assert not is_young(slots)


def test_the_age_of_a_son_is_not_the_writers() -> None:
    slots: dict[str, Any] = {"route": "victim"}
    son = turn_of("my son is 12", safety=CHILD, entities=(("relation", "my son", "son"),))
    note_people(slots, son)
    assert not is_young(slots)


def test_a_relation_that_was_told_is_kept_and_a_client_makes_a_professional() -> None:
    slots: dict[str, Any] = {"route": "on_behalf"}
    note_people(slots, turn_of("my son", entities=(("relation", "my son", "son"),)))
    assert slots["relation"] == "my son"
    slots = {"route": "on_behalf"}
    note_people(slots, turn_of("my client", entities=(("relation", "my client", "client"),)))
    assert slots.get("relation") is None
    assert reporter_of(slots)["professional"] is True


def test_nothing_of_a_victim_is_sent_who_may_not_be_contacted() -> None:
    slots = {"route": "on_behalf", "victim_name": "Mair", "victim_contact": "07700 900321"}
    for said, name in (("yes", "Mair"), ("no", None), ("unknown", None), (None, None)):
        assert reporter_of({**slots, "may_contact_victim": said})["victim_name"] == name


def test_what_belongs_to_another_route_is_not_sent() -> None:
    slots = {"route": "victim", "relation": "my son", "victim_knows": "yes", "found": {}}
    reporter = reporter_of(slots)
    assert (reporter["relation"], reporter["victim_knows"]) == (None, "unknown")


def test_who_agreed_knows() -> None:
    reporter = reporter_of({"route": "on_behalf", "victim_agrees": "yes"})
    assert (reporter["victim_agrees"], reporter["victim_knows"]) == ("yes", "yes")


@pytest.mark.parametrize(
    ("chosen", "spoken", "written", "interpreter"),
    [
        ("cy", "cy", "cy", False),
        ("en", "en", "en", False),
        ("cy_en", "cy", "en", False),
        ("other", "Polish", "Polish", True),
        ("skipped", None, None, None),
        ("skip_all", None, None, None),
        (None, None, None, None),
    ],
)
def test_languages_to_speak_and_to_write(
    chosen: str | None, spoken: str | None, written: str | None, interpreter: bool | None
) -> None:
    contact = safe({"languages": chosen, "other_language": "Polish"})
    said = (contact["spoken_language"], contact["written_language"], contact["interpreter"])
    assert said == (spoken, written, interpreter)


def test_what_was_left_out_is_not_an_answer() -> None:
    left_out = dict.fromkeys(
        ("contact_hours", "voicemail", "say_police", "trusted_person", "access_needs"), "skip_all"
    )
    assert set(safe(left_out).values()) == {None}


@pytest.mark.parametrize("route", ["victim", "witness", "on_behalf"])
def test_only_answers_that_the_route_asks_for_are_sent(route: str) -> None:
    slots = {"route": route, "risk_afraid": "very", "risk_threats": "skip_all"}
    answers = report_of(slots, SENDER, "v")["risk_answers"]
    assert answers.get("afraid") == ("very" if route == "victim" else None)
    assert answers["threats"] == "rather_not"

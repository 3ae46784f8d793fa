"""Who reports, and how it is safe to make contact: kept encrypted, shown to officers, and obeyed."""

from typing import Any

import psycopg
import pytest

from api.cases.models import Person, PersonRole, PlannedAction, Report, Reporter
from api.cases.schemas import ReportSubmission
from api.policy import policy, policy_version
from tests.api.backstage import all_of, only
from tests.api.staff_visitor import StaffDoor, Visitor, a_report

ON_BEHALF: dict[str, Any] = {
    "professional": True,
    "relation": "cleient",
    "organisation": "gweithiwr cymorth, Tai Teifi",
    "victim_knows": "yes",
    "victim_agrees": "yes",
    "may_contact_victim": "yes",
    "victim_name": "Mair",
    "victim_contact": "neges destun i 07700 900321, yn y bore",
}
SAFE: dict[str, Any] = {
    "method": "phone",
    "name": "Siân",
    "phone": "07700 900123",
    "contact_hours": "morning",
    "voicemail": "no",
    "say_police": "no",
    "trusted_person": "fy chwaer Nia, 07700 900456",
    "spoken_language": "Pwyleg",
    "written_language": "Pwyleg",
    "interpreter": True,
    "access_needs": "print bras",
}


async def _case(door: StaffDoor, officer: Visitor, **changes: Any) -> tuple[dict[str, Any], str]:
    """A case as officers' systems read it, and its page."""
    reference = await door.receive(**changes)
    case = (await officer.call("GET", f"/v1/cases/{reference}")).json()
    return case, (await officer.get(f"/cases/{reference}")).text


async def test_who_reports_for_somebody_is_kept_apart_from_the_victim(
    door: StaffDoor, officer: Visitor
) -> None:
    case, page = await _case(door, officer, route="on_behalf", reporter=ON_BEHALF)
    assert case["contact"]["reporter"] == {"under_18": None, "trusted_adult": None, **ON_BEHALF}
    assert case["contact"]["name"] == "Siân"
    people = {person.role: person for person in await all_of(door.runtime, Person)}
    assert people[PersonRole.REPORTER].name == "Siân"
    assert people[PersonRole.VICTIM].name == "Mair"
    for words in ("Mair", "Tai Teifi", "07700 900321", "in their work", "the person agrees"):
        assert words in page, words


@pytest.mark.parametrize("said", ["no", "unknown"])
async def test_a_victim_who_has_not_agreed_is_not_there_to_be_reached(
    door: StaffDoor, officer: Visitor, said: str
) -> None:
    reporter = {**ON_BEHALF, "may_contact_victim": said}
    case, page = await _case(door, officer, route="on_behalf", reporter=reporter)
    assert case["contact"]["reporter"]["victim_name"] is None
    assert case["contact"]["reporter"]["victim_contact"] is None
    assert [person.role for person in await all_of(door.runtime, Person)] == [PersonRole.REPORTER]
    assert "Mair" not in page
    assert ("Do not contact the person" if said == "no" else "do not make contact through") in page


async def test_the_reporter_is_the_way_to_the_victim_only_where_both_agreed(
    door: StaffDoor, officer: Visitor
) -> None:
    reporter = {**ON_BEHALF, "victim_contact": "through_me"}
    _, page = await _case(door, officer, route="on_behalf", reporter=reporter)
    assert "Through the one who reports; the person agrees" in page


async def test_a_young_person_is_flagged_and_a_human_reviews_the_case(
    door: StaffDoor, officer: Visitor
) -> None:
    reporter = {"under_18": True, "trusted_adult": "Mrs Evans, yr athrawes"}
    case, page = await _case(door, officer, reporter=reporter, risk_answers={})
    assert case["contact"]["reporter"]["under_18"] is True
    assert "child" in case["risk"]["reasons"]
    assert "child" in (await only(door.runtime, Report)).flags
    assert {"child_review", "safeguarding"} <= {item["code"] for item in case["action_plan"]}
    for words in ("Under 18", "Mrs Evans", "Review by a person"):
        assert words in page, words


async def test_an_adult_has_no_item_about_children(door: StaffDoor, officer: Visitor) -> None:
    case, page = await _case(door, officer)
    assert case["contact"]["reporter"]["under_18"] is None
    assert not {"child_review", "safeguarding"} & {
        item.code for item in await all_of(door.runtime, PlannedAction)
    }
    assert "Under 18" not in page


async def test_safe_contact_stands_beside_the_means_and_before_the_pen(
    door: StaffDoor, officer: Visitor
) -> None:
    conversation_id = await door.converse()
    case, page = await _case(door, officer, conversation_id=str(conversation_id), contact=SAFE)
    assert {key: case["contact"][key] for key in SAFE} == {**SAFE, "phone": "+447700900123"}
    for words in (
        *("Safe contact", "Do not say so", "In the morning", "Do not leave a message"),
        *("fy chwaer Nia", "Pwyleg", "An interpreter is needed", "print bras"),
        "Do not say that it is the police who write.",
    ):
        assert words in page, words


async def test_what_nobody_was_asked_is_not_on_the_page(door: StaffDoor, officer: Visitor) -> None:
    case, page = await _case(door, officer)
    assert case["contact"]["say_police"] is None
    assert "Safe contact" not in page


async def test_every_reason_and_every_open_question_has_words(
    door: StaffDoor, officer: Visitor
) -> None:
    answers = {"repeated": "often", "worse": "yes", "afraid": "very", "someone_close": "yes"}
    case, page = await _case(door, officer, risk_answers={**answers, "alone": "rather_not"})
    assert case["risk"]["reasons"] == [
        *("repeated_often", "worse", "afraid_very", "someone_close"),
        *("often_and_worse", "close_and_afraid"),
    ]
    for words in (
        *("every week or more often", "getting worse", "very afraid", "partner or relative"),
        *("Does the person live alone", "Does anything make it harder", "Was anybody hurt"),
    ):
        assert words in page, words


def test_no_reason_or_question_is_without_words_in_the_catalogue(door: StaffDoor) -> None:
    risk = policy(policy_version()).risk
    phrases = door.runtime.words.phrases
    reasons = [*risk.questions, *risk.flags, *risk.combinations]
    reasons += [f"{code}_{level}" for code, each in risk.questions.items() for level in each.levels]
    assert [code for code in reasons if f"risk_{code}" not in phrases] == []
    assert [code for code in risk.questions if f"risk_ask_{code}" not in phrases] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"reporter": {"under_18": "maybe"}},
        {"reporter": {"victim_knows": "perhaps"}},
        {"contact": {"voicemail": "shout"}},
        {"risk_answers": {"afraid": "terribly"}},
    ],
    ids=["age", "knows", "voicemail", "level"],
)
async def test_what_no_question_can_answer_is_refused(
    door: StaffDoor, wrong: dict[str, Any]
) -> None:
    with pytest.raises(AssertionError):
        await door.receive(**wrong)


async def test_none_of_it_is_readable_in_the_database(
    door: StaffDoor, officer: Visitor, database_url: str
) -> None:
    reporter = {**ON_BEHALF, "trusted_adult": "Mrs Evans"}
    await door.receive(route="on_behalf", reporter=reporter, contact=SAFE)
    with psycopg.connect(database_url) as connection:
        rows = [
            bytes(column)
            for table in ("people", "reporters")
            for row in connection.execute(f"select * from {table}").fetchall()
            for column in row
            if isinstance(column, bytes | memoryview)
        ]
    assert len(rows) > 10
    for words in ("Tai Teifi", "Mair", "Nia", "Pwyleg", "print bras", "Mrs Evans", "morning"):
        assert not any(words.encode() in row for row in rows), words
    assert (await only(door.runtime, Reporter)).organisation == ON_BEHALF["organisation"]


def test_an_old_hand_over_without_these_fields_is_still_taken() -> None:
    report = ReportSubmission.model_validate(a_report())
    assert report.reporter.victim_knows == "unknown"
    assert report.contact.say_police is None

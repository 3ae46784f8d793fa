"""Risk is raised by what is said and lowered by nobody but a person; every assessment stays."""

import re
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.cases.models import Addition, AdditionKind, Grade, RiskAssessment
from api.cases.plan import lock_case
from api.cases.risk_history import raise_for_information
from api.cases.workspace_codes import AssessmentSource
from api.conversations.models import Conversation, Message, Sender
from tests.api.backstage import IN_DANGER
from tests.api.cases.work import about, case_of, change, clock, item, rows_of
from tests.api.staff_visitor import StaffDoor, Visitor, found

SEEN = re.compile(r'name="seen" value="([^"]*)"')
CALM: dict[str, Any] = {"risk_answers": {"threats": "no", "weapon_or_hurt": "no"}}


async def grade_as(
    officer: Visitor, reference: str, grade: str, reason: str = "Wedi siarad â hi", **answers: str
) -> int:
    """Send the form of an assessment, filled in as given; returns the status."""
    page = (await officer.get(f"/cases/{reference}/risk")).text
    fields = {"grade": grade, "reason": reason, "seen": found(SEEN, page)}
    fields |= {f"answer_{code}": said for code, said in answers.items()}
    answer = await officer.send_form(f"/cases/{reference}/risk", f"/cases/{reference}/risk", fields)
    return answer.status_code


async def newest(door: StaffDoor) -> RiskAssessment:
    return max(await rows_of(door, RiskAssessment), key=lambda one: one.assessed_at)


async def test_an_officer_grades_over_the_answers_with_a_reason(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    assert await grade_as(officer, reference, "standard", threats="no", repeated="often") == 303
    assert (await case_of(door, reference)).grade == Grade.STANDARD
    assessment = await newest(door)
    assert (assessment.source, assessment.grade, assessment.policy_grade) == (
        AssessmentSource.OFFICER,
        Grade.STANDARD,
        Grade.STANDARD,
    )
    assert assessment.answers == {"threats": "no", "repeated": "often"}
    assert assessment.reasons == ["repeated_often"]
    page = (await officer.get(f"/cases/{reference}/risk")).text
    assert page.count("Wedi siarad â hi") == 1
    assert "by an officer" in page
    assert "from the report" in page
    assert (await item(door, "confirm_risk")).state == "done"
    assert [entry.subject for entry in await door.audited("risk_assessed")] == [reference]


async def test_lowering_below_the_points_keeps_what_the_policy_says_beside_it(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    assert await grade_as(officer, reference, "medium", threats="yes") == 303
    assessment = await newest(door)
    assert (assessment.grade, assessment.policy_grade) == (Grade.MEDIUM, Grade.HIGH)
    assert "by the policy: High risk" in (await officer.get(f"/cases/{reference}/risk")).text


@pytest.mark.parametrize(("grade", "reason"), [("standard", ""), ("standard", " \n"), ("", "Am")])
async def test_a_grade_without_a_reason_is_not_kept_and_nothing_typed_is_lost(
    door: StaffDoor, officer: Visitor, grade: str, reason: str
) -> None:
    reference = await door.receive()
    page = f"/cases/{reference}/risk"
    seen = found(SEEN, (await officer.get(page)).text)
    fields = {"grade": grade, "reason": reason, "seen": seen, "answer_alone": "yes"}
    answer = await officer.send_form(page, page, fields)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert re.search(r'name="answer_alone" type="radio" value="yes" checked', answer.text)
    assert (await case_of(door, reference)).grade == Grade.HIGH
    assert len(await rows_of(door, RiskAssessment)) == 1


async def test_two_officers_at_once_do_not_overwrite_each_other(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    page = f"/cases/{reference}/risk"
    before = found(SEEN, (await officer.get(page)).text)
    await grade_as(officer, reference, "medium")
    late = {"grade": "standard", "reason": "Hwyr", "seen": before}
    answer = await officer.send_form(page, page, late)
    assert answer.status_code == 409
    assert "Somebody else assessed the risk meanwhile." in answer.text
    assert (await case_of(door, reference)).grade == Grade.MEDIUM


async def test_danger_in_a_new_message_raises_what_an_officer_had_lowered(
    door: StaffDoor, officer: Visitor
) -> None:
    conversation_id = await door.converse()
    reference = await door.receive(conversation_id=str(conversation_id))
    await grade_as(officer, reference, "standard")
    await door.call_in(conversation_id, IN_DANGER)
    assert (await case_of(door, reference)).grade == Grade.HIGH
    assessment = await newest(door)
    assert (assessment.source, assessment.assessed_by) == (AssessmentSource.RAISED, None)
    assert "danger" in assessment.reasons
    reassess = await clock(door, "reassess_risk")
    assert reassess is not None
    assert about(reassess.due_at, 4)
    assert "The risk was raised automatically." in (await officer.get(f"/cases/{reference}")).text


async def test_the_same_danger_said_again_is_one_entry_of_the_history(door: StaffDoor) -> None:
    conversation_id = await door.converse()
    await door.receive(conversation_id=str(conversation_id))
    for _ in range(3):
        await door.call_in(conversation_id, IN_DANGER)
    raised = [one for one in await rows_of(door, RiskAssessment) if one.source == "raised"]
    assert len(raised) == 1


async def add(door: StaffDoor, reference: str, flags: list[str]) -> None:
    """Something is added to a case, in a conversation of its own, in which the safety layer sees flags."""
    conversation_id = await door.converse()
    async with door.runtime.database.session() as session:
        case = await lock_case(session, reference)
        conversation = await session.get_one(Conversation, conversation_id)
        session.add(
            Message(
                conversation_id=conversation_id,
                sender=Sender.VICTIM,
                text="Mae mwy",
                language="cy",
                safety={"flags": flags, "danger": "none", "suicide": "none"},
                provider_id=f"test:{conversation_id}",
            )
        )
        session.add(
            Addition(
                case_id=case.id,
                kind=AdditionKind.ADDITION,
                text="Mae mwy",
                language="cy",
                channel=case.channel,
            )
        )
        await session.flush()
        await raise_for_information(session, case, conversation)
        await session.commit()


async def test_added_information_with_a_new_flag_raises_and_tightens_the_plan(
    door: StaffDoor,
) -> None:
    reference = await door.receive(**CALM)
    assert about((await item(door, "first_contact")).due_at, 72)
    await add(door, reference, ["threat_to_life"])
    assert (await case_of(door, reference)).grade == Grade.HIGH
    assert about((await item(door, "first_contact")).due_at, 24)
    # What is only for high risk came into the plan.
    assert not (await item(door, "community_impact")).mandatory


async def test_what_an_officer_has_weighed_does_not_raise_again(
    door: StaffDoor, officer: Visitor
) -> None:
    conversation_id = await door.converse()
    reference = await door.receive(conversation_id=str(conversation_id))
    await door.call_in(conversation_id, IN_DANGER)
    await grade_as(officer, reference, "medium")
    await add(door, reference, [])
    assert (await case_of(door, reference)).grade == Grade.MEDIUM
    page = (await officer.get(f"/cases/{reference}")).text
    assert "There is something new since the last assessment." in page


async def test_an_assessment_starts_the_clock_for_the_next_by_the_grade(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    assert await clock(door, "reassess_risk") is None
    assert (
        "No officer has confirmed the risk yet." in (await officer.get(f"/cases/{reference}")).text
    )
    await grade_as(officer, reference, "medium")
    first = await clock(door, "reassess_risk")
    assert first is not None
    assert about(first.due_at, 14 * 24)
    await add(door, reference, [])
    sooner = await clock(door, "reassess_risk")
    assert sooner is not None
    assert about(sooner.due_at, 24)


async def test_the_history_cannot_be_changed_even_in_the_database(door: StaffDoor) -> None:
    await door.receive()
    with pytest.raises(DBAPIError, match="never changed"):
        await change(door, "update risk_assessments set grade = 'standard'")


async def test_a_reason_is_not_readable_in_the_database(door: StaffDoor, officer: Visitor) -> None:
    reference = await door.receive()
    await grade_as(officer, reference, "medium", "Cyfrinachol iawn")
    async with door.runtime.database.session() as session:
        rows = (await session.execute(text("select a::text from risk_assessments a"))).scalars()
    assert not any("Cyfrinachol" in row for row in rows)


async def test_an_urgent_case_without_a_report_can_be_assessed(
    door: StaffDoor, officer: Visitor
) -> None:
    conversation_id = await door.converse()
    await door.call_in(conversation_id, IN_DANGER)
    page = (await officer.get("/queue")).text
    reference = found(re.compile(r'id="case-([^"]+)"'), page)
    assert await grade_as(officer, reference, "high") == 303

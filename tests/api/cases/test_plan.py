"""The initial action plan: done with evidence, not applicable with a reason, and no closing before that."""

import pytest
from sqlalchemy.exc import DBAPIError

from api.cases.plan import case_can_close
from api.cases.workspace_models import PlanChange
from api.officers.models import Role
from api.policy import policy, policy_version
from tests.api.cases.work import case_of, change, item, officer_id, rows_of, supervisor
from tests.api.staff_visitor import StaffDoor, Visitor


async def settle(
    officer: Visitor, reference: str, code: str, state: str = "done", text: str = "Wedi ffonio"
) -> int:
    path = f"/cases/{reference}/plan/{code}"
    answer = await officer.send_form(path, path, {"state": state, "text": text})
    return answer.status_code


async def open_items(door: StaffDoor, reference: str) -> tuple[str, ...]:
    case = await case_of(door, reference)
    async with door.runtime.database.session() as session:
        check = await case_can_close(session, case.id)
    assert bool(check) is (check.open_items == ())
    return check.open_items


async def test_an_item_is_done_with_its_evidence(door: StaffDoor, officer: Visitor) -> None:
    reference = await door.receive()
    assert await settle(officer, reference, "triage") == 303
    done = await item(door, "triage")
    assert (done.state, done.done_by) == ("done", await officer_id(door, "megan"))
    assert done.done_at is not None
    page = (await officer.get(f"/cases/{reference}/plan/triage")).text
    assert page.count("Wedi ffonio") == 1
    assert "Megan" in page
    assert [entry.subject for entry in await door.audited("plan_item_changed")] == [reference]


@pytest.mark.parametrize(
    ("state", "text", "said"),
    [
        ("done", "", "Write the evidence or the reason"),
        ("not_applicable", "  \n", "Write the evidence or the reason"),
        ("", "Wedi ffonio", "Choose what became of it"),
        ("done", "x" * 4001, "The text is too long"),
    ],
)
async def test_without_evidence_or_reason_nothing_is_done_and_nothing_typed_is_lost(
    door: StaffDoor, officer: Visitor, state: str, text: str, said: str
) -> None:
    reference = await door.receive()
    path = f"/cases/{reference}/plan/triage"
    answer = await officer.send_form(path, path, {"state": state, "text": text})
    assert answer.status_code == 422
    assert said in answer.text
    assert f">{text}</textarea>" in answer.text
    assert (await item(door, "triage")).state == "open"


async def test_an_item_that_was_done_by_mistake_is_opened_again_and_both_stay(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    await settle(officer, reference, "triage")
    await settle(officer, reference, "triage", "open", "Yr achos anghywir")
    opened = await item(door, "triage")
    assert (opened.state, opened.done_at, opened.done_by) == ("open", None, None)
    changes = [(one.state.value, one.text) for one in await rows_of(door, PlanChange)]
    assert changes == [("done", "Wedi ffonio"), ("open", "Yr achos anghywir")]
    with pytest.raises(DBAPIError, match="never changed"):
        await change(door, "update plan_changes set state = 'done'")


async def test_a_case_can_close_only_when_every_mandatory_item_is_settled(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    mandatory = await open_items(door, reference)
    assert "triage" in mandatory
    assert "community_impact" not in mandatory
    assert list(mandatory) == [
        one.code for one in policy(policy_version()).action_plan if one.code in mandatory
    ]
    for code in mandatory[1:]:
        await settle(officer, reference, code)
    assert await open_items(door, reference) == mandatory[:1]
    page = (await officer.get(f"/cases/{reference}")).text
    assert "To be done before the case can be closed: 1." in page
    await settle(officer, reference, mandatory[0], "not_applicable", "Dim angen")
    assert await open_items(door, reference) == ()
    assert "The plan is complete." in (await officer.get(f"/cases/{reference}")).text


async def test_a_plan_differs_by_route(door: StaffDoor) -> None:
    witness = await door.receive(route="witness")
    codes = await open_items(door, witness)
    assert "needs_assessment" not in codes
    assert "needs_assessment" in await open_items(door, await door.receive())


async def test_what_was_done_late_says_so(door: StaffDoor, officer: Visitor) -> None:
    reference = await door.receive()
    await change(door, "update planned_actions set due_at = now() - interval '1 hour'")
    page = (await officer.get(f"/cases/{reference}/plan/triage")).text
    assert "Overdue" in page
    await settle(officer, reference, "triage")
    assert "Done, late" in (await officer.get(f"/cases/{reference}/plan/triage")).text


async def test_an_item_that_is_not_in_the_plan_is_404(door: StaffDoor, officer: Visitor) -> None:
    reference = await door.receive()
    assert (await officer.get(f"/cases/{reference}/plan/dance")).status_code == 404
    assert (await officer.get("/cases/LL-0000-0000/plan/triage")).status_code == 404
    answer = await officer.send_form(
        f"/cases/{reference}/plan/triage",
        f"/cases/{reference}/plan/dance",
        {"state": "done", "text": "x"},
    )
    assert answer.status_code == 404


async def test_an_item_is_given_to_an_officer_who_works_on_cases(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    await door.add_officer("carys")
    await door.add_officer("alun", Role.AUDITOR)
    page = f"/cases/{reference}/plan/triage"
    carys, alun = await officer_id(door, "carys"), await officer_id(door, "alun")
    assert (
        await officer.send_form(page, f"{page}/owner", {"owner": str(carys)})
    ).status_code == 303
    assert (await item(door, "triage")).owner_id == carys
    assert (await officer.send_form(page, f"{page}/owner", {"owner": str(alun)})).status_code == 422
    assert (await item(door, "triage")).owner_id == carys
    assert "Carys" in (await officer.get(f"/cases/{reference}")).text


class TestWhoseCase:
    async def test_an_officer_takes_a_case_and_hands_it_back(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive()
        megan = await officer_id(door, "megan")
        page = f"/cases/{reference}"
        await officer.send_form(page, f"{page}/owner", {"owner": str(megan)})
        assert (await case_of(door, reference)).owner_id == megan
        assert (await item(door, "allocate_officer")).state == "done"
        assert "Hand the case back" in (await officer.get(page)).text
        await officer.send_form(page, f"{page}/owner", {"owner": ""})
        assert (await case_of(door, reference)).owner_id is None

    async def test_an_officer_neither_takes_a_colleagues_case_nor_gives_one_away(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive()
        await door.add_officer("carys")
        carys = str(await officer_id(door, "carys"))
        page = f"/cases/{reference}"
        assert (await officer.send_form(page, f"{page}/owner", {"owner": carys})).status_code == 403
        await change(door, "update cases set owner_id = cast(:carys as uuid)", carys=carys)
        own = {"owner": str(await officer_id(door, "megan"))}
        assert (await officer.send_form(page, f"{page}/owner", own)).status_code == 409
        assert str((await case_of(door, reference)).owner_id) == carys

    async def test_a_supervisor_gives_a_case_to_anybody(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive()
        page = f"/cases/{reference}"
        await officer.get(page)
        async with supervisor(door) as sioned:
            for name in ("megan", "sioned"):
                wanted = {"owner": str(await officer_id(door, name))}
                await sioned.send_form(page, f"{page}/owner", wanted)
                assert str((await case_of(door, reference)).owner_id) == wanted["owner"]


async def test_a_closed_cases_plan_is_read_and_not_changed(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    await change(door, "update cases set status = 'closed'")
    assert (await officer.get(f"/cases/{reference}/plan/triage")).status_code == 200
    assert await settle(officer, reference, "triage") == 409
    assert (await item(door, "triage")).state == "open"

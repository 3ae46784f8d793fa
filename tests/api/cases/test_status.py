"""How far a report is, told to whoever has its reference and code, and to nobody else."""

import httpx
import pytest

from api.cases.models import Status
from tests.api.staff_visitor import StaffDoor
from tests.conftest import SERVICE_TOKEN

AUTHORIZED = {"Authorization": f"Bearer {SERVICE_TOKEN}"}


async def ask(door: StaffDoor, **question: str) -> httpx.Response:
    async with door.visitor() as service:
        return await service.client.post("/v1/reports/status", json=question, headers=AUTHORIZED)


async def test_reference_and_code_together_open_it(door: StaffDoor) -> None:
    receipt = await door.receive_whole()
    answer = await ask(door, reference=receipt["reference"], update_code=receipt["update_code"])
    assert answer.status_code == 200
    told = answer.json()
    assert (told["reference"], told["status"], told["referral"]) == (
        receipt["reference"],
        "new",
        "due",
    )
    assert set(told["contact_by_words"]) == {"cy", "en"}
    assert len(await door.audited("status_told")) == 1


async def test_a_wrong_code_and_an_unknown_reference_look_alike(door: StaffDoor) -> None:
    receipt = await door.receive_whole()
    wrong = await ask(door, reference=receipt["reference"], update_code="00000000")
    unknown = await ask(door, reference="LL-2222-2222", update_code=receipt["update_code"])
    alone = await ask(door, reference=receipt["reference"])
    assert [answer.status_code for answer in (wrong, unknown, alone)] == [404, 404, 404]
    assert wrong.json() == unknown.json() == alone.json()
    assert await door.audited("status_told") == []


async def test_the_conversation_in_which_it_was_made_opens_it(door: StaffDoor) -> None:
    conversation_id = str(await door.converse())
    assert (await ask(door, conversation_id=conversation_id)).status_code == 404
    reference = await door.receive(conversation_id=conversation_id)
    told = (await ask(door, conversation_id=conversation_id)).json()
    assert (told["reference"], told["status"]) == (reference, Status.NEW)


@pytest.mark.parametrize("field", ["reference", "update_code"])
async def test_what_can_be_no_reference_is_refused(door: StaffDoor, field: str) -> None:
    answer = await ask(door, **{field: "<script>alert(1)</script>"})
    assert answer.status_code == 422


async def test_nobody_asks_without_the_service_token(door: StaffDoor) -> None:
    async with door.visitor() as visitor:
        answer = await visitor.client.post("/v1/reports/status", json={})
    assert answer.status_code == 401

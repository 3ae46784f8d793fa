"""The client of the staff door, against a real server that answers in every way a server can."""

from collections.abc import AsyncIterator
from json import dumps
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from actions.case_client import CaseClient, StaffDoorAway
from tests.serving import free_port, serving

RECEIPT = {
    "reference": "LL-1",
    "update_code": "1234",
    "contact_by_words": {"cy": "yfory", "en": "tomorrow"},
}


class Door:
    """Answers with `status` and `body`, and notes what it was sent."""

    def __init__(self) -> None:
        self.status = 201
        self.body = b""
        self.seen: list[tuple[str, str, str, Any]] = []
        self.app = FastAPI()

        @self.app.post("/{path:path}")
        async def answer(path: str, request: Request) -> Response:
            headers = request.headers
            self.seen.append(
                (
                    path,
                    headers["authorization"],
                    headers.get("idempotency-key", ""),
                    await request.json(),
                )
            )
            return Response(self.body, self.status, media_type="application/json")


@pytest.fixture
async def door() -> AsyncIterator[tuple[Door, CaseClient]]:
    door = Door()
    async with serving(door.app) as address:
        client = CaseClient(address, "the-token")
        yield door, client
        await client.close()


async def test_a_report_is_handed_over_with_token_and_key(door: tuple[Door, CaseClient]) -> None:
    server, client = door
    server.body = dumps(RECEIPT).encode()
    receipt = await client.submit_report("key-1", {"route": "victim"})
    assert receipt.reference == "LL-1"
    assert server.seen == [("v1/reports", "Bearer the-token", "key-1", {"route": "victim"})]


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500, 503])
async def test_every_refusal_means_that_the_door_is_away(
    door: tuple[Door, CaseClient], status: int
) -> None:
    server, client = door
    server.status = status
    with pytest.raises(StaffDoorAway):
        await client.submit_report("key", {})


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"reference": "LL-1"}'])
async def test_a_receipt_that_cannot_be_used_is_no_receipt(
    door: tuple[Door, CaseClient], body: bytes
) -> None:
    server, client = door
    server.body = body
    with pytest.raises(StaffDoorAway) as raised:
        await client.submit_report("key", {})
    assert "LL-1" not in str(raised.value)


async def test_nobody_there_means_that_the_door_is_away() -> None:
    client = CaseClient(f"http://127.0.0.1:{free_port()}", "token")
    with pytest.raises(StaffDoorAway):
        await client.submit_report("key", {})
    with pytest.raises(StaffDoorAway):
        await client.status_of_report("LL-2222-2222", "12345678")
    await client.close()


async def test_a_status_is_asked_by_reference_and_code_or_by_conversation(
    door: tuple[Door, CaseClient],
) -> None:
    server, client = door
    server.status = 200
    server.body = dumps(
        {"reference": "LL-1", "status": "open", "referral": None, "contact_by_words": None}
    ).encode()
    by_code = await client.status_of_report("LL-1", "12345678")
    assert by_code is not None
    assert by_code.status == "open"
    await client.status_of_conversation("a-conversation")
    assert [call[3] for call in server.seen] == [
        {"reference": "LL-1", "update_code": "12345678"},
        {"conversation_id": "a-conversation"},
    ]


@pytest.mark.parametrize("status", [404, 422])
async def test_a_pair_that_does_not_exist_is_no_status(
    door: tuple[Door, CaseClient], status: int
) -> None:
    server, client = door
    server.status = status
    assert await client.status_of_report("LL-1", "12345678") is None

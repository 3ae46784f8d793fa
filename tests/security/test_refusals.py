"""Whoever is refused something leaves a line in the log: the reason, the route, an officer's id, and nothing more."""

from typing import Any

import httpx
import pytest
import structlog

from api.officers.models import Role
from tests.api.conftest import door, public, public_app, staff_app
from tests.api.staff_visitor import StaffDoor

__all__ = ["door", "public", "public_app", "staff_app"]


def refusals(lines: list[Any]) -> list[tuple[str, str]]:
    return [(line["reason"], line["route"]) for line in lines if line["event"] == "request_refused"]


async def test_an_officer_who_tries_a_route_of_another_role_is_named_by_id(door: StaffDoor) -> None:
    await door.add_officer("megan", Role.OFFICER)
    async with door.visitor("megan") as megan:
        await megan.get("/queue")
        with structlog.testing.capture_logs() as lines:
            assert (await megan.get("/accounts")).status_code == 403
    [line] = lines
    assert (line["reason"], line["route"]) == ("role-not-allowed", "/accounts")
    signed_in = await door.audited("signed_in")
    assert line["officer_id"] == str(signed_in[-1].actor)


async def test_a_form_of_another_session_and_a_made_up_token_are_noted(door: StaffDoor) -> None:
    await door.add_officer("megan", Role.OFFICER)
    async with door.visitor("megan") as megan, door.visitor() as stranger:
        await megan.get("/queue")
        with structlog.testing.capture_logs() as lines:
            await megan.client.post("/queue/search", data={"csrf_token": "x", "q": "Siân"})
            await stranger.client.get("/v1/cases", headers={"Authorization": "Bearer made-up"})
    assert refusals(lines) == [("form-outdated", "/queue/search"), ("not-signed-in", "/v1/cases")]
    assert "Siân" not in str(lines)
    assert "made-up" not in str(lines)


async def test_a_forged_webhook_is_noted_without_its_words(public: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        forged = await public.post(
            "/sms/inbound",
            data={"MessageSid": "SM1", "From": "+447700900123", "Body": "canari"},
            headers={"X-Twilio-Signature": "bm8="},
        )
    assert forged.status_code == 403
    assert refusals(lines) == [("bad-signature", "/sms/inbound")]
    assert "canari" not in str(lines)
    assert "7700900123" not in str(lines)


@pytest.mark.parametrize("path", ["/sign-in", "/health"])
async def test_what_is_allowed_leaves_no_such_line(door: StaffDoor, path: str) -> None:
    async with door.visitor() as visitor:
        with structlog.testing.capture_logs() as lines:
            assert (await visitor.client.get(path)).status_code == 200
    assert refusals(lines) == []

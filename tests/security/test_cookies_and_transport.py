"""In production every cookie is bound to this host and to TLS, and browsers are told never to come without it."""

import re

import httpx
import pytest
from fastapi import FastAPI

from api.config import Environment
from tests.api.conftest import door, public, public_app, staff_app
from tests.api.staff_visitor import StaffDoor, Visitor

__all__ = ["door", "public", "public_app", "staff_app"]

# Chromium and Firefox drop a cookie with such a name that has not all of this.
BOUND = {"__Host-": ("secure", "path=/"), "__Secure-": ("secure",)}


def assert_bound(cookie: str) -> None:
    """Whether a Set-Cookie header has a name that binds it, and what the name asks for."""
    name = cookie.partition("=")[0]
    attributes = [part.strip().casefold() for part in cookie.split(";")[1:]]
    prefix = next((prefix for prefix in BOUND if name.startswith(prefix)), None)
    assert prefix is not None, f"{name} is bound to nothing"
    assert set(BOUND[prefix]) <= set(attributes), cookie
    assert not any(part.startswith("domain") for part in attributes), cookie
    assert "httponly" in attributes, cookie
    assert any(part in ("samesite=strict", "samesite=lax") for part in attributes), cookie


async def test_every_cookie_of_the_staff_door_is_bound_to_its_host_and_to_tls(
    door: StaffDoor, staff_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.add_officer("megan", language="en")
    monkeypatch.setattr(door.runtime.settings, "environment", Environment.PRODUCTION)
    monkeypatch.setattr(door.runtime.settings, "second_factor", "offered")
    transport = httpx.ASGITransport(staff_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://staff.test") as client:
        visitor = Visitor(client, door, "megan")
        page = await visitor.client.get("/sign-in")
        signed_in = await visitor.sign_in("megan")
        queue = await visitor.client.get("/queue")
        signed_out = await visitor.send_form("/queue", "/sign-out")
    assert (signed_in.status_code, queue.status_code) == (303, 200)
    assert signed_out.status_code == 303
    answers = (page, signed_in, queue, signed_out)
    cookies = [each for answer in answers for each in answer.headers.get_list("set-cookie")]
    names = {each.partition("=")[0] for each in cookies}
    assert names >= {
        "__Host-llais_visit",
        "__Host-llais_staff",
        "__Host-llais_browser",
        "__Host-llais_language",
    }
    for cookie in cookies:
        assert_bound(cookie)


async def test_the_language_that_was_chosen_is_kept_for_the_next_sign_in(
    door: StaffDoor, staff_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door.runtime.settings, "environment", Environment.PRODUCTION)
    transport = httpx.ASGITransport(staff_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://staff.test") as client:
        for language in ("en", "cy"):
            cookie = {"Cookie": f"__Host-llais_language={language}"}
            page = await client.get("/sign-in", headers=cookie)
            assert re.search(rf'<html [^>]*lang="{language}"', page.text)


async def test_the_public_door_sets_no_cookie_at_all(public: httpx.AsyncClient) -> None:
    for path in ("/", "/cy", "/en", "/cy/ffurflen", "/en/form"):
        assert "set-cookie" not in (await public.get(path)).headers


async def test_a_browser_is_told_to_come_by_tls_alone(
    public: httpx.AsyncClient, door: StaffDoor
) -> None:
    async with door.visitor() as visitor:
        answers = [
            await public.get("/"),
            await public.get("/nowhere"),
            await visitor.client.get("/sign-in"),
            await visitor.client.get("/v1/cases"),
        ]
    for answer in answers:
        said = answer.headers["strict-transport-security"]
        age = re.search(r"max-age=(\d+)", said)
        assert age is not None
        assert int(age[1]) >= 365 * 24 * 3600
        assert "includeSubDomains" in said

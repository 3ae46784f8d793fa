"""The staff door as a whole: closed unless listed, strict headers, problems, and who may do what."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from api.config import Settings
from api.staff import OPEN_ROUTES, create_staff_app
from tests.api.staff_visitor import StaffDoor, Visitor, routes_of
from tests.serving import serving

ANY_ID = "00000000-0000-4000-8000-000000000000"


def filled(path: str) -> str:
    return re.sub(r"{\w+_id}", ANY_ID, path).replace("{reference}", "LL-2222-2222")


async def test_nothing_opens_without_a_session_or_a_token_but_what_is_listed(
    staff_app: FastAPI, visitor: Visitor
) -> None:
    assert {route.path for route in staff_app.routes if isinstance(route, Mount)} == {"/static"}
    found = routes_of(staff_app)
    assert len(found) > 20
    for method, path in found:
        if path in OPEN_ROUTES:
            continue
        answer = await visitor.client.request(
            method, filled(path), headers={"Idempotency-Key": "12345678"}
        )
        if path.startswith(("/v1/", "/metrics")):
            assert answer.status_code == 401, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/sign-in")


async def test_the_open_routes_are_few() -> None:
    assert sorted(OPEN_ROUTES) == [
        *("/health", "/ready", "/set-password", "/sign-in", "/sign-in/oidc"),
        *("/sign-in/oidc/callback", "/static", "/v1/token"),
    ]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer é"])
async def test_a_token_that_was_not_given_out_opens_nothing(visitor: Visitor, token: str) -> None:
    answer = await visitor.client.get(
        "/v1/cases", headers={b"Authorization": token.encode("utf-8")}
    )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_service_token_opens_service_calls_only(
    door: StaffDoor, visitor: Visitor, officer: Visitor
) -> None:
    service = {"Authorization": f"Bearer {door.runtime.settings.service_token.get_secret_value()}"}
    assert (await visitor.client.get("/v1/cases", headers=service)).status_code == 401
    answer = await officer.call("POST", "/v1/reports", json={})
    assert answer.status_code == 401


async def test_a_session_cookie_does_not_open_the_api_nor_a_token_the_pages(
    officer: Visitor,
) -> None:
    assert (await officer.get("/queue")).status_code == 200
    assert (await officer.client.get("/v1/cases")).status_code == 401
    await officer.call("GET", "/v1/cases")
    officer.client.cookies.clear()
    assert (await officer.client.get("/queue", headers=officer.api)).status_code == 303


async def test_every_answer_has_strict_headers(officer: Visitor) -> None:
    await officer.get("/queue")
    for path in ("/queue", "/sign-in", "/health", "/v1/cases", "/nowhere", "/static/nothing.css"):
        answer = await officer.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


async def test_pages_hold_nothing_inline_that_the_policy_would_refuse(officer: Visitor) -> None:
    for path in ("/queue", "/sign-in", "/account"):
        page = (await officer.get(path)).text
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
        assert page.count("<script") == page.count('src="/static/')


async def test_a_body_that_is_too_large_is_413_and_nothing_is_kept(
    door: StaffDoor, officer: Visitor
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 64 * 1024

    answer = await officer.client.post("/v1/reports", content=endless())
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:llais:problem:body-too-large"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"text": "\xc3("}'])
async def test_a_body_that_is_not_json_is_refused_as_a_problem(
    officer: Visitor, body: bytes
) -> None:
    await officer.take_token("megan")
    answer = await officer.client.post(
        "/v1/cases/LL-2222-2222/messages",
        content=body,
        headers={**officer.api, "Content-Type": "application/json"},
    )
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_errors_on_pages_are_pages_in_the_language_of_the_reader(
    door: StaffDoor, officer: Visitor
) -> None:
    missing = await officer.get("/cases/LL-2222-2222")
    assert missing.status_code == 404
    assert missing.headers["content-type"].startswith("text/html")
    assert '<html class="govuk-template" lang="en">' in missing.text
    assert "There is no such page" in missing.text
    async with door.visitor() as visitor:
        nowhere = await visitor.get("/nowhere")
        assert nowhere.status_code == 404
        assert "Dydy&#39;r dudalen hon ddim yn bod" in nowhere.text


async def test_a_fault_is_answered_without_its_cause(
    door: StaffDoor, officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await officer.call("GET", "/v1/cases")
    await officer.get("/queue")

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Siân at 07700 900123")

    monkeypatch.setattr("api.cases.staff_endpoints.queue_page", fail)
    monkeypatch.setattr("api.cases.queue_pages.queue_page", fail)
    answer = await officer.call("GET", "/v1/cases")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    page = await officer.get("/queue")
    assert page.status_code == 500
    assert "Something went wrong" in page.text
    for failed in (answer, page):
        assert "Siân" not in failed.text
        assert "default-src 'none'" in failed.headers["content-security-policy"]


async def test_alive_is_not_ready(visitor: Visitor) -> None:
    health = await visitor.client.get("/health")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    ready = await visitor.client.get("/ready")
    assert ready.status_code == 503
    assert ready.headers["content-type"] == "application/problem+json"
    assert ready.json()["missing"] == ["rasa", "model", "actions"]


def stand_in(model: str | None) -> FastAPI:
    """Answers as Rasa's connector and the action server do when asked for their health."""
    app = FastAPI()

    @app.get("/webhooks/llais/health")
    async def rasa() -> dict[str, Any]:
        return {"status": "ok", "model": model}

    @app.get("/health")
    async def actions() -> dict[str, Any]:
        return {"status": "ok"}

    return app


@pytest.mark.parametrize(("model", "missing"), [("20261122-rasa", []), (None, ["model"])])
async def test_it_is_ready_once_everything_answers_and_a_model_is_loaded(
    settings: Settings, model: str | None, missing: list[str]
) -> None:
    async with serving(stand_in(model)) as address:
        given = settings.model_copy(update={"rasa_url": address, "actions_url": address})
        app = create_staff_app(given)
        async with app.router.lifespan_context(app), StaffDoor(app).visitor() as visitor:
            answer = await visitor.client.get("/ready")
    assert answer.status_code == (503 if missing else 200)
    assert answer.json().get("missing", []) == missing


async def test_an_open_page_hears_of_a_new_alert_within_a_second(
    staff_app: FastAPI, door: StaffDoor, officer: Visitor
) -> None:
    await officer.get("/queue")
    cookies = dict(officer.client.cookies)
    async with (
        serving(staff_app) as address,
        httpx.AsyncClient(base_url=address, cookies=cookies, timeout=5) as browser,
        browser.stream("GET", "/news") as stream,
    ):
        lines = stream.aiter_lines()
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert await anext(lines) == ": listening"
        await door.receive()
        async with asyncio.timeout(1):
            async for line in lines:
                if line == "event: alerts":
                    break

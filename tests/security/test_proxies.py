"""Whose word is taken for a visitor's address: that of the proxy that is named, and of nobody else."""

import sys
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request

from api import serve
from api.address import network_of

PROXY, VISITOR, LIE = "192.0.2.80", "198.51.100.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def none_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)


@pytest.fixture(params=["public", "staff"])
def door_as_served(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """An app behind what api/serve.py puts before each door; it answers with the address that it sees."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(sys, "argv", ["serve", request.param])
    monkeypatch.setattr(serve, "configure_logs", lambda _: None)
    monkeypatch.setattr(uvicorn, "run", lambda _, **settings: given.update(settings))
    serve.main()
    app = FastAPI()

    @app.get("/")
    async def seen(request: Request) -> str:
        return network_of(request)

    config = uvicorn.Config(app, **given)
    config.load()
    loaded: FastAPI = config.loaded_app
    return loaded


async def seen_by(door: FastAPI, peer: str, forwarded: str | None) -> str:
    headers: dict[str, str] = {}
    if forwarded is not None:
        headers = {"X-Forwarded-For": forwarded, "Forwarded": f"for={forwarded}"}
    transport = httpx.ASGITransport(door, client=(peer, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://llais.test") as client:
        answer = await client.get("/", headers=headers)
    return str(answer.json())


class TestWhereAProxyIsNamed:
    @pytest.fixture(autouse=True)
    def named(self, none_named: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", PROXY)

    async def test_its_word_is_taken(self, door_as_served: FastAPI) -> None:
        assert await seen_by(door_as_served, PROXY, VISITOR) == VISITOR

    async def test_what_the_visitor_told_the_proxy_is_not(self, door_as_served: FastAPI) -> None:
        assert await seen_by(door_as_served, PROXY, f"{LIE}, {VISITOR}") == VISITOR
        assert await seen_by(door_as_served, PROXY, f"{PROXY}, {VISITOR}") == VISITOR

    @pytest.mark.parametrize("peer", [VISITOR, "127.0.0.1", "10.0.0.1"])
    async def test_nobody_elses_is_taken(self, door_as_served: FastAPI, peer: str) -> None:
        assert await seen_by(door_as_served, peer, LIE) == peer


async def test_where_none_is_named_this_machine_alone_is_believed(
    door_as_served: FastAPI,
) -> None:
    assert await seen_by(door_as_served, VISITOR, LIE) == VISITOR
    assert await seen_by(door_as_served, "127.0.0.1", VISITOR) == VISITOR

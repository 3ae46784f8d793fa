"""The public door slows down whoever asks too fast, keeps a place for whoever comes back, and locks nobody out."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI

from api.line import Place, Turns
from api.pace import PLACE_HEADER, Seal
from api.policy import Allowance, Pace
from api.security import Keyring
from tests.api.public_visitor import ChatVisitor

SLOW = Allowance(burst=15, per_minute=60, longest_wait_seconds=4)
# One is let in, and then none for hours.
SHUT = Allowance(burst=1, per_minute=1 / 60, longest_wait_seconds=0)
NOW = 1_800_000_000.0


def pace(app: FastAPI, sessions: Allowance, messages: Allowance = SLOW) -> list[float]:
    """Let the door go by these figures; how long calls were made to wait, though nobody really does."""
    waits: list[float] = []
    now = 1000.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        waits.append(seconds)
        now += seconds

    app.state.pace = Pace(sessions=sessions, messages=messages)
    app.state.turns = Turns(lambda: now, sleep)
    return waits


class TestAPlace:
    @pytest.fixture
    def keyring(self) -> Keyring:
        return Keyring([Fernet.generate_key().decode()], "k" * 32)

    def test_is_known_again_at_its_address_for_as_long_as_it_is_kept(
        self, keyring: Keyring
    ) -> None:
        seal, place = Seal(keyring, b"hostel"), Place(NOW - 20, "a-name")
        written = seal.written(place, NOW)
        assert seal.read(written, NOW + 60, kept_seconds=60) == place
        assert seal.read(written, NOW + 61, kept_seconds=60) is None

    def test_is_worth_nothing_elsewhere_or_altered(self, keyring: Keyring) -> None:
        seal = Seal(keyring, b"hostel")
        written = seal.written(Place(NOW, "a-name"), NOW)
        assert Seal(keyring, b"school").read(written, NOW, 60) is None
        for forged in ("", "x", "...", "é.1.x.y", written[:-1], "1" + written, written + "0"):
            assert seal.read(forged, NOW, 60) is None

    def test_says_nothing_of_whoever_holds_it(self, keyring: Keyring) -> None:
        written = Seal(keyring, b"192.0.2.7").written(Place.new(), NOW)
        assert "192.0.2.7" not in written
        assert b"192.0.2.7".hex() not in written


class TestAtTheDoor:
    async def test_a_whole_class_opens_the_chat_and_the_fortieth_is_let_in_too(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        waits = pace(public_app, SLOW)
        for _ in range(40):
            await ChatVisitor.arrive(public, "cy")
        assert waits
        assert max(waits) <= SLOW.longest_wait_seconds

    async def test_a_session_that_floods_is_slowed_and_another_of_its_address_is_not(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        waits = pace(public_app, SLOW)
        flood, victim = await ChatVisitor.arrive(public), await ChatVisitor.arrive(public)
        for _ in range(30):
            assert (await flood.say("x")).status_code == 202
        assert waits
        waits.clear()
        assert (await victim.say("Help.")).status_code == 202
        assert waits == []

    async def test_the_form_is_paced_like_the_chat(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        waits = pace(public_app, SLOW)
        for _ in range(30):
            page = await public.post("/en/form", data={"do": "begin"})
            assert page.status_code == 200
        assert waits


class TestACrowd:
    """More than can be let in: the one place to wait is taken by somebody who has been asking for ages."""

    @pytest.fixture(autouse=True)
    async def crowd(self, public_app: FastAPI) -> AsyncIterator[None]:
        never = asyncio.Event()

        async def wait(_: float) -> None:
            await never.wait()

        public_app.state.pace = Pace(sessions=SHUT, retry_after_seconds=3)
        turns = public_app.state.turns = Turns(sleep=wait)
        keyring = public_app.state.runtime.database.keyring
        address = keyring.look_up_hash("pace:address", "127.0.0.1")
        before = [
            asyncio.create_task(turns.take(address, SHUT, Place(since, f"{since}")))
            for since in (1, 0)
        ]
        await asyncio.sleep(0)
        yield
        for each in before:
            each.cancel()
        await asyncio.gather(*before, return_exceptions=True)

    async def test_the_chat_is_told_when_to_come_back_and_keeps_its_place(
        self, public: httpx.AsyncClient
    ) -> None:
        body = {"language": "cy"}
        first = await public.post("/v1/chat/sessions", json=body)
        place = first.headers[PLACE_HEADER]
        assert (first.status_code, first.headers["Retry-After"]) == (429, "3")
        again = await public.post("/v1/chat/sessions", json=body, headers={PLACE_HEADER: place})
        assert again.status_code == 429
        assert since_and_name(again.headers[PLACE_HEADER]) == since_and_name(place)
        forged = await public.post(
            "/v1/chat/sessions", json=body, headers={PLACE_HEADER: "0.0.x.y"}
        )
        assert since_and_name(forged.headers[PLACE_HEADER])[1] not in (
            "x",
            since_and_name(place)[1],
        )

    @pytest.mark.parametrize("path", ["/cy/ffurflen", "/en/form"])
    async def test_the_form_says_so_on_a_page_whose_button_keeps_place_and_code(
        self, public: httpx.AsyncClient, path: str
    ) -> None:
        pressed = {"do": "code", "code": "1234 5678 9012"}
        first = await public.post(path, data=pressed)
        assert (first.status_code, first.headers["Retry-After"]) == (429, "3")
        assert first.headers["Content-Type"].startswith("text/html")
        assert 'href="tel:101"' in first.text
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', first.text))
        assert {name: fields[name] for name in pressed} == pressed
        again = await public.post(path, data=fields)
        kept = dict(re.findall(r'name="(\w+)" value="([^"]*)"', again.text))["place"]
        assert since_and_name(kept) == since_and_name(fields["place"])


def since_and_name(place: str) -> list[str]:
    """What stays the same of a place while it is kept."""
    since, _, name, _ = place.split(".")
    return [since, name]

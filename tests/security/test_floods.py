"""Whoever floods the service locks no victim out: not in the same school, not with the same number of texts."""

import asyncio
import re
import time
from collections import Counter

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.jobs import TURNS
from api.pace import PLACE_HEADER
from api.policy import Pace, policy, policy_version
from tests.api.backstage import jobs
from tests.api.public_visitor import ChatVisitor
from tests.api.texts.twilio import Webhooks

# A part of the policy in force, so that a flood is no test of the machine: a few at once, then ten a second.
BURST = 10
FLOODERS = 8
ASKED_EVERY_SECONDS = 0.05
TEXTS = 40


class Flood:
    """Sessions asked for without end from one address, many times faster than they are let in."""

    def __init__(self, app: FastAPI, flooders: int = FLOODERS, keeps_places: bool = False) -> None:
        self._app = app
        self._flooders = flooders
        self._keeps_places = keeps_places
        self._tasks: list[asyncio.Task[None]] = []
        self._crowded = asyncio.Event()
        self.answers: Counter[int] = Counter()

    async def __aenter__(self) -> "Flood":
        self._tasks = [asyncio.create_task(self._ask()) for _ in range(self._flooders)]
        async with asyncio.timeout(60):
            await self._crowded.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ask(self) -> None:
        """Several at once, or else the answer that is waited for would slow the flood."""
        async with visitor_of(self._app) as client, asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._ask_once(client))
                await asyncio.sleep(ASKED_EVERY_SECONDS)

    async def _ask_once(self, client: httpx.AsyncClient) -> None:
        place = ""
        while True:
            answer = await client.post(
                "/v1/chat/sessions", json={"language": None}, headers={PLACE_HEADER: place}
            )
            self.answers[answer.status_code] += 1
            if self.answers[429] >= 2 * self._flooders:
                self._crowded.set()
            if answer.status_code != 429 or not self._keeps_places:
                return
            place = answer.headers[PLACE_HEADER]
            await asyncio.sleep(float(answer.headers["Retry-After"]))


def visitor_of(app: FastAPI, address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://llais.test")


async def come_in(client: httpx.AsyncClient) -> tuple[ChatVisitor, int]:
    """Ask as the page does until there is a session; how often it took."""
    place, tries = "", 0
    while True:
        tries += 1
        answer = await client.post(
            "/v1/chat/sessions", json={"language": "cy"}, headers={PLACE_HEADER: place}
        )
        if answer.status_code == 201:
            return ChatVisitor(client, answer.json()["token"], answer.json()["cursor"]), tries
        assert answer.status_code == 429
        place = answer.headers[PLACE_HEADER]
        await asyncio.sleep(float(answer.headers["Retry-After"]))


@pytest.fixture
def pace(public_app: FastAPI) -> Pace:
    """The pace of the policy in force, but for the burst and the seconds that a test would lose."""
    pace = policy(policy_version()).pace
    sessions = pace.sessions.model_copy(update={"burst": BURST, "longest_wait_seconds": 1})
    pace = pace.model_copy(update={"sessions": sessions, "retry_after_seconds": 1})
    public_app.state.pace = pace
    return pace


class TestFromOneAddress:
    async def test_a_newcomer_behind_it_is_let_in_at_the_second_try_while_the_flood_goes_on(
        self, public_app: FastAPI, public: httpx.AsyncClient, pace: Pace
    ) -> None:
        async with Flood(public_app) as flood:
            for _ in range(3):
                refused = flood.answers[429]
                async with asyncio.timeout(15):
                    victim, tries = await come_in(public)
                assert tries <= 2
                # It was going on all the time.
                assert flood.answers[429] > refused
            assert (await victim.say("Mae rhywun yn fy nilyn i.")).status_code == 202
            assert (await victim.poll())["messages"]

    async def test_on_the_form_too(
        self, public_app: FastAPI, public: httpx.AsyncClient, pace: Pace
    ) -> None:
        async with Flood(public_app), asyncio.timeout(15):
            page = await public.post("/cy/ffurflen", data={"do": "begin"})
            if page.status_code == 429:
                fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
                await asyncio.sleep(float(page.headers["Retry-After"]))
                page = await public.post("/cy/ffurflen", data=fields)
            assert page.status_code == 200

    async def test_a_flood_that_stands_in_line_itself_is_a_wait_and_no_lock(
        self, public_app: FastAPI, public: httpx.AsyncClient, pace: Pace
    ) -> None:
        """Who came back before the newcomer goes before them; those places are used up at ten a second."""
        async with Flood(public_app, flooders=2, keeps_places=True), asyncio.timeout(30):
            assert await come_in(public)

    async def test_a_flood_gets_no_more_sessions_than_the_pace_allows(
        self, public_app: FastAPI, pace: Pace
    ) -> None:
        began = time.monotonic()
        async with Flood(public_app) as flood:
            await asyncio.sleep(1)
            allowed = BURST + (time.monotonic() - began) / pace.sessions.spacing_seconds
            assert flood.answers[201] <= allowed + 1
            assert flood.answers[429] > flood.answers[201]

    async def test_a_conversation_that_is_open_goes_on_at_once(
        self, public_app: FastAPI, public: httpx.AsyncClient, pace: Pace
    ) -> None:
        victim = await ChatVisitor.arrive(public)
        async with Flood(public_app), asyncio.timeout(15):
            assert (await victim.say("Mae rhywun yn fy nilyn i.")).status_code == 202
            assert (await victim.poll())["messages"]

    async def test_somebody_elsewhere_is_let_in_at_once(
        self, public_app: FastAPI, pace: Pace
    ) -> None:
        async with Flood(public_app), visitor_of(public_app, "192.0.2.7") as client:
            victim, tries = await come_in(client)
            assert tries == 1
            assert (await victim.say("Helo.")).status_code == 202

    async def test_wrong_tokens_without_end_slow_nobody_who_has_one(
        self, public: httpx.AsyncClient, pace: Pace
    ) -> None:
        victim = await ChatVisitor.arrive(public)
        for number in range(60):
            guess = ChatVisitor(public, f"guess-{number}", "0")
            assert (await guess.say("x")).status_code == 401
        assert (await victim.say("Helo.")).status_code == 202


class TestManyMessagesFromOneAddress:
    """Every session of a flood may send a message a second; what they cost is paid by their own address."""

    async def test_are_answered_after_what_comes_from_elsewhere(
        self, public_app: FastAPI, public: httpx.AsyncClient, pace: Pace
    ) -> None:
        public_app.state.pace = pace.model_copy(
            update={"answers": pace.answers.model_copy(update={"burst": 2, "per_minute": 6})}
        )
        flood = [await ChatVisitor.arrive(public) for _ in range(6)]
        for visitor in flood:
            assert (await visitor.say("x")).status_code == 202
        async with visitor_of(public_app, "192.0.2.7") as client:
            victim, _ = await come_in(client)
            assert (await victim.say("Mae rhywun yn fy nilyn i.")).status_code == 202
        runtime = public_app.state.runtime
        waiting = await jobs(runtime, "answer_conversation")
        begun = [await runtime.queue.job_manager.fetch_job([TURNS], None) for _ in waiting]
        assert None not in begun
        # The first two of the flood came at a person's pace, the victim's came last of all.
        expected = [waiting[0], waiting[1], waiting[6], *waiting[2:6]]
        assert [job.id for job in begun] == [job["id"] for job in expected]

    async def test_are_all_kept_and_the_card_comes_at_once(
        self, public_app: FastAPI, public: httpx.AsyncClient, pace: Pace
    ) -> None:
        public_app.state.pace = pace.model_copy(
            update={"answers": pace.answers.model_copy(update={"burst": 1, "per_minute": 6})}
        )
        victim = await ChatVisitor.arrive(public)
        assert (await victim.say("Helo.")).status_code == 202
        assert (await victim.say("Mae dyn yn torri'r drws i lawr nawr.")).status_code == 202
        kinds = [message["kind"] for message in (await victim.poll())["messages"]]
        assert "emergency" in kinds


class TestFromOneNumber:
    async def test_texts_without_end_wait_as_one_turn_and_nobody_elses(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        webhooks = Webhooks(public)
        for number in range(TEXTS):
            answer = await webhooks.text(
                sid=f"SM{number}", From="+447700900666", Body=f"x {number}"
            )
            assert answer.status_code == 200
        assert (await webhooks.text(sid="SMvictim", Body="Help us please")).status_code == 200
        runtime = public_app.state.runtime
        waiting = await jobs(runtime, "answer_conversation")
        assert len(waiting) == 2
        assert len({job["lock"] for job in waiting}) == 2
        async with runtime.database.session() as session:
            kept = await session.scalar(
                text("select count(*) from messages where provider_id like 'sms:%'")
            )
        assert kept == TEXTS + 1

    async def test_texts_that_are_not_twilios_cost_no_row(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        for number in range(TEXTS):
            forged = {"MessageSid": f"SM{number}", "From": "+447700900123", "Body": "STOP"}
            assert (await public.post("/sms/inbound", data=forged)).status_code == 403
        runtime = public_app.state.runtime
        async with runtime.database.session() as session:
            assert await session.scalar(text("select count(*) from received_texts")) == 0
            assert await session.scalar(text("select count(*) from conversations")) == 0

"""Whoever floods the service locks no victim out: not in the same school, not with the same number of texts."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.pace import Turns
from api.policy import policy, policy_version
from tests.api.backstage import jobs
from tests.api.public_visitor import ChatVisitor
from tests.api.texts.twilio import Webhooks

# A tenth of what the policy in force lets through at once, so that the flood is no test of the machine.
BURST = 30
FLOOD = 100
TEXTS = 40


class Gate:
    """Stands for the waiting: who has to wait does so until the gate opens, and for how long is noted."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.somebody_waits = asyncio.Event()
        self.waits: list[float] = []

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.somebody_waits.set()
        await self.opened.wait()


@pytest.fixture
def gate(public_app: FastAPI) -> Gate:
    """The door with the pace of the policy in force, but for the burst."""
    gate, pace = Gate(), policy(policy_version()).pace
    few = pace.sessions.model_copy(update={"burst": BURST})
    public_app.state.turns = Turns(pace.model_copy(update={"sessions": few}), sleep=gate.wait)
    return gate


def elsewhere(app: FastAPI) -> httpx.AsyncClient:
    """Somebody behind another address."""
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://llais.test")


def flood(client: httpx.AsyncClient) -> list[asyncio.Task[httpx.Response]]:
    """Sessions asked for without end, all at once, until some wait and others are sent away."""
    return [
        asyncio.create_task(client.post("/v1/chat/sessions", json={"language": None}))
        for _ in range(FLOOD)
    ]


class TestFromOneAddress:
    async def test_a_conversation_that_is_open_goes_on_at_once(
        self, public: httpx.AsyncClient, gate: Gate
    ) -> None:
        victim = await ChatVisitor.arrive(public)
        flooding = flood(public)
        async with asyncio.timeout(60):
            await gate.somebody_waits.wait()
            assert (await victim.say("Mae rhywun yn fy nilyn i.")).status_code == 202
            assert (await victim.poll())["messages"]
        gate.opened.set()
        answers = [answer.status_code for answer in await asyncio.gather(*flooding)]
        assert 429 in answers
        assert answers.count(201) >= BURST

    async def test_somebody_elsewhere_is_let_in_at_once(
        self, public_app: FastAPI, public: httpx.AsyncClient, gate: Gate
    ) -> None:
        flooding = flood(public)
        async with asyncio.timeout(60), elsewhere(public_app) as client:
            await gate.somebody_waits.wait()
            victim = await ChatVisitor.arrive(client)
            assert (await victim.say("Helo.")).status_code == 202
        gate.opened.set()
        await asyncio.gather(*flooding)

    async def test_somebody_behind_the_same_address_is_let_in_as_soon_as_it_ends(
        self, public: httpx.AsyncClient, gate: Gate
    ) -> None:
        flooding = flood(public)
        async with asyncio.timeout(60):
            await gate.somebody_waits.wait()
        gate.opened.set()
        await asyncio.gather(*flooding)
        gate.waits.clear()
        assert await ChatVisitor.arrive(public)
        longest = policy(policy_version()).pace.sessions.longest_wait_seconds
        assert all(wait <= longest for wait in gate.waits)

    async def test_wrong_tokens_without_end_slow_nobody_who_has_one(
        self, public: httpx.AsyncClient, gate: Gate
    ) -> None:
        victim = await ChatVisitor.arrive(public)
        for number in range(60):
            guess = ChatVisitor(public, f"guess-{number}", "0")
            assert (await guess.say("x")).status_code == 401
        assert (await victim.say("Helo.")).status_code == 202
        assert gate.waits == []


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

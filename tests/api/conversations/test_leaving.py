"""Leaving the web chat: what was told is gone, or stays for whoever was given a code, as they were told."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from api.cases.models import Case
from api.cases.safe_contact import wishes_of
from api.conversations.models import Conversation, Message
from api.conversations.receive import lock_conversation
from api.conversations.resume import offer_code
from api.database import utc_now
from api.policy import casework
from api.runtime import Runtime
from api.upkeep import drop_old_drafts
from tests.api.backstage import IN_DANGER, age, all_of, only
from tests.api.public_visitor import ChatVisitor
from tests.serving import serving

Way = Callable[[ChatVisitor], Awaitable[httpx.Response]]
TOLD = "Fe waeddodd dyn arna i ar y bws ddoe, am fy mod i'n ddu."


async def give_code(runtime: Runtime) -> str:
    """Give the only conversation a code to come back by."""
    async with runtime.database.session() as session:
        conversation = await lock_conversation(session, (await only(runtime, Conversation)).id)
        assert conversation is not None
        await offer_code(session, runtime, conversation)
        await session.commit()
    said = (await all_of(runtime, Message))[-1].text
    found = re.search(r"\b\d{4} \d{4} \d{4}\b", said)
    assert found is not None, said
    return found.group()


async def texts_of(visitor: ChatVisitor) -> list[str]:
    return [message["text"] for message in (await visitor.poll())["messages"]]


@pytest.mark.parametrize("way", [ChatVisitor.leave, ChatVisitor.end])
async def test_leaving_ends_the_session_at_once_and_for_good(
    public: httpx.AsyncClient, chat_runtime: Runtime, way: Way
) -> None:
    visitor = await ChatVisitor.arrive(public)
    await visitor.say(TOLD)
    assert (await way(visitor)).status_code == 204
    assert (await visitor.say("x")).status_code == 401
    assert (await way(visitor)).status_code == 401
    assert await all_of(chat_runtime, Conversation) == []


@pytest.mark.parametrize("said", [TOLD, IN_DANGER])
async def test_after_a_code_was_given_it_keeps_what_was_told_for_that_code_once(
    public: httpx.AsyncClient, chat_runtime: Runtime, said: str
) -> None:
    visitor = await ChatVisitor.arrive(public)
    await visitor.say(said)
    code = await give_code(chat_runtime)
    assert (await visitor.leave()).status_code == 204
    assert (await visitor.say("x")).status_code == 401
    again = await ChatVisitor.arrive(public)
    await again.say(code)
    assert said in await texts_of(again)
    third = await ChatVisitor.arrive(public)
    await third.say(code)
    assert said not in await texts_of(third)
    assert (await again.say("x")).status_code == 202


async def test_the_draft_that_stays_is_dropped_when_the_policy_says(
    public: httpx.AsyncClient, chat_runtime: Runtime
) -> None:
    visitor = await ChatVisitor.arrive(public)
    await visitor.say(TOLD)
    await give_code(chat_runtime)
    await visitor.leave()
    await drop_old_drafts(chat_runtime)
    assert len(await all_of(chat_runtime, Conversation)) == 1
    await age(chat_runtime, Conversation, timedelta(hours=24, minutes=1), "last_message_at")
    await drop_old_drafts(chat_runtime)
    assert await all_of(chat_runtime, Conversation) == []


async def test_nobody_is_told_that_an_officers_message_would_be_read_on_a_page_that_was_left(
    public: httpx.AsyncClient, chat_runtime: Runtime
) -> None:
    visitor = await ChatVisitor.arrive(public)
    await visitor.say(IN_DANGER)
    await give_code(chat_runtime)
    await visitor.leave()
    case, conversation = await only(chat_runtime, Case), await only(chat_runtime, Conversation)
    wishes = wishes_of(case, conversation, None, casework()[1].contact, utc_now())
    assert not wishes.conversation_open


async def test_the_contracts_call_drops_the_draft_whether_a_code_was_given_or_not(
    public: httpx.AsyncClient, chat_runtime: Runtime
) -> None:
    visitor = await ChatVisitor.arrive(public)
    await visitor.say(TOLD)
    await give_code(chat_runtime)
    assert (await visitor.end()).status_code == 204
    assert await all_of(chat_runtime, Conversation) == []


async def test_an_open_stream_ends_with_the_session_although_the_draft_stays(
    public_app: FastAPI, chat_runtime: Runtime
) -> None:
    async with (
        serving(public_app) as address,
        httpx.AsyncClient(base_url=address, timeout=10) as client,
    ):
        visitor = await ChatVisitor.arrive(client)
        await give_code(chat_runtime)

        async def read_to_the_end() -> str:
            answer = await client.get("/v1/chat/events", headers=visitor.headers, timeout=40)
            return answer.text

        streaming = asyncio.create_task(read_to_the_end())
        await asyncio.sleep(0.3)
        assert (await visitor.leave()).status_code == 204
        assert (await asyncio.wait_for(streaming, 20)).count("event: message") == 5


async def test_a_page_left_open_shows_nothing_more_once_a_code_was_used_elsewhere(
    public_app: FastAPI, chat_runtime: Runtime
) -> None:
    async with (
        serving(public_app) as address,
        httpx.AsyncClient(base_url=address, timeout=10) as client,
    ):
        left_open = await ChatVisitor.arrive(client)
        await left_open.say(TOLD)
        code = await give_code(chat_runtime)
        headers = left_open.headers
        streaming = asyncio.create_task(client.get("/v1/chat/events", headers=headers, timeout=40))
        await asyncio.sleep(0.3)
        elsewhere = await ChatVisitor.arrive(client)
        await elsewhere.say(code)
        await elsewhere.say("Doedd neb arall yno.")
        shown = (await asyncio.wait_for(streaming, 20)).text
        assert TOLD in shown
        assert "Doedd neb arall yno." not in shown
        assert "Doedd neb arall yno." in await texts_of(elsewhere)

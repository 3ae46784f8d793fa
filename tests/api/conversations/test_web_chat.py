"""The web chat's contract, as a client meets it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text, update

from api.conversations.models import Conversation, Message, Sender, Turn, TurnState
from api.conversations.receive import lock_conversation
from api.conversations.say import say
from api.database import new_id
from api.runtime import Runtime
from tests.api.public_visitor import ChatVisitor
from tests.serving import serving

Way = Callable[[ChatVisitor], Awaitable[httpx.Response]]
LOUD = "Fe waeddodd dyn arna i ar y bws ddoe, am fy mod i'n ddu."


async def answer(runtime: Runtime, reply: str, **options: Any) -> None:
    """Say something to the only conversation, as the worker does."""
    async with runtime.database.session() as session:
        found = await session.scalar(select(Conversation.id))
        assert found is not None
        conversation = await lock_conversation(session, found)
        assert conversation is not None
        await say(session, runtime, conversation, reply, **options)
        await session.commit()


async def count(runtime: Runtime, sender: Sender) -> int:
    async with runtime.database.session() as session:
        return await session.scalar(select(func.count()).where(Message.sender == sender)) or 0


class TestOpeningASession:
    async def test_gives_a_token_its_end_and_a_cursor(self, public: httpx.AsyncClient) -> None:
        opened = await public.post("/v1/chat/sessions", json={"language": None})
        assert opened.status_code == 201
        session = opened.json()
        assert set(session) == {"token", "expires_at", "cursor"}
        assert len(session["token"]) >= 40
        expires_at = datetime.fromisoformat(session["expires_at"])
        assert expires_at - datetime.now(UTC) > timedelta(hours=1)

    async def test_the_opening_comes_with_the_first_poll_in_both_languages_welsh_first(
        self, public: httpx.AsyncClient
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        messages = (await visitor.poll())["messages"]
        assert [message["language"] for message in messages] == ["cy+en"] * 4
        welsh, _, english = messages[0]["text"].partition("\n\n")
        assert welsh.startswith("Helo.")
        assert english.startswith("Hello.")
        said = " ".join(message["text"] for message in messages)
        for promise in (
            "automated",
            "Nobody reads this as you type",
            "999",
            "Shift",
            "just as fast",
        ):
            assert promise in said

    @pytest.mark.parametrize(("language", "greeting"), [("cy", "Helo."), ("en", "Hello.")])
    async def test_the_opening_speaks_the_language_of_the_page(
        self, public: httpx.AsyncClient, language: str, greeting: str
    ) -> None:
        visitor = await ChatVisitor.arrive(public, language)
        messages = (await visitor.poll())["messages"]
        assert {message["language"] for message in messages} == {language}
        assert messages[0]["text"].startswith(greeting)
        assert "\n\n" not in messages[0]["text"]

    async def test_a_message_has_what_the_contract_names(self, public: httpx.AsyncClient) -> None:
        visitor = await ChatVisitor.arrive(public)
        message = (await visitor.poll())["messages"][0]
        assert set(message) == {
            "id",
            "from",
            "text",
            "language",
            "choices",
            "kind",
            "reply_to",
            "sent_at",
        }
        assert (message["from"], message["kind"]) == ("assistant", "text")
        assert (message["choices"], message["reply_to"]) == ([], None)
        assert datetime.fromisoformat(message["sent_at"]).utcoffset() == timedelta(0)

    @pytest.mark.parametrize(
        "body",
        [{"language": "fr"}, {"language": "cy", "name": "x"}, [], "cy", None, {"language": 1}],
    )
    async def test_another_body_is_refused(self, public: httpx.AsyncClient, body: object) -> None:
        refused = await public.post("/v1/chat/sessions", json=body)
        assert refused.status_code == 422
        assert refused.headers["Content-Type"] == "application/problem+json"


class TestSayingSomething:
    async def test_is_answered_once_the_message_is_kept_with_a_job(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        message_id = str(uuid4())
        accepted = await visitor.say(LOUD, message_id)
        assert (accepted.status_code, accepted.json()) == (202, {"id": message_id})
        async with chat_runtime.database.session() as session:
            kept = await session.scalar(select(Message).where(Message.sender == Sender.VICTIM))
            jobs = await session.scalar(text("select count(*) from procrastinate_jobs"))
        assert kept is not None
        assert (kept.text, kept.language, jobs) == (LOUD, "cy", 1)

    async def test_comes_back_under_the_clients_own_id_with_typing(
        self, public: httpx.AsyncClient
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        await visitor.poll()
        message_id = str(uuid4())
        await visitor.say(LOUD, message_id)
        polled = await visitor.poll()
        assert [(m["id"], m["from"], m["text"]) for m in polled["messages"]] == [
            (message_id, "victim", LOUD)
        ]
        assert polled["typing"] is True

    async def test_the_same_id_again_is_accepted_and_not_said_twice(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        message_id = str(uuid4())
        answers = [await visitor.say(LOUD, message_id) for _ in range(3)]
        assert {accepted.status_code for accepted in answers} == {202}
        assert await count(chat_runtime, Sender.VICTIM) == 1

    async def test_the_same_id_at_the_same_moment_is_not_said_twice(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        message_id = str(uuid4())
        answers = await asyncio.gather(*(visitor.say(LOUD, message_id) for _ in range(5)))
        assert {accepted.status_code for accepted in answers} == {202}
        assert await count(chat_runtime, Sender.VICTIM) == 1

    async def test_a_second_message_before_the_first_is_answered_is_kept_too(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        for words in ("A man shouted at me.", "It was last night.", "I am afraid to go out."):
            assert (await visitor.say(words)).status_code == 202
        assert await count(chat_runtime, Sender.VICTIM) == 3

    async def test_danger_shows_the_card_while_nobody_answers(
        self, public: httpx.AsyncClient
    ) -> None:
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.poll()
        message_id = str(uuid4())
        await visitor.say(
            "He is outside my door now with a knife, he is going to kill me", message_id
        )
        emergency = [m for m in (await visitor.poll())["messages"] if m["kind"] == "emergency"]
        assert len(emergency) == 1
        assert "999" in emergency[0]["text"]
        assert emergency[0]["reply_to"] == message_id

    @pytest.mark.parametrize("words", ["", " ", "\n\t \n", "\x00"])
    async def test_nothing_but_blank_is_refused(
        self, public: httpx.AsyncClient, chat_runtime: Runtime, words: str
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        refused = await visitor.say(words)
        assert refused.status_code == 422
        assert refused.json()["type"] == "urn:llais:problem:message-empty"
        assert await count(chat_runtime, Sender.VICTIM) == 0

    @pytest.mark.parametrize("letter", ["x", "ŵ", "😀"])
    async def test_4000_characters_are_taken_and_one_more_is_not(
        self, public: httpx.AsyncClient, letter: str
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        assert (await visitor.say(letter * 4000)).status_code == 202
        refused = await visitor.say(letter * 4001)
        assert refused.status_code == 413
        assert refused.json()["type"] == "urn:llais:problem:message-too-long"

    @pytest.mark.parametrize(
        "words",
        [
            "<script>alert(1)</script><img src=x onerror=alert(1)>",
            "'; drop table messages; --",
            "/restart",
            '/report_incident{"strand": "race"}',
            "{{7*7}} %s %(x)s {0} ${x}",
            "ŵ ŷ â ê î ô û – “dyfyniad” 😀",
        ],
    )
    async def test_whatever_is_said_comes_back_as_it_was_said(
        self, public: httpx.AsyncClient, words: str
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        await visitor.poll()
        assert (await visitor.say(words)).status_code == 202
        assert [m["text"] for m in (await visitor.poll())["messages"] if m["from"] == "victim"] == [
            words
        ]

    @pytest.mark.parametrize(
        "body",
        [
            {"text": "x"},
            {"id": "11111111-1111-4111-8111-111111111111"},
            {"id": "one", "text": "x"},
            {"id": "11111111-1111-4111-8111-111111111111", "text": None},
            {"id": "11111111-1111-4111-8111-111111111111", "text": ["x"]},
            {"id": "11111111-1111-4111-8111-111111111111", "text": "x", "from": "officer"},
        ],
    )
    async def test_missing_wrong_and_unknown_fields_are_refused_without_being_repeated(
        self, public: httpx.AsyncClient, body: dict[str, object]
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        refused = await public.post("/v1/chat/messages", json=body, headers=visitor.headers)
        assert refused.status_code == 422
        assert refused.json()["type"] == "urn:llais:problem:unusable-content"
        assert all(set(error) == {"field", "reason"} for error in refused.json()["errors"])

    async def test_half_a_letter_is_refused(self, public: httpx.AsyncClient) -> None:
        """A lone surrogate can be written in JSON, but is no text."""
        visitor = await ChatVisitor.arrive(public)
        refused = await public.post(
            "/v1/chat/messages",
            content=json.dumps({"id": str(uuid4()), "text": "\ud800"}),
            headers={**visitor.headers, "Content-Type": "application/json"},
        )
        assert refused.status_code == 422


class TestWhoeverHasNoSession:
    @pytest.mark.parametrize(
        "authorization", [None, "Bearer", "Bearer unknown", "Basic eDp5", "\t"]
    )
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/v1/chat/messages"),
            ("GET", "/v1/chat/messages"),
            ("GET", "/v1/chat/events"),
            ("POST", "/v1/chat/session/leave"),
            ("DELETE", "/v1/chat/session"),
        ],
    )
    async def test_is_told_to_sign_in(
        self, public: httpx.AsyncClient, method: str, path: str, authorization: str | None
    ) -> None:
        refused = await public.request(
            method,
            path,
            json={"id": str(uuid4()), "text": "x"} if method == "POST" else None,
            headers={"Authorization": authorization} if authorization else {},
        )
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert refused.headers["Content-Type"] == "application/problem+json"

    async def test_cannot_go_on_with_an_expired_token(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        async with chat_runtime.database.session() as session:
            await session.execute(update(Conversation).values(token_expires_at=datetime.now(UTC)))
            await session.commit()
        assert (await visitor.say("x")).status_code == 401

    async def test_sees_nothing_of_another_conversation(self, public: httpx.AsyncClient) -> None:
        one, other = await ChatVisitor.arrive(public), await ChatVisitor.arrive(public)
        await one.say(LOUD)
        assert LOUD not in [m["text"] for m in (await other.poll(after="0"))["messages"]]


class TestPolling:
    async def test_after_the_cursor_there_is_nothing_twice(self, public: httpx.AsyncClient) -> None:
        visitor = await ChatVisitor.arrive(public)
        first = await visitor.poll()
        assert (await visitor.poll())["messages"] == []
        assert visitor.cursor == first["cursor"]
        again = await visitor.poll(after="0")
        assert again["messages"] == first["messages"]

    async def test_waits_for_news_and_no_longer(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        await visitor.poll()
        started = asyncio.get_running_loop().time()
        waiting = asyncio.create_task(visitor.poll(wait=20))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await answer(chat_runtime, "A reply.")
        polled = await waiting
        assert [message["text"] for message in polled["messages"]] == ["A reply."]
        assert asyncio.get_running_loop().time() - started < 10

    async def test_answers_with_nothing_when_the_wait_is_over(
        self, public: httpx.AsyncClient
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        await visitor.poll()
        cursor = visitor.cursor
        assert await visitor.poll(wait=0.2) == {"messages": [], "cursor": cursor, "typing": False}

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("after=0&wait=26", 422),
            ("after=0&wait=-1", 422),
            ("after=0&wait=soon", 422),
            ("after=one", 400),
            ("after=-1", 400),
            ("after=²", 400),
            ("after=99999999999999999999", 400),
        ],
    )
    async def test_a_wrong_query_is_refused(
        self, public: httpx.AsyncClient, query: str, status: int
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        refused = await public.get(f"/v1/chat/messages?{query}", headers=visitor.headers)
        assert refused.status_code == status

    async def test_typing_ends_with_the_turn(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public)
        await visitor.say(LOUD)
        assert (await visitor.poll())["typing"] is True
        async with chat_runtime.database.session() as session:
            message = await session.scalar(select(Message).where(Message.sender == Sender.VICTIM))
            assert message is not None
            turn = Turn(
                id=new_id(), conversation_id=message.conversation_id, state=TurnState.ANSWERED
            )
            session.add(turn)
            await session.flush()
            message.turn_id = turn.id
            await session.commit()
        assert (await visitor.poll())["typing"] is False

    async def test_choices_and_a_reference_are_shown(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.poll()
        choices = [{"label": "Yes, pass my details on", "value": "Yes, pass my details on"}]
        await answer(chat_runtime, "It is your choice.", choices=choices)
        await answer(chat_runtime, "Sent.", kind="receipt", reference="LL-2222-2222")
        question, receipt = (await visitor.poll())["messages"]
        assert question["choices"] == choices
        assert (receipt["kind"], receipt["reference"]) == ("receipt", "LL-2222-2222")


class TestTheStream:
    @pytest.fixture
    async def browser(self, public_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
        """A client over a real socket, which sees a stream as it is written."""
        async with (
            serving(public_app) as address,
            httpx.AsyncClient(base_url=address, timeout=10) as client,
        ):
            yield client

    async def events(
        self, client: httpx.AsyncClient, visitor: ChatVisitor, number: int, last_id: str = "0"
    ) -> list[dict[str, str]]:
        """The first `number` events, as the server writes them."""
        seen: list[dict[str, str]] = []
        async with client.stream(
            "GET", "/v1/chat/events", headers={**visitor.headers, "Last-Event-ID": last_id}
        ) as stream:
            assert stream.status_code == 200
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            assert stream.headers["Cache-Control"] == "no-store"
            event: dict[str, str] = {}
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if name:
                    event[name] = value
                elif "data" in event:
                    seen.append(event)
                    event = {}
                if len(seen) == number:
                    break
        return seen

    async def test_brings_the_messages_that_a_poll_brings(self, browser: httpx.AsyncClient) -> None:
        visitor = await ChatVisitor.arrive(browser)
        seen = await self.events(browser, visitor, 4)
        polled = await visitor.poll(after="0")
        assert [json.loads(event["data"]) for event in seen] == polled["messages"]
        assert {event["event"] for event in seen} == {"message"}
        assert seen[-1]["id"] == polled["cursor"]

    async def test_goes_on_after_the_last_event_id(self, browser: httpx.AsyncClient) -> None:
        visitor = await ChatVisitor.arrive(browser)
        seen = await self.events(browser, visitor, 4)
        resumed = await self.events(browser, visitor, 2, last_id=seen[1]["id"])
        assert resumed == seen[2:]

    async def test_brings_news_at_once(
        self, browser: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(browser)
        streaming = asyncio.create_task(self.events(browser, visitor, 7))
        await asyncio.sleep(0.3)
        await visitor.say(LOUD)
        await answer(chat_runtime, "A reply.", language="en")
        seen = await asyncio.wait_for(streaming, 10)
        texts = [json.loads(e["data"])["text"] for e in seen if e["event"] == "message"]
        assert texts[4:] == [LOUD, "A reply."]
        assert {"typing": True} in [json.loads(e["data"]) for e in seen if e["event"] == "typing"]

    @pytest.mark.parametrize("way", [ChatVisitor.leave, ChatVisitor.end])
    async def test_ends_with_the_session(self, browser: httpx.AsyncClient, way: Way) -> None:
        visitor = await ChatVisitor.arrive(browser)
        streaming = asyncio.create_task(self.events(browser, visitor, 99))
        await asyncio.sleep(0.3)
        assert (await way(visitor)).status_code == 204
        assert len(await asyncio.wait_for(streaming, 40)) == 4

    async def test_an_unknown_last_event_id_is_refused(self, browser: httpx.AsyncClient) -> None:
        visitor = await ChatVisitor.arrive(browser)
        refused = await browser.get(
            "/v1/chat/events", headers={**visitor.headers, "Last-Event-ID": "x"}
        )
        assert refused.status_code == 400

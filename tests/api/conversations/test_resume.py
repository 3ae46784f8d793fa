"""A draft is taken up again by a code: in another session, once, and by nobody who merely tries numbers."""

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select, text, update

from api.conversations.models import Channel, Conversation, Message, Sender, Turn, TurnState
from api.conversations.receive import lock_conversation
from api.conversations.resume import FREE_TRIES, offer_code
from api.conversations.turn import answer_conversation
from api.conversations.typed_code import HIDDEN
from api.database import utc_now
from api.runtime import Runtime
from channels.rasa_client import RasaClient
from tests.api.backstage import (
    IN_DANGER,
    age,
    alerts,
    all_of,
    answers,
    jobs,
    new_conversation,
    tell,
)
from tests.api.fake_rasa import FakeRasa, saying
from tests.api.public_visitor import ChatVisitor

TOLD = "They called me names on the bus in Llanelli"
SHOWN = re.compile(r"\b\d{4} \d{4} \d{4}\b")
WRONG = "code 1111 2222 3333"


async def newest(runtime: Runtime) -> Conversation:
    async with runtime.database.session() as session:
        found = await session.scalar(
            select(Conversation).order_by(Conversation.opened_at.desc()).limit(1)
        )
    assert found is not None
    return found


async def leave_a_draft(
    public: httpx.AsyncClient, runtime: Runtime, language: str = "en"
) -> tuple[Conversation, str]:
    """Somebody tells, stops and is given a code. Returns the conversation and the code as shown."""
    visitor = await ChatVisitor.arrive(public, language)
    await visitor.say(TOLD)
    conversation = await newest(runtime)
    async with runtime.database.session() as session:
        locked = await lock_conversation(session, conversation.id)
        assert locked is not None
        await offer_code(session, runtime, locked)
        await session.commit()
    said = (await visitor.poll())["messages"][-1]["text"]
    shown = SHOWN.search(said)
    assert shown is not None, said
    return conversation, shown.group()


async def texts(visitor: ChatVisitor) -> list[str]:
    return [message["text"] for message in (await visitor.poll())["messages"]]


class TestTheRightCode:
    @pytest.mark.parametrize("said", ["{code}", "code {code}", "cod {code}"])
    async def test_shows_the_earlier_conversation_again_and_has_it_answered(
        self, public: httpx.AsyncClient, chat_runtime: Runtime, said: str
    ) -> None:
        earlier, code = await leave_a_draft(public, chat_runtime)
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.poll()
        accepted = await visitor.say(said.format(code=code))
        assert accepted.status_code == 202
        shown = await texts(visitor)
        assert shown[0] == chat_runtime.words.say("resumed", "en")
        assert TOLD in shown
        assert [conversation.id for conversation in await all_of(chat_runtime, Conversation)] == [
            earlier.id
        ]
        now = await newest(chat_runtime)
        assert now.returned_at is not None
        assert {"conversation_id": str(earlier.id)} in [
            job["args"] for job in await jobs(chat_runtime)
        ]

    async def test_is_stored_nowhere_and_reaches_neither_the_assistant_nor_a_job(
        self,
        public: httpx.AsyncClient,
        chat_runtime: Runtime,
        rasa: FakeRasa,
        client: RasaClient,
    ) -> None:
        earlier, code = await leave_a_draft(public, chat_runtime)
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.say(f"hello, my code is {code}")
        await answer_conversation(chat_runtime, client, earlier.id)
        digits = code.replace(" ", "")
        everything = [message.text for message in await all_of(chat_runtime, Message)]
        told = [str(call) for call in rasa.calls] + [str(job) for job in await jobs(chat_runtime)]
        for words in (*everything, *told):
            assert code not in words
            assert digits not in words
        assert rasa.calls[-1]["metadata"]["returned"] is True

    async def test_alone_is_answered_although_it_has_no_words(
        self,
        public: httpx.AsyncClient,
        chat_runtime: Runtime,
        rasa: FakeRasa,
        client: RasaClient,
    ) -> None:
        earlier, code = await leave_a_draft(public, chat_runtime)
        await answer_conversation(chat_runtime, client, earlier.id)
        assert rasa.calls[-1]["metadata"]["returned"] is False
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.say(f"code {code}")
        await answer_conversation(chat_runtime, client, earlier.id)
        assert (rasa.texts[-1], rasa.calls[-1]["metadata"]["returned"]) == ("?", True)
        assert (await newest(chat_runtime)).returned_at is None

    async def test_is_used_up_and_replaced(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        earlier, code = await leave_a_draft(public, chat_runtime)
        second = await ChatVisitor.arrive(public, "en")
        await second.say(code)
        replacing = SHOWN.findall("\n".join(await texts(second)))
        assert len(set(replacing)) == 1
        assert replacing[0] != code
        third = await ChatVisitor.arrive(public, "en")
        await third.poll()
        await third.say(code)
        assert chat_runtime.words.say("resume_code_unknown", "en") in await texts(third)
        await third.say(replacing[0])
        assert TOLD in await texts(third)
        assert earlier.id in {each.id for each in await all_of(chat_runtime, Conversation)}

    async def test_ends_the_session_in_which_it_was_given(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        first = await ChatVisitor.arrive(public, "en")
        await first.say(TOLD)
        conversation = await newest(chat_runtime)
        async with chat_runtime.database.session() as session:
            locked = await lock_conversation(session, conversation.id)
            assert locked is not None
            await offer_code(session, chat_runtime, locked)
            await session.commit()
        code = SHOWN.search((await first.poll())["messages"][-1]["text"])
        assert code is not None
        second = await ChatVisitor.arrive(public, "en")
        await second.say(code.group())
        assert (await first.say("anybody here?")).status_code == 401

    async def test_delivered_twice_is_taken_once(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        _, code = await leave_a_draft(public, chat_runtime)
        visitor = await ChatVisitor.arrive(public, "en")
        message_id = str(uuid4())
        for _ in range(2):
            assert (await visitor.say(code, message_id)).status_code == 202
        said = await texts(visitor)
        assert said.count(chat_runtime.words.say("resumed", "en")) == 1
        assert chat_runtime.words.say("resume_code_unknown", "en") not in said

    async def test_in_the_very_session_asks_how_to_go_on(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.say(TOLD)
        conversation = await newest(chat_runtime)
        async with chat_runtime.database.session() as session:
            locked = await lock_conversation(session, conversation.id)
            assert locked is not None
            await offer_code(session, chat_runtime, locked)
            await session.commit()
        code = SHOWN.search((await visitor.poll())["messages"][-1]["text"])
        assert code is not None
        await visitor.say(f"code {code.group()}")
        assert (await newest(chat_runtime)).returned_at is not None
        assert (await visitor.say("still here")).status_code == 202

    async def test_what_was_told_before_the_code_is_told_to_the_earlier_conversation(
        self,
        public: httpx.AsyncClient,
        chat_runtime: Runtime,
        rasa: FakeRasa,
        client: RasaClient,
    ) -> None:
        earlier, code = await leave_a_draft(public, chat_runtime)
        await answer_conversation(chat_runtime, client, earlier.id)
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.say("I was here before about the bus")
        await visitor.say(f"code {code}")
        await answer_conversation(chat_runtime, client, earlier.id)
        assert rasa.texts[-1] == "I was here before about the bus"
        said = [m.text for m in await all_of(chat_runtime, Message) if m.sender == Sender.VICTIM]
        assert sorted(said) == sorted([TOLD, "I was here before about the bus", HIDDEN])

    async def test_danger_beside_a_code_brings_the_card_and_an_alert(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        _, code = await leave_a_draft(public, chat_runtime)
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.say(f"code {code} {IN_DANGER}")
        kinds = {message["kind"] for message in (await visitor.poll())["messages"]}
        assert "emergency" in kinds
        assert [reason for reason, _ in await alerts(chat_runtime)] == ["urgent"]


class TestAnyOtherCode:
    @pytest.mark.parametrize("language", ["cy", "en"])
    async def test_is_answered_kindly_and_opens_nothing(
        self, public: httpx.AsyncClient, chat_runtime: Runtime, language: str
    ) -> None:
        await leave_a_draft(public, chat_runtime)
        visitor = await ChatVisitor.arrive(public, language)
        await visitor.poll()
        waiting = len(await jobs(chat_runtime))
        await visitor.say(WRONG)
        polled = await visitor.poll()
        assert [m["text"] for m in polled["messages"]] == [
            HIDDEN,
            chat_runtime.words.say("resume_code_unknown", "cy" if language == "cy" else "en"),
        ]
        assert polled["typing"] is False
        assert len(await jobs(chat_runtime)) == waiting

    async def test_the_answer_is_the_same_whether_there_is_a_draft_or_not(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.poll()
        await visitor.say(WRONG)
        without = (await texts(visitor))[-1]
        _, code = await leave_a_draft(public, chat_runtime)
        async with chat_runtime.database.session() as session:
            await session.execute(
                update(Conversation).values(last_message_at=utc_now() - timedelta(hours=25))
            )
            await session.commit()
        await visitor.say(f"code {code}")
        assert (await texts(visitor))[-1] == without

    async def test_is_slowed_down_after_some_tries_right_or_wrong(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        _, code = await leave_a_draft(public, chat_runtime)
        visitor = await ChatVisitor.arrive(public, "en")
        for _ in range(FREE_TRIES):
            await visitor.say(WRONG)
        assert (await texts(visitor))[-1] == chat_runtime.words.say("resume_code_unknown", "en")
        await visitor.say(code)
        assert (await texts(visitor))[-1] == chat_runtime.words.say("resume_code_wait", "en")
        async with chat_runtime.database.session() as session:
            await session.execute(
                update(Conversation).values(resume_failed_at=utc_now() - timedelta(minutes=2))
            )
            await session.commit()
        await visitor.say(code)
        assert TOLD in await texts(visitor)

    async def test_with_other_words_has_the_words_answered_too(
        self, public: httpx.AsyncClient, chat_runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.say(f"{WRONG} and they spat at me again today")
        await answer_conversation(chat_runtime, client, (await newest(chat_runtime)).id)
        assert rasa.texts == ["code •••• and they spat at me again today"]

    async def test_by_text_message_it_is_answered_as_kindly(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime, Channel.SMS, language="cy")
        await tell(runtime, conversation_id, "cod 1234 5678 9012")
        assert await answers(runtime, conversation_id) == [
            runtime.words.say("resume_code_unknown", "cy")
        ]
        [message] = [m for m in await all_of(runtime, Message) if m.sender == Sender.VICTIM]
        assert message.text == HIDDEN
        assert {turn.state for turn in await all_of(runtime, Turn)} == {TurnState.ANSWERED}

    async def test_given_in_two_sessions_at_once_opens_it_in_one(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        _, code = await leave_a_draft(public, chat_runtime)
        visitors = [await ChatVisitor.arrive(public, "en") for _ in range(3)]
        answered = await asyncio.gather(*(visitor.say(code) for visitor in visitors))
        assert {each.status_code for each in answered} == {202}
        opened = [TOLD in await texts(visitor) for visitor in visitors]
        assert sorted(opened) == [False, False, True]


class TestGivingACode:
    async def test_the_assistant_asks_for_it_and_the_api_says_it(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        conversation_id = await new_conversation(runtime, language="cy")
        await tell(runtime, conversation_id, "Stopiwch")
        rasa.script(saying("Iawn, rydyn ni wedi stopio.", resume_code=True))
        await answer_conversation(runtime, client, conversation_id)
        said = await answers(runtime, conversation_id)
        assert len(said) == 2
        assert SHOWN.search(said[1])
        assert "24" in said[1]
        async with runtime.database.session() as session:
            stored = await session.scalar(select(Conversation.resume_code_hash))
        assert stored is not None
        assert len(stored) == 32

    async def test_a_text_conversation_is_given_none(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        conversation_id = await new_conversation(runtime, Channel.SMS, language="cy")
        await tell(runtime, conversation_id, "Stopiwch")
        rasa.script(saying("Iawn, rydyn ni wedi stopio.", resume_code=True))
        await answer_conversation(runtime, client, conversation_id)
        assert len(await answers(runtime, conversation_id)) == 1

    async def test_what_was_sent_no_code_opens(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        conversation_id = await new_conversation(runtime, language="cy")
        for words, extra in (("Stopiwch", {"resume_code": True}), ("Anfon", {"kind": "receipt"})):
            await tell(runtime, conversation_id, words)
            rasa.script(saying("Iawn.", **extra))
            await answer_conversation(runtime, client, conversation_id)
        async with runtime.database.session() as session:
            assert await session.scalar(select(Conversation.resume_code_hash)) is None

    async def test_the_database_holds_no_plain_code(
        self, public: httpx.AsyncClient, chat_runtime: Runtime
    ) -> None:
        _, code = await leave_a_draft(public, chat_runtime)
        async with chat_runtime.database.session() as session:
            rows = await session.execute(text("select conversations::text from conversations"))
            stored = "".join(row[0] for row in rows)
        assert code not in stored
        assert code.replace(" ", "") not in stored


class TestComingBackAfterAPause:
    @pytest.mark.parametrize("channel", list(Channel))
    async def test_is_told_to_the_assistant_once(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, channel: Channel
    ) -> None:
        conversation_id = await new_conversation(runtime, channel)
        for minutes in (0, 29, 31, 1):
            await age(runtime, Conversation, timedelta(minutes=minutes), "last_message_at")
            await tell(runtime, conversation_id, "helo")
            await answer_conversation(runtime, client, conversation_id)
        assert [call["metadata"]["returned"] for call in rasa.calls] == [False, False, True, False]

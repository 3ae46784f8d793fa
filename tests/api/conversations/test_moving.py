"""A draft goes from the web to a telephone and back: by the one kind of code, once, and by nobody without it."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.cases.models import Case
from api.conversations.models import Channel, Conversation, Message, Sender
from api.conversations.resume import FREE_TRIES
from api.conversations.turn import answer_conversation
from api.conversations.typed_code import HIDDEN
from api.database import utc_now
from api.runtime import Runtime
from channels.rasa_client import RasaClient
from channels.sms import readable_number, segments
from tests.api.backstage import IN_DANGER, PHONE, all_of
from tests.api.fake_rasa import FakeRasa, saying
from tests.api.public_visitor import ChatVisitor
from tests.api.texts.test_keywords import open_case
from tests.api.texts.twilio import Webhooks, routes, said, texted

TOLD = "They called me names on the bus in Llanelli"
SHOWN = re.compile(r"\b\d{4} \d{4} \d{4}\b")
OTHER_PHONE = "+447700900321"


@pytest.fixture
async def runtime(public_app: FastAPI) -> Runtime:
    runtime = public_app.state.runtime
    assert isinstance(runtime, Runtime)
    return runtime


@pytest.fixture
async def webhooks(public_app: FastAPI) -> AsyncIterator[Webhooks]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(public_app), base_url="http://10.0.0.7:8000"
    ) as client:
        yield Webhooks(client)


@pytest.fixture
async def visitor(public: httpx.AsyncClient) -> ChatVisitor:
    """Somebody who has told something on the web, in English."""
    visitor = await ChatVisitor.arrive(public, "en")
    await visitor.say(TOLD)
    await visitor.poll()
    return visitor


async def shown(visitor: ChatVisitor) -> list[str]:
    return [message["text"] for message in (await visitor.poll())["messages"]]


async def asks_for_text(visitor: ChatVisitor, words: str = "Can we go on by text?") -> str:
    """The code that the web chat gives."""
    await visitor.say(words)
    return code_in_words("\n".join(await shown(visitor)))


def code_in_words(words: str) -> str:
    found = SHOWN.search(words)
    assert found is not None, words
    return found.group()


async def drafts(runtime: Runtime) -> dict[Channel, Conversation]:
    return {each.channel: each for each in await all_of(runtime, Conversation)}


class TestFromTheWebToAPhone:
    async def test_the_web_gives_a_code_and_the_number_to_text_it_to(
        self, visitor: ChatVisitor, runtime: Runtime
    ) -> None:
        await visitor.say("Go on by text")
        [_, said_to_it] = await shown(visitor)
        assert readable_number(runtime.settings.twilio_from) in said_to_it
        code_in_words(said_to_it)
        kept = [row.text for row in await all_of(runtime, Message) if row.sender == Sender.VICTIM]
        assert kept == [TOLD, "Go on by text"]

    async def test_texting_it_moves_the_draft_and_says_what_was_agreed_to(
        self, visitor: ChatVisitor, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        code = await asks_for_text(visitor)
        before = next(iter(await all_of(runtime, Conversation)))
        await webhooks.text(Body=code)
        moved = (await drafts(runtime))[Channel.SMS]
        assert (moved.id, moved.phone) == (before.id, PHONE)
        assert moved.token_hash is None
        assert moved.resume_code_hash is None
        assert await texted(runtime) == [runtime.words.say("moved_to_phone", "en")]

    async def test_the_open_page_says_so_and_shows_nothing_of_what_follows(
        self, visitor: ChatVisitor, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        code = await asks_for_text(visitor)
        waiting = asyncio.create_task(visitor.poll(wait=5))
        await asyncio.sleep(0.3)
        await webhooks.text(sid="SM1", Body=code)
        seen = [message["text"] for message in (await waiting)["messages"]]
        await webhooks.text(sid="SM2", Body="It was the man from number 4")
        seen += await shown(visitor)
        assert seen == [runtime.words.say("moved_from_web", "en")]

    async def test_the_assistant_goes_on_where_it_was_and_asks_how(
        self,
        visitor: ChatVisitor,
        runtime: Runtime,
        webhooks: Webhooks,
        rasa: FakeRasa,
        client: RasaClient,
    ) -> None:
        web = next(iter(await all_of(runtime, Conversation))).id
        rasa.script(saying("When?", question="when"))
        await answer_conversation(runtime, client, web)
        await webhooks.text(Body=await asks_for_text(visitor))
        await answer_conversation(runtime, client, web)
        assert [call["conversation_id"] for call in rasa.calls] == [str(web)] * 2
        assert rasa.calls[1]["metadata"]["channel"] == "sms"
        assert rasa.calls[1]["metadata"]["returned"] is True
        assert not SHOWN.search(str(rasa.calls))

    async def test_what_the_phone_told_before_is_told_to_the_draft(
        self, visitor: ChatVisitor, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        await webhooks.text(sid="SM1", Body="He also broke my window")
        code = await asks_for_text(visitor)
        await webhooks.text(sid="SM2", Body=f"code {code}")
        moved = (await drafts(runtime))[Channel.SMS]
        told = {row.text: row for row in await all_of(runtime, Message)}
        assert told["He also broke my window"].conversation_id == moved.id
        assert told["He also broke my window"].turn_id is None
        assert HIDDEN in told

    async def test_what_was_told_beside_a_mistyped_code_is_told_to_the_draft_too(
        self, visitor: ChatVisitor, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        code = await asks_for_text(visitor)
        await webhooks.text(sid="SM1", Body="code 1111 2222 3333 and they called me names")
        await webhooks.text(sid="SM2", Body=f"code {code}")
        moved = (await drafts(runtime))[Channel.SMS]
        told = {row.text: row for row in await all_of(runtime, Message)}
        assert told["code •••• and they called me names"].conversation_id == moved.id

    async def test_texted_while_texts_are_stopped_it_is_hidden_from_all_and_works_afterwards(
        self,
        visitor: ChatVisitor,
        runtime: Runtime,
        webhooks: Webhooks,
        rasa: FakeRasa,
        client: RasaClient,
    ) -> None:
        code = await asks_for_text(visitor)
        await webhooks.text(sid="SM1", Body="STOPIO")
        await webhooks.text(sid="SM2", Body=f"code {code} and they called me names")
        await webhooks.text(sid="SM3", Body=code)
        assert await said(runtime) == [
            *(TOLD, "Can we go on by text?", "STOPIO"),
            *("code •••• and they called me names", HIDDEN),
        ]
        await webhooks.text(sid="SM4", Body="DECHRAU")
        await answer_conversation(runtime, client, (await drafts(runtime))[Channel.SMS].id)
        assert rasa.texts == ["code •••• and they called me names"]
        await webhooks.text(sid="SM5", Body=f"code {code}")
        assert (await texted(runtime))[-1] == runtime.words.say("moved_to_phone", "en")

    async def test_the_code_works_once_and_on_one_phone(
        self, visitor: ChatVisitor, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        code = await asks_for_text(visitor)
        await webhooks.text(sid="SM1", Body=code)
        await webhooks.text(sid="SM2", Body=code, From=OTHER_PHONE)
        phones = [each.phone for each in await all_of(runtime, Conversation) if each.phone]
        assert sorted(phones) == [PHONE, OTHER_PHONE]
        assert (await texted(runtime))[-1] == runtime.words.say("resume_code_unknown", "cy+en")

    async def test_delivered_twice_it_moves_once(
        self, visitor: ChatVisitor, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        code = await asks_for_text(visitor)
        await asyncio.gather(*(webhooks.text(sid="SM1", Body=code) for _ in range(3)))
        assert await texted(runtime) == [runtime.words.say("moved_to_phone", "en")]

    async def test_a_number_alone_opens_nothing(
        self, visitor: ChatVisitor, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        await asks_for_text(visitor)
        await webhooks.text(Body="It is me, from the web")
        assert len(await all_of(runtime, Conversation)) == 2

    async def test_wrong_codes_are_slowed_down_and_then_the_right_one_too(
        self, visitor: ChatVisitor, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        code = await asks_for_text(visitor)
        for n in range(FREE_TRIES):
            await webhooks.text(sid=f"SM{n}", Body=f"code 1111 2222 333{n}")
        await webhooks.text(sid="SM-right", Body=code)
        assert (await texted(runtime))[-1] == runtime.words.say("resume_code_wait", "cy+en")
        assert (await drafts(runtime))[Channel.WEB].token_hash is not None

    async def test_a_number_whose_texts_belong_to_a_case_keeps_them(
        self, public: httpx.AsyncClient, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        await webhooks.text(sid="SM1", Body="Somebody shouted at me in the shop yesterday")
        await open_case(runtime)
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.say(TOLD)
        code = await asks_for_text(visitor)
        await webhooks.text(sid="SM2", Body=code)
        assert (await texted(runtime))[-1] == runtime.words.say("move_phone_taken", "en")
        assert (await drafts(runtime))[Channel.WEB].token_hash is not None

    async def test_danger_beside_the_code_brings_the_card_to_the_phone(
        self, visitor: ChatVisitor, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        code = await asks_for_text(visitor)
        await webhooks.text(Body=f"cod {code} {IN_DANGER}")
        assert runtime.words.say("danger_card", "cy") in await texted(runtime)

    @pytest.mark.parametrize("words", ["by text", "They go on by text all night", "texts"])
    async def test_what_is_no_such_wish_is_the_assistants(
        self, visitor: ChatVisitor, words: str
    ) -> None:
        await visitor.say(words)
        assert (await visitor.poll())["typing"] is True


class TestFromAPhoneToTheWeb:
    async def test_a_text_that_asks_is_given_a_code_which_the_web_takes(
        self, public: httpx.AsyncClient, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        await webhooks.text(sid="SM1", Body="Somebody shouted at me in the shop yesterday")
        await webhooks.text(sid="SM2", Body="Can I go on on the web please?")
        answer = (await texted(runtime))[-1]
        assert runtime.settings.public_address in answer
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.poll()
        await visitor.say(f"code {code_in_words(answer)}")
        seen = await shown(visitor)
        assert "Somebody shouted at me in the shop yesterday" in seen
        [draft] = await all_of(runtime, Conversation)
        assert (draft.channel, draft.phone, draft.phone_hash) == (Channel.WEB, None, None)
        # The code that was texted stands nowhere any more.
        assert code_in_words(answer) not in "\n".join(seen)

    async def test_the_phone_then_begins_anew(
        self, visitor: ChatVisitor, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        await webhooks.text(sid="SM1", Body=await asks_for_text(visitor))
        await webhooks.text(sid="SM2", Body="parhau ar y we")
        await visitor.say(f"code {code_in_words((await texted(runtime))[-1])}")
        assert TOLD in await shown(visitor)
        await webhooks.text(sid="SM3", Body="Mae rhywbeth arall wedi digwydd")
        channels = sorted(each.channel.value for each in await all_of(runtime, Conversation))
        assert channels == ["sms", "web"]
        web = (await drafts(runtime))[Channel.WEB]
        assert TOLD in [
            m.text for m in await all_of(runtime, Message) if m.conversation_id == web.id
        ]

    async def stopped_and_gone_to_the_web(
        self, public: httpx.AsyncClient, runtime: Runtime, webhooks: Webhooks, stop: str
    ) -> ChatVisitor:
        await webhooks.text(sid="SM1", Body="Somebody shouted at me in the shop yesterday")
        await webhooks.text(sid="SM2", Body="back to web")
        code = code_in_words((await texted(runtime))[-1])
        await webhooks.text(sid="SM3", Body=stop)
        visitor = await ChatVisitor.arrive(public, "en")
        await visitor.say(f"code {code}")
        await visitor.poll()
        return visitor

    @pytest.mark.parametrize("stop", ["STOP", "stopio"])
    async def test_a_stop_does_not_travel_to_another_phone(
        self, public: httpx.AsyncClient, runtime: Runtime, webhooks: Webhooks, stop: str
    ) -> None:
        visitor = await self.stopped_and_gone_to_the_web(public, runtime, webhooks, stop)
        code = await asks_for_text(visitor)
        await webhooks.text(sid="SM4", Body=code, From=OTHER_PHONE)
        assert (await texted(runtime))[-1] == runtime.words.say("moved_to_phone", "en")
        await webhooks.text(sid="SM5", Body="It was on Tuesday", From=OTHER_PHONE)
        assert await routes(runtime) == ["new_report", "to_web", "stop", "code", "new_report"]

    async def test_a_stop_stays_with_its_phone_which_learns_how_to_go_on(
        self, public: httpx.AsyncClient, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        visitor = await self.stopped_and_gone_to_the_web(public, runtime, webhooks, "stopio")
        code = await asks_for_text(visitor)
        await webhooks.text(sid="SM4", Body=code)
        assert (await texted(runtime))[-1] == runtime.words.say("code_while_stopped", "en")
        await webhooks.text(sid="SM5", Body="start")
        phone = (await drafts(runtime))[Channel.SMS]
        messages = [m for m in await all_of(runtime, Message) if m.conversation_id == phone.id]
        assert HIDDEN in [m.text for m in messages]
        assert not [m for m in messages if m.sender == Sender.VICTIM and m.turn_id is None]
        assert not SHOWN.search("\n".join(await said(runtime)))
        await webhooks.text(sid="SM6", Body=code)
        assert (await texted(runtime))[-1] == runtime.words.say("moved_to_phone", "en")
        [draft] = [each for each in await all_of(runtime, Conversation) if each.phone]
        assert (draft.phone, draft.texts_stopped_at) == (PHONE, None)

    async def test_its_code_texted_to_us_is_no_use(
        self, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        await webhooks.text(sid="SM1", Body="Somebody shouted at me in the shop yesterday")
        await webhooks.text(sid="SM2", Body="back to web")
        code = code_in_words((await texted(runtime))[-1])
        await webhooks.text(sid="SM3", Body=f"code {code}", From=OTHER_PHONE)
        assert (await texted(runtime))[-1] == runtime.words.say("resume_code_elsewhere", "cy+en")
        assert len([each for each in await all_of(runtime, Conversation) if each.phone]) == 2

    async def test_what_was_sent_moves_nowhere(
        self, runtime: Runtime, webhooks: Webhooks, rasa: FakeRasa, client: RasaClient
    ) -> None:
        await webhooks.text(sid="SM1", Body="Somebody shouted at me in the shop yesterday")
        await open_case(runtime)
        async with runtime.database.session() as session:
            case = await session.scalar(select(Case))
            assert case is not None
            case.submitted_at = utc_now()
            await session.commit()
        await webhooks.text(sid="SM2", Body="back to the web")
        assert not SHOWN.search("\n".join(await texted(runtime)))
        assert (await said(runtime))[-1] == "back to the web"


@pytest.mark.parametrize("key", ["move_to_text", "move_to_web", "moved_to_phone"])
@pytest.mark.parametrize("language", ["cy", "en"])
def test_what_is_said_by_text_about_moving_is_short(
    runtime: Runtime, key: str, language: str
) -> None:
    words = runtime.words.say(
        key,
        language,  # type: ignore[arg-type]
        code="1234 5678 9012",
        number="07700 900000",
        hours=24,
        address="https://llais.dyfed-powys.police.uk",
    )
    assert segments(words) <= 2

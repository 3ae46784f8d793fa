"""A text is kept once and in order, joined with those beside it, and goes to whom it concerns."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from api.cases.models import Case
from api.conversations.drafts import drop_drafts
from api.conversations.models import Conversation, Message, Sender, Turn
from api.conversations.receive import ANSWER_CONVERSATION
from api.conversations.turn import answer_conversation
from api.database import utc_now
from api.runtime import Runtime
from api.texts.models import ReceivedText
from channels.rasa_client import RasaClient
from tests.api.backstage import age, all_of, jobs
from tests.api.fake_rasa import fake_rasa, saying
from tests.api.texts.test_keywords import WELSH, open_case, says
from tests.api.texts.twilio import Webhooks, conversation_of, count, routes, said, texted
from tests.conftest import RASA_TOKEN

PICTURE = {"NumMedia": "1", "MediaUrl0": "http://127.0.0.1:9/1", "MediaContentType0": "image/png"}


class TestOnceAndInOrder:
    async def test_an_old_text_brought_again_after_its_draft_is_gone_is_ignored(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1")
        async with runtime.database.session() as session:
            await drop_drafts(session, [(await conversation_of(runtime)).id])
            await session.commit()
        assert (await webhooks.text(sid="SM1")).status_code == 200
        assert await count(runtime, Conversation) == 0
        assert await count(runtime, Message) == 0

    async def test_a_text_taken_before_texts_were_remembered_apart_is_known(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body="STOPIO")
        async with runtime.database.session() as session:
            await session.execute(delete(ReceivedText))
            await session.commit()
        assert (await webhooks.text(sid="SM1", Body="DECHRAU")).status_code == 200
        assert (await conversation_of(runtime)).texts_stopped_at is not None

    async def test_texts_at_once_are_kept_in_one_order_and_answered_by_one_turn(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await asyncio.gather(*(webhooks.text(sid=f"SM{n}", Body=f"rhan {n}") for n in range(8)))
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            await answer_conversation(runtime, client, (await conversation_of(runtime)).id)
        assert rasa.texts == ["\n".join(await said(runtime))]
        assert sorted(await said(runtime)) == [f"rhan {n}" for n in range(8)]
        assert len(await texted(runtime)) == 2, "who we are, and one answer"

    async def test_a_text_delivered_late_is_answered_after_and_not_lost(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM2", Body="yr ail ran")
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            rasa.script(saying("Pryd?", question="when"))
            conversation_id = (await conversation_of(runtime)).id
            await answer_conversation(runtime, client, conversation_id)
            # Twilio had no answer to the first one and brings it again only now.
            await webhooks.text(sid="SM1", Body="y rhan gyntaf")
            await webhooks.text(sid="SM2", Body="yr ail ran")
            await answer_conversation(runtime, client, conversation_id)
        assert rasa.texts == ["yr ail ran", "y rhan gyntaf"]

    async def test_two_people_at_once_have_a_conversation_each(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await asyncio.gather(
            *(webhooks.text(sid=f"SM{n}", From=f"+4477009001{n:02}") for n in range(4))
        )
        assert await count(runtime, Conversation) == 4


class TestABurst:
    async def test_is_answered_once_the_person_has_paused(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        runtime.settings.sms_join_seconds = 5
        await webhooks.text(sid="SM1", Body="Wedyn")
        conversation_id = (await conversation_of(runtime)).id
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            await age(runtime, Message, timedelta(seconds=4), "sent_at")
            await webhooks.text(sid="SM2", Body="fe daflodd e botel")
            # Five seconds after the first text, but one after the second.
            await age(runtime, Message, timedelta(seconds=1), "sent_at")
            await answer_conversation(runtime, client, conversation_id)
            assert rasa.texts == []
            [again] = await jobs(runtime, ANSWER_CONVERSATION)
            assert again["scheduled_at"] > utc_now()
            await age(runtime, Message, timedelta(seconds=5), "sent_at")
            await answer_conversation(runtime, client, conversation_id)
        assert rasa.texts == ["Wedyn\nfe daflodd e botel"]
        assert await count(runtime, Turn) == 1

    async def test_that_does_not_end_is_answered_all_the_same(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        runtime.settings.sms_join_seconds = 5
        await webhooks.text(sid="SM1", Body="un")
        await age(runtime, Message, timedelta(seconds=21), "sent_at")
        await webhooks.text(sid="SM2", Body="dau")
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            await answer_conversation(runtime, client, (await conversation_of(runtime)).id)
        assert rasa.texts == ["un\ndau"]

    async def test_that_came_before_the_clock_was_set_back_is_over(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        runtime.settings.sms_join_seconds = 5
        await webhooks.text(sid="SM1", Body="un")
        await age(runtime, Message, timedelta(hours=-1), "sent_at")
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            await answer_conversation(runtime, client, (await conversation_of(runtime)).id)
        assert rasa.texts == ["un"]


class TestAPicture:
    async def test_without_words_is_answered_kindly_and_never_asked_of_the_assistant(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        waiting = len(await jobs(runtime, ANSWER_CONVERSATION))
        before = len(await texted(runtime))
        for sid in ("SM2", "SM3"):
            await webhooks.text(sid=sid, Body="", **PICTURE)
        assert (await texted(runtime))[before:] == [says(runtime, "picture_not_taken", "cy")]
        assert len(await jobs(runtime, ANSWER_CONVERSATION)) == waiting
        assert (await said(runtime))[1:] == [says(runtime, "picture_came", "cy")] * 2

    async def test_with_words_has_the_words_answered_too(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(Body=WELSH, **PICTURE)
        assert (await texted(runtime))[-1] == says(runtime, "picture_not_taken", "cy")
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            await answer_conversation(runtime, client, (await conversation_of(runtime)).id)
        assert rasa.texts == [WELSH]

    async def test_as_a_first_text_is_answered_after_who_we_are(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(Body="", **PICTURE)
        assert await texted(runtime) == [
            says(runtime, "opening_text", "cy+en"),
            says(runtime, "picture_not_taken", "cy+en"),
        ]

    @pytest.mark.parametrize("body", ["", "  \n"])
    async def test_a_text_without_anything_is_answered_and_not_asked_of_the_assistant(
        self, webhooks: Webhooks, runtime: Runtime, body: str
    ) -> None:
        await webhooks.text(Body=body)
        assert (await texted(runtime))[-1] == says(runtime, "blank_text", "cy+en")
        assert await jobs(runtime, ANSWER_CONVERSATION) == []


async def test_only_a_submitted_report_makes_status_a_question(
    webhooks: Webhooks, runtime: Runtime
) -> None:
    await webhooks.text(sid="SM1", Body=WELSH)
    await open_case(runtime)
    await webhooks.text(sid="SM2", Body="statws")
    async with runtime.database.session() as session:
        await session.execute(update(Case).values(submitted_at=utc_now()))
        await session.commit()
    await webhooks.text(sid="SM3", Body="statws")
    assert await routes(runtime) == ["new_report", "new_report", "status"]
    async with runtime.database.session() as session:
        waiting = await session.scalars(
            select(Message.text).where(Message.turn_id.is_(None), Message.sender == Sender.VICTIM)
        )
        assert "statws" in list(waiting), "the dialogue answers it"


async def test_everything_that_comes_is_kept_with_what_it_was_taken_for(
    webhooks: Webhooks, runtime: Runtime
) -> None:
    for n, words in enumerate((WELSH, "cymorth", "stopio", "mae mwy", "dechrau", "")):
        await webhooks.text(sid=f"SM{n}", Body=words)
    assert await routes(runtime) == [
        *("new_report", "help", "stop", "follow_up", "start", "blank"),
    ]
    assert len([m for m in await all_of(runtime, Message) if m.sender == Sender.VICTIM]) == 6

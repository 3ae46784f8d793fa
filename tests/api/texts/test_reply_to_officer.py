"""What a person texts once an officer's words have left for them is the officer's, and nothing before that is."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from api.conversations.models import Conversation, Message, Sender
from api.conversations.receive import lock_conversation
from api.conversations.resume import issue_code
from api.conversations.say import say
from api.conversations.turn import answer_conversation
from api.conversations.typed_code import HIDDEN
from api.database import utc_now
from api.runtime import Runtime
from api.texts.models import Failure, Hold, OutgoingText, TextState
from channels.rasa_client import RasaClient
from tests.api.backstage import age, alerts, new_conversation
from tests.api.conversations.test_moving import asks_for_text
from tests.api.fake_rasa import fake_rasa
from tests.api.public_visitor import ChatVisitor
from tests.api.texts.test_arriving import PICTURE
from tests.api.texts.test_keywords import WELSH, open_case, says
from tests.api.texts.twilio import Webhooks, conversation_of, routes, said, texted
from tests.conftest import RASA_TOKEN


async def officer_says(runtime: Runtime, **options: Any) -> None:
    """An officer writes; the text waits to be sent."""
    conversation = await conversation_of(runtime)
    async with runtime.database.session() as session:
        locked = await lock_conversation(session, conversation.id)
        assert locked is not None
        await say(session, runtime, locked, "Pryd alla i ffonio?", sender=Sender.OFFICER, **options)
        await session.commit()


async def all_leave(runtime: Runtime) -> None:
    """Twilio takes every text that is held for nothing."""
    async with runtime.database.session() as session:
        await session.execute(
            update(OutgoingText)
            .where(OutgoingText.state == TextState.QUEUED, OutgoingText.held_for.is_(None))
            .values(state=TextState.ACCEPTED, handed_over_at=utc_now())
        )
        await session.commit()


async def officer_writes(runtime: Runtime) -> None:
    await officer_says(runtime)
    await all_leave(runtime)


async def change_officers_text(runtime: Runtime, **columns: Any) -> None:
    officers = select(Message.id).where(Message.sender == Sender.OFFICER)
    async with runtime.database.session() as session:
        await session.execute(
            update(OutgoingText).where(OutgoingText.message_id.in_(officers)).values(**columns)
        )
        await session.commit()


class TestAReplyToAnOfficer:
    async def test_goes_to_the_officer_and_not_to_the_assistant(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await open_case(runtime)
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            conversation_id = (await conversation_of(runtime)).id
            await answer_conversation(runtime, client, conversation_id)
            await officer_writes(runtime)
            before = len(await texted(runtime))
            await webhooks.text(sid="SM2", Body="Fory am ddau")
            await webhooks.text(sid="SM3", Body="neu ar ôl pump")
            await answer_conversation(runtime, client, conversation_id)
            assert rasa.texts == [WELSH]
        assert (await texted(runtime))[before:] == [says(runtime, "given_to_officer", "cy")]
        assert await routes(runtime) == ["new_report", "to_officer", "to_officer"]
        assert [reason for reason, _ in await alerts(runtime)] == ["person_replied"]

    async def test_shows_no_code_to_come_back_by_but_every_number_that_is_none(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await open_case(runtime)
        await officer_writes(runtime)
        draft = await new_conversation(runtime)
        async with runtime.database.session() as session:
            locked = await lock_conversation(session, draft)
            assert locked is not None
            code = await issue_code(session, runtime, locked)
            await session.commit()
        for n, words in enumerate((code, f"fy nghod i yw {code}", "447911 123456")):
            await webhooks.text(sid=f"SM2{n}", Body=words)
        assert await routes(runtime) == ["new_report", *["to_officer"] * 3]
        assert (await said(runtime))[1:] == [HIDDEN, HIDDEN, "447911 123456"]

    async def test_help_between_does_not_end_the_officers_turn(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await officer_writes(runtime)
        await webhooks.text(sid="SM2", Body="cymorth")
        await webhooks.text(sid="SM3", Body="Fory am ddau")
        assert (await routes(runtime))[-1] == "to_officer"

    async def test_a_new_report_is_the_assistants_again(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await officer_writes(runtime)
        await webhooks.text(sid="SM2", Body="Adroddiad newydd")
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            await answer_conversation(runtime, client, (await conversation_of(runtime)).id)
        assert "Adroddiad newydd" in rasa.texts[0]
        await all_leave(runtime)
        await webhooks.text(sid="SM3", Body="Digwyddodd e eto ddoe")
        assert (await routes(runtime))[-2:] == ["new_report", "new_report"]

    async def test_days_later_is_a_text_like_any_other(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await officer_writes(runtime)
        await age(runtime, OutgoingText, timedelta(hours=73), "handed_over_at")
        await webhooks.text(sid="SM2", Body="Digwyddodd e eto ddoe")
        assert (await routes(runtime))[-1] == "new_report"

    async def test_while_the_officer_writes_live_needs_no_acknowledgement(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        async with runtime.database.session() as session:
            await session.execute(update(Conversation).values(taken_over_at=utc_now()))
            await session.commit()
        before = len(await texted(runtime))
        await webhooks.text(sid="SM2", Body="Ydych chi yna?")
        assert len(await texted(runtime)) == before
        assert (await routes(runtime))[-1] == "to_officer"
        assert await alerts(runtime) == []


class TestBeforeTheOfficersWordsHaveLeft:
    async def test_a_text_is_no_answer_to_them_and_once_they_have_it_is(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await officer_says(runtime, not_before=utc_now() + timedelta(hours=9))
        await webhooks.text(sid="SM2", Body="2")
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            await answer_conversation(runtime, client, (await conversation_of(runtime)).id)
        await all_leave(runtime)
        # In the morning: the officer wrote before the assistant, and is heard after.
        await change_officers_text(
            runtime, state=TextState.ACCEPTED, held_for=None, handed_over_at=utc_now()
        )
        await webhooks.text(sid="SM3", Body="Fory am ddau")
        assert await routes(runtime) == ["new_report", "new_report", "to_officer"]

    @pytest.mark.parametrize(
        "fate",
        [
            {"state": TextState.FAILED, "failure": Failure.NOT_WANTED},
            {"state": TextState.FAILED, "failure": Failure.REFUSED, "handed_over_at": utc_now()},
            {"state": TextState.UNDELIVERED, "handed_over_at": utc_now()},
            # Twilio was away, and meanwhile the safe hours ended.
            {"state": TextState.SENDING, "handed_over_at": utc_now(), "held_for": Hold.HOURS},
        ],
    )
    async def test_what_never_left_waits_for_no_answer(
        self, webhooks: Webhooks, runtime: Runtime, fate: dict[str, Any]
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await officer_says(runtime)
        await change_officers_text(runtime, **fate)
        await webhooks.text(sid="SM2", Body="Digwyddodd e eto ddoe")
        assert (await routes(runtime))[-1] == "new_report"

    async def test_what_was_read_on_the_web_has_left(
        self, public: httpx.AsyncClient, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        visitor = await ChatVisitor.arrive(public, "cy")
        await visitor.say(WELSH)
        code = await asks_for_text(visitor)
        await officer_says(runtime)
        await webhooks.text(sid="SM1", Body=code)
        await webhooks.text(sid="SM2", Body="Fory am ddau")
        assert await routes(runtime) == ["code", "to_officer"]
        # Since then we have said where it goes on.
        await all_leave(runtime)
        await webhooks.text(sid="SM3", Body="Beth nesaf?")
        assert (await routes(runtime))[-1] == "new_report"


class TestAPictureForAnOfficer:
    async def test_is_seen_by_the_officer(self, webhooks: Webhooks, runtime: Runtime) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await open_case(runtime)
        await officer_writes(runtime)
        await webhooks.text(sid="SM2", Body="", **PICTURE)
        assert [reason for reason, _ in await alerts(runtime)] == ["person_replied"]
        assert (await texted(runtime))[-1] == says(runtime, "picture_not_taken", "cy")

    async def test_with_the_first_words_leaves_the_next_words_to_the_officer_too(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await officer_writes(runtime)
        before = len(await texted(runtime))
        await webhooks.text(sid="SM2", Body="Dyma beth wnaethon nhw", **PICTURE)
        await webhooks.text(sid="SM3", Body="Fory am ddau")
        assert (await texted(runtime))[before:] == [
            says(runtime, "given_to_officer_without_picture", "cy")
        ], "one text says both"
        assert (await routes(runtime))[-2:] == ["to_officer", "to_officer"]

    async def test_after_the_first_words_is_answered_for_itself(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await officer_writes(runtime)
        await webhooks.text(sid="SM2", Body="Fory am ddau")
        await webhooks.text(sid="SM3", Body="Dyma beth wnaethon nhw", **PICTURE)
        assert (await texted(runtime))[-2:] == [
            says(runtime, "given_to_officer", "cy"),
            says(runtime, "picture_not_taken", "cy"),
        ]

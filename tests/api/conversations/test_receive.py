"""What is saved, decided and queued when a message arrives, before anybody has read it."""

import asyncio

import pytest
from sqlalchemy import select, update

from api.alerts.escalation import ESCALATE
from api.alerts.models import Alert, AlertReason
from api.cases.models import Case, Grade, Status
from api.conversations.models import Audience, Channel, Conversation, Kind, Message, Sender
from api.conversations.receive import (
    ANSWER_CONVERSATION,
    NO_QUESTION,
    lock_conversation,
    receive_message,
)
from api.conversations.say import SEND_TEXT
from api.officers.models import Role
from api.runtime import Runtime
from api.texts.models import OutgoingText
from api.words import Language
from tests.api.backstage import (
    IN_DANGER,
    IN_DESPAIR,
    acknowledge_all,
    add_officer,
    alerts,
    all_of,
    answers,
    jobs,
    new_conversation,
    only,
    tell,
)

ACCOUNT = "Gwaeddodd dyn arna i ar y bws ddoe, wrth ymyl tŷ Mam"


class TestAMessage:
    async def test_is_saved_with_its_language_its_safety_and_one_job(
        self, runtime: Runtime
    ) -> None:
        conversation_id = await new_conversation(runtime)
        saved = await tell(runtime, conversation_id, ACCOUNT)
        message = await only(runtime, Message)
        assert saved is not None
        assert (message.id, message.text) == (saved.id, ACCOUNT)
        assert (message.sender, message.audience) == (Sender.VICTIM, Audience.VICTIM)
        assert (message.language, message.language_reason) == ("cy", "first-message")
        assert message.safety is not None
        assert (message.safety["danger"], message.safety["suicide"]) == ("none", "none")
        assert (await only(runtime, Conversation)).language == "cy"
        [job] = await jobs(runtime)
        assert job["task_name"] == ANSWER_CONVERSATION
        assert job["args"] == {"conversation_id": str(conversation_id)}

    async def test_is_lost_with_its_job_when_it_is_not_committed(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime)
        async with runtime.database.session() as session:
            conversation = await lock_conversation(session, conversation_id)
            assert conversation is not None
            await receive_message(session, runtime, conversation, IN_DANGER, "web:1")
        assert await all_of(runtime, Message) == []
        assert await all_of(runtime, Alert) == []
        assert await jobs(runtime) == []

    async def test_that_comes_twice_is_kept_once(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime)
        assert await tell(runtime, conversation_id, ACCOUNT, "sms:SM1") is not None
        assert await tell(runtime, conversation_id, ACCOUNT, "sms:SM1") is None
        assert (await only(runtime, Message)).text == ACCOUNT
        assert len(await jobs(runtime)) == 1

    async def test_that_comes_five_times_at_once_is_kept_once(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime)
        kept = await asyncio.gather(
            *(tell(runtime, conversation_id, IN_DANGER, "sms:SM1") for _ in range(5))
        )
        assert sum(message is not None for message in kept) == 1
        said = await all_of(runtime, Message)
        assert sorted(message.sender for message in said) == [Sender.ASSISTANT, Sender.VICTIM]

    async def test_knows_the_question_that_its_writer_saw(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime, open_question="when_text")
        await tell(runtime, conversation_id, "ddoe")
        assert (await only(runtime, Message)).question == "when_text"

    async def test_of_one_short_word_does_not_switch_the_language(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime)
        await tell(runtime, conversation_id, ACCOUNT)
        await tell(runtime, conversation_id, "ok")
        assert (await only(runtime, Conversation)).language == "cy"

    @pytest.mark.parametrize(("spoken", "named"), [("en", "Welsh"), ("cy", "Saesneg")])
    async def test_that_names_the_officers_language_changes_that_alone(
        self, runtime: Runtime, spoken: str, named: str
    ) -> None:
        asked = await new_conversation(runtime, open_question="languages", language=spoken)
        await tell(runtime, asked, named)
        message = await only(runtime, Message)
        assert (message.language, message.language_reason) == (spoken, "answer")
        assert (await only(runtime, Conversation)).language == spoken

    @pytest.mark.parametrize(("spoken", "wanted"), [("en", "cy"), ("cy", "en")])
    async def test_of_the_pages_switch_changes_the_language_and_answers_no_question(
        self, runtime: Runtime, spoken: str, wanted: Language
    ) -> None:
        asked = await new_conversation(runtime, open_question="languages", language=spoken)
        await tell(runtime, asked, runtime.words.say("chat_switch_request", wanted))
        message = await only(runtime, Message)
        assert (message.language, message.language_reason) == (wanted, "requested")
        assert message.question == NO_QUESTION
        assert (await only(runtime, Conversation)).language == wanted

    async def test_of_the_same_words_by_text_is_an_answer(self, runtime: Runtime) -> None:
        asked = await new_conversation(
            runtime, Channel.SMS, open_question="languages", language="en"
        )
        await tell(runtime, asked, runtime.words.say("chat_switch_request", "cy"))
        message = await only(runtime, Message)
        assert (message.language, message.question) == ("en", "languages")

    @pytest.mark.parametrize(("spoken", "named"), [("en", "Welsh"), ("cy", "Saesneg")])
    async def test_that_names_a_language_at_another_question_changes_it(
        self, runtime: Runtime, spoken: str, named: str
    ) -> None:
        asked = await new_conversation(runtime, open_question="where", language=spoken)
        await tell(runtime, asked, named)
        assert (await only(runtime, Conversation)).language != spoken

    async def test_that_tells_no_language_leaves_it_open(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime)
        await tell(runtime, conversation_id, "ok")
        assert (await only(runtime, Conversation)).language is None

    @pytest.mark.parametrize(
        "words", ["/restart", '/intent{"x":1}', "<script>x</script>", "'; drop table messages; --"]
    )
    async def test_is_kept_as_it_was_written(self, runtime: Runtime, words: str) -> None:
        conversation_id = await new_conversation(runtime)
        kept = await tell(runtime, conversation_id, words)
        assert kept is not None
        async with runtime.database.session() as session:
            assert (await session.get_one(Message, kept.id)).text == words

    async def test_by_text_waits_a_moment_for_more(self, runtime: Runtime) -> None:
        runtime.settings.sms_join_seconds = 2.0
        sms = await new_conversation(runtime, Channel.SMS)
        web = await new_conversation(runtime)
        await tell(runtime, sms, ACCOUNT)
        await tell(runtime, web, ACCOUNT)
        waits = {
            job["args"]["conversation_id"]: job["scheduled_at"] is not None
            for job in await jobs(runtime, ANSWER_CONVERSATION)
        }
        assert waits == {str(sms): True, str(web): False}


class TestDanger:
    @pytest.mark.parametrize(
        ("words", "number"),
        [(IN_DANGER, "999"), (IN_DESPAIR, "116 123")],
        ids=["danger", "despair"],
    )
    async def test_is_answered_at_once_with_worker_and_rasa_away(
        self, runtime: Runtime, words: str, number: str
    ) -> None:
        conversation_id = await new_conversation(runtime)
        message = await tell(runtime, conversation_id, words)
        async with runtime.database.session() as session:
            card = await session.scalar(select(Message).where(Message.sender == Sender.ASSISTANT))
        assert message is not None
        assert card is not None
        assert (card.kind, card.reply_to) == (Kind.EMERGENCY, message.id)
        assert card.language == message.language
        assert number in card.text

    async def test_opens_a_case_of_its_own_and_alerts_every_officer_on_duty(
        self, runtime: Runtime
    ) -> None:
        await add_officer(runtime, "megan")
        await add_officer(runtime, "tomos")
        await add_officer(runtime, "off", on_duty=False)
        conversation_id = await new_conversation(runtime)
        await tell(runtime, conversation_id, IN_DANGER)
        case = await only(runtime, Case)
        assert (case.status, case.grade) == (Status.URGENT, Grade.HIGH)
        assert case.conversation_id == conversation_id
        assert await alerts(runtime) == [("urgent", 2)]
        assert (await only(runtime, Conversation)).urgent_since is not None

    async def test_with_nobody_on_duty_alerts_everybody_who_works_on_cases(
        self, runtime: Runtime
    ) -> None:
        await add_officer(runtime, "megan", on_duty=False)
        await add_officer(runtime, "tomos", on_duty=False)
        await add_officer(runtime, "audit", on_duty=False, role=Role.AUDITOR)
        await tell(runtime, await new_conversation(runtime), IN_DANGER)
        assert await alerts(runtime) == [("urgent", 2)]

    async def test_told_again_does_not_alert_again_while_an_alert_stands(
        self, runtime: Runtime
    ) -> None:
        conversation_id = await new_conversation(runtime)
        for _ in range(3):
            await tell(runtime, conversation_id, IN_DANGER)
        assert await alerts(runtime) == [(AlertReason.URGENT, 0)]
        assert len(await answers(runtime, conversation_id)) == 3, "each is answered with the card"

    async def test_told_again_after_the_acknowledgement_alerts_again(
        self, runtime: Runtime
    ) -> None:
        conversation_id = await new_conversation(runtime)
        await tell(runtime, conversation_id, IN_DANGER)
        await acknowledge_all(runtime)
        await tell(runtime, conversation_id, IN_DESPAIR)
        assert await alerts(runtime) == [("urgent", 0), ("urgent", 0)]
        await only(runtime, Case)

    async def test_raises_a_grade_that_was_lower(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime)
        await tell(runtime, conversation_id, IN_DANGER)
        async with runtime.database.session() as session:
            await session.execute(update(Case).values(grade=Grade.STANDARD))
            await session.commit()
        await tell(runtime, conversation_id, IN_DANGER)
        assert (await only(runtime, Case)).grade == Grade.HIGH

    async def test_by_text_the_card_is_queued_before_the_turn(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime, Channel.SMS)
        await tell(runtime, conversation_id, IN_DANGER)
        await only(runtime, OutgoingText)
        tasks = [job["task_name"] for job in await jobs(runtime)]
        assert [task for task in tasks if task != ESCALATE] == [SEND_TEXT, ANSWER_CONVERSATION]

    async def test_that_is_not_there_shows_no_card(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime)
        await tell(runtime, conversation_id, ACCOUNT)
        assert await answers(runtime, conversation_id) == []
        assert await alerts(runtime) == []

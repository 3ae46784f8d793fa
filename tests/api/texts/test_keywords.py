"""STOP, START and HELP in both languages: done at once, answered once, never given to the assistant."""

import pytest

from api.alerts.models import AlertReason
from api.alerts.service import case_of_conversation
from api.conversations.models import Message, Sender, Turn, TurnState
from api.conversations.receive import ANSWER_CONVERSATION, lock_conversation
from api.conversations.turn import answer_conversation
from api.runtime import Runtime
from channels.rasa_client import RasaClient
from channels.sms import segments
from tests.api.backstage import IN_DANGER, acknowledge_all, alerts, all_of, jobs
from tests.api.fake_rasa import FakeRasa, fake_rasa, saying
from tests.api.texts.twilio import Webhooks, conversation_of, routes, said, texted
from tests.conftest import RASA_TOKEN

WELSH = "Fe waeddodd dyn arna i ar y bws ddoe, wrth ymyl y tŷ."
ENGLISH = "A man shouted at me on the bus yesterday, near the house."


async def open_case(runtime: Runtime) -> str:
    """A case for the only conversation, as an alert makes one. Returns its reference."""
    conversation = await conversation_of(runtime)
    async with runtime.database.session() as session:
        locked = await lock_conversation(session, conversation.id)
        assert locked is not None
        case = await case_of_conversation(session, locked)
        await session.commit()
    return case.reference


def says(runtime: Runtime, key: str, language: str) -> str:
    return runtime.words.say(key, language)  # type: ignore[arg-type]


class TestHelp:
    @pytest.mark.parametrize(
        ("first", "word", "language"),
        [(WELSH, "CYMORTH", "cy"), (WELSH, "Help", "cy"), (ENGLISH, "help!", "en")],
    )
    async def test_is_answered_in_the_persons_language_before_the_assistant(
        self, webhooks: Webhooks, runtime: Runtime, first: str, word: str, language: str
    ) -> None:
        await webhooks.text(sid="SM1", Body=first)
        waiting = len(await jobs(runtime, ANSWER_CONVERSATION))
        await webhooks.text(sid="SM2", Body=word)
        help_text = (await texted(runtime))[-1]
        assert help_text == says(runtime, "texts_help", language)
        assert "999" in help_text
        assert "101" in help_text
        assert len(await jobs(runtime, ANSWER_CONVERSATION)) == waiting
        assert (await conversation_of(runtime)).language == language

    async def test_as_a_first_word_it_is_answered_alone_in_both_languages(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(Body="HELP")
        assert await texted(runtime) == [says(runtime, "texts_help", "cy+en")]
        assert await jobs(runtime, ANSWER_CONVERSATION) == []

    async def test_in_welsh_as_a_first_word_it_is_answered_in_welsh(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(Body="cymorth")
        assert await texted(runtime) == [says(runtime, "texts_help", "cy")]

    def test_is_two_segments_at_most_even_in_both_languages(self, runtime: Runtime) -> None:
        for key in ("texts_help", "texts_started", "texts_stopped", "wrote_while_stopped"):
            assert segments(says(runtime, key, "cy+en")) <= 2, key

    async def test_the_officer_sees_that_it_was_asked_for(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(Body="cymorth")
        assert await said(runtime) == ["cymorth"]
        [turn] = await all_of(runtime, Turn)
        assert turn.state == TurnState.ANSWERED


class TestStop:
    async def test_in_welsh_is_confirmed_once_and_says_how_to_go_on(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        before = len(await texted(runtime))
        for sid in ("SM2", "SM3"):
            await webhooks.text(sid=sid, Body="STOPIO")
        assert (await texted(runtime))[before:] == [says(runtime, "texts_stopped", "cy")]
        conversation = await conversation_of(runtime)
        assert conversation.texts_stopped_by == "person"
        assert await said(runtime) == [WELSH, "STOPIO", "STOPIO"]

    @pytest.mark.parametrize("word", ["STOP", "stopall", "Cancel", "quit", "END", "optout"])
    async def test_at_the_network_is_left_to_twilio_to_answer(
        self, webhooks: Webhooks, runtime: Runtime, word: str
    ) -> None:
        await webhooks.text(Body=word)
        assert (await conversation_of(runtime)).texts_stopped_by == "network"
        assert await texted(runtime) == []

    async def test_that_twilio_has_answered_itself_is_not_answered_again(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(Body="STOPIO", OptOutType="STOP")
        assert (await conversation_of(runtime)).texts_stopped_by == "network"
        assert await texted(runtime) == []

    async def test_does_not_reach_the_assistant_and_leaves_what_was_told(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=ENGLISH)
        await webhooks.text(sid="SM2", Body="STOP")
        messages = await all_of(runtime, Message)
        waiting = [m.text for m in messages if m.sender == Sender.VICTIM and m.turn_id is None]
        assert waiting == [ENGLISH]

    async def test_after_stopio_stop_is_a_stop_at_the_network(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body="stopio")
        await webhooks.text(sid="SM2", Body="stop")
        assert (await conversation_of(runtime)).texts_stopped_by == "network"
        await webhooks.text(sid="SM3", Body="stopio")
        assert (await conversation_of(runtime)).texts_stopped_by == "network"


class TestWritingAgainAfterStopping:
    async def test_is_kept_answered_once_and_told_to_the_officer(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=WELSH)
        await open_case(runtime)
        await webhooks.text(sid="SM2", Body="STOPIO")
        before = len(await texted(runtime))
        for n in range(3):
            await webhooks.text(sid=f"SM3{n}", Body=f"Digwyddodd e ddydd Mawrth hefyd, rhif {n}")
        assert (await texted(runtime))[before:] == [says(runtime, "wrote_while_stopped", "cy")]
        assert len(await said(runtime)) == 5
        assert [reason for reason, _ in await alerts(runtime)] == ["information_added"]

    async def test_after_a_stop_at_the_network_nothing_is_sent_in_vain(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body="STOP")
        await webhooks.text(sid="SM2", Body=IN_DANGER)
        assert await texted(runtime) == []
        assert (await alerts(runtime))[0][0] == AlertReason.URGENT.value

    async def test_danger_after_stopio_still_brings_the_card(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body="STOPIO")
        await webhooks.text(sid="SM2", Body=IN_DANGER)
        assert says(runtime, "danger_card", "cy") in await texted(runtime)

    async def test_is_given_to_the_assistant_once_texts_may_come_again(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            await self.take_up(webhooks, runtime, rasa, client)

    async def take_up(
        self, webhooks: Webhooks, runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        await webhooks.text(sid="SM1", Body="STOPIO")
        await webhooks.text(sid="SM2", Body=WELSH)
        conversation_id = (await conversation_of(runtime)).id
        await answer_conversation(runtime, client, conversation_id)
        assert rasa.texts == []
        await webhooks.text(sid="SM3", Body="DECHRAU")
        await answer_conversation(runtime, client, conversation_id)
        assert rasa.texts == [WELSH]
        assert (await texted(runtime))[-2:] == [says(runtime, "texts_started", "cy"), "Iawn."]


class TestStart:
    async def test_holds_nobody_to_a_question_that_they_may_not_have_seen(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=ENGLISH)
        await webhooks.text(sid="SM2", Body="STOPIO")
        async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
            rasa.script(saying("When was it?", question="when"))
            conversation_id = (await conversation_of(runtime)).id
            await answer_conversation(runtime, client, conversation_id)
            assert "When was it?" not in await texted(runtime)
            await webhooks.text(sid="SM3", Body="START")
            await webhooks.text(sid="SM4", Body="hello again")
            await answer_conversation(runtime, client, conversation_id)
        assert [call["metadata"]["returned"] for call in rasa.calls] == [False, True]

    @pytest.mark.parametrize(
        ("first", "stop", "start", "language"),
        [
            (WELSH, "STOPIO", "DECHRAU", "cy"),
            (WELSH, "STOP", "START", "cy"),
            (ENGLISH, "STOP", "start", "en"),
            (ENGLISH, "STOP", "Yes", "en"),
            (ENGLISH, "stopio", "unstop", "en"),
        ],
    )
    async def test_only_lets_texts_come_again_and_says_so_kindly(
        self,
        webhooks: Webhooks,
        runtime: Runtime,
        first: str,
        stop: str,
        start: str,
        language: str,
    ) -> None:
        await webhooks.text(sid="SM1", Body=first)
        await webhooks.text(sid="SM2", Body=stop)
        before, waiting = len(await texted(runtime)), len(await jobs(runtime, ANSWER_CONVERSATION))
        await webhooks.text(sid="SM3", Body=start)
        conversation = await conversation_of(runtime)
        assert conversation.texts_stopped_at is None
        assert conversation.texts_stopped_by is None
        assert (await texted(runtime))[before:] == [says(runtime, "texts_started", language)]
        assert len(await jobs(runtime, ANSWER_CONVERSATION)) == waiting

    async def test_twice_is_answered_once(self, webhooks: Webhooks, runtime: Runtime) -> None:
        for sid in ("SM1", "SM2", "SM3"):
            await webhooks.text(sid=sid, Body="Dechrau")
        assert await texted(runtime) == [says(runtime, "texts_started", "cy")]

    async def test_that_twilio_has_answered_is_not_answered_again(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body="STOP", OptOutType="STOP")
        await webhooks.text(sid="SM2", Body="START", OptOutType="START")
        assert (await conversation_of(runtime)).texts_stopped_at is None
        assert await texted(runtime) == []

    async def test_yes_is_an_answer_unless_texts_are_stopped_at_the_network(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text(sid="SM1", Body=ENGLISH)
        await webhooks.text(sid="SM2", Body="yes")
        assert await routes(runtime) == ["new_report", "new_report"]
        assert len(await jobs(runtime, ANSWER_CONVERSATION)) == 1


async def test_a_keyword_delivered_twice_is_done_once(webhooks: Webhooks, runtime: Runtime) -> None:
    await webhooks.text(sid="SM1", Body="STOPIO")
    await webhooks.text(sid="SM2", Body="DECHRAU")
    # Twilio did not hear our answer to the first, and brings it again.
    await webhooks.text(sid="SM1", Body="STOPIO")
    assert (await conversation_of(runtime)).texts_stopped_at is None
    await acknowledge_all(runtime)
    assert await routes(runtime) == ["stop", "start"]

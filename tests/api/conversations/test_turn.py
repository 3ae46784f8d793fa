"""Turns: everything is answered, once, whatever dies in between."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from api.alerts.models import Alert
from api.cases.models import Case
from api.conversations.models import Conversation, Kind, Message, Sender, Turn, TurnState
from api.conversations.receive import ANSWER_CONVERSATION, lock_conversation, receive_message
from api.conversations.turn import PATIENCE, _keep_answer, _open_turn, answer_conversation
from api.jobs import TURNS
from api.runtime import Runtime
from api.worker import jobs_of
from channels.rasa_client import RasaClient
from channels.sms import TwilioTexts
from tests.api.backstage import (
    IN_DANGER,
    add_officer,
    age_turn,
    alerts,
    all_of,
    answers,
    forget_jobs,
    jobs,
    new_conversation,
    only,
    tell,
)
from tests.api.fake_rasa import FakeRasa, saying
from tests.conftest import RASA_TOKEN
from tests.serving import free_port

ACCOUNT = "Gwaeddodd dyn arna i ar y bws ddoe"


async def unanswered(runtime: Runtime) -> list[str]:
    """What a person said that stands in no answered turn."""
    done = {turn.id for turn in await all_of(runtime, Turn) if turn.state == TurnState.ANSWERED}
    return [
        message.text
        for message in await all_of(runtime, Message)
        if message.sender == Sender.VICTIM and message.turn_id not in done
    ]


@pytest.fixture
async def conversation_id(runtime: Runtime) -> UUID:
    return await new_conversation(runtime)


class TestATurn:
    async def test_gives_rasa_the_words_and_what_the_api_decided(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        told = await tell(runtime, conversation_id, ACCOUNT)
        await answer_conversation(runtime, client, conversation_id)
        turn = await only(runtime, Turn)
        assert told is not None
        assert rasa.calls == [
            {
                "message_id": str(turn.id),
                "conversation_id": str(conversation_id),
                "text": ACCOUNT,
                "metadata": {
                    "language": "cy",
                    "channel": "web",
                    "sent_at": told.sent_at.isoformat(),
                    "question": None,
                    "returned": False,
                    "safety": {"danger": "none", "suicide": "none", "flags": []},
                },
            }
        ]
        assert rasa.authorizations == [f"Bearer {RASA_TOKEN}"]
        assert turn.state == TurnState.ANSWERED

    async def test_keeps_every_reply_with_what_belongs_to_it(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        choices = [{"label": "Ie", "value": "Ie"}]
        rasa.script(saying("Un.", "Dau.", question="when_text", choices=choices, kind="summary"))
        asked = await tell(runtime, conversation_id, ACCOUNT)
        await answer_conversation(runtime, client, conversation_id)
        assert asked is not None
        replies = [m for m in await all_of(runtime, Message) if m.sender == Sender.ASSISTANT]
        assert [(r.text, r.kind, r.choices, r.reply_to) for r in replies] == [
            ("Un.", Kind.TEXT, None, asked.id),
            ("Dau.", Kind.SUMMARY, choices, asked.id),
        ]
        assert (await only(runtime, Conversation)).open_question == "when_text"

    async def test_of_a_conversation_without_news_asks_nothing(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        await answer_conversation(runtime, client, conversation_id)
        assert rasa.calls == []

    async def test_of_a_conversation_that_was_dropped_is_no_fault(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        await answer_conversation(runtime, client, UUID(int=1))
        assert rasa.calls == []

    async def test_of_a_picture_without_words_asks_the_question_again(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        await tell(runtime, conversation_id, "")
        await answer_conversation(runtime, client, conversation_id)
        assert rasa.texts == ["?"]


class TestSeveralMessages:
    async def test_to_one_question_are_answered_together_in_their_order(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        conversation_id = await new_conversation(runtime, open_question="account")
        await tell(runtime, conversation_id, "dyn ar y bws")
        last = await tell(runtime, conversation_id, IN_DANGER)
        await answer_conversation(runtime, client, conversation_id)
        assert last is not None
        [call] = rasa.calls
        assert call["text"] == f"dyn ar y bws\n{IN_DANGER}"
        assert call["metadata"]["question"] == "account"
        assert call["metadata"]["safety"]["danger"] == "card", "the strongest of both"
        replies = [m for m in await all_of(runtime, Message) if m.text == "Iawn."]
        assert [reply.reply_to for reply in replies] == [last.id]

    async def test_are_dated_by_the_first_of_them_however_late_they_are_answered(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        first = await tell(runtime, conversation_id, "heno ar y bws")
        await tell(runtime, conversation_id, "tua 9")
        assert first is not None
        before_midnight = datetime(2026, 3, 7, 23, 50, tzinfo=UTC)
        async with runtime.database.session() as session:
            await session.execute(
                update(Message).where(Message.id == first.id).values(sent_at=before_midnight)
            )
            await session.commit()
        await answer_conversation(runtime, client, conversation_id)
        [call] = rasa.calls
        sent_at = datetime.fromisoformat(call["metadata"]["sent_at"])
        assert sent_at.tzinfo is not None
        assert sent_at == before_midnight

    async def test_to_two_questions_are_two_turns_each_with_its_own(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        conversation_id = await new_conversation(runtime)
        rasa.script(saying("Pryd?", question="when_text"), saying("Ble?", question="where_text"))
        await tell(runtime, conversation_id, ACCOUNT)
        opened = await _open_turn(runtime, conversation_id)
        # Written while the first is being answered, so before "Pryd?" was seen.
        await tell(runtime, conversation_id, "a dynes hefyd")
        assert opened is not None
        answer = await client.take_turn(opened.id, conversation_id, opened.text, opened.metadata)
        await _keep_answer(runtime, conversation_id, opened, answer)
        await tell(runtime, conversation_id, "ddoe")
        await answer_conversation(runtime, client, conversation_id)
        assert [(c["text"], c["metadata"]["question"]) for c in rasa.calls] == [
            (ACCOUNT, None),
            ("a dynes hefyd", None),
            ("ddoe", "when_text"),
        ]

    async def test_one_that_comes_while_a_turn_is_open_waits_for_the_next(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        await tell(runtime, conversation_id, "un")
        first = await _open_turn(runtime, conversation_id)
        await tell(runtime, conversation_id, "dau")
        again = await _open_turn(runtime, conversation_id)
        assert first is not None
        assert again is not None
        assert (again.id, again.text) == (first.id, "un")
        await answer_conversation(runtime, client, conversation_id)
        assert rasa.texts == ["un", "dau"]
        assert await unanswered(runtime) == []


class TestACrash:
    async def test_after_the_turn_was_committed_asks_the_same_turn(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        await tell(runtime, conversation_id, ACCOUNT)
        opened = await _open_turn(runtime, conversation_id)
        assert opened is not None
        await answer_conversation(runtime, client, conversation_id)
        assert rasa.turn_ids == [str(opened.id)]
        assert await answers(runtime, conversation_id) == ["Iawn."]

    async def test_after_rasa_answered_gets_the_same_replies_and_keeps_them_once(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        rasa.script(saying("Y cyntaf."), saying("Yr ail."))
        await tell(runtime, conversation_id, ACCOUNT)
        opened = await _open_turn(runtime, conversation_id)
        assert opened is not None
        await client.take_turn(opened.id, conversation_id, opened.text, opened.metadata)
        await answer_conversation(runtime, client, conversation_id)
        assert rasa.turn_ids == [str(opened.id)] * 2
        assert await answers(runtime, conversation_id) == ["Y cyntaf."]

    async def test_is_asked_again_in_its_language_though_the_next_message_is_in_another(
        self, runtime: Runtime, conversation_id: UUID
    ) -> None:
        """Else the report of a retried turn would differ from the one that was handed over, and be refused."""
        await tell(runtime, conversation_id, ACCOUNT)
        first = await _open_turn(runtime, conversation_id)
        await tell(runtime, conversation_id, "Sorry, I would rather write to you in English now")
        again = await _open_turn(runtime, conversation_id)
        assert (await only(runtime, Conversation)).language == "en"
        assert first is not None
        assert again is not None
        assert again.metadata == first.metadata

    async def test_of_a_worker_that_was_only_slow_keeps_the_replies_once(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        await tell(runtime, conversation_id, ACCOUNT)
        opened = await _open_turn(runtime, conversation_id)
        assert opened is not None
        answer = await client.take_turn(opened.id, conversation_id, opened.text, opened.metadata)
        await asyncio.gather(
            *(_keep_answer(runtime, conversation_id, opened, answer) for _ in range(3))
        )
        assert await answers(runtime, conversation_id) == ["Iawn."]


class TestRasaAway:
    @pytest.mark.parametrize(
        "fate",
        [
            503,
            500,
            401,
            "not json",
            '{"replies": []}',
            '{"replies": [{"text": ""}]}',
        ],
        ids=["away", "fault", "token", "malformed", "empty", "silent"],
    )
    async def test_is_tried_again_without_a_word_to_the_person(
        self,
        runtime: Runtime,
        rasa: FakeRasa,
        client: RasaClient,
        conversation_id: UUID,
        fate: Any,
    ) -> None:
        rasa.script(fate)
        await tell(runtime, conversation_id, ACCOUNT)
        await forget_jobs(runtime)
        await answer_conversation(runtime, client, conversation_id)
        assert await answers(runtime, conversation_id) == []
        [job] = await jobs(runtime)
        assert (job["task_name"], job["scheduled_at"] is not None) == (ANSWER_CONVERSATION, True)
        assert await unanswered(runtime) == [ACCOUNT]
        await answer_conversation(runtime, client, conversation_id)
        assert await answers(runtime, conversation_id) == ["Iawn."]
        assert len(set(rasa.turn_ids)) == 1

    async def test_too_slow_is_away_and_its_late_answer_is_fetched(
        self, runtime: Runtime, rasa: FakeRasa, conversation_id: UUID
    ) -> None:
        rasa.script("slow")
        await tell(runtime, conversation_id, ACCOUNT)
        async with RasaClient(rasa.address, RASA_TOKEN, timeout_seconds=0.3) as hasty:
            await answer_conversation(runtime, hasty, conversation_id)
        assert await answers(runtime, conversation_id) == []
        async with RasaClient(rasa.address, RASA_TOKEN, timeout_seconds=20) as patient:
            await answer_conversation(runtime, patient, conversation_id)
        assert await answers(runtime, conversation_id) == ["Iawn."]
        assert len(set(rasa.turn_ids)) == 1

    @pytest.mark.parametrize("language", [None, "cy", "en"])
    @pytest.mark.parametrize(
        "ago",
        [PATIENCE + timedelta(seconds=1), timedelta(hours=-1)],
        ids=["late", "clock set back"],
    )
    async def test_past_our_patience_is_told_honestly_and_once(
        self,
        runtime: Runtime,
        rasa: FakeRasa,
        client: RasaClient,
        language: str | None,
        ago: timedelta,
    ) -> None:
        await add_officer(runtime)
        conversation_id = await new_conversation(runtime, language=language)
        await tell(runtime, conversation_id, "ok")
        rasa.script(503, 503, 503)
        await answer_conversation(runtime, client, conversation_id)
        await age_turn(runtime, ago)
        for _ in range(2):
            await answer_conversation(runtime, client, conversation_id)
        case = await only(runtime, Case)
        [told] = await answers(runtime, conversation_id)
        assert ("Alla i ddim ateb" in told) is (language != "en")
        assert ("I can't answer properly" in told) is (language != "cy")
        assert "999" in told
        assert case.reference in told
        assert await alerts(runtime) == [("unanswered", 1)]
        assert (await only(runtime, Conversation)).unanswered_since is not None

    async def test_and_back_answers_what_waited(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        rasa.script(503)
        await tell(runtime, conversation_id, ACCOUNT)
        await _open_turn(runtime, conversation_id)
        await age_turn(runtime)
        await answer_conversation(runtime, client, conversation_id)
        await tell(runtime, conversation_id, "oes rhywun yna?")
        await answer_conversation(runtime, client, conversation_id)
        assert (await answers(runtime, conversation_id))[1:] == ["Iawn.", "Iawn."]
        assert (await only(runtime, Conversation)).unanswered_since is None
        assert await unanswered(runtime) == []
        assert (await only(runtime, Alert)).acknowledged_at is None, "an officer still looks"

    async def test_altogether_leaves_the_card_the_alert_and_the_message(
        self, runtime: Runtime, conversation_id: UUID
    ) -> None:
        await tell(runtime, conversation_id, IN_DANGER)
        async with RasaClient(f"http://127.0.0.1:{free_port()}", RASA_TOKEN, 5) as client:
            await answer_conversation(runtime, client, conversation_id)
        [card] = await answers(runtime, conversation_id)
        assert "999" in card
        assert await alerts(runtime) == [("urgent", 0)]
        assert await unanswered(runtime) == [IN_DANGER]

    async def test_waits_longer_each_time_and_half_a_minute_at_most(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        rasa.script(*[503] * 7)
        await tell(runtime, conversation_id, ACCOUNT)
        waits: list[float] = []
        for _ in range(7):
            await forget_jobs(runtime)
            await answer_conversation(runtime, client, conversation_id)
            [job] = await jobs(runtime)
            turn = await only(runtime, Turn)
            waits.append((job["scheduled_at"] - turn.started_at).total_seconds())
        assert waits == sorted(waits)
        assert 2 <= waits[0] < 12
        assert waits[-1] - waits[-2] < 10, "no longer than half a minute"


class TestTheQueue:
    async def test_a_message_committed_while_the_turn_job_starts_is_answered_too(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        await tell(runtime, conversation_id, "un")
        settings = runtime.settings
        texts = TwilioTexts(settings.twilio_account_sid, "-", settings.twilio_from, rasa.address)
        runtime.queue.add_tasks_from(jobs_of(runtime, client, texts), namespace="")
        async with runtime.database.session() as session:
            conversation = await lock_conversation(session, conversation_id)
            assert conversation is not None
            # Its job is refused, because the first one still waits.
            await receive_message(session, runtime, conversation, "dau", "test:2")
            working = asyncio.create_task(self.work(runtime))
            async with asyncio.timeout(30):
                while await self.states(runtime) != ["doing"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert rasa.calls == [], "the turn waits for the commit"
            await session.commit()
        await working
        assert rasa.texts == ["un\ndau"]
        assert await unanswered(runtime) == []
        assert await self.states(runtime) == []

    async def test_messages_of_many_people_at_once_are_all_answered(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient
    ) -> None:
        texts = TwilioTexts("AC1", "-", "+447700900000", rasa.address)
        runtime.queue.add_tasks_from(jobs_of(runtime, client, texts), namespace="")
        people = [await new_conversation(runtime) for _ in range(4)]
        await asyncio.gather(
            *(tell(runtime, person, f"{person}: {n}") for n in range(4) for person in people),
            self.work(runtime),
        )
        await self.work(runtime)
        assert await unanswered(runtime) == []
        assert "\n".join(rasa.texts).count(": ") == 16, "nothing twice"

    async def states(self, runtime: Runtime) -> list[str]:
        return [job["status"] for job in await jobs(runtime, ANSWER_CONVERSATION)]

    async def work(self, runtime: Runtime) -> None:
        """Work until the queue of turns is empty."""
        await runtime.queue.run_worker_async(
            queues=[TURNS],
            wait=False,
            concurrency=4,
            install_signal_handlers=False,
            delete_jobs="successful",
        )


async def test_the_fake_assistant_speaks_as_our_connector_does(rasa: FakeRasa) -> None:
    async with httpx.AsyncClient(base_url=rasa.address) as anybody:
        answer = await anybody.post("/webhooks/llais/turn", json={"message_id": "1", "text": "x"})
    assert answer.json() == saying("Iawn.")

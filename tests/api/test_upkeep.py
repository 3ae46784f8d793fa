"""Upkeep: whatever a crash left undone is found by its row, and old drafts leave no trace."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from api.alerts.escalation import SEND_ALERT
from api.alerts.models import AlertSend
from api.conversations import drafts
from api.conversations.handover import COMPLETE_HANDOVER
from api.conversations.models import Channel, Conversation, Handover, Kind, Message, Turn
from api.conversations.receive import ANSWER_CONVERSATION, lock_conversation
from api.conversations.say import SEND_TEXT, say
from api.conversations.turn import _open_turn
from api.database import new_id
from api.policy import policy, policy_version
from api.runtime import Runtime
from api.texts.models import OutgoingText, TextState
from api.upkeep import STUCK_AFTER, drop_old_drafts, requeue_stuck
from tests.api.backstage import (
    IN_DANGER,
    acknowledge_all,
    add_officer,
    age,
    all_of,
    forget_jobs,
    jobs,
    new_conversation,
    only,
    tell,
)

STALLED = 10.0
DRAFTS_KEPT = timedelta(hours=policy(policy_version()).drafts.web_hours)
OLD = STUCK_AFTER + timedelta(seconds=1)


async def waiting(runtime: Runtime) -> list[str]:
    return [job["task_name"] for job in await jobs(runtime)]


class TestEveryKindOfStuckRow:
    async def test_an_unanswered_message_gets_a_job_again(self, runtime: Runtime) -> None:
        await tell(runtime, await new_conversation(runtime), "helo")
        await forget_jobs(runtime)
        await requeue_stuck(runtime, STALLED)
        assert await waiting(runtime) == [], "a moment is no crash"
        await age(runtime, Message, OLD, "sent_at")
        for _ in range(2):
            await requeue_stuck(runtime, STALLED)
        assert await waiting(runtime) == [ANSWER_CONVERSATION]

    async def test_an_open_turn_gets_a_job_again(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime)
        await tell(runtime, conversation_id, "helo")
        await _open_turn(runtime, conversation_id)
        await forget_jobs(runtime)
        await age(runtime, Turn, OLD, "started_at")
        await requeue_stuck(runtime, STALLED)
        [job] = await jobs(runtime)
        assert job["args"] == {"conversation_id": str(conversation_id)}
        assert job["lock"] == job["queueing_lock"] == f"turn:{conversation_id}"

    @pytest.mark.parametrize("state", [TextState.QUEUED, TextState.SENDING])
    async def test_an_unsent_text_gets_its_job_again_in_its_order(
        self, runtime: Runtime, state: TextState
    ) -> None:
        conversation_id = await new_conversation(runtime, Channel.SMS)
        async with runtime.database.session() as session:
            conversation = await lock_conversation(session, conversation_id)
            assert conversation is not None
            said = [await say(session, runtime, conversation, words) for words in ("un", "dau")]
            await session.commit()
        by_message = {text.message_id: text for text in await all_of(runtime, OutgoingText)}
        before = [(job["args"], job["lock"]) for job in await jobs(runtime, SEND_TEXT)]
        async with runtime.database.session() as session:
            await session.execute(text("update outgoing_texts set state = :s"), {"s": state.value})
            await session.commit()
        await forget_jobs(runtime)
        await age(runtime, OutgoingText, OLD, "changed_at")
        for _ in range(2):
            await requeue_stuck(runtime, STALLED)
        after = [(job["args"], job["lock"]) for job in await jobs(runtime)]
        assert after == before
        assert [args["outgoing_id"] for args, _ in after] == [
            str(by_message[message.id].id) for message in said
        ]

    async def test_a_card_gets_its_job_again_and_still_waits_for_no_other_text(
        self, runtime: Runtime
    ) -> None:
        conversation_id = await new_conversation(runtime, Channel.SMS)
        async with runtime.database.session() as session:
            conversation = await lock_conversation(session, conversation_id)
            assert conversation is not None
            await say(session, runtime, conversation, "helo")
            await say(session, runtime, conversation, "999", kind=Kind.EMERGENCY)
            await session.commit()
        await forget_jobs(runtime)
        await age(runtime, OutgoingText, OLD, "changed_at")
        await requeue_stuck(runtime, STALLED)
        ordinary, card = await jobs(runtime, SEND_TEXT)
        assert ordinary["lock"] is not None
        assert card["lock"] is None

    async def test_an_alert_that_nobody_was_told_of_gets_its_job_again(
        self, runtime: Runtime
    ) -> None:
        await add_officer(runtime)
        await tell(runtime, await new_conversation(runtime), IN_DANGER)
        await forget_jobs(runtime)
        await age(runtime, AlertSend, OLD, "queued_at")
        for _ in range(2):
            await requeue_stuck(runtime, STALLED)
        [job] = await jobs(runtime)
        assert (job["task_name"], job["args"]) == (
            SEND_ALERT,
            {"send_id": str((await only(runtime, AlertSend)).id)},
        )

    async def test_an_acknowledged_alert_does_not(self, runtime: Runtime) -> None:
        await add_officer(runtime)
        await tell(runtime, await new_conversation(runtime), IN_DANGER)
        await acknowledge_all(runtime)
        await forget_jobs(runtime)
        await age(runtime, AlertSend, OLD, "queued_at")
        await requeue_stuck(runtime, STALLED)
        assert await jobs(runtime) == []

    async def test_a_handover_gets_its_job_again(self, runtime: Runtime) -> None:
        handover_id = await self.handover(runtime, await new_conversation(runtime))
        await age(runtime, Handover, OLD, "pending_since")
        for _ in range(2):
            await requeue_stuck(runtime, STALLED)
        [job] = await jobs(runtime)
        assert (job["task_name"], job["args"]) == (
            COMPLETE_HANDOVER,
            {"handover_id": str(handover_id)},
        )

    async def handover(self, runtime: Runtime, conversation_id: UUID) -> UUID:
        handover = Handover(
            id=new_id(), conversation_id=conversation_id, idempotency_key="key:1", report={}
        )
        async with runtime.database.session() as session:
            session.add(handover)
            await session.commit()
        return handover.id


class TestTheJobsOfADeadWorker:
    async def die(self, runtime: Runtime, heartbeat: str) -> None:
        """A worker takes every waiting job, and is not heard of since."""
        async with runtime.database.session() as session:
            worker = await session.scalar(
                text(
                    "insert into procrastinate_workers (last_heartbeat)"
                    " values (now() - cast(:heartbeat as interval)) returning id"
                ),
                {"heartbeat": heartbeat},
            )
            await session.execute(
                text("update procrastinate_jobs set status = 'doing', worker_id = :worker"),
                {"worker": worker},
            )
            await session.commit()

    async def test_are_taken_over(self, runtime: Runtime) -> None:
        await tell(runtime, await new_conversation(runtime), "helo")
        await self.die(runtime, "11 seconds")
        await requeue_stuck(runtime, STALLED)
        assert [job["status"] for job in await jobs(runtime)] == ["todo"]

    async def test_are_left_alone_while_it_lives(self, runtime: Runtime) -> None:
        await tell(runtime, await new_conversation(runtime), "helo")
        await self.die(runtime, "2 seconds")
        await requeue_stuck(runtime, STALLED)
        assert [job["status"] for job in await jobs(runtime)] == ["doing"]

    async def test_block_nobody_when_the_same_work_waits_already(self, runtime: Runtime) -> None:
        conversation_id = await new_conversation(runtime)
        await tell(runtime, conversation_id, "helo")
        await self.die(runtime, "11 seconds")
        await tell(runtime, conversation_id, "oes rhywun yna?")
        assert [job["status"] for job in await jobs(runtime)] == ["doing", "todo"]
        await requeue_stuck(runtime, STALLED)
        assert [job["status"] for job in await jobs(runtime)] == ["todo"]

    async def test_of_other_conversations_are_taken_over_with_it(self, runtime: Runtime) -> None:
        blocked = await new_conversation(runtime)
        await tell(runtime, blocked, "helo")
        await tell(runtime, await new_conversation(runtime), "helo")
        await self.die(runtime, "11 seconds")
        await tell(runtime, blocked, "oes rhywun yna?")
        await requeue_stuck(runtime, STALLED)
        assert [job["status"] for job in await jobs(runtime)] == ["todo", "todo"]


class TestDrafts:
    async def draft(self, runtime: Runtime, words: str, channel: Channel = Channel.WEB) -> UUID:
        conversation_id = await new_conversation(runtime, channel)
        await tell(runtime, conversation_id, words)
        await _open_turn(runtime, conversation_id)
        await self.rasa_remembers(runtime, conversation_id)
        return conversation_id

    async def rasa_remembers(self, runtime: Runtime, conversation_id: UUID) -> None:
        async with runtime.database.session() as session:
            # Rasa knows a conversation by what the worker calls it: channels/rasa_client.py.
            await session.execute(
                text(
                    "insert into rasa.events (sender_id, type_name, data) values (:id, 'user', 'x')"
                ),
                {"id": str(conversation_id)},
            )
            await session.commit()

    async def trackers(self, runtime: Runtime) -> list[str]:
        async with runtime.database.session() as session:
            return list(await session.scalars(text("select sender_id from rasa.events")))

    async def test_are_dropped_after_a_day_with_all_that_rasa_remembers(
        self, runtime: Runtime
    ) -> None:
        await self.draft(runtime, "helo")
        await self.draft(runtime, "helo", Channel.SMS)
        await age(runtime, Conversation, DRAFTS_KEPT + timedelta(minutes=1), "last_message_at")
        young = await self.draft(runtime, "helo")
        await drop_old_drafts(runtime)
        assert [left.id for left in await all_of(runtime, Conversation)] == [young]
        assert [left.conversation_id for left in await all_of(runtime, Message)] == [young]
        assert [left.conversation_id for left in await all_of(runtime, Turn)] == [young]
        assert await all_of(runtime, OutgoingText) == []
        assert await self.trackers(runtime) == [str(young)]

    async def test_leave_nothing_even_where_rasa_ends_its_turn_after_they_are_gone(
        self, runtime: Runtime
    ) -> None:
        left = await self.draft(runtime, "helo")
        other = await self.draft(runtime, "helo")
        async with runtime.database.session() as session:
            await drafts.drop_drafts(session, [left])
            await session.commit()
        # The turn was being answered when the person left.
        await self.rasa_remembers(runtime, left)
        await drop_old_drafts(runtime)
        assert await self.trackers(runtime) == [str(other)]

    async def test_are_kept_for_as_long_as_the_policy_says_by_channel(
        self, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hours = {Channel.WEB: 10, Channel.SMS: 48}
        monkeypatch.setattr(drafts, "kept_for", lambda channel: timedelta(hours=hours[channel]))
        await self.draft(runtime, "helo")
        by_text = await self.draft(runtime, "helo", Channel.SMS)
        await age(runtime, Conversation, timedelta(hours=20), "last_message_at")
        await drop_old_drafts(runtime)
        assert [left.id for left in await all_of(runtime, Conversation)] == [by_text]

    async def test_are_kept_when_a_case_came_of_them(self, runtime: Runtime) -> None:
        urgent = await self.draft(runtime, IN_DANGER)
        await age(runtime, Conversation, 5 * DRAFTS_KEPT, "last_message_at")
        await drop_old_drafts(runtime)
        assert (await only(runtime, Conversation)).id == urgent
        assert await self.trackers(runtime) == [str(urgent)]

    async def test_are_kept_while_a_report_waits_to_be_handed_over(self, runtime: Runtime) -> None:
        pending = await self.draft(runtime, "helo")
        await TestEveryKindOfStuckRow().handover(runtime, pending)
        await age(runtime, Conversation, 5 * DRAFTS_KEPT, "last_message_at")
        await drop_old_drafts(runtime)
        assert (await only(runtime, Conversation)).id == pending

    async def test_are_kept_while_somebody_adds_to_them(self, runtime: Runtime) -> None:
        conversation_id = await self.draft(runtime, "helo")
        await age(runtime, Conversation, 5 * DRAFTS_KEPT, "last_message_at")
        async with runtime.database.session() as session:
            await lock_conversation(session, conversation_id)
            await drop_old_drafts(runtime)
        assert (await only(runtime, Conversation)).id == conversation_id

"""A text waits for safe hours, for the networks' limits and for money, and is never lost by waiting."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from api.cases.models import Case, Person, PersonRole
from api.conversations.models import Conversation, Kind
from api.conversations.say import SEND_TEXT
from api.database import new_id, utc_now
from api.local_time import LONDON
from api.policy import policy, policy_version
from api.runtime import Runtime
from api.texts import send
from api.texts.models import Hold, OutgoingText, TextState
from api.texts.send import send_text
from api.upkeep import requeue_stuck
from tests.api.backstage import age, alerts, all_of, forget_jobs, jobs
from tests.api.texts.test_keywords import open_case
from tests.api.texts.test_send import now, queued
from tests.api.texts.twilio import StandIn, texted

NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    """What the sending of texts takes for the time."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        patch.setattr(send, "utc_now", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Change what the policy says of texts."""

    def change(**figures: Any) -> None:
        changed = policy(policy_version()).texts.model_copy(update=figures)
        monkeypatch.setattr(send, "_rules", lambda: changed)

    return change


async def wrote_at(runtime: Runtime, moment: datetime) -> None:
    """Note when the person last wrote."""
    async with runtime.database.session() as session:
        await session.execute(update(Conversation).values(last_message_at=moment))
        await session.commit()


async def says_safe_hours(runtime: Runtime, hours: str | None) -> None:
    async with runtime.database.session() as session:
        case = await session.scalar(select(Case))
        assert case is not None
        session.add(
            Person(id=new_id(), case_id=case.id, role=PersonRole.VICTIM, contact_hours=hours)
        )
        await session.commit()


async def waits(runtime: Runtime, outgoing: OutgoingText) -> tuple[Hold | None, datetime | None]:
    row = await now(runtime, outgoing)
    assert row.state == (TextState.QUEUED if row.held_for else row.state)
    return row.held_for, row.not_before


class TestSafeHours:
    async def test_what_the_person_just_wrote_is_answered_in_the_night(
        self, runtime: Runtime, stand_in: StandIn, clock: Clock
    ) -> None:
        outgoing = await queued(runtime)
        clock.now = NIGHT
        await wrote_at(runtime, NIGHT - timedelta(minutes=5))
        await send_text(runtime, stand_in.texts, outgoing.id)
        assert len(stand_in.taken) == 1

    @pytest.mark.parametrize(
        ("said", "at", "opens"),
        [
            (None, NIGHT, NIGHT.replace(hour=8)),
            (None, NOON, None),
            ("any_time", NIGHT, NIGHT.replace(hour=8)),
            ("morning", NOON, NOON.replace(day=24, hour=9)),
            ("afternoon", NOON, None),
            ("evening", NOON, NOON.replace(hour=17)),
            ("not when he is home, after six", NIGHT, NIGHT.replace(hour=8)),
            ("not when he is home, after six", NOON, None),
        ],
    )
    async def test_what_nobody_waits_for_keeps_to_the_hours_that_are_safe(
        self,
        runtime: Runtime,
        stand_in: StandIn,
        clock: Clock,
        said: str | None,
        at: datetime,
        opens: datetime | None,
    ) -> None:
        outgoing = await queued(runtime)
        await open_case(runtime)
        await says_safe_hours(runtime, said)
        await wrote_at(runtime, at - timedelta(hours=5))
        clock.now = at
        await send_text(runtime, stand_in.texts, outgoing.id)
        assert (await waits(runtime, outgoing)) == (Hold.HOURS if opens else None, opens)
        assert len(stand_in.taken) == (0 if opens else 1)

    async def test_then_it_leaves_by_a_job_that_stands_in_nobodys_way(
        self, runtime: Runtime, stand_in: StandIn, clock: Clock
    ) -> None:
        outgoing = await queued(runtime)
        await forget_jobs(runtime)
        clock.now = NIGHT
        await wrote_at(runtime, NIGHT - timedelta(hours=5))
        await send_text(runtime, stand_in.texts, outgoing.id)
        [job] = await jobs(runtime, SEND_TEXT)
        assert job["lock"] is None
        assert job["args"] == {"outgoing_id": str(outgoing.id)}
        # Meanwhile the person writes, and is answered at once.
        await wrote_at(runtime, NIGHT)
        answer = await queued(runtime, "Ateb")
        await send_text(runtime, stand_in.texts, answer.id)
        await wrote_at(runtime, NIGHT - timedelta(hours=5))
        clock.now = NIGHT.replace(hour=8)
        await send_text(runtime, stand_in.texts, outgoing.id)
        assert [taken.body for taken in stand_in.taken] == ["Ateb", (await texted(runtime))[0]]

    async def test_an_emergency_card_keeps_to_no_hours(
        self, runtime: Runtime, stand_in: StandIn, clock: Clock
    ) -> None:
        outgoing = await queued(runtime, "999", kind=Kind.EMERGENCY)
        clock.now = NIGHT
        await wrote_at(runtime, NIGHT - timedelta(hours=5))
        await send_text(runtime, stand_in.texts, outgoing.id)
        assert len(stand_in.taken) == 1


class TestTheNetworksLimits:
    async def test_the_same_text_leaves_no_more_often_than_they_allow(
        self, runtime: Runtime, stand_in: StandIn, rules: Any
    ) -> None:
        rules(same_text_per_hour=3)
        texts = [await queued(runtime, "Helo") for _ in range(5)]
        other = await queued(runtime, "Rhywbeth arall")
        for outgoing in texts[:4]:
            await send_text(runtime, stand_in.texts, outgoing.id)
        assert len(stand_in.taken) == 3
        reason, until = await waits(runtime, texts[3])
        assert reason is Hold.SAME_TEXT
        assert until is not None
        assert timedelta(minutes=59) < until - utc_now() <= timedelta(hours=1)
        # What was said later waits behind it, so that nothing is read in the wrong order.
        await send_text(runtime, stand_in.texts, other.id)
        assert (await waits(runtime, other))[0] is Hold.ORDER
        await age(runtime, OutgoingText, timedelta(minutes=61), "handed_over_at")
        for outgoing in (*texts[3:], other):
            await send_text(runtime, stand_in.texts, outgoing.id)
        assert [taken.body for taken in stand_in.taken] == ["Helo"] * 5 + ["Rhywbeth arall"]

    async def test_many_texts_to_one_number_are_spread_out_and_a_card_is_not(
        self, runtime: Runtime, stand_in: StandIn, rules: Any
    ) -> None:
        rules(texts_per_hour=2)
        texts = [await queued(runtime, f"neges {n}") for n in range(3)]
        for outgoing in texts:
            await send_text(runtime, stand_in.texts, outgoing.id)
        assert (await waits(runtime, texts[2]))[0] is Hold.MANY_TEXTS
        card = await queued(runtime, "999", kind=Kind.EMERGENCY)
        await send_text(runtime, stand_in.texts, card.id)
        assert [taken.body for taken in stand_in.taken] == ["neges 0", "neges 1", "999"]

    def test_the_policy_stays_below_twenty_of_the_same(self) -> None:
        assert policy(policy_version()).texts.same_text_per_hour < 20

    async def test_a_card_has_no_lock_and_so_waits_for_no_other_text(
        self, runtime: Runtime
    ) -> None:
        await queued(runtime)
        await queued(runtime, "999", kind=Kind.EMERGENCY)
        locks = [job["lock"] for job in await jobs(runtime, SEND_TEXT)]
        assert locks[0] is not None
        assert locks[1] is None


class TestTheDaysMoney:
    async def test_when_it_is_spent_texts_wait_for_midnight_and_officers_are_told_once(
        self, runtime: Runtime, stand_in: StandIn, rules: Any
    ) -> None:
        rules(pounds_per_day=Decimal("0.08"), pence_per_segment=Decimal(4))
        texts = [await queued(runtime, f"neges {n}") for n in range(4)]
        for outgoing in texts:
            await send_text(runtime, stand_in.texts, outgoing.id)
        assert [taken.body for taken in stand_in.taken] == ["neges 0", "neges 1"]
        reason, until = await waits(runtime, texts[2])
        assert reason is Hold.SPENDING
        assert until is not None
        local = until.astimezone(LONDON)
        assert (local.time(), local > datetime.now(LONDON)) == (time(), True)
        assert [reason for reason, _ in await alerts(runtime)] == ["texts_held"]

    async def test_emergency_cards_and_answers_to_keywords_still_go(
        self, runtime: Runtime, stand_in: StandIn, rules: Any
    ) -> None:
        rules(pounds_per_day=Decimal(0))
        for options in ({"kind": Kind.EMERGENCY}, {"essential": True}):
            outgoing = await queued(runtime, "999", **options)
            await send_text(runtime, stand_in.texts, outgoing.id)
        assert len(stand_in.taken) == 2
        assert await alerts(runtime) == []

    async def test_two_at_once_do_not_both_have_the_last_penny(
        self, runtime: Runtime, stand_in: StandIn, rules: Any
    ) -> None:
        rules(pounds_per_day=Decimal("0.12"), pence_per_segment=Decimal(4))
        texts = [await queued(runtime, f"neges {n}", essential=False) for n in range(6)]
        await asyncio.gather(*(send_text(runtime, stand_in.texts, each.id) for each in texts))
        assert len(stand_in.taken) <= 3
        held = [row for row in await all_of(runtime, OutgoingText) if row.held_for]
        assert len(held) == 6 - len(stand_in.taken)

    async def test_the_next_day_there_is_money_again(
        self, runtime: Runtime, stand_in: StandIn, rules: Any, clock: Clock
    ) -> None:
        rules(pounds_per_day=Decimal("0.04"), pence_per_segment=Decimal(4))
        texts = [await queued(runtime, f"neges {n}") for n in range(2)]
        await wrote_at(runtime, NOON)
        for outgoing in texts:
            await send_text(runtime, stand_in.texts, outgoing.id)
        assert len(stand_in.taken) == 1
        clock.now = NOON + timedelta(days=1)
        await send_text(runtime, stand_in.texts, texts[1].id)
        assert len(stand_in.taken) == 2
        assert (await waits(runtime, texts[1])) == (None, None)


async def test_a_text_that_waits_and_lost_its_job_is_found(
    runtime: Runtime, stand_in: StandIn, clock: Clock
) -> None:
    outgoing = await queued(runtime)
    clock.now = NIGHT
    await wrote_at(runtime, NIGHT - timedelta(hours=5))
    await send_text(runtime, stand_in.texts, outgoing.id)
    await forget_jobs(runtime)
    async with runtime.database.session() as session:
        await session.execute(
            update(OutgoingText).values(
                changed_at=utc_now() - timedelta(minutes=5),
                not_before=utc_now() - timedelta(minutes=5),
            )
        )
        await session.commit()
    await requeue_stuck(runtime, 10)
    assert len(await jobs(runtime, SEND_TEXT)) == 1

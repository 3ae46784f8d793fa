"""What Twilio tells of a text: early, late, twice, and with bad news for officers."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.conversations.models import Channel, Conversation
from api.runtime import Runtime
from api.texts.fates import drop_early_reports, note_accepted
from api.texts.models import EarlyReport, Failure, OutgoingText, TextState
from api.texts.send import send_text
from channels.sms import SendingInterrupted, TwilioTexts
from tests.api.backstage import PHONE, acknowledge_all, age, alerts, all_of, only
from tests.api.texts.test_keywords import open_case
from tests.api.texts.test_send import now, queued
from tests.api.texts.twilio import StandIn, Webhooks, count
from tests.conftest import TWILIO_TOKEN

SID = "SM" + "a" * 32


class EarlyTwilio(TwilioTexts):
    """Delivers each text, and says so, before it answers the call that brought it."""

    def __init__(self, runtime: Runtime, stand_in: StandIn, webhooks: Webhooks, *told: str) -> None:
        settings = runtime.settings
        super().__init__(
            settings.twilio_account_sid, TWILIO_TOKEN, settings.twilio_from, stand_in.address
        )
        self._webhooks, self._told = webhooks, told
        self._loop = asyncio.get_running_loop()
        self.cut = False

    def send(self, to: str, text: str, status_callback: str) -> str:
        sid = super().send(to, text, status_callback)
        asyncio.run_coroutine_threadsafe(self._tell(sid), self._loop).result()
        if self.cut:
            self.cut = False
            raise SendingInterrupted
        return sid

    async def _tell(self, sid: str) -> None:
        for status in self._told:
            code = {"ErrorCode": "30003"} if status == "undelivered" else {}
            assert (await self._webhooks.status(sid, status, **code)).status_code == 204


class TestToldBeforeWeKnowTheId:
    @pytest.mark.parametrize(
        ("told", "state"),
        [
            (["sent"], "sent"),
            (["sent", "delivered"], "delivered"),
            (["delivered", "sent"], "delivered"),
            (["undelivered"], "undelivered"),
        ],
    )
    async def test_is_kept_and_holds_once_the_id_is_known(
        self,
        runtime: Runtime,
        webhooks: Webhooks,
        stand_in: StandIn,
        told: list[str],
        state: str,
    ) -> None:
        outgoing = await queued(runtime)
        await open_case(runtime)
        await send_text(runtime, EarlyTwilio(runtime, stand_in, webhooks, *told), outgoing.id)
        outgoing = await now(runtime, outgoing)
        assert outgoing.state == state
        assert outgoing.provider_sid == stand_in.taken[0].sid
        assert await count(runtime, EarlyReport) == 0
        failed = state == "undelivered"
        assert outgoing.error_code == (30003 if failed else None)
        assert [reason for reason, _ in await alerts(runtime)] == (
            ["text_failed"] if failed else []
        )

    async def test_holds_too_when_the_answer_to_the_call_was_lost(
        self, runtime: Runtime, webhooks: Webhooks, stand_in: StandIn
    ) -> None:
        outgoing = await queued(runtime)
        twilio = EarlyTwilio(runtime, stand_in, webhooks, "delivered")
        twilio.cut = True
        with pytest.raises(SendingInterrupted):
            await send_text(runtime, twilio, outgoing.id)
        assert (await now(runtime, outgoing)).state == TextState.SENDING
        await send_text(runtime, twilio, outgoing.id)
        assert (await now(runtime, outgoing)).state == TextState.DELIVERED
        assert len(stand_in.taken) == 1

    async def test_at_the_very_moment_is_not_lost_whoever_is_first(
        self, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        for n in range(6):
            outgoing = await queued(runtime)
            await asyncio.gather(
                self.store(runtime, outgoing, f"{SID}{n}"),
                webhooks.status(f"{SID}{n}", "delivered"),
            )
            assert (await now(runtime, outgoing)).state == TextState.DELIVERED

    async def store(self, runtime: Runtime, outgoing: OutgoingText, sid: str) -> None:
        async with runtime.database.session() as session:
            row = await session.get_one(OutgoingText, outgoing.id, with_for_update=True)
            await note_accepted(session, runtime, row, sid)
            await session.commit()

    async def test_of_no_text_of_ours_is_forgotten_after_a_week(
        self, runtime: Runtime, webhooks: Webhooks
    ) -> None:
        await webhooks.status("SM-old", "sent")
        await age(runtime, EarlyReport, timedelta(days=8), "arrived_at")
        await webhooks.status("SM-new", "sent")
        async with runtime.database.session() as session:
            await drop_early_reports(session)
            await session.commit()
        assert [early.provider_sid for early in await all_of(runtime, EarlyReport)] == ["SM-new"]


class TestBadNews:
    @pytest.mark.parametrize("code", ["30003", "30005", "30007"])
    async def test_stands_on_the_text_and_alerts_officers_once(
        self, runtime: Runtime, webhooks: Webhooks, stand_in: StandIn, code: str
    ) -> None:
        for _ in range(2):
            outgoing = await queued(runtime)
            await open_case(runtime)
            await send_text(runtime, stand_in.texts, outgoing.id)
            sid = (await now(runtime, outgoing)).provider_sid
            for _ in range(2):
                await webhooks.status(str(sid), "undelivered", ErrorCode=code)
        failed = await now(runtime, outgoing)
        assert (failed.state, failed.failure) == (TextState.UNDELIVERED, Failure.NOT_DELIVERED)
        assert failed.error_code == int(code)
        assert [reason for reason, _ in await alerts(runtime)] == ["text_failed"]
        await acknowledge_all(runtime)

    async def test_of_a_draft_alerts_nobody(
        self, runtime: Runtime, webhooks: Webhooks, stand_in: StandIn
    ) -> None:
        outgoing = await queued(runtime)
        await send_text(runtime, stand_in.texts, outgoing.id)
        sid = (await now(runtime, outgoing)).provider_sid
        await webhooks.status(str(sid), "failed", ErrorCode="30008")
        assert await alerts(runtime) == []

    @pytest.mark.parametrize("fate", ["21610", "21211", "21614"])
    async def test_that_twilio_refuses_it_for_good_is_tried_once(
        self, runtime: Runtime, stand_in: StandIn, fate: str
    ) -> None:
        outgoing = await queued(runtime)
        await open_case(runtime)
        await stand_in.script(fate)
        for _ in range(2):
            await send_text(runtime, stand_in.texts, outgoing.id)
        outgoing = await now(runtime, outgoing)
        assert (outgoing.state, outgoing.failure) == (TextState.FAILED, Failure.REFUSED)
        assert (outgoing.attempts, outgoing.error_code) == (1, int(fate))
        assert outgoing.cost_pence == 0
        assert [reason for reason, _ in await alerts(runtime)] == ["text_failed"]
        stopped_by = (await only(runtime, Conversation)).texts_stopped_by
        assert stopped_by == ("network" if fate == "21610" else None)


class TestTryingInVain:
    async def test_for_half_an_hour_is_told_to_an_officer(
        self, runtime: Runtime, stand_in: StandIn
    ) -> None:
        outgoing = await queued(runtime)
        await open_case(runtime)
        await stand_in.script("500", "500", "500")
        with pytest.raises(SendingInterrupted):
            await send_text(runtime, stand_in.texts, outgoing.id)
        assert await alerts(runtime) == []
        await age(runtime, OutgoingText, timedelta(minutes=31), "handed_over_at")
        for _ in range(2):
            with pytest.raises(SendingInterrupted):
                await send_text(runtime, stand_in.texts, outgoing.id)
        assert [reason for reason, _ in await alerts(runtime)] == ["text_failed"]
        await send_text(runtime, stand_in.texts, outgoing.id)
        assert (await now(runtime, outgoing)).state == TextState.ACCEPTED

    async def test_for_two_days_ends(self, runtime: Runtime, stand_in: StandIn) -> None:
        outgoing = await queued(runtime)
        await open_case(runtime)
        await stand_in.script("500", "500")
        with pytest.raises(SendingInterrupted):
            await send_text(runtime, stand_in.texts, outgoing.id)
        await age(runtime, OutgoingText, timedelta(hours=49), "handed_over_at")
        with pytest.raises(SendingInterrupted):
            await send_text(runtime, stand_in.texts, outgoing.id)
        given_up = await now(runtime, outgoing)
        assert (given_up.state, given_up.failure) == (TextState.FAILED, Failure.NEVER_TAKEN)
        await send_text(runtime, stand_in.texts, outgoing.id)
        assert stand_in.taken == []


async def test_what_a_text_costs_is_kept_with_its_segments(
    runtime: Runtime, stand_in: StandIn
) -> None:
    outgoing = await queued(runtime, "ŵ" * 71)
    await send_text(runtime, stand_in.texts, outgoing.id)
    outgoing = await now(runtime, outgoing)
    assert (outgoing.segments, float(outgoing.cost_pence or 0)) == (2, 8.0)


async def test_signs_become_plain_where_that_saves_a_segment_and_letters_never(
    runtime: Runtime, stand_in: StandIn
) -> None:
    for words, arrives in (
        (
            "Mae\u2019r swyddog \u2013 Megan \u2013 yn ffonio\u2026",
            "Mae'r swyddog - Megan - yn ffonio...",
        ),
        ("Mae\u2019r tŷ â drws coch", "Mae\u2019r tŷ â drws coch"),
    ):
        outgoing = await queued(runtime, words)
        await send_text(runtime, stand_in.texts, outgoing.id)
        assert stand_in.taken[-1].body == arrives
        assert stand_in.taken[-1].to == PHONE


async def test_a_text_by_text_conversation_has_a_number(runtime: Runtime) -> None:
    """What went over to the web has no telephone any more, and its unsent text is given up quietly."""
    outgoing = await queued(runtime)
    async with runtime.database.session() as session:
        conversation = await session.scalar(select(Conversation))
        assert conversation is not None
        conversation.channel, conversation.phone = Channel.WEB, None
        await session.commit()
    await send_text(runtime, None, outgoing.id)  # type: ignore[arg-type]
    assert (await now(runtime, outgoing)).failure == Failure.NO_NUMBER
    assert await alerts(runtime) == []

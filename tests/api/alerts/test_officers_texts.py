"""A text from an officer's number acknowledges with a valid code, and is no victim's report by mistake."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import Request
from sqlalchemy import select
from sqlalchemy import text as sql

from api.alerts.models import Alert, AlertSend, OfficerText, SendState
from api.alerts.officers_texts import MOST_WRONG_CODES, officers_number_hash
from api.config import Settings
from api.conversations.models import Channel, Conversation, Message, Sender
from api.database import utc_now
from api.public import create_public_app
from api.rota.models import Reach
from api.runtime import Runtime
from api.texts.endpoints import signed_fields
from api.texts.models import ReceivedText, Route
from channels.sms import form_fields
from tests.api.alerts.scene import PHONES, Scene, a_scene
from tests.api.backstage import IN_DANGER, age, all_of, only

MEGAN = PHONES["megan"]


class Telephones:
    """The public door, to which signed texts come."""

    def __init__(self, client: httpx.AsyncClient, scene: Scene) -> None:
        self.client = client
        self.scene = scene
        self.count = 0

    async def text(self, words: str, sender: str = MEGAN, sid: str | None = None) -> None:
        self.count += 1
        answer = await self.client.post(
            "/sms/inbound",
            data={"MessageSid": sid or f"SM{self.count}", "From": sender, "Body": words},
        )
        assert (answer.status_code, answer.text.endswith("<Response/>")) == (200, True)

    async def status(self, send: AlertSend, status: str, code: str = "30003") -> int:
        answer = await self.client.post(
            f"/sms/alert-status?send={send.id}",
            data={
                "MessageSid": send.provider_sid or "SM-early",
                "MessageStatus": status,
                "ErrorCode": code,
            },
        )
        return answer.status_code

    async def answers(self) -> list[str]:
        """What the officer's telephone shows of answers, after the worker has sent them."""
        await self.scene.work()
        return [
            each.body
            for each in self.scene.sent_texts("megan")
            if "To acknowledge, r" not in each.body
        ]


@pytest.fixture
async def phones(settings: Settings) -> Any:
    app = create_public_app(settings)

    async def fields_as_they_come(request: Request) -> dict[str, str]:
        return form_fields(await request.body())

    # Signatures have tests of their own beside the webhooks.
    app.dependency_overrides[signed_fields] = fields_as_they_come
    async with app.router.lifespan_context(app):
        runtime: Runtime = app.state.runtime
        transport = httpx.ASGITransport(app)
        async with (
            a_scene(runtime) as scene,
            httpx.AsyncClient(transport=transport, base_url="http://llais.test") as client,
        ):
            await scene.officer("megan")
            yield Telephones(client, scene)


async def the_code(scene: Scene) -> str:
    [send] = [send for send in await scene.sends() if send.means == "sms"]
    assert send.code is not None
    return send.code


async def alerted(phones: Telephones) -> str:
    """An alert that went out as a text; its code."""
    await phones.scene.report()
    await phones.scene.work()
    return await the_code(phones.scene)


class TestACode:
    @pytest.mark.parametrize("words", ["{0}", " {0}.", "ok {0} megan", "{1} {2}", "{1}-{2}"])
    async def test_acknowledges_and_says_so_in_the_officers_language(
        self, phones: Telephones, words: str
    ) -> None:
        code = await alerted(phones)
        await phones.text(words.format(code, code[:3], code[3:]))
        alert = await only(phones.scene.runtime, Alert)
        assert alert.acknowledged_by == phones.scene.officers["megan"].id
        assert alert.acknowledged_through == "text"
        [answer] = await phones.answers()
        assert answer.startswith("Llais: you have acknowledged alert LL-")
        assert (await phones.scene.states())[1:] == ["dropped"] * 4
        assert await all_of(phones.scene.runtime, Conversation) == []

    async def test_delivered_twice_is_answered_once(self, phones: Telephones) -> None:
        code = await alerted(phones)
        for _ in range(2):
            await phones.text(code, sid="SM-same")
        assert len(await phones.answers()) == 1

    async def test_used_again_says_that_the_alert_is_acknowledged_already(
        self, phones: Telephones
    ) -> None:
        code = await alerted(phones)
        await phones.text(code)
        await phones.text(code)
        assert [answer[:40] for answer in await phones.answers()][1].startswith("Llais: alert LL-")
        assert len(await all_of(phones.scene.runtime, OfficerText)) == 2

    async def test_of_somebody_else_acknowledges_nothing(self, phones: Telephones) -> None:
        await phones.scene.officer("tomos", position=2)
        code = await alerted(phones)
        await phones.text(code, sender=PHONES["tomos"])
        assert (await only(phones.scene.runtime, Alert)).acknowledged_at is None
        assert (await only(phones.scene.runtime, OfficerText)).outcome == "code_refused"

    async def test_from_a_number_that_is_no_officers_is_a_victims_text(
        self, phones: Telephones
    ) -> None:
        code = await alerted(phones)
        await phones.text(code, sender="+447700900123")
        assert (await only(phones.scene.runtime, Alert)).acknowledged_at is None
        assert (await only(phones.scene.runtime, Conversation)).channel == Channel.SMS

    async def test_of_a_disabled_officer_acknowledges_nothing(self, phones: Telephones) -> None:
        code = await alerted(phones)
        async with phones.scene.runtime.database.session() as session:
            megan = await session.merge(phones.scene.officers["megan"])
            megan.disabled_at = utc_now()
            await session.commit()
        await phones.text(code)
        assert (await only(phones.scene.runtime, Alert)).acknowledged_at is None

    async def test_wrong_ones_are_soon_refused_unread_even_when_right(
        self, phones: Telephones
    ) -> None:
        code = await alerted(phones)
        wrong = str((int(code) + 1) % 10**6).zfill(6)
        for _ in range(MOST_WRONG_CODES):
            await phones.text(wrong)
        await phones.text(code)
        assert (await only(phones.scene.runtime, Alert)).acknowledged_at is None
        texts = await all_of(phones.scene.runtime, OfficerText)
        assert [each.outcome.value for each in texts].count("too_many") == 1
        await age(phones.scene.runtime, OfficerText, timedelta(hours=2), "received_at")
        await phones.text(code)
        assert (await only(phones.scene.runtime, Alert)).acknowledged_at is not None


class TestAnythingElse:
    async def test_opens_no_conversation_and_is_answered_once_an_hour(
        self, phones: Telephones
    ) -> None:
        await phones.text("Ok, on my way")
        await phones.text("Thanks")
        assert await all_of(phones.scene.runtime, Conversation) == []
        assert await all_of(phones.scene.runtime, Message) == []
        [answer] = await phones.answers()
        assert "nobody has read your message" in answer
        assert "999" in answer

    @pytest.mark.parametrize("words", ["REPORT", "adroddiad", "Report."])
    async def test_asks_to_report_and_is_a_person_like_any_other(
        self, phones: Telephones, words: str
    ) -> None:
        await phones.text(words)
        await phones.text("A man shouted at me because I am gay")
        assert len(await all_of(phones.scene.runtime, Conversation)) == 1
        assert (
            len([m for m in await all_of(phones.scene.runtime, Message) if m.sender == "victim"])
            == 2
        )

    async def test_that_speaks_of_danger_gets_the_card(self, phones: Telephones) -> None:
        await phones.text(IN_DANGER)
        kinds = {message.kind for message in await all_of(phones.scene.runtime, Message)}
        assert "emergency" in kinds

    async def test_a_code_still_acknowledges_while_the_officer_reports_something(
        self, phones: Telephones
    ) -> None:
        await phones.text("REPORT")
        code = await alerted(phones)
        await phones.text(code)
        assert (await only(phones.scene.runtime, Alert)).acknowledged_at is not None
        texts = [m.text for m in await all_of(phones.scene.runtime, Message)]
        assert code not in texts

    async def test_stop_ends_texts_to_the_officer_and_start_brings_them_back(
        self, phones: Telephones
    ) -> None:
        await phones.text("STOP")
        await phones.scene.report()
        await phones.scene.work()
        assert (phones.scene.texted(), phones.scene.mails()) == ([], ["megan"])
        await phones.text("start")
        assert (await only(phones.scene.runtime, Reach)).texts_stopped_at is None

    @pytest.mark.parametrize("words", ["HELP", "cymorth", "statws", "Adroddiad newydd"])
    async def test_no_other_keyword_lets_texts_come_again(
        self, phones: Telephones, words: str
    ) -> None:
        await phones.text("STOP")
        await phones.text(words)
        assert (await only(phones.scene.runtime, Reach)).texts_stopped_at is not None

    @pytest.mark.parametrize(
        ("words", "route"),
        [("Help", Route.HELP), ("cymorth", Route.HELP), ("New report", Route.NEW_REPORT)],
    )
    async def test_a_keyword_for_help_or_a_report_is_a_persons_like_any_other(
        self, phones: Telephones, words: str, route: Route
    ) -> None:
        await phones.text(words)
        assert (await only(phones.scene.runtime, ReceivedText)).route is route
        said = [m.sender for m in await all_of(phones.scene.runtime, Message)]
        assert said.count(Sender.ASSISTANT) == 1, "the help, or who answers"

    async def test_to_ask_how_things_stand_is_answered_like_any_other_words(
        self, phones: Telephones
    ) -> None:
        await phones.text("status")
        [answer] = await phones.answers()
        assert "nobody has read your message" in answer


class TestWhatTwilioReports:
    async def test_a_text_that_does_not_arrive_moves_the_chain_on(self, phones: Telephones) -> None:
        await phones.scene.officer("tomos", position=2)
        phones.scene.mail.refuse("552 mailbox full")
        await alerted(phones)
        [send] = [send for send in await phones.scene.sends() if send.means == "sms"]
        assert await phones.status(send, "undelivered") == 204
        await phones.scene.work()
        [again] = [each for each in await phones.scene.sends() if each.id == send.id]
        assert (again.state, again.last_error) == (SendState.FAILED, "twilio_30003")
        assert (await phones.scene.states())[0] == "failed"
        assert phones.scene.texted() == ["megan", "megan"], "again, brought forward"

    async def test_that_it_arrived_changes_nothing(self, phones: Telephones) -> None:
        await alerted(phones)
        [send] = [send for send in await phones.scene.sends() if send.means == "sms"]
        assert await phones.status(send, "delivered", "") == 204
        assert (await phones.scene.states())[:2] == ["done", "planned"]

    async def test_a_callback_that_overtakes_the_answer_to_the_call_is_kept(
        self, phones: Telephones
    ) -> None:
        await phones.scene.report()
        [send] = [send for send in await phones.scene.sends() if send.means == "sms"]
        assert await phones.status(send, "failed") == 204
        await phones.scene.work()
        [again] = [each for each in await phones.scene.sends() if each.id == send.id]
        assert again.state == SendState.FAILED


async def test_nothing_of_the_officers_number_or_code_is_readable_in_the_database(
    phones: Telephones,
) -> None:
    code = await alerted(phones)
    async with phones.scene.runtime.database.session() as session:
        for table in ("officer_reach", "alert_sends"):
            rows = (await session.execute(sql(f"select t::text from {table} t"))).scalars().all()
            assert rows
            assert not any(MEGAN[3:] in row or code in row for row in rows)
        reach = (await session.scalars(select(Reach))).one()
        assert reach.phone == MEGAN
        assert reach.phone_hash == officers_number_hash(phones.scene.runtime, MEGAN)

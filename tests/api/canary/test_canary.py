"""A synthetic report proves the way, is never shown as a real one, and is missed when it does not arrive."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from sqlalchemy import select, text

from api.alerts.escalation import SEND_ALERT
from api.alerts.models import Alert, AlertSend, AlertStep, SendState
from api.alerts.send import AlertInterrupted, send_alert
from api.canary import travel as travelling
from api.canary.alarm import raise_alarm_when_late
from api.canary.models import Canary, CanaryAlarm, CanaryState
from api.canary.purge import purge
from api.canary.script import script
from api.canary.travel import TRAVEL, set_off, settle, travel
from api.canary.watch import watch_over
from api.cases.models import Case, Deadline, Report
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.conversations.models import Conversation, Message
from api.conversations.turn import answer_conversation
from api.database import Base, utc_now
from api.public import create_public_app
from api.runtime import Runtime
from channels.rasa_client import TURN_PATH, RasaClient
from channels.sms import TwilioTexts
from tests.api.backstage import add_officer, age, all_of, jobs, new_conversation, only
from tests.api.fake_rasa import FakeRasa, fake_rasa, saying
from tests.api.mail_server import MailServer, mail_server
from tests.api.staff_visitor import StaffDoor, Visitor, a_report
from tests.conftest import RASA_TOKEN
from tests.serving import free_port, serving
from tests.wording.catalogue import language_of, load_responses

SINK = "canary@police.test"
CONTROL_ROOM = "control@police.test"
TEXTS = TwilioTexts("AC1", "-", "+447700900000", "http://127.0.0.1:9")


class Reporting(FakeRasa):
    """Asks two questions, hands the report over as the actions do, and gives the receipt."""

    def __init__(self, rasa: FakeRasa, runtime: Runtime) -> None:
        super().__init__()
        self.address = rasa.address
        self.runtime = runtime
        self.deaf = False

    async def turn(self, call: dict[str, Any]) -> dict[str, Any]:
        count = len(self.calls)
        if self.deaf or count == 1:
            return saying("Ble?", question="where")
        if count == 2:
            return saying("Popeth yn iawn?", choices=[{"label": "Anfon", "value": "Anfon"}])
        submission = ReportSubmission.model_validate(
            a_report(conversation_id=call["conversation_id"], contact={"method": "none"})
        )
        async with self.runtime.database.session() as session:
            receipt, _ = await submit_report(session, self.runtime, submission, "canary:1")
            await session.commit()
        return saying("Wedi'i anfon.", kind="receipt", reference=receipt.reference)


@dataclass
class Way:
    """The whole way with a stand-in for the dialogue alone."""

    runtime: Runtime
    mail: MailServer
    rasa: Reporting

    async def work(self) -> None:
        """Turns and alerts, as the worker does them."""
        async with RasaClient(self.rasa.address, RASA_TOKEN, 5) as client:
            for job in await jobs(self.runtime, "answer_conversation"):
                await answer_conversation(
                    self.runtime, client, UUID(job["args"]["conversation_id"])
                )
                await self._done(job["id"])

    async def _done(self, job_id: int) -> None:
        async with self.runtime.database.engine.begin() as connection:
            await connection.execute(
                text("delete from procrastinate_jobs where id = :id"), {"id": job_id}
            )

    async def mail_alerts(self) -> None:
        for job in await jobs(self.runtime, SEND_ALERT):
            await send_alert(self.runtime, TEXTS, UUID(job["args"]["send_id"]))
            await self._done(job["id"])

    async def journey(self) -> Canary:
        """One canary from setting off to its receipt."""
        await set_off(self.runtime)
        [job] = await jobs(self.runtime, TRAVEL)
        canary_id = UUID(job["args"]["canary_id"])
        walk = asyncio.create_task(travel(self.runtime, canary_id))
        while not walk.done():
            await self.work()
            await asyncio.sleep(0.05)
        await walk
        await self._done(job["id"])
        async with self.runtime.database.session() as session:
            return await session.get_one(Canary, canary_id)


@pytest.fixture
async def way(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Way]:
    monkeypatch.setattr(travelling, "REST", 0.05)
    settings = runtime.settings
    async with fake_rasa() as script_only, mail_server() as mail:
        reporting = Reporting(script_only, runtime)

        async def answer(request: Request) -> Response:
            call: dict[str, Any] = await request.json()
            reporting.calls.append(call)
            return JSONResponse(await reporting.turn(call))

        rasa = FastAPI()
        rasa.add_api_route(TURN_PATH, answer, methods=["POST"], response_model=None)
        app = create_public_app(settings)
        async with (
            serving(rasa) as rasa_address,
            app.router.lifespan_context(app),
            serving(app) as public,
        ):
            reporting.address = rasa_address
            settings.public_url = public
            settings.__dict__.pop("public_address", None)
            settings.canary_email = SINK
            settings.control_room_email = CONTROL_ROOM
            settings.smtp_url = SecretStr(mail.url)
            await add_officer(runtime, "megan")
            yield Way(runtime, mail, reporting)


class TestTheJourney:
    async def test_goes_from_the_first_message_to_a_mail_that_was_accepted(self, way: Way) -> None:
        canary = await way.journey()
        assert (canary.state, canary.language) == (CanaryState.TRAVELLING, "cy")
        assert canary.reported_at is not None
        assert way.rasa.texts == [script().account["cy"], script().otherwise["cy"], "Anfon"]
        await settle(way.runtime)
        assert (await only(way.runtime, Canary)).arrived_at is None, "no server has taken it yet"
        await way.mail_alerts()
        await settle(way.runtime)
        canary = await only(way.runtime, Canary)
        assert canary.state == CanaryState.ARRIVED
        assert canary.arrived_at is not None
        [mail] = way.mail.accepted
        assert mail["To"] == SINK

    async def test_alerts_no_officer_and_leaves_nothing_behind(self, way: Way) -> None:
        await way.journey()
        assert {send.recipient for send in await all_of(way.runtime, AlertSend)} == {"canary"}
        await way.mail_alerts()
        await settle(way.runtime)
        for table in (Conversation, Message, Case, Report, Alert, AlertStep, AlertSend):
            assert await all_of(way.runtime, table) == [], table.__tablename__
        assert (await only(way.runtime, Canary)).purged_at is not None

    async def test_sets_off_once_in_its_time_and_changes_the_language(self, way: Way) -> None:
        for _ in range(3):
            await set_off(way.runtime)
        assert len(await jobs(way.runtime, TRAVEL)) == 1
        await age(way.runtime, Canary, timedelta(minutes=10), "set_off_at")
        await set_off(way.runtime)
        assert sorted(each.language for each in await all_of(way.runtime, Canary)) == ["cy", "en"]

    async def test_begins_anew_after_its_worker_died_and_is_still_one(self, way: Way) -> None:
        await set_off(way.runtime)
        canary = await only(way.runtime, Canary)
        half_told = await new_conversation(way.runtime, canary=True)
        async with way.runtime.database.session() as session:
            (await session.get_one(Canary, canary.id)).conversation_id = half_told
            await session.commit()
        canary = await way.journey()
        assert canary.reported_at is not None
        conversation = await only(way.runtime, Conversation)
        assert conversation.id == canary.conversation_id != half_told

    async def test_does_not_set_off_where_no_address_is_given(self, way: Way) -> None:
        way.runtime.settings.canary_email = ""
        await set_off(way.runtime)
        assert await all_of(way.runtime, Canary) == []

    async def test_deletes_nothing_but_what_is_synthetic(self, way: Way) -> None:
        conversation_id = await new_conversation(way.runtime)
        async with way.runtime.database.session() as session:
            await purge(session, conversation_id)
            await session.commit()
        assert (await only(way.runtime, Conversation)).id == conversation_id

    async def test_every_table_that_belongs_to_a_case_is_emptied_of_it(self, way: Way) -> None:
        await way.journey()
        conversation = await only(way.runtime, Conversation)
        await way.mail_alerts()
        await settle(way.runtime)
        async with way.runtime.database.session() as session:
            for table in Base.metadata.sorted_tables:
                if table.name in ("canaries", "officers", "audit_entries"):
                    continue
                rows = await session.scalar(text(f"select count(*) from {table.name}"))
                assert rows == 0, (table.name, conversation.id)


class TestItIsNeverShown:
    async def test_in_queue_counts_search_and_by_its_reference(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        conversation_id = await door.converse(canary=True)
        reference = await door.receive(conversation_id=str(conversation_id))
        case = await only(door.runtime, Case)
        assert case.canary
        page = await officer.get("/queue")
        assert reference not in page.text
        assert "Alerts not yet acknowledged" not in page.text
        assert (await officer.call("GET", "/v1/cases")).json()["cases"] == []
        found = await officer.send_form("/queue", "/queue/search", {"q": reference})
        assert f"/cases/{reference}" not in found.text
        assert (await officer.get(f"/cases/{reference}")).status_code == 404
        assert (await officer.call("GET", f"/v1/cases/{reference}")).status_code == 404
        alert = await only(door.runtime, Alert)
        assert (await officer.get(f"/alerts/{alert.id}")).status_code == 404

    async def test_among_what_is_overdue_or_in_the_times(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        await door.receive(conversation_id=str(await door.converse(canary=True)))
        async with door.runtime.database.session() as session:
            for deadline in (await session.execute(select(Case))).scalars():
                deadline.submitted_at = utc_now() - timedelta(days=1)
            await session.commit()
        await age(door.runtime, Deadline, timedelta(days=1), "due_at")
        assert "acknowledged in time" not in (await officer.get("/services")).text
        assert "No alert is overdue." in (await officer.get("/alerts/overdue")).text
        assert "No report yet." in (await officer.get("/alerts/times")).text


class TestWhenItDoesNotArrive:
    async def late(self, way: Way) -> None:
        await set_off(way.runtime)
        await age(way.runtime, Canary, timedelta(minutes=6), "set_off_at", "due_at")

    async def test_it_is_late_whether_or_not_a_worker_says_so(self, way: Way) -> None:
        await set_off(way.runtime)
        async with way.runtime.database.session() as session:
            assert not (await watch_over(session, way.runtime.settings, utc_now())).late
        await age(way.runtime, Canary, timedelta(minutes=6), "set_off_at", "due_at")
        async with way.runtime.database.session() as session:
            assert (await watch_over(session, way.runtime.settings, utc_now())).late
        await settle(way.runtime)
        assert (await only(way.runtime, Canary)).state == CanaryState.LATE

    async def test_it_is_late_when_none_sets_off_any_more(self, way: Way) -> None:
        await way.journey()
        await way.mail_alerts()
        await settle(way.runtime)
        for minutes, late in ((14, False), (2, True)):
            await age(way.runtime, Canary, timedelta(minutes=minutes), "set_off_at")
            async with way.runtime.database.session() as session:
                assert (await watch_over(session, way.runtime.settings, utc_now())).late is late

    async def test_the_control_room_has_one_mail_for_one_outage_by_another_route(
        self, way: Way
    ) -> None:
        async with mail_server() as other_route:
            way.runtime.settings.control_room_smtp_url = SecretStr(other_route.url)
            await self.late(way)
            for _ in range(3):
                await raise_alarm_when_late(way.runtime)
            [mail] = other_route.accepted
            assert mail["To"] == CONTROL_ROOM
            assert "reports may not be arriving" in mail["Subject"]
            assert way.mail.accepted == []
        assert (await only(way.runtime, CanaryAlarm)).state == SendState.ACCEPTED

    async def test_the_mail_is_tried_until_a_server_takes_it(self, way: Way) -> None:
        way.runtime.settings.control_room_smtp_url = SecretStr(f"smtp://127.0.0.1:{free_port()}")
        await self.late(way)
        await raise_alarm_when_late(way.runtime)
        alarm = await only(way.runtime, CanaryAlarm)
        assert (alarm.state, alarm.attempts, alarm.last_error) == (
            SendState.QUEUED,
            1,
            "SMTPConnectError",
        )
        way.runtime.settings.control_room_smtp_url = SecretStr("")
        await raise_alarm_when_late(way.runtime)
        assert [str(mail["To"]) for mail in way.mail.accepted] == [CONTROL_ROOM]

    async def test_the_alarm_is_over_when_one_arrives_again(self, way: Way) -> None:
        await self.late(way)
        await raise_alarm_when_late(way.runtime)
        await settle(way.runtime)
        await age(way.runtime, Canary, timedelta(minutes=10), "set_off_at")
        async with way.runtime.database.engine.begin() as connection:
            await connection.execute(text("delete from procrastinate_jobs"))
        await way.journey()
        await way.mail_alerts()
        await settle(way.runtime)
        await raise_alarm_when_late(way.runtime)
        assert (await only(way.runtime, CanaryAlarm)).over_at is not None

    async def test_a_dialogue_that_comes_to_no_end_is_noted(
        self, way: Way, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(travelling, "MOST_MESSAGES", 2)
        way.rasa.deaf = True
        await set_off(way.runtime)
        async with way.runtime.database.session() as session:
            canary = (await session.scalars(select(Canary))).one()
            canary.due_at = utc_now() + timedelta(seconds=2)
            await session.commit()
        canary = await way.journey()
        assert (canary.reported_at, canary.last_error) == (None, "LostItsWay")

    async def test_a_public_door_that_is_away_is_noted(self, way: Way) -> None:
        way.runtime.settings.public_url = f"http://127.0.0.1:{free_port()}"
        way.runtime.settings.__dict__.pop("public_address", None)
        await set_off(way.runtime)
        async with way.runtime.database.session() as session:
            canary = (await session.scalars(select(Canary))).one()
            canary.due_at = utc_now() + timedelta(seconds=0.3)
            await session.commit()
        assert (await way.journey()).last_error == "ConnectError"

    async def test_a_mail_server_that_is_away_keeps_it_from_arriving(self, way: Way) -> None:
        await way.journey()
        way.mail.refuse("451 try later")
        with pytest.raises(AlertInterrupted):
            await way.mail_alerts()
        await settle(way.runtime)
        assert (await only(way.runtime, Canary)).state == CanaryState.TRAVELLING

    async def test_every_officers_page_says_so(self, door: StaffDoor, officer: Visitor) -> None:
        door.runtime.settings.canary_email = SINK
        async with door.runtime.database.session() as session:
            long_ago = utc_now() - timedelta(hours=1)
            session.add(Canary(language="cy", set_off_at=long_ago, due_at=long_ago))
            await session.commit()
        for path in ("/queue", "/services", "/rota"):
            page = await officer.get(path)
            assert "Reports may not be arriving." in page.text, path
        door.runtime.settings.metrics_token = SecretStr("metrics-token-of-the-tests-00001")
        figures = await officer.client.get(
            "/metrics", headers={"Authorization": "Bearer metrics-token-of-the-tests-00001"}
        )
        assert "llais_canary_late 1.0" in figures.text


@pytest.mark.parametrize("language", ["cy", "en"])
def test_the_assistant_offers_every_choice_of_the_script(language: str) -> None:
    offered = {
        button["title"]
        for variations in load_responses().values()
        for variation in variations
        if language_of(variation) == language
        for button in variation.get("buttons", [])
    }
    assert {choice[language] for choice in script().choices} <= offered  # type: ignore[index]


def test_a_question_without_a_known_choice_is_answered_all_the_same() -> None:
    asked: list[dict[str, Any]] = [
        {"choices": [{"label": "Du / Black", "value": "Du"}]},
        {"choices": []},
    ]
    assert script().answer(asked, "en") == "I don't know"
    assert script().answer([{"choices": [{"label": "Anfon", "value": "Anfon"}]}], "cy") == "Anfon"


async def test_the_client_of_the_chat_gives_up_in_time() -> None:
    assert httpx.Timeout(travelling.TIMEOUT).read > travelling.LONGEST_WAIT  # type: ignore[operator]

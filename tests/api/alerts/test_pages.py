"""Officers see the chain of an alert, what is overdue, and how fast alerts are; and say how they are reached."""

import re
from datetime import timedelta

import pytest

from api.alerts.models import Alert, AlertSend, AlertStep, SendState, StepState
from api.cases.models import Case, Deadline
from api.database import utc_now
from api.rota.models import Reach
from tests.api.backstage import age, all_of, only
from tests.api.staff_visitor import StaffDoor, Visitor


def plain(html: str) -> str:
    words = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    return words.replace(" :", ":").replace(" ,", ",")


class TestTheChain:
    async def test_stands_on_the_page_of_the_alert_and_of_the_case(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        reference = await door.receive(risk_answers={"weapon_or_hurt": "yes"})
        alert = await only(door.runtime, Alert)
        for path in (f"/alerts/{alert.id}", f"/cases/{reference}"):
            page = plain((await officer.get(path)).text)
            assert "The first officer Under way" in page, path
            assert "e-mail: Megan · waiting to go" in page
            assert "Nobody is on the rota: everybody on duty." in page
            assert "The control room To come" in page
        assert len(await door.audited("alert_read")) == 1

    async def test_shows_what_failed_and_that_it_is_tried_again(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        await door.receive()
        alert = await only(door.runtime, Alert)
        async with door.runtime.database.session() as session:
            for send in await all_of(door.runtime, AlertSend):
                kept = await session.merge(send)
                kept.last_error = "SMTPConnectError"
            for step in await all_of(door.runtime, AlertStep):
                (await session.merge(step)).state = StepState.FAILED
            await session.commit()
        page = plain((await officer.get(f"/alerts/{alert.id}")).text)
        assert "The first officer Failed" in page
        assert "failed, being tried again (SMTPConnectError)" in page

    async def test_acknowledging_on_the_page_drops_what_would_follow(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        await door.receive()
        alert = await only(door.runtime, Alert)
        assert (await officer.get(f"/alerts/{alert.id}")).status_code == 200
        assert (await only(door.runtime, Alert)).acknowledged_at is None, "opening is no answer"
        await officer.send_form(f"/alerts/{alert.id}", f"/alerts/{alert.id}/acknowledge")
        page = plain((await officer.get(f"/alerts/{alert.id}")).text)
        assert "Acknowledged by Megan" in page
        assert "The control room Not needed" in page
        assert {each.state for each in await all_of(door.runtime, AlertSend)} == {SendState.DROPPED}

    async def test_the_link_in_the_mail_leads_through_the_sign_in_and_back(
        self, door: StaffDoor
    ) -> None:
        await door.receive()
        alert = await only(door.runtime, Alert)
        async with door.visitor() as visitor:
            answer = await visitor.client.get(f"/alerts/{alert.id}")
        assert answer.headers["location"] == f"/sign-in?next=%2Falerts%2F{alert.id}"


class TestWhatIsOverdue:
    async def test_stands_on_every_page_with_a_count_and_a_link(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        reference = await door.receive()
        assert "not acknowledged in time" not in (await officer.get("/services")).text
        await age(door.runtime, Deadline, timedelta(hours=5), "due_at")
        for path in ("/queue", "/services", "/rota", "/alerts/times", f"/cases/{reference}"):
            page = (await officer.get(path)).text
            assert "Cases not acknowledged in time: 1." in page, path
            assert 'href="/alerts/overdue"' in page
        assert reference in (await officer.get("/alerts/overdue")).text
        assert "time: 1." in (await officer.client.get("/alerts/notices")).text

    async def test_counts_an_urgent_alert_by_when_it_was_raised(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        conversation_id = await door.converse()
        await door.call_in(conversation_id, "Mae dyn gyda chyllell tu allan i fy nrws nawr")
        assert "time: 1." not in (await officer.get("/services")).text
        await age(door.runtime, Alert, timedelta(minutes=16), "raised_at")
        assert "time: 1." in (await officer.get("/services")).text

    async def test_goes_once_it_is_acknowledged(self, door: StaffDoor, officer: Visitor) -> None:
        await officer.get("/queue")
        await door.receive()
        await age(door.runtime, Deadline, timedelta(hours=5), "due_at")
        alert = await only(door.runtime, Alert)
        await officer.send_form("/queue", f"/alerts/{alert.id}/acknowledge")
        assert "acknowledged in time" not in (await officer.get("/services")).text
        assert "No alert is overdue." in (await officer.get("/alerts/overdue")).text


class TestTheTimes:
    async def test_are_told_by_language_and_channel(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        for language in ("cy", "cy", "en"):
            await door.receive(language=language)
        now = utc_now()
        async with door.runtime.database.session() as session:
            by_case = {case.id: case for case in await all_of(door.runtime, Case)}
            seconds = {"cy": [10.0, 20.0], "en": [40.0]}
            for alert in await all_of(door.runtime, Alert):
                case = await session.merge(by_case[alert.case_id])
                case.submitted_at = now - timedelta(hours=1)
                took = seconds[case.language].pop()
                kept = await session.merge(alert)
                kept.acknowledged_at = case.submitted_at + timedelta(minutes=took)
                for send in await all_of(door.runtime, AlertSend):
                    if send.alert_id == alert.id:
                        (await session.merge(send)).accepted_at = case.submitted_at + timedelta(
                            seconds=took
                        )
            await session.commit()
        page = plain((await officer.get("/alerts/times")).text)
        assert "Welsh Web chat 2 15.0 seconds 19.5 seconds" in page
        assert "English Web chat 1 40.0 seconds 40.0 seconds" in page
        assert "Welsh Web chat 2 15.0 minutes 19.5 minutes" in page


class TestOnesOwnSettings:
    async def test_keep_the_number_encrypted_and_found_by_hash(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.send_form("/alerts/settings", "/alerts/settings", {"phone": "07700 900345"})
        reach = await only(door.runtime, Reach)
        assert (reach.phone, reach.sound) == ("+447700900345", False)
        assert "+447700900345" in (await officer.get("/alerts/settings")).text
        await officer.send_form("/alerts/settings", "/alerts/settings", {"phone": ""})
        reach = await only(door.runtime, Reach)
        assert (reach.phone, reach.phone_hash) == (None, None)

    @pytest.mark.parametrize("phone", ["12", "hello", "+4477"])
    async def test_refuse_what_is_no_number(
        self, door: StaffDoor, officer: Visitor, phone: str
    ) -> None:
        answer = await officer.send_form("/alerts/settings", "/alerts/settings", {"phone": phone})
        assert answer.status_code == 422
        assert "does not look like a telephone number" in answer.text
        assert await all_of(door.runtime, Reach) == []

    async def test_refuse_a_number_that_another_officer_has(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.send_form("/alerts/settings", "/alerts/settings", {"phone": "07700900345"})
        await door.add_officer("tomos", language="en")
        async with door.visitor("tomos") as tomos:
            answer = await tomos.send_form(
                "/alerts/settings", "/alerts/settings", {"phone": "07700900345"}
            )
        assert answer.status_code == 422
        assert "Another officer uses this number." in answer.text

    async def test_have_the_sound_off_at_first_and_on_when_wanted(self, officer: Visitor) -> None:
        assert "data-sound" not in (await officer.get("/queue")).text
        await officer.send_form("/alerts/settings", "/alerts/settings", {"sound": "on"})
        assert 'data-sound="on"' in (await officer.get("/queue")).text

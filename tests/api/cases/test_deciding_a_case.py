"""What a case came to, its closing, and a person's own data: decisions of officers, and what follows from them."""

import asyncio
import io
import json
import re
import zipfile
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert
from api.cases.casework_models import (
    Closing,
    Outcome,
    PersonInvolved,
    Redaction,
    ToldState,
)
from api.cases.models import Case, PlannedAction
from api.conversations.models import Channel, Message, Sender
from api.conversations.receive import lock_conversation
from api.database import utc_now
from tests.api.backstage import all_of, only
from tests.api.cases.test_held_texts import closed_now
from tests.api.cases.test_working_a_case import a_contact, send
from tests.api.staff_visitor import StaffDoor, Visitor, a_report


async def finish_plan(door: StaffDoor) -> None:
    async with door.runtime.database.session() as session:
        await session.execute(update(PlannedAction).values(state="done", done_at=utc_now()))
        await session.commit()


class TestOutcome:
    async def known(self, door: StaffDoor, officer: Visitor) -> str:
        reference = await door.receive()
        await send(
            officer,
            reference,
            "people-involved",
            name="Rhywun Penodol",
            description="Tal, gwallt coch",
            whereabouts="Pontwen",
        )
        return reference

    async def stored(self, door: StaffDoor) -> tuple[Any, ...]:
        async with door.runtime.database.session() as session:
            row = await session.execute(
                text("select name, description, whereabouts from people_involved")
            )
            return tuple(row.one())

    async def test_no_crime_removes_what_is_known_of_the_person_involved(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await self.known(door, officer)
        answer = await send(
            officer, reference, "outcome", code="non_crime_incident", reason="Dim trosedd"
        )
        assert answer.headers["location"] == f"/cases/{reference}?done=redacted#outcome"
        assert await self.stored(door) == (None, None, None)
        record = await only(door.runtime, Redaction)
        assert (record.people, record.fields) == (1, 3)
        page = (await officer.get(f"/cases/{reference}")).text
        assert "Rhywun Penodol" not in page
        assert "Data on the person involved was removed. People: 1. Fields: 3. By Megan," in page
        assert len(await door.audited("person_involved_redacted")) == 1

    async def test_a_stated_reason_keeps_it(self, door: StaffDoor, officer: Visitor) -> None:
        reference = await self.known(door, officer)
        await send(
            officer,
            reference,
            "outcome",
            code="non_crime_incident",
            reason="Dim trosedd",
            kept_because="Risg o niwed difrifol",
        )
        assert None not in await self.stored(door)
        assert await all_of(door.runtime, Redaction) == []
        page = (await officer.get(f"/cases/{reference}")).text
        assert "Risg o niwed difrifol" in page
        assert "Rhywun Penodol" in page

    async def test_a_crime_keeps_it(self, door: StaffDoor, officer: Visitor) -> None:
        reference = await self.known(door, officer)
        await send(officer, reference, "outcome", code="charged", reason="Tystion")
        assert None not in await self.stored(door)
        # Decided again: the newest holds, and the earlier one stays to be read.
        await send(officer, reference, "outcome", code="not_hate_related", reason="Arall")
        assert await self.stored(door) == (None, None, None)
        assert len(await all_of(door.runtime, Outcome)) == 2

    async def test_after_no_crime_nothing_new_is_kept_of_anybody(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive()
        await send(officer, reference, "outcome", code="non_crime_incident", reason="Dim")
        answer = await send(officer, reference, "people-involved", name="Rhywun")
        assert answer.status_code == 409
        assert await all_of(door.runtime, PersonInvolved) == []

    @pytest.mark.parametrize("wrong", [{"code": "guilty"}, {"reason": "  "}])
    async def test_only_a_code_of_the_policy_with_a_reason_is_a_decision(
        self, door: StaffDoor, officer: Visitor, wrong: dict[str, str]
    ) -> None:
        reference = await door.receive()
        fields = {"code": "charged", "reason": "Tystion", **wrong}
        assert (await send(officer, reference, "outcome", **fields)).status_code == 422
        assert await all_of(door.runtime, Outcome) == []


class TestClosing:
    async def ready(self, door: StaffDoor, officer: Visitor, **report: Any) -> str:
        reference = await door.receive(**report)
        await finish_plan(door)
        await send(officer, reference, "outcome", code="charged", reason="Tystion")
        return reference

    async def told(self, door: StaffDoor) -> list[Message]:
        return [m for m in await all_of(door.runtime, Message) if m.sender == Sender.OFFICER]

    async def somebody_waits(self, session: AsyncSession) -> None:
        """Return when somebody waits for what this session holds."""
        waits = "select exists (select 1 from pg_locks where not granted) from pg_sleep(0.02)"
        while not await session.scalar(text(waits)):
            pass

    async def test_the_person_is_told_why_in_their_language_and_offered_support_again(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await self.ready(door, officer, conversation_id=str(await door.converse()))
        answer = await send(officer, reference, "close", reason="no_further_lines", note="Gweler")
        assert answer.headers["location"] == f"/cases/{reference}?done=closed#closing"
        (message,) = await self.told(door)
        assert message.language == "cy"
        assert f"Rydyn ni wedi cau'r achos â'r cyfeirnod {reference}." in message.text
        assert "Rydyn ni wedi edrych ar bopeth sydd gennyn ni." in message.text
        assert "Gallwch gael cymorth o hyd" in message.text
        assert "Sut brofiad oedd hyn i chi?" in message.text
        closing = await only(door.runtime, Closing)
        assert (closing.told, closing.message_id) == (ToldState.QUEUED, message.id)
        assert (await only(door.runtime, Case)).status == "closed"
        page = (await officer.get(f"/cases/{reference}")).text
        assert "Gweler" in page
        assert "You cannot write: the case is closed." in page
        assert len(await door.audited("case_closed")) == 1

    async def test_what_a_person_is_told_by_text_waits_for_their_safe_hours(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await self.ready(
            door,
            officer,
            conversation_id=str(await door.converse(Channel.SMS)),
            channel="sms",
            contact={"method": "this_conversation", "contact_hours": closed_now()},
        )
        await send(officer, reference, "close", reason="investigated")
        assert "waits until" in (await officer.get(f"/cases/{reference}")).text

    @pytest.mark.parametrize(
        ("contact", "told"),
        [
            ({"method": "none"}, ToldState.NOT_WANTED),
            ({"method": "phone", "phone": "07700 900123"}, ToldState.BY_OFFICER),
        ],
    )
    async def test_where_nothing_may_be_written_the_closing_says_who_tells_them(
        self, door: StaffDoor, officer: Visitor, contact: dict[str, str], told: ToldState
    ) -> None:
        reference = await self.ready(door, officer, contact=contact)
        await send(officer, reference, "close", reason="investigated")
        assert (await only(door.runtime, Closing)).told == told
        assert await self.told(door) == []

    async def test_a_case_with_open_items_of_the_plan_does_not_close(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive()
        await send(officer, reference, "outcome", code="charged", reason="Tystion")
        page = (await officer.get(f"/cases/{reference}")).text
        assert "Items of the plan are open: Check safety now;" in page
        assert 'id="closing-reason"' not in page
        assert (await send(officer, reference, "close", reason="investigated")).status_code == 409
        assert (await only(door.runtime, Case)).status == "new"
        assert await all_of(door.runtime, Closing) == []

    async def test_a_case_without_an_outcome_does_not_close_nor_one_twice(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(conversation_id=str(await door.converse()))
        await finish_plan(door)
        assert (await send(officer, reference, "close", reason="investigated")).status_code == 409
        await send(officer, reference, "outcome", code="charged", reason="Tystion")
        wrong = await send(officer, reference, "close", reason="because")
        assert wrong.status_code == 422
        for expected in (303, 409):
            answer = await send(officer, reference, "close", reason="investigated")
            assert answer.status_code == expected
        assert len(await self.told(door)) == 1

    async def test_a_danger_that_comes_in_meanwhile_never_waits_for_the_closing_that_waits_for_it(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        conversation_id = await door.converse()
        reference = await self.ready(door, officer, conversation_id=str(conversation_id))
        async with door.runtime.database.session() as session:
            await lock_conversation(session, conversation_id)
            closing = asyncio.create_task(send(officer, reference, "close", reason="investigated"))
            await self.somebody_waits(session)
            # Whoever has the conversation gets the case too, at once.
            locked = select(Case.id).with_for_update(nowait=True)
            assert await session.scalar(locked) is not None
            assert not closing.done()
        assert (await closing).status_code == 303

    async def test_a_message_that_waits_for_the_closing_is_not_sent_and_does_not_open_the_case(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        conversation_id = await door.converse()
        reference = await self.ready(door, officer, conversation_id=str(conversation_id))
        async with door.runtime.database.session() as session:
            await lock_conversation(session, conversation_id)
            written = {"text": "Helo", "language": "cy"}
            path = f"/v1/cases/{reference}/messages"
            writing = asyncio.create_task(officer.call("POST", path, json=written))
            await self.somebody_waits(session)
            await session.execute(update(Case).values(status="closed"))
            await session.commit()
        answer = await writing
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:llais:problem:case-closed")
        assert (await only(door.runtime, Case)).status == "closed"
        assert await self.told(door) == []

    async def test_an_acknowledgement_that_waits_for_the_closing_does_not_open_the_case(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await door.receive()
        alert = await only(door.runtime, Alert)
        async with door.runtime.database.session() as session:
            await session.execute(select(Case.id).with_for_update())
            path = f"/v1/alerts/{alert.id}/acknowledge"
            acknowledging = asyncio.create_task(officer.call("POST", path))
            await self.somebody_waits(session)
            await session.execute(update(Case).values(status="closed"))
            await session.commit()
        assert (await acknowledging).status_code == 200
        assert (await only(door.runtime, Case)).status == "closed"


class TestAPersonsOwnData:
    async def test_their_data_and_others_come_in_files_apart(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        conversation_id = await door.converse()
        report = a_report(
            route="on_behalf",
            conversation_id=str(conversation_id),
            reporter={
                "relation": "mab",
                "may_contact_victim": "yes",
                "victim_name": "Y Fam",
                "victim_contact": "drwy'r mab",
            },
            contact={
                "method": "this_conversation",
                "name": "Siân",
                "trusted_person": "Modryb",
                "interpreter": True,
            },
        )
        reference = await door.receive(**report)
        await door.call_in(conversation_id, "Ydych chi yno?")
        await send(officer, reference, "people-involved", name="Rhywun Penodol")
        await send(
            officer,
            reference,
            "contacts",
            **a_contact(means="chat", with_role="reporter", note="Nodyn preifat"),
        )
        answer = await send(officer, reference, "subject-access")
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            files = {name: archive.read(name).decode() for name in archive.namelist()}
        assert set(files) == {"READ-FIRST.txt", "1/page.html", "1/data.json", "2/data.json"}
        own, others = json.loads(files["1/data.json"]), json.loads(files["2/data.json"])
        assert own[reference]["account"]["text"].startswith("Gwaeddodd")
        assert own[reference]["person"]["name"] == "Siân"
        for name in ("1/data.json", "1/page.html"):
            assert "Ydych chi yno?" in files[name]
            for private in ("Y Fam", "Modryb", "Rhywun Penodol", "Nodyn preifat", "Megan"):
                assert private not in files[name], (name, private)
        assert others[reference]["victim"]["name"] == "Y Fam"
        assert others[reference]["trusted_person"] == "Modryb"
        assert others[reference]["people_involved"][0]["name"] == "Rhywun Penodol"
        assert others[reference]["notes_of_officers"] == ["Nodyn preifat"]
        assert '<html lang="cy">' in files["1/page.html"]
        assert "Beth rydyn ni&#39;n ei gadw amdanoch chi" in files["1/page.html"]
        assert "fel yr oedd <time" in files["1/page.html"]
        assert ">ddydd " in files["1/page.html"]
        assert "Angen cyfieithydd</strong></dt><dd>oes" in files["1/page.html"]
        assert len(await door.audited("subject_access_exported")) == 1

    async def test_only_cases_that_an_officer_linked_as_theirs_come_along(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        contact = {"method": "phone", "phone": "07700 900123"}
        first, second, third = [await door.receive(contact=contact) for _ in range(3)]
        await send(officer, first, "links", other=second, kind="victim")
        await send(officer, first, "links", other=third, kind="place")
        own, _ = await exported(officer, first)
        assert set(own) == {first, second}

    @pytest.mark.parametrize(
        ("route", "contact"),
        [
            ("witness", {"method": "phone", "phone": "07700 900456", "name": "Y Cymydog"}),
            ("witness", {"method": "email", "email": "w@example.test", "name": "Y Cymydog"}),
            ("witness", {"method": "this_conversation", "name": "Y Cymydog"}),
            # A household may share a telephone: whoever reported about the victim is still not the victim.
            ("on_behalf", {"method": "phone", "phone": "07700 900123", "name": "Y Cymydog"}),
        ],
    )
    async def test_what_somebody_else_reported_about_the_same_victim_is_not_for_the_person(
        self, door: StaffDoor, officer: Visitor, route: str, contact: dict[str, str]
    ) -> None:
        own_contact = {"method": "phone", "phone": "07700 900123", "name": "Siân"}
        victims = await door.receive(contact=own_contact)
        words = {**a_report()["report"], "text": "Gwelais i'r cyfan"}
        anothers = await door.receive(route=route, contact=contact, report=words)
        await send(officer, victims, "links", other=anothers, kind="victim")
        for asked, other, private in (
            (victims, anothers, ("Y Cymydog", "Gwelais", "900456", "w@example.test")),
            (anothers, victims, ("Siân", "Gwaeddodd")),
        ):
            own, others = await exported(officer, asked)
            assert set(own) == {asked}
            assert set(others) == {asked, other}
            for secret in private:
                assert secret not in json.dumps(own, ensure_ascii=False), secret
            # The officer has the whole of it for the review.
            assert others[other]["account"]["text"].startswith(private[1])
            assert others[other]["person"]["name"] == private[0]

    async def test_the_same_email_address_shows_the_same_person_however_it_is_written(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        first, second = [
            await door.receive(contact={"method": "email", "email": email})
            for email in ("sian@example.test", "Sian@Example.test")
        ]
        await send(officer, first, "links", other=second, kind="victim")
        own, _ = await exported(officer, first)
        assert set(own) == {first, second}


async def exported(officer: Visitor, reference: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What an export holds for the person, and what it holds of others."""
    answer = await send(officer, reference, "subject-access")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        page = archive.read("1/page.html").decode()
        own, others = (json.loads(archive.read(f"{folder}/data.json")) for folder in (1, 2))
    assert set(re.findall(r"<h2>(.*?)</h2>", page)) == set(own)
    return own, others

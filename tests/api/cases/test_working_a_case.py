"""Working a case on its page: contact, translation, links, outcome, closing, paper, and a person's own data."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text, update

from api.cases.casework_models import (
    CaseIdentifier,
    CaseLink,
    ContactAttempt,
    Translation,
)
from api.cases.identifiers import normal_place
from api.cases.models import Case, Deadline
from api.conversations.models import Channel, Message, Sender
from api.database import utc_now
from api.officers.models import Role
from tests.api.backstage import all_of, only
from tests.api.cases.test_held_texts import closed_now
from tests.api.staff_visitor import CSRF_FIELD, StaffDoor, Visitor, found

ENGLISH = "A man shouted at me by the bus stop in Pontwen."
LINK_FORM = re.compile(r'action="(/cases/[^"]+/links/[^"]+/undo)"')


async def send(officer: Visitor, reference: str, what: str, **fields: str) -> Any:
    return await officer.send_form(f"/cases/{reference}", f"/cases/{reference}/{what}", fields)


def a_contact(**changes: str) -> dict[str, str]:
    return {
        "means": "phone",
        "direction": "to_person",
        "outcome": "reached",
        "with_role": "victim",
        "at": "2026-11-20T12:00",
        "note": "Yn dawel, yn iawn",
        **changes,
    }


class TestContact:
    async def test_a_contact_is_noted_and_stops_the_clock(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(contact={"method": "phone", "phone": "07700 900123"})
        answer = await send(officer, reference, "contacts", **a_contact())
        assert answer.headers["location"] == f"/cases/{reference}?done=contact#contact-log"
        page = (await officer.get(f"/cases/{reference}?done=contact")).text
        assert "The contact has been noted." in page
        assert "Yn dawel, yn iawn" in page
        assert "Spoke with the person" in page
        clocks = await all_of(door.runtime, Deadline)
        assert [each.code for each in clocks if each.met_at] == ["first_contact"]
        assert [entry.subject for entry in await door.audited("contact_noted")] == [reference]

    async def test_the_clock_stops_when_the_contact_was_and_not_when_it_is_noted(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(contact={"method": "phone", "phone": "07700 900123"})
        for at in ("2026-11-20T12:00", "2026-11-20T10:00", "2026-11-20T14:00"):
            await send(officer, reference, "contacts", **a_contact(at=at))
        met = [each.met_at for each in await all_of(door.runtime, Deadline) if each.met_at]
        # An earlier one that is noted later is still the first.
        assert met == [datetime(2026, 11, 20, 10, tzinfo=UTC)]

    async def test_a_call_by_night_noted_after_they_wrote_in_the_morning_needs_a_reason(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(
            conversation_id=str(await door.converse()),
            contact={"method": "phone", "phone": "07700 900123"},
        )
        answer = await send(officer, reference, "contacts", **a_contact(at="2026-11-20T03:00"))
        assert answer.status_code == 409
        assert await all_of(door.runtime, ContactAttempt) == []

    async def test_an_attempt_in_vain_stops_no_clock(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(contact={"method": "phone", "phone": "07700 900123"})
        await send(officer, reference, "contacts", **a_contact(outcome="no_answer"))
        assert not any(each.met_at for each in await all_of(door.runtime, Deadline))

    async def test_a_note_never_reaches_the_database_in_plain(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(contact={"method": "phone", "phone": "07700 900123"})
        await send(officer, reference, "contacts", **a_contact())
        async with door.runtime.database.session() as session:
            kept = str(await session.scalar(text("select t::text from contact_attempts t")))
        assert "tawel" not in kept
        assert b"tawel".hex() not in kept

    async def test_what_the_person_did_not_allow_is_noted_only_with_why(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(
            contact={"method": "phone", "phone": "07700 900123", "contact_hours": "evening"}
        )
        refused = await send(officer, reference, "contacts", **a_contact())
        assert refused.status_code == 409
        assert await all_of(door.runtime, ContactAttempt) == []
        why = {"against_wishes": "Perygl i fywyd"}
        await send(officer, reference, "contacts", **a_contact(**why))
        assert (await only(door.runtime, ContactAttempt)).against_wishes == "Perygl i fywyd"
        assert len(await door.audited("safe_contact_overridden")) == 1

    async def test_a_contact_that_is_still_to_come_is_refused(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(contact={"method": "phone", "phone": "07700 900123"})
        answer = await send(officer, reference, "contacts", **a_contact(at="2099-01-01T12:00"))
        assert answer.status_code == 422

    async def test_the_number_is_shown_when_it_may_be_rung_and_not_on_the_case_page(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        contact = {"method": "phone", "phone": "07700 900123", "say_police": "no"}
        reference = await door.receive(conversation_id=str(await door.converse()), contact=contact)
        assert "+447700900123" not in (await officer.get(f"/cases/{reference}")).text
        page = await send(officer, reference, "number")
        assert 'href="tel:+447700900123"' in page.text
        assert "Do not say that it is the police." in page.text
        assert "Do not leave a message." in page.text
        assert len(await door.audited("number_shown")) == 1

    async def test_outside_the_safe_hours_the_page_says_why_and_when_instead_of_the_number(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        hours = closed_now()
        reference = await door.receive(
            contact={"method": "phone", "phone": "07700 900123", "contact_hours": hours}
        )
        case_page = (await officer.get(f"/cases/{reference}")).text
        assert "It is outside the hours that are safe for the person. Next:" in case_page
        page = await send(officer, reference, "number")
        assert page.status_code == 409
        assert "+447700900123" not in page.text
        assert "Next:" in page.text
        assert await door.audited("number_shown") == []
        anyway = await send(officer, reference, "number", reason="Perygl i fywyd")
        assert 'href="tel:+447700900123"' in anyway.text
        assert len(await door.audited("safe_contact_overridden")) == 1
        # The reason is kept, not only put into a form that nobody need send.
        kept = await only(door.runtime, ContactAttempt)
        assert (kept.outcome, kept.against_wishes) == ("number_shown", "Perygl i fywyd")
        assert not any(each.met_at for each in await all_of(door.runtime, Deadline))
        await door.add_officer("sara", Role.SUPERVISOR, language="en")
        async with door.visitor("sara") as supervisor:
            page = (await supervisor.get(f"/cases/{reference}")).text
        assert "Number shown" in page
        assert "Perygl i fywyd" in page

    async def test_a_text_that_must_wait_says_so_before_and_after(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(
            conversation_id=str(await door.converse(Channel.SMS)),
            channel="sms",
            contact={"method": "this_conversation", "contact_hours": closed_now()},
        )
        page = (await officer.get(f"/cases/{reference}")).text
        assert "Your message will wait, and go" in page
        answer = await send(
            officer, reference, "messages", text="Bore da.", language="cy", key=str(uuid4())
        )
        assert answer.headers["location"] == f"/cases/{reference}?done=held#conversation"
        after = (await officer.get(answer.headers["location"])).text
        assert "It will go when it is safe for the person." in after
        assert "waits until" in after

    async def test_a_message_in_the_other_language_is_sent_only_when_the_officer_says_so(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(conversation_id=str(await door.converse()))
        written = {"text": "When can we talk?", "language": "en", "key": str(uuid4())}
        warned = await send(officer, reference, "messages", **written)
        assert warned.status_code == 409
        assert "The message is not in the person&#39;s language." in warned.text
        assert ">When can we talk?</textarea>" in warned.text
        sent = await send(officer, reference, "messages", **written, language_checked="true")
        assert sent.headers["location"] == f"/cases/{reference}?done=sent#conversation"
        words = [m.text for m in await all_of(door.runtime, Message) if m.sender == Sender.OFFICER]
        assert words == ["When can we talk?"]

    async def test_a_ready_message_is_put_into_the_box_in_the_persons_language(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(conversation_id=str(await door.converse()))
        page = (
            await officer.get(f"/cases/{reference}?template=ask_time&template_language=cy")
        ).text
        assert "Pa ddiwrnod a pha amser sy&#39;n ddiogel i chi?" in page
        unknown = await officer.get(f"/cases/{reference}?template=nonsense&template_language=cy")
        assert "required></textarea>" in unknown.text


class TestTheAccount:
    async def test_a_translation_stands_beside_the_account_labelled_with_whose_it_is(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive()
        await send(
            officer,
            reference,
            "translations",
            text=ENGLISH,
            translator="Elin Prys",
            made_on="2026-11-20",
        )
        page = (await officer.get(f"/cases/{reference}")).text
        original, translated = page.index("Gwaeddodd dyn"), page.index(ENGLISH)
        assert original < translated
        assert "English. Translator: Elin Prys," in page
        assert '<blockquote class="llais-account" lang="cy">' in page
        assert 'llais-account--translated" lang="en"' in page
        kept = await only(door.runtime, Translation)
        assert (kept.language, kept.text) == ("en", ENGLISH)
        async with door.runtime.database.session() as session:
            stored = str(await session.scalar(text("select t::text from translations t")))
        assert b"shouted".hex() not in stored

    @pytest.mark.parametrize(
        "wrong", [{"text": " "}, {"translator": " "}, {"made_on": "2099-01-01"}]
    )
    async def test_a_translation_without_its_translator_its_day_or_words_is_refused(
        self, door: StaffDoor, officer: Visitor, wrong: dict[str, str]
    ) -> None:
        reference = await door.receive()
        fields = {"text": ENGLISH, "translator": "Elin", "made_on": "2026-11-20", **wrong}
        assert (await send(officer, reference, "translations", **fields)).status_code == 422
        assert await all_of(door.runtime, Translation) == []

    async def test_each_fact_says_where_it_came_from(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(flags=["child"])
        page = (await officer.get(f"/cases/{reference}")).text
        for source in ("the person&#39;s words", "the person&#39;s choice", "safety check"):
            assert source in page, source
        assert "A child is involved" in page

    async def test_the_printed_case_holds_everything_and_no_form(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        conversation_id = await door.converse()
        reference = await door.receive(conversation_id=str(conversation_id))
        await door.call_in(conversation_id, "Ydych chi yno?")
        await send(officer, reference, "people-involved", name="Rhywun", description="Tal")
        page = (await officer.get(f"/cases/{reference}/print")).text
        main = page[page.index("<main") : page.index("</main>")]
        for words in (
            *("Gwaeddodd dyn arna i", "Ydych chi yno?", "Rhywun", "Tal", "Race", "Timeline"),
            *("Initial action plan", "Received", "Printed by Megan", "Siân"),
        ):
            assert words in main, words
        assert "<form" not in main
        assert "<details" not in main
        assert [entry.subject for entry in await door.audited("case_printed")] == [reference]


class TestTheSameAgain:
    async def test_another_case_of_the_same_number_is_suggested_linked_and_let_go(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        earlier = await door.receive(contact={"method": "phone", "phone": "07700 900123"})
        stranger = await door.receive(contact={"method": "phone", "phone": "07700 900999"})
        later = await door.receive(contact={"method": "text", "phone": "+44 7700 900123"})
        page = (await officer.get(f"/cases/{later}")).text
        assert f'href="/cases/{earlier}"' in page
        assert "the same telephone number" in page
        assert stranger not in page
        # Nothing is linked until an officer says so.
        assert await all_of(door.runtime, CaseLink) == []
        for _ in range(2):
            await send(officer, later, "links", other=earlier.lower(), kind="victim")
        link = await only(door.runtime, CaseLink)
        assert link.unlinked_at is None
        assert later in (await officer.get(f"/cases/{earlier}")).text
        linked = (await officer.get(f"/cases/{later}")).text
        undo = found(LINK_FORM, linked)
        await officer.send_form(f"/cases/{later}", undo)
        undone = await only(door.runtime, CaseLink)
        assert undone.unlinked_at is not None
        assert undone.unlinked_by is not None
        # Noted at both cases, once.
        assert len(await door.audited("case_linked")) == 2
        assert len(await door.audited("case_unlinked")) == 1

    async def test_another_report_of_the_same_conversation_is_suggested(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        conversation = str(await door.converse())
        earlier = await door.receive(conversation_id=conversation)
        later = await door.receive(conversation_id=conversation)
        of_nobody, of_nobody_else = await door.receive(), await door.receive()
        page = (await officer.get(f"/cases/{later}")).text
        assert f'href="/cases/{earlier}"' in page
        assert "the same conversation" in page
        assert of_nobody not in page
        assert of_nobody_else not in (await officer.get(f"/cases/{of_nobody}")).text

    async def test_an_old_case_is_suggested_no_more(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        earlier = await door.receive(contact={"method": "email", "email": "Sian@Example.org"})
        later = await door.receive(contact={"method": "email", "email": "sian@example.org "})
        assert earlier in (await officer.get(f"/cases/{later}")).text
        async with door.runtime.database.session() as session:
            await session.execute(
                update(Case)
                .where(Case.reference == earlier)
                .values(created_at=utc_now() - timedelta(days=400))
            )
            await session.commit()
        assert earlier not in (await officer.get(f"/cases/{later}")).text

    async def test_a_case_is_not_linked_to_itself_or_to_nothing(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive()
        itself = await send(officer, reference, "links", other=reference, kind="place")
        nothing = await send(officer, reference, "links", other="LL-2222-2222", kind="place")
        assert (itself.status_code, nothing.status_code) == (422, 404)

    async def test_a_case_from_before_there_were_identifiers_gets_them(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive(contact={"method": "phone", "phone": "07700 900123"})
        async with door.runtime.database.session() as session:
            await session.execute(text("delete from case_identifiers"))
            await session.commit()
        await officer.get(f"/cases/{reference}")
        kept = await all_of(door.runtime, CaseIdentifier)
        assert "phone" in {each.kind for each in kept}

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("the bus stop in Heol Fawr, Pontwen", "Bus stop, Heol Fawr Pontwen"),
            ("12 Stryd y Bont, SA99 1AB", "wrth ymyl sa991ab"),
            ("yr arhosfan ar Heol Fawr, Llanŵyr", "Heol Fawr Llanwyr arhosfan"),
        ],
    )
    def test_one_place_is_the_same_however_it_is_written(self, one: str, other: str) -> None:
        assert normal_place(one, None) == normal_place(other, None) is not None

    @pytest.mark.parametrize("words", ["the bus stop", "yn y dref", None, ""])
    def test_words_that_name_no_one_place_find_nothing(self, words: str | None) -> None:
        assert normal_place(words, None) is None


async def test_a_form_from_another_session_changes_nothing(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    await officer.get(f"/cases/{reference}")
    for what in ("contacts", "translations", "links", "outcome", "close", "people-involved"):
        answer = await officer.client.post(
            f"/cases/{reference}/{what}", data={"csrf_token": "made up"}
        )
        assert answer.status_code == 403, what
    assert found(CSRF_FIELD, (await officer.get(f"/cases/{reference}")).text)

"""A restricted case: others learn that it exists and nothing else; an emergency opens it, supervisors are told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import select

from api.cases.casework_models import CaseLink
from api.config import Settings
from api.database import utc_now
from api.need_to_know.models import EmergencyOpening
from api.officers.mail import send_staff_mail
from api.officers.models import Officer, Role
from api.staff import create_staff_app
from tests.api.backstage import jobs, only
from tests.api.mail_server import mail_server
from tests.api.staff_visitor import PHONE, StaffDoor, Visitor

REASON = "Mae rhywun wrth ddrws y person nawr."
REPORTED = "Mhontŵen"
SAID = "Mae hwn yn byw drws nesaf i fi."


@pytest.fixture
async def boss(door: StaffDoor) -> AsyncIterator[Visitor]:
    await door.add_officer("boss", Role.SUPERVISOR, "en")
    async with door.visitor("boss") as visitor:
        yield visitor


@pytest.fixture
async def reference(door: StaffDoor, boss: Visitor) -> str:
    """A restricted case with a telephone number."""
    reference = await door.receive(contact={"method": "text", "phone": PHONE, "name": "Siân"})
    await boss.send_form("/account", f"/cases/{reference}/restrict")
    return reference


async def officer_id(door: StaffDoor, username: str) -> UUID:
    async with door.runtime.database.session() as session:
        found = await session.scalar(select(Officer.id).where(Officer.username == username))
    assert found is not None
    return found


async def open_in_emergency(officer: Visitor, reference: str, reason: str = REASON) -> int:
    path = f"/cases/{reference}/emergency"
    return (await officer.send_form("/account", path, {"reason": reason})).status_code


async def test_others_see_the_reference_and_not_the_content(
    officer: Visitor, reference: str
) -> None:
    queue = await officer.get("/queue")
    entry = queue.text.partition(f'id="case-{reference}"')[2].partition("</li>")[0]
    assert reference in entry
    assert "Restricted" in entry
    assert "Welsh" not in entry
    assert "Web chat" not in entry
    page = await officer.get(f"/cases/{reference}")
    assert page.status_code == 403
    assert reference in page.text
    assert REPORTED not in page.text
    listed = (await officer.call("GET", "/v1/cases")).json()["cases"]
    assert listed == [{"reference": reference, "alert_waiting": True, "restricted": True}]
    read = await officer.call("GET", f"/v1/cases/{reference}")
    assert (read.status_code, read.json()["type"]) == (403, "urn:llais:problem:case-restricted")
    assert read.json()["reference"] == reference


@pytest.mark.parametrize(
    "query", [{"status": "new"}, {"risk": "high"}, {"risk": "standard"}, {"language": "cy"}]
)
async def test_narrowing_the_list_tells_nothing_of_it(
    officer: Visitor, boss: Visitor, reference: str, query: dict[str, str]
) -> None:
    address = httpx_query(query)
    assert (await officer.call("GET", f"/v1/cases?{address}")).json()["cases"] == []
    assert reference not in (await officer.get(f"/queue?{address}")).text


def httpx_query(query: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in query.items())


async def test_it_is_found_by_reference_but_not_by_a_telephone_number(
    officer: Visitor, boss: Visitor, reference: str
) -> None:
    by_phone = await officer.send_form("/queue", "/queue/search", {"q": PHONE})
    assert reference not in by_phone.text
    by_reference = await officer.send_form("/queue", "/queue/search", {"q": reference})
    assert f'id="case-{reference}"' in by_reference.text
    found = await boss.send_form("/queue", "/queue/search", {"q": PHONE})
    assert f'id="case-{reference}"' in found.text


async def test_whoever_is_named_works_on_it_until_the_name_is_taken_off(
    door: StaffDoor, boss: Visitor, officer: Visitor, reference: str
) -> None:
    fields = {"officer_id": str(await officer_id(door, "megan"))}
    await boss.send_form("/account", f"/cases/{reference}/named", fields)
    assert REPORTED in (await officer.get(f"/cases/{reference}")).text
    await boss.send_form("/account", f"/cases/{reference}/unnamed", fields)
    assert (await officer.get(f"/cases/{reference}")).status_code == 403
    await boss.send_form("/account", f"/cases/{reference}/unrestrict")
    assert (await officer.get(f"/cases/{reference}")).status_code == 200
    for action, count in (
        ("case_restricted", 1),
        ("case_officer_named", 1),
        ("case_officer_removed", 1),
        ("case_restriction_lifted", 1),
        ("restricted_case_refused", 1),
    ):
        entries = await door.audited(action)
        assert [entry.subject for entry in entries] == [reference] * count, action


async def test_only_those_who_work_on_cases_are_named(
    door: StaffDoor, boss: Visitor, reference: str
) -> None:
    await door.add_officer("alun", Role.AUDITOR)
    fields = {"officer_id": str(await officer_id(door, "alun"))}
    answer = await boss.send_form("/account", f"/cases/{reference}/named", fields)
    assert answer.status_code == 404


async def test_an_emergency_opens_it_for_a_while_and_every_supervisor_is_told(
    settings: Settings,
) -> None:
    async with mail_server() as mail:
        app = create_staff_app(settings.model_copy(update={"smtp_url": SecretStr(mail.url)}))
        async with app.router.lifespan_context(app):
            door = StaffDoor(app)
            await door.add_officer("boss", Role.SUPERVISOR, "en")
            await door.add_officer("chief", Role.SUPERVISOR)
            await door.add_officer("megan", language="en")
            reference = await door.receive()
            async with door.visitor("boss") as boss, door.visitor("megan") as megan:
                await boss.send_form("/account", f"/cases/{reference}/restrict")
                assert await open_in_emergency(megan, reference) == 303
                assert REPORTED in (await megan.get(f"/cases/{reference}")).text
                for job in await jobs(door.runtime, "send_staff_mail"):
                    await send_staff_mail(door.runtime, UUID(job["args"]["mail_id"]))
                assert sorted(one["To"] for one in mail.accepted) == [
                    "boss@example.org",
                    "chief@example.org",
                ]
                for raw in mail.raw:
                    # The reference and nothing else: neither the reason nor who.
                    assert reference.encode() in raw
                    assert b"ddrws" not in raw
                    assert b"Megan" not in raw
                told = await boss.get("/openings")
                assert REASON in told.text
                assert "Megan" in told.text
                with time_machine.travel(utc_now() + timedelta(hours=8, minutes=1), tick=True):
                    megan.client.cookies.clear()
                    assert (await megan.get(f"/cases/{reference}")).status_code == 403


async def test_an_emergency_needs_a_reason_that_can_be_judged(
    door: StaffDoor, officer: Visitor, reference: str
) -> None:
    for reason in ("", "  ", "angen", " " * 40 + "brys"):
        assert await open_in_emergency(officer, reference, reason) == 422
    assert (await officer.get(f"/cases/{reference}")).status_code == 403
    assert await door.audited("case_opened_in_emergency") == []


async def test_an_emergency_is_for_one_officer_and_one_case(
    door: StaffDoor, boss: Visitor, officer: Visitor, reference: str
) -> None:
    other = await door.receive()
    await boss.send_form("/account", f"/cases/{other}/restrict")
    await door.add_officer("carys")
    assert await open_in_emergency(officer, reference) == 303
    assert (await officer.get(f"/cases/{other}")).status_code == 403
    async with door.visitor("carys") as carys:
        assert (await carys.get(f"/cases/{reference}")).status_code == 403
    fields = {"officer_id": str(await officer_id(door, "megan"))}
    await boss.send_form("/account", f"/cases/{reference}/unnamed", fields)
    assert (await officer.get(f"/cases/{reference}")).status_code == 403


async def test_the_first_supervisor_who_reads_the_reason_stays_on_record(
    door: StaffDoor, boss: Visitor, officer: Visitor, reference: str
) -> None:
    await open_in_emergency(officer, reference)
    async with door.runtime.database.session() as session:
        opening = (await session.scalars(select(EmergencyOpening))).one()
        row = await session.connection()
        kept = (await row.exec_driver_sql("select reason from emergency_openings")).one()
    assert b"ddrws" not in bytes(kept[0])
    for _ in range(2):
        await boss.send_form("/account", f"/openings/{opening.id}/seen")
    entries = await door.audited("emergency_opening_seen")
    assert [entry.subject for entry in entries] == [reference]
    assert "Seen by a supervisor" in (await boss.get("/openings")).text


async def test_an_open_page_of_a_case_that_was_restricted_meanwhile_leads_to_the_closed_one(
    boss: Visitor, officer: Visitor, reference: str
) -> None:
    part = await officer.get(f"/cases/{reference}/conversation", **{"HX-Request": "true"})
    assert part.status_code == 403
    assert part.headers["hx-redirect"] == f"/cases/{reference}"
    assert REPORTED not in part.text


@pytest.fixture
async def said_together(door: StaffDoor, boss: Visitor) -> tuple[str, str]:
    """Two cases of one conversation: one that is restricted, and one that is not itself."""
    conversation_id = await door.converse()
    await door.call_in(conversation_id, SAID)
    in_it = {"conversation_id": str(conversation_id)}
    restricted, other = await door.receive(**in_it), await door.receive(**in_it)
    await boss.send_form("/account", f"/cases/{restricted}/restrict")
    return restricted, other


async def test_a_case_of_the_same_conversation_shows_nothing_of_it_and_takes_nothing_over(
    boss: Visitor, officer: Visitor, said_together: tuple[str, str]
) -> None:
    restricted, other = said_together
    assert SAID in (await boss.get(f"/cases/{other}/conversation")).text
    for path in ("", "/conversation", "/print", "/access"):
        page = await officer.get(f"/cases/{other}{path}")
        assert page.status_code == 403, path
        assert SAID not in page.text
        # Nor whose conversation it is.
        assert restricted not in page.text
    for path in ("subject-access", "takeover"):
        answer = await officer.send_form("/account", f"/cases/{other}/{path}")
        assert answer.status_code == 403, path
    read = await officer.call("GET", f"/v1/cases/{other}")
    assert (read.status_code, read.json()["reference"]) == (403, other)
    listed = (await officer.call("GET", "/v1/cases")).json()["cases"]
    assert {case["reference"] for case in listed if case["restricted"]} == {restricted, other}


async def test_all_cases_of_a_conversation_open_for_whoever_the_restricted_one_opens(
    door: StaffDoor, boss: Visitor, officer: Visitor, said_together: tuple[str, str]
) -> None:
    restricted, other = said_together
    fields = {"officer_id": str(await officer_id(door, "megan"))}
    await boss.send_form("/account", f"/cases/{restricted}/named", fields)
    assert SAID in (await officer.get(f"/cases/{other}/conversation")).text
    # The one beside it is restricted too, and for that nobody has named them.
    await boss.send_form("/account", f"/cases/{other}/restrict")
    assert (await officer.get(f"/cases/{restricted}")).status_code == 403
    for reference in said_together:
        await boss.send_form("/account", f"/cases/{reference}/unrestrict")
    assert (await officer.get(f"/cases/{restricted}")).status_code == 200


async def test_an_emergency_opens_what_keeps_a_case_closed(
    door: StaffDoor, boss: Visitor, officer: Visitor, said_together: tuple[str, str]
) -> None:
    restricted, other = said_together
    assert await open_in_emergency(officer, other) == 303
    assert SAID in (await officer.get(f"/cases/{other}/conversation")).text
    assert (await officer.get(f"/cases/{restricted}")).status_code == 200
    entries = await door.audited("case_opened_in_emergency")
    assert [entry.subject for entry in entries] == [restricted]


async def test_the_page_of_who_may_see_it_names_the_restricted_case_of_the_same_conversation(
    boss: Visitor, said_together: tuple[str, str]
) -> None:
    restricted, other = said_together
    page = (await boss.get(f"/cases/{other}/access")).text
    assert f'href="/cases/{restricted}/access"' in page
    assert "Everybody who works on cases may open" not in page
    assert other not in (await boss.get(f"/cases/{restricted}/access")).text


async def test_scrutiny_lists_a_case_of_the_same_conversation_as_restricted(
    door: StaffDoor, said_together: tuple[str, str]
) -> None:
    await door.add_officer("panel", Role.SCRUTINY, "en")
    async with door.visitor("panel") as panel:
        page = (await panel.get("/scrutiny")).text
    for reference in said_together:
        assert reference in page
        assert f'href="/scrutiny/{reference}"' not in page


async def test_a_link_to_it_is_neither_shown_nor_undone_by_whoever_it_does_not_open_for(
    door: StaffDoor, boss: Visitor, officer: Visitor
) -> None:
    linked, restricted = await door.receive(), await door.receive()
    fields = {"other": restricted, "kind": "victim"}
    await officer.send_form("/account", f"/cases/{linked}/links", fields)
    undo = f"/cases/{linked}/links/{(await only(door.runtime, CaseLink)).id}/undo"
    assert restricted in (await officer.get(f"/cases/{linked}")).text
    await boss.send_form("/account", f"/cases/{restricted}/restrict")
    for path in ("", "/print"):
        page = await officer.get(f"/cases/{linked}{path}")
        assert page.status_code == 200
        assert restricted not in page.text
        # Neither in the list of links nor in the timeline.
        assert "The same victim" not in page.text
        assert restricted in (await boss.get(f"/cases/{linked}{path}")).text
    assert (await officer.send_form("/account", undo)).status_code == 403
    assert (await only(door.runtime, CaseLink)).unlinked_at is None
    assert (await boss.send_form("/account", undo)).status_code == 303
    assert (await only(door.runtime, CaseLink)).unlinked_at is not None


@pytest.mark.parametrize("phone", [PHONE, "+447700900456"])
async def test_the_export_of_a_linked_case_brings_no_restricted_one_along_whoever_reported_it(
    door: StaffDoor, boss: Visitor, officer: Visitor, reference: str, phone: str
) -> None:
    other = await door.receive(contact={"method": "text", "phone": phone, "name": "Carwyn"})
    fields = {"other": reference, "kind": "victim"}
    await boss.send_form("/account", f"/cases/{other}/links", fields)
    answer = await officer.send_form("/account", f"/cases/{other}/subject-access")
    assert answer.status_code == 403
    assert await door.audited("subject_access_exported") == []
    whole = await boss.send_form("/account", f"/cases/{other}/subject-access")
    assert whole.headers["content-type"] == "application/zip"

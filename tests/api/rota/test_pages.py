"""The rota page: everybody who works on cases reads it, a supervisor changes it, and it says who is alerted and why."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import select

from api.officers.models import Officer, Role
from api.rota.models import RotaAbsence, RotaShift
from tests.api.backstage import all_of, only
from tests.api.staff_visitor import StaffDoor, Visitor

BOXING_DAY = "/rota?at=2026-12-26T03:10&language=cy&risk=high&area=ceredigion"


@pytest.fixture
async def supervisor(door: StaffDoor) -> AsyncIterator[Visitor]:
    await door.add_officer("caryl", Role.SUPERVISOR, language="en")
    async with door.visitor("caryl") as visitor:
        yield visitor


async def id_of(door: StaffDoor, username: str) -> UUID:
    async with door.runtime.database.session() as session:
        found = await session.scalar(select(Officer.id).where(Officer.username == username))
    assert found is not None
    return found


async def add_shift(supervisor: Visitor, officer_id: UUID, **changes: object) -> int:
    fields = {
        "officer_id": str(officer_id),
        "area": "ceredigion",
        "begins": "22:00",
        "ends": "06:00",
        "position": "1",
        "days": ["4", "7"],
        **changes,
    }
    answer = await supervisor.send_form("/rota", "/rota/shifts", fields)  # type: ignore[arg-type]
    return answer.status_code


def plain(html: str) -> str:
    words = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    return words.replace(" :", ":").replace(" ,", ",")


async def test_it_answers_who_is_alerted_on_boxing_day_and_why(
    door: StaffDoor, supervisor: Visitor
) -> None:
    for name in ("megan", "tomos"):
        await door.add_officer(name)
    await add_shift(supervisor, await id_of(door, "tomos"), days=["7"])
    await add_shift(supervisor, await id_of(door, "megan"), days=["7"], area="all", position="2")
    await supervisor.send_form(
        "/rota", f"/rota/officers/{await id_of(door, 'megan')}", {"speaks_welsh": "yes"}
    )
    page = plain((await supervisor.get(BOXING_DAY)).text)
    assert "Saturday 26 December, 03:10" in page
    assert "At once: The first officer: Megan · e-mail, text message" in page
    assert "A shift on the rota covers this time. The shift began on a bank holiday." in page
    assert "The case is in Welsh: a Welsh speaker comes first." in page
    assert "After 5 minutes: The next officer: Tomos" in page
    assert "After 8 minutes: The supervisor: Caryl" in page


async def test_it_is_in_the_readers_language(door: StaffDoor) -> None:
    await door.add_officer("megan", language="cy")
    async with door.visitor("megan") as visitor:
        page = plain((await visitor.get("/rota")).text)
    assert "Does neb ar y rota: pawb sydd ar ddyletswydd." in page


async def test_a_shift_is_kept_as_given_audited_and_can_be_ended(
    door: StaffDoor, supervisor: Visitor
) -> None:
    caryl = await id_of(door, "caryl")
    assert await add_shift(supervisor, caryl) == 303
    shift = await only(door.runtime, RotaShift)
    assert (shift.officer_id, shift.area, shift.days) == (caryl, "ceredigion", [4, 7])
    assert (f"{shift.begins:%H:%M}", f"{shift.ends:%H:%M}") == ("22:00", "06:00")
    await supervisor.send_form("/rota", f"/rota/shifts/{shift.id}/end")
    await supervisor.send_form("/rota", f"/rota/shifts/{shift.id}/end")
    assert await all_of(door.runtime, RotaShift) == []
    assert len(await door.audited("rota_shift_added")) == 1
    assert len(await door.audited("rota_shift_ended")) == 1


async def test_a_shift_without_a_day_is_asked_for_one(door: StaffDoor, supervisor: Visitor) -> None:
    assert await add_shift(supervisor, await id_of(door, "caryl"), days=[]) == 303
    assert await all_of(door.runtime, RotaShift) == []
    assert "Choose at least one day." in (await supervisor.get("/rota?problem=days")).text


async def test_an_absence_is_in_london_time_and_must_end_after_it_begins(
    door: StaffDoor, supervisor: Visitor
) -> None:
    fields = {"officer_id": str(await id_of(door, "caryl")), "begins_at": "2027-07-01T09:00"}
    await supervisor.send_form("/rota", "/rota/absences", {**fields, "ends_at": "2027-07-01T09:00"})
    assert await all_of(door.runtime, RotaAbsence) == []
    await supervisor.send_form("/rota", "/rota/absences", {**fields, "ends_at": "2027-07-08T17:00"})
    absence = await only(door.runtime, RotaAbsence)
    assert absence.begins_at.isoformat() == "2027-07-01T08:00:00+00:00"
    await supervisor.send_form("/rota", f"/rota/absences/{absence.id}/end")
    assert await all_of(door.runtime, RotaAbsence) == []


async def test_an_officer_reads_it_and_may_not_change_it(door: StaffDoor, officer: Visitor) -> None:
    page = await officer.get("/rota")
    assert page.status_code == 200
    assert 'action="/rota/shifts"' not in page.text
    megan = await id_of(door, "megan")
    for path, fields in (
        ("/rota/shifts", {"area": "all", "begins": "09:00", "ends": "17:00", "days": "1"}),
        ("/rota/absences", {"begins_at": "2027-07-01T09:00", "ends_at": "2027-07-02T09:00"}),
        (f"/rota/officers/{megan}", {"speaks_welsh": "yes"}),
    ):
        answer = await officer.send_form("/rota", path, {"officer_id": str(megan), **fields})
        assert answer.status_code == 403, path
    assert await all_of(door.runtime, RotaShift) == []


async def test_nobody_but_those_who_work_on_cases_can_be_on_it(
    door: StaffDoor, supervisor: Visitor
) -> None:
    await door.add_officer("auditor", Role.AUDITOR)
    assert await add_shift(supervisor, await id_of(door, "auditor")) == 404

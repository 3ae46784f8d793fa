"""Officers see which numbers people are given, and which of them nobody has checked."""

from datetime import date, timedelta

from api.officers.models import Role
from api.services_directory import ServicesDirectory
from tests.api.staff_visitor import StaffDoor, Visitor

ENTRY = {"number": "samaritans", "name": "Samaritans", "hours": "always", "source": "a page"}


async def test_the_page_names_every_service_and_what_was_not_checked(officer: Visitor) -> None:
    page = (await officer.get("/services")).text
    entries = ServicesDirectory.load_newest().entries("en", date.today())
    assert len(entries) > 20
    for entry in entries:
        assert entry.number in page
    assert page.count("Not checked lately</strong>") == sum(not entry.fresh for entry in entries)


async def test_it_is_for_those_who_work_cases(door: StaffDoor, visitor: Visitor) -> None:
    assert (await visitor.get("/services")).status_code in (303, 401)
    await door.add_officer("alun", role=Role.AUDITOR)
    async with door.visitor("alun") as auditor:
        assert (await auditor.get("/services")).status_code == 403


def test_an_old_check_is_none_and_comes_first() -> None:
    today = date(2026, 11, 22)
    old, new = (
        {**ENTRY, "name": name, "verified_on": today - timedelta(days=days)}
        for name, days in (("old", 91), ("new", 3))
    )
    directory = ServicesDirectory({"samaritans": "116 123"}, [new, old], 90)
    assert [(each.name, each.fresh) for each in directory.entries("cy", today)] == [
        ("old", False),
        ("new", True),
    ]

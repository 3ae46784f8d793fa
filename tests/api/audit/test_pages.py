"""The audit page: narrowed to a case, to a person and to a day, and honest about the chain."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from api.audit.models import AuditEntry
from api.audit.service import record
from api.officers.models import Officer, Role
from tests.api.audit.test_service import tamper
from tests.api.staff_visitor import StaffDoor, Visitor

ROW = re.compile(r'<tr class="govuk-table__row"><td class="govuk-table__cell">(\d+)</td>')


@pytest.fixture
async def auditor(door: StaffDoor) -> AsyncIterator[Visitor]:
    await door.add_officer("alun", Role.AUDITOR, "en")
    async with door.visitor("alun") as visitor:
        yield visitor


async def write(door: StaffDoor, actor: UUID | None, subject: str, at: str) -> int:
    with time_machine.travel(datetime.fromisoformat(at), tick=False):
        async with door.runtime.database.session() as session:
            await record(session, actor, "case_read", subject)
            await session.commit()
            number = await session.scalar(
                select(AuditEntry.number).order_by(AuditEntry.number.desc()).limit(1)
            )
    assert number is not None
    return number


async def shown(auditor: Visitor, query: str) -> list[int]:
    page = await auditor.get(f"/audit?{query}")
    assert page.status_code == 200
    return [int(number) for number in ROW.findall(page.text)]


async def test_it_is_narrowed_to_a_case_a_person_and_a_day(
    door: StaffDoor, auditor: Visitor
) -> None:
    await door.add_officer("megan")
    async with door.runtime.database.session() as session:
        megan = await session.scalar(select(Officer.id).where(Officer.username == "megan"))
    first = await write(door, megan, "LL-2222-2222", "2026-06-01T12:00:00+00:00")
    # A summer's day in Wales begins an hour before midnight, UTC.
    second = await write(door, megan, "LL-3333-3333", "2026-06-01T23:30:00+00:00")
    third = await write(door, None, "LL-2222-2222", "2026-06-02T12:00:00+00:00")
    assert await shown(auditor, "case=ll-2222-2222") == [third, first]
    assert await shown(auditor, f"officer={megan}") == [second, first]
    assert await shown(auditor, "day=2026-06-01") == [first]
    assert await shown(auditor, "day=2026-06-02") == [third, second]
    assert await shown(auditor, f"case=LL-2222-2222&officer={megan}&day=2026-06-01") == [first]
    assert await shown(auditor, f"case=LL-2222-2222&before={third}") == [first]
    assert await shown(auditor, "case=LL-9999-9999") == []
    read = await door.audited("audit_read")
    assert {entry.subject for entry in read} == {None, "LL-2222-2222", "LL-9999-9999"}


@pytest.mark.parametrize("query", ["day=yesterday", "officer=megan", "day=2026-13-01"])
async def test_what_cannot_be_read_is_said(auditor: Visitor, query: str) -> None:
    page = await auditor.get(f"/audit?{query}")
    assert page.status_code == 422
    assert "could not be understood" in page.text


async def test_the_page_says_whether_the_chain_is_whole(door: StaffDoor, auditor: Visitor) -> None:
    number = await write(door, None, "LL-2222-2222", "2026-06-01T12:00:00+00:00")
    assert "The chain is intact." in (await auditor.get("/audit")).text
    await tamper(door.runtime, f"update audit_entries set subject = 'x' where number = {number}")
    # Narrowed to something else, the page still says it: the whole chain is gone through.
    page = await auditor.get("/audit?case=LL-9999-9999")
    assert f"The chain is broken at entry {number}." in page.text


async def test_many_entries_come_in_pages_without_gap(door: StaffDoor, auditor: Visitor) -> None:
    async with door.runtime.database.session() as session:
        for _ in range(205):
            await record(session, None, "case_read", "LL-2222-2222")
        await session.commit()
    page = (await auditor.get("/audit?case=LL-2222-2222")).text
    first = [int(number) for number in ROW.findall(page)]
    [before] = re.findall(r"before=(\d+)", page)
    rest = await shown(auditor, f"case=LL-2222-2222&before={before}")
    assert (len(first), len(rest)) == (200, 5)
    assert first + rest == sorted({*first, *rest}, reverse=True)

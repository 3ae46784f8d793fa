"""The queue: next most urgent first with its reason, filtered, searched, kept under names, and true to every change."""

import re
from typing import Any

import pytest
from sqlalchemy import text

from api.cases.areas import AREAS, area_of
from api.cases.look_ups import complete_look_ups
from api.cases.models import Person
from api.cases.queue import PAGE_LENGTH, Filters, queue_page
from api.cases.workspace_models import SavedView
from tests.api.backstage import acknowledge_all
from tests.api.cases.work import case_of, change, officer_id, rows_of, supervisor
from tests.api.staff_visitor import StaffDoor, Visitor, a_report

CARD = re.compile(r'id="case-([^"]+)"')
CALM: dict[str, Any] = {"risk_answers": {"threats": "no", "weapon_or_hurt": "no"}}
BY_EMAIL = {"method": "email", "email": "Carys@Example.test", "name": "Carys"}


def shown(page: str) -> list[str]:
    """The references on a page, in order."""
    return CARD.findall(page)


async def test_what_falls_due_first_comes_first_within_a_grade(
    door: StaffDoor, officer: Visitor
) -> None:
    calm, later, late = [await door.receive(**CALM) for _ in range(3)]
    grave = await door.receive()
    await acknowledge_all(door.runtime)
    await change(
        door,
        "update deadlines set due_at = now() - interval '1 day' where code = 'first_contact'"
        " and case_id = (select id from cases where reference = :late)",
        late=late,
    )
    page = (await officer.get("/queue")).text
    assert shown(page) == [grave, late, calm, later]
    assert page.count("Late: First contact, was due by") == 1


async def test_a_waiting_alert_comes_before_everything_and_leaves_when_it_is_acknowledged(
    door: StaffDoor, officer: Visitor
) -> None:
    grave = await door.receive()
    await acknowledge_all(door.runtime)
    calm = await door.receive(**CALM)
    assert shown((await officer.get("/queue")).text) == [calm, grave]
    await acknowledge_all(door.runtime)
    assert shown((await officer.get("/queue")).text) == [grave, calm]


async def test_the_next_thing_to_do_is_named_and_changes_when_it_is_done(
    door: StaffDoor, officer: Visitor
) -> None:
    await door.receive(**CALM)
    await acknowledge_all(door.runtime)
    await change(door, "update deadlines set met_at = now()")
    assert "Next: Check safety now, by" in (await officer.get("/queue")).text
    await change(door, "update planned_actions set state = 'done' where code = 'check_safety'")
    assert "Next: Triage, by" in (await officer.get("/queue")).text
    await change(door, "update planned_actions set state = 'done'")
    assert "Next:" not in (await officer.get("/queue")).text


async def test_whoever_acknowledges_has_the_case_and_finds_it_under_my_cases(
    door: StaffDoor, officer: Visitor
) -> None:
    mine, nobodys = await door.receive(), await door.receive()
    page = (await officer.get(f"/cases/{mine}")).text
    path = re.findall(r'action="(/alerts/[^"]+)"', page)[0]
    await officer.send_form(f"/cases/{mine}", path)
    assert (await case_of(door, mine)).owner_id == await officer_id(door, "megan")
    assert shown((await officer.get("/queue?whose=mine")).text) == [mine]
    assert shown((await officer.get("/queue?whose=nobody")).text) == [nobodys]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("area=ceredigion", {"late"}),
        ("area=unknown", {"other"}),
        ("overdue=yes", {"late"}),
        ("language=en", {"other"}),
        ("risk=standard&language=cy", {"late"}),
        ("status=open", set()),
        ("overdue=yes&area=powys", set()),
    ],
)
async def test_filters_narrow_the_queue(
    door: StaffDoor, officer: Visitor, query: str, found: set[str]
) -> None:
    there = a_report()["report"] | {"place": "Aberteifi / Cardigan"}
    names = {
        await door.receive(**CALM, report=there): "late",
        await door.receive(**CALM, language="en"): "other",
    }
    [late] = [reference for reference, name in names.items() if name == "late"]
    await change(
        door,
        "update planned_actions set due_at = now() - interval '1 hour'"
        " where case_id = (select id from cases where reference = :late)",
        late=late,
    )
    page = (await officer.get(f"/queue?{query}")).text
    assert {names[reference] for reference in shown(page)} == found


async def test_a_closed_case_is_never_overdue(door: StaffDoor, officer: Visitor) -> None:
    await door.receive()
    await change(door, "update deadlines set due_at = now() - interval '1 hour'")
    await change(door, "update cases set status = 'closed'")
    assert shown((await officer.get("/queue?overdue=yes")).text) == []


@pytest.mark.parametrize("bad", ["area=atlantis", "whose=hers", "overdue=perhaps", "cursor=xyz"])
async def test_a_filter_that_there_is_not_is_refused(officer: Visitor, bad: str) -> None:
    assert (await officer.get(f"/queue?{bad}")).status_code in (400, 422)


async def test_an_optional_item_makes_no_case_overdue(door: StaffDoor, officer: Visitor) -> None:
    await door.receive()
    await change(
        door,
        "update planned_actions set due_at = now() - interval '1 hour'"
        " where code = 'community_impact'",
    )
    await change(door, "update deadlines set due_at = now() + interval '9 hours'")
    await change(
        door, "update planned_actions set due_at = now() + interval '9 hours' where mandatory"
    )
    assert shown((await officer.get("/queue?overdue=yes")).text) == []


class TestSearching:
    @pytest.mark.parametrize("typed", ["carys@example.test", " CARYS@example.TEST "])
    async def test_an_e_mail_address_is_found_by_its_hash(
        self, door: StaffDoor, officer: Visitor, typed: str
    ) -> None:
        reference = await door.receive(contact=BY_EMAIL)
        await door.receive()
        answer = await officer.send_form("/queue", "/queue/search", {"q": typed})
        assert shown(answer.text) == [reference]

    async def test_what_the_person_wrote_is_not_searched(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await door.receive()
        for words in ("Gwaeddodd", "Siân", "%", "_"):
            answer = await officer.send_form("/queue", "/queue/search", {"q": words})
            assert shown(answer.text) == []

    async def test_the_address_itself_is_nowhere_in_the_database(self, door: StaffDoor) -> None:
        await door.receive(contact=BY_EMAIL)
        async with door.runtime.database.session() as session:
            row = (await session.execute(text("select people::text from people"))).scalar_one()
        assert "example.test" not in row.casefold()

    async def test_what_came_before_hashes_were_kept_is_found_after_upkeep(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        there = a_report()["report"] | {"place": "Llanelli"}
        reference = await door.receive(contact=BY_EMAIL, report=there)
        await change(door, "update people set email_hash = null")
        await change(door, "update cases set area = null")
        assert await complete_look_ups(door.runtime) == 2
        assert await complete_look_ups(door.runtime) == 0
        answer = await officer.send_form("/queue", "/queue/search", {"q": BY_EMAIL["email"]})
        assert shown(answer.text) == [reference]
        assert (await case_of(door, reference)).area == "carmarthenshire"
        assert all(person.email == BY_EMAIL["email"] for person in await rows_of(door, Person))


class TestSavedViews:
    async def test_filters_are_kept_under_a_name_and_opened_again(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        filters = "risk=high&area=powys&overdue=yes"
        page = f"/queue?{filters}"
        answer = await officer.send_form(page, f"/queue/views?{filters}", {"name": "Powys, brys"})
        assert answer.headers["location"] == page
        after = (await officer.get("/queue")).text
        assert "Powys, brys</a>" in after
        assert 'href="/queue?risk=high&amp;area=powys&amp;overdue=yes"' in after

    async def test_a_name_used_again_gets_the_new_filters(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        for risk in ("high", "medium"):
            path = f"/queue/views?risk={risk}"
            await officer.send_form(f"/queue?risk={risk}", path, {"name": "Fy rhai i"})
        assert [view.query for view in await rows_of(door, SavedView)] == ["risk=medium"]

    async def test_a_view_is_its_officers_own(self, door: StaffDoor, officer: Visitor) -> None:
        await officer.send_form("/queue?risk=high", "/queue/views?risk=high", {"name": "Cudd"})
        [view] = await rows_of(door, SavedView)
        async with supervisor(door) as other:
            assert "Cudd" not in (await other.get("/queue")).text
            await other.send_form("/queue", f"/queue/views/{view.id}/drop")
        assert len(await rows_of(door, SavedView)) == 1
        await officer.send_form("/queue", f"/queue/views/{view.id}/drop")
        assert await rows_of(door, SavedView) == []

    @pytest.mark.parametrize("name", ["", "  ", "x" * 61])
    async def test_a_name_that_cannot_be_is_refused_with_the_reason(
        self, door: StaffDoor, officer: Visitor, name: str
    ) -> None:
        answer = await officer.send_form(
            "/queue?risk=high", "/queue/views?risk=high", {"name": name}
        )
        assert answer.status_code == 422
        assert "Give it a short name" in answer.text
        assert await rows_of(door, SavedView) == []


async def test_pages_follow_each_other_without_a_gap_or_a_repeat(
    door: StaffDoor, officer: Visitor
) -> None:
    await door.receive()
    await change(
        door,
        "insert into cases (id, reference, status, language, channel, route, grade, created_at,"
        " policy_version) select gen_random_uuid(), 'PAGE-' || n, 'open', 'cy', 'web', 'victim',"
        " (array['high', 'medium', 'standard'])[1 + n % 3], now() - n % 7 * interval '1 hour',"
        " '2026-11-22' from generate_series(1, 120) n",
    )
    seen: list[str] = []
    cursor, keyring = "", door.runtime.database.keyring
    async with door.runtime.database.session() as session:
        while True:
            page = await queue_page(session, keyring, Filters(), cursor)
            assert len(page.cases) <= PAGE_LENGTH
            seen += [case.reference for case in page.cases]
            if page.cursor is None:
                break
            cursor = page.cursor
    assert len(seen) == len(set(seen)) == 121
    second = re.search(r'href="(/queue\?[^"]*cursor=[^"]+)"', (await officer.get("/queue")).text)
    assert second is not None
    following = await officer.get(second[1].replace("&amp;", "&"))
    assert shown(following.text) == seen[50:100]


@pytest.mark.parametrize(
    ("place", "area"),
    [
        ("Llanelli", "carmarthenshire"),
        ("aberteifi", "ceredigion"),
        ("Cardigan", "ceredigion"),
        ("Hwlffordd / Haverfordwest", "pembrokeshire"),
        ("Y Drenewydd / Newtown", "powys"),
        ("Tal-y-bont", "ceredigion"),
        ("Caerdydd", "elsewhere"),
        ("Atlantis", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_place_in_either_language_says_the_county(place: str | None, area: str) -> None:
    assert area_of(place) == area
    assert area in AREAS


@pytest.mark.parametrize(
    ("where", "area"),
    [
        ("by the bus stop in Aberaeron", "ceredigion"),
        ("wrth y siop yn Llanbedr Pont Steffan", "ceredigion"),
        ("on the bus from Llanelli to Aberaeron", "unknown"),
        ("at home", "unknown"),
    ],
)
def test_a_place_that_was_not_recognised_is_looked_for_in_the_words(where: str, area: str) -> None:
    assert area_of(None, where) == area

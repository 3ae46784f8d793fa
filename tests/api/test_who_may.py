"""Who may open what: every route for every role, with the case open to all, restricted, and restricted but named.

The expectation is data that anybody can read: tests/api/who_may.yml.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml
from fastapi import FastAPI
from sqlalchemy import func, select

from api.alerts.models import Alert
from api.audit.models import AuditEntry
from api.cases.models import Case
from api.database import new_id
from api.need_to_know.models import EmergencyOpening
from api.need_to_know.service import CASE_PARAMETERS, CASE_ROLES, name_officer, restrict
from api.officers.models import Officer, Role
from api.staff import OPEN_ROUTES
from tests.api.staff_visitor import StaffDoor, Visitor, routes_of

TABLE: Final[dict[str, dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("who_may.yml").read_text()
)
FOR_NOBODY: Final = "nobody signed in"
SERVICE_ROUTES: Final = {"/v1/reports", "/v1/reports/status", "/v1/urgent-alerts", "/metrics"}
# What may stand in a path beside a case: of the case itself, which its service makes sure of, or of no case at all.
OF_THE_CASE: Final = {"link_id", "override_id", "code"}
OF_NO_CASE: Final = {"opening_id", "view_id", "shift_id", "absence_id", "officer_id"}
# What ends the session that the other routes are tried with comes after them.
LAST: Final = ("POST /account/sessions/end-others", "POST /sign-out")
# Streams never end: one that is still open after so long has opened.
STREAM_SECONDS: Final = 0.4
STARTS: Final = {
    Role.OFFICER: "/queue",
    Role.SUPERVISOR: "/queue",
    Role.CONTROL_ROOM: "/queue",
    Role.SCRUTINY: "/scrutiny",
    Role.AUDITOR: "/audit",
    Role.ADMINISTRATOR: "/accounts",
}


def roles_of(route: str) -> frozenset[Role]:
    may = TABLE[route]["may"]
    if may == FOR_NOBODY:
        return frozenset()
    return frozenset(Role) if may == "everybody" else frozenset(Role(name) for name in may)


def in_order() -> list[str]:
    """The routes for whoever is signed in, those that end a session last."""
    routes = [route for route in TABLE if TABLE[route]["may"] != FOR_NOBODY]
    return sorted(routes, key=lambda route: LAST.index(route) if route in LAST else -1)


class TriedCase:
    """A case, with what stands for it in a path."""

    def __init__(self, reference: str, alert_id: str) -> None:
        self.reference = reference
        self.alert_id = alert_id

    @classmethod
    async def receive(cls, door: StaffDoor) -> "TriedCase":
        reference = await door.receive(conversation_id=str(await door.converse()))
        async with door.runtime.database.session() as session:
            alert_id = await session.scalar(
                select(Alert.id)
                .join(Case, Case.id == Alert.case_id)
                .where(Case.reference == reference)
            )
        return cls(reference, str(alert_id))

    def path(self, template: str, **more: str) -> str:
        filled = template.replace("{reference}", self.reference)
        filled = filled.replace("{alert_id}", self.alert_id)
        for name, value in more.items():
            filled = filled.replace(f"{{{name}}}", value)
        # An item that is in every plan.
        filled = filled.replace("{code}", "check_safety")
        return re.sub(r"{\w+}", str(new_id()), filled)


async def officer_named(door: StaffDoor, username: str) -> Officer:
    async with door.runtime.database.session() as session:
        return (await session.scalars(select(Officer).where(Officer.username == username))).one()


async def restrict_to(door: StaffDoor, case: TriedCase, *usernames: str) -> None:
    by = await officer_named(door, "boss")
    async with door.runtime.database.session() as session:
        await restrict(session, by, case.reference)
        for username in usernames:
            officer = await officer_named(door, username)
            await name_officer(session, by, case.reference, officer.id)
        await session.commit()


async def use(
    visitor: Visitor, route: str, case: TriedCase, fields: dict[str, str] | None = None, **ids: str
) -> httpx.Response | None:
    """What the route answers; None for a stream that has opened."""
    method, template = route.split(" ")
    path = case.path(template, **ids)
    if template.startswith("/v1/"):
        return await visitor.call(method, path, json=fields or {})
    if template.endswith("/news"):
        try:
            return await asyncio.wait_for(visitor.get(path), STREAM_SECONDS)
        except TimeoutError:
            return None
    if method == "GET":
        return await visitor.get(path)
    return await visitor.send_form("/account", path, fields)


def opened(answer: httpx.Response | None) -> bool:
    if answer is None:
        return True
    to_sign_in = answer.headers.get("location", "").startswith("/sign-in?")
    return answer.status_code not in (401, 403) and not to_sign_in


@pytest.fixture
async def boss(door: StaffDoor) -> AsyncIterator[Visitor]:
    """A supervisor, who restricts cases."""
    await door.add_officer("boss", Role.SUPERVISOR)
    async with door.visitor("boss") as visitor:
        yield visitor


def test_every_route_has_a_line_in_the_table_and_every_line_a_route(staff_app: FastAPI) -> None:
    assert {f"{method} {path}" for method, path in routes_of(staff_app)} == set(TABLE)


def test_what_opens_to_nobody_in_particular_is_listed_or_for_our_own_processes() -> None:
    paths = {route.split(" ")[1] for route in TABLE if TABLE[route]["may"] == FOR_NOBODY}
    assert paths == (OPEN_ROUTES - {"/static"}) | SERVICE_ROUTES


def test_every_route_about_a_case_says_what_happens_when_it_is_restricted() -> None:
    for route, line in TABLE.items():
        parameters = set(re.findall(r"{(\w+)}", route))
        if parameters & CASE_PARAMETERS:
            assert line["restricted"] in ("closed", "opens"), route
        else:
            assert "restricted" not in line, route
        if roles_of(route) & {*CASE_ROLES, Role.SCRUTINY} and roles_of(route) != frozenset(Role):
            # Anything else in a path could name a case in a way that nobody asks about.
            allowed = OF_THE_CASE if parameters & CASE_PARAMETERS else OF_NO_CASE
            assert parameters - CASE_PARAMETERS <= allowed, route


def test_administrators_and_auditors_open_no_case() -> None:
    for route, line in TABLE.items():
        if "restricted" in line:
            assert not roles_of(route) & {Role.ADMINISTRATOR, Role.AUDITOR}, route


def test_scrutiny_only_reads() -> None:
    own = {route for route in TABLE if TABLE[route]["may"] == "everybody"}
    for route in TABLE:
        if Role.SCRUTINY in roles_of(route) and route not in own:
            assert route.startswith("GET "), route


@pytest.mark.parametrize("role", list(Role))
async def test_every_route_opens_for_whom_it_is_and_for_nobody_else(
    door: StaffDoor, boss: Visitor, role: Role
) -> None:
    case = await TriedCase.receive(door)
    restricted = await TriedCase.receive(door)
    await restrict_to(door, restricted)
    await door.add_officer("somebody", role)
    other = str((await officer_named(door, "boss")).id)
    wrong = []
    async with door.visitor("somebody") as somebody:
        await somebody.get("/account")
        assert (await somebody.get("/")).headers["location"] == STARTS[role]
        assert (await somebody.get(STARTS[role])).status_code == 200
        for route in in_order():
            may = role in roles_of(route)
            if opened(await use(somebody, route, case, officer_id=other)) is not may:
                wrong.append((route, "open case"))
            if route in LAST:
                continue
            rule = TABLE[route].get("restricted")
            if rule is not None:
                expected = may and (role == Role.SUPERVISOR or rule == "opens")
                if opened(await use(somebody, route, restricted)) is not expected:
                    wrong.append((route, "restricted case"))
    assert wrong == []


@pytest.mark.parametrize("role", [Role.OFFICER, Role.CONTROL_ROOM])
async def test_a_restricted_case_opens_for_whoever_is_named(
    door: StaffDoor, boss: Visitor, role: Role
) -> None:
    case = await TriedCase.receive(door)
    await door.add_officer("somebody", role)
    await restrict_to(door, case, "somebody")
    async with door.visitor("somebody") as somebody:
        for route in in_order():
            if "restricted" in TABLE[route]:
                expected = role in roles_of(route)
                assert opened(await use(somebody, route, case)) is expected, route


async def test_an_officers_token_opens_no_service_call(officer: Visitor) -> None:
    for path in SERVICE_ROUTES:
        method = "GET" if path == "/metrics" else "POST"
        assert (await officer.call(method, path, json={})).status_code == 401


# What a route needs to do its work, so that there is something to note.
FIELDS: Final[dict[str, dict[str, str]]] = {
    "POST /queue/search": {"q": "LL"},
    "POST /cases/{reference}/messages": {
        "text": "Bore da.",
        "language": "cy",
        "key": "00000000-0000-4000-8000-000000000001",
    },
    "POST /v1/cases/{reference}/messages": {"text": "Bore da.", "language": "cy"},
    "POST /cases/{reference}/contacts": {
        "means": "phone",
        "direction": "from_person",
        "outcome": "reached",
        "at": "2026-11-02T10:00",
        "with_role": "victim",
    },
    "POST /cases/{reference}/translations": {
        "translator": "Uned Gyfieithu",
        "made_on": "2026-11-02",
        "text": "They shouted at me.",
    },
    "POST /cases/{reference}/people-involved": {"description": "Dyn tal"},
    "POST /cases/{reference}/outcome": {"code": "charged", "reason": "Cyhuddwyd un."},
    "POST /cases/{reference}/plan/{code}": {"state": "done", "text": "Siaradais i â hi."},
    "POST /cases/{reference}/choice": {"decision": "declined", "words": "Na, dim diolch."},
    "POST /cases/{reference}/emergency": {"reason": "Mae rhywun wrth ddrws y person nawr."},
}
# They show nothing of the case: that there is something new, which the page then asks for.
SHOW_NOTHING: Final = {"GET /cases/{reference}/news"}
BEFORE: Final = {
    "POST /cases/{reference}/handback": "POST /cases/{reference}/takeover",
    "DELETE /v1/cases/{reference}/takeover": "POST /v1/cases/{reference}/takeover",
    "POST /cases/{reference}/unrestrict": "POST /cases/{reference}/restrict",
    "POST /cases/{reference}/unnamed": "POST /cases/{reference}/named",
}


def test_every_route_that_shows_or_changes_a_case_names_its_audit_entry() -> None:
    silent = {
        route for route, line in TABLE.items() if "restricted" in line and "audited" not in line
    }
    assert silent == SHOW_NOTHING


async def newest_entry(door: StaffDoor) -> int:
    async with door.runtime.database.session() as session:
        return await session.scalar(select(func.max(AuditEntry.number))) or 0


@pytest.mark.parametrize("route", [route for route in TABLE if "proved_in" in TABLE[route]])
def test_an_entry_that_takes_more_than_one_form_is_proved_where_the_table_says(route: str) -> None:
    proof = Path(TABLE[route]["proved_in"]).read_text(encoding="utf-8")
    assert f'"{TABLE[route]["audited"]}"' in proof


@pytest.mark.parametrize(
    "route",
    [route for route in TABLE if "audited" in TABLE[route] and "proved_in" not in TABLE[route]],
)
async def test_every_view_and_every_change_is_an_audit_entry(
    door: StaffDoor, boss: Visitor, route: str
) -> None:
    case = await TriedCase.receive(door)
    await door.add_officer("somebody", min(roles_of(route)))
    officer_id = str((await officer_named(door, "somebody")).id)
    opening_id = str(new_id())
    fields = dict(FIELDS.get(route, {}))
    if "named" in route:
        fields["officer_id"] = str((await officer_named(door, "boss")).id)
    if route.endswith(("/emergency", "/seen")):
        await restrict_to(door, case)
    async with door.visitor("somebody") as somebody:
        if route.endswith("/seen"):
            opening_id = await an_opening(door, case)
        if route in BEFORE:
            before = await use(somebody, BEFORE[route], case, fields)
            assert before is not None
            assert before.status_code < 400
        # Signing in leaves entries of its own.
        await somebody.get("/account")
        if route.split(" ")[1].startswith("/v1/"):
            await somebody.take_token("somebody")
        last = await newest_entry(door)
        answer = await use(
            somebody, route, case, fields, officer_id=officer_id, opening_id=opening_id
        )
    assert answer is not None
    assert answer.status_code < 400, answer.text
    async with door.runtime.database.session() as session:
        entries = list(await session.scalars(select(AuditEntry).where(AuditEntry.number > last)))
    noted = [entry for entry in entries if entry.action == TABLE[route]["audited"]]
    assert len(noted) == 1, [entry.action for entry in entries]
    assert str(noted[0].actor) == officer_id
    if "restricted" in TABLE[route] or "opening_id" in route:
        assert noted[0].subject == case.reference


async def an_opening(door: StaffDoor, case: TriedCase) -> str:
    await door.add_officer("another")
    async with door.visitor("another") as another:
        route = "POST /cases/{reference}/emergency"
        answer = await use(another, route, case, FIELDS[route])
        assert answer is not None
        assert answer.status_code == 303
    async with door.runtime.database.session() as session:
        return str((await session.scalars(select(EmergencyOpening.id))).one())

"""No field of any page of the staff door turns strange input into a fault of ours: every route, every field."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Final, Literal, get_args, get_origin
from urllib.parse import urlencode
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.officers.models import Role
from tests.api.staff_visitor import CSRF_FIELD, StaffDoor, Visitor, found
from tests.api.test_who_may import FIELDS, LAST, TriedCase, roles_of

# As bytes, because a browser is not the only one that sends forms.
STRANGE_WORDS: Final = (
    b"a\x00b",
    b"\xed\xa0\x80 half a letter\xff",
    "\u202eŷ\u0301\u200b\ufeff\U0001f469\u200d\U0001f469 %s {} <b>'\"--;\\".encode(),
    "ŵ".encode() * 10_000,
)
STRANGE_NUMBERS: Final = (b"-1", b"9223372036854775808", b"2147483648", b"1" * 5000)
STRANGE_TIMES: Final = (
    b"0001-01-01T00:00:00",
    b"9999-12-31T23:59:59",
    b"0001-01-01T00:00:00+14:00",
    b"9999-12-31T23:59:59-12:00",
    b"0001-01-01",
    b"9999-12-31",
    b"1e308",
)
STRANGE_PATHS: Final = (
    "%00",
    "LL-2222-2222%00",
    "%ED%A0%80",
    "%0d%0aSet-Cookie:%20a=b",
    "9" * 3000,
)
# Takes part in every form and is tried by tests/security/test_sessions.py; the rest end the session under test.
LEFT_OUT: Final = frozenset({"csrf_token", "visit_token"})


def fields_of(dependant: Any, place: str) -> Iterator[tuple[str, Any]]:
    for field in getattr(dependant, place):
        yield field.alias, field.field_info.annotation
    for further in dependant.dependencies:
        yield from fields_of(further, place)


def parts(annotation: Any) -> tuple[Any, ...]:
    """The types that a field may have."""
    if get_origin(annotation) is Literal or isinstance(annotation, type):
        return (annotation,)
    return tuple(part for each in get_args(annotation) for part in parts(each))


def usual(annotation: Any) -> str:
    """Something that the field takes."""
    for kind in parts(annotation):
        if get_origin(kind) is Literal:
            return str(next((value for value in get_args(kind) if value), ""))
        if issubclass(kind, Enum):
            return str(next(iter(kind)).value)
    by_type = {
        bool: "true",
        int: "1",
        UUID: "00000000-0000-4000-8000-000000000001",
        datetime: "2026-11-02T10:00",
        date: "2026-11-02",
        time: "09:00",
    }
    return next((by_type[kind] for kind in parts(annotation) if kind in by_type), "Bore da, 12345")


def strange(annotation: Any) -> tuple[bytes, ...]:
    kinds = parts(annotation)
    if any(kind in (datetime, date, time) for kind in kinds):
        return STRANGE_TIMES
    if int in kinds:
        return STRANGE_NUMBERS
    return STRANGE_WORDS if str in kinds else (b"a\x00b", b"\xff")


class TriedRoute:
    """A page or form of the staff door with the fields that it reads."""

    def __init__(self, method: str, path: str, dependant: Any) -> None:
        self.name = f"{method} {path}"
        self.method = method
        self.path = path
        self.fields = dict(fields_of(dependant, "body_params"))
        self.query = dict(fields_of(dependant, "query_params"))

    def asked(self) -> Iterator[tuple[dict[str, bytes], dict[str, bytes]]]:
        """What to send: fields and query, each with one strange value."""
        form = {name: usual(kind) for name, kind in self.fields.items()} | FIELDS.get(self.name, {})
        usual_form = {name: value.encode() for name, value in form.items()}
        for name, kind in self.fields.items():
            if name not in LEFT_OUT:
                yield from (({**usual_form, name: value}, {}) for value in strange(kind))
        for name, kind in self.query.items():
            yield from ((usual_form, {name: value}) for value in strange(kind))


def in_short(sent: dict[str, bytes]) -> dict[str, bytes]:
    return {name: value[:30] for name, value in sent.items()}


def routes_of_pages(app: FastAPI) -> list[TriedRoute]:
    routes = {
        f"{method} {route.path}": TriedRoute(method, str(route.path), route.dependant)
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or set()) - {"HEAD"}
        if route.path and not str(route.path).startswith(("/v1/", "/static"))
    }
    order = sorted(routes, key=lambda name: LAST.index(name) if name in LAST else -1)
    return [routes[name] for name in order if not name.endswith("/news")]


class Asker:
    """Somebody signed in who sends forms as they like; signs in again when one of them ended the session."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._csrf = b""

    async def ask(
        self, route: TriedRoute, path: str, form: dict[str, bytes], query: dict[str, bytes]
    ) -> int:
        if query:
            path += "?" + urlencode(query)
        if route.method == "GET":
            return (await self._visitor.get(path)).status_code
        status, again = await self._send(path, form)
        if again:
            self._visitor.client.cookies.clear()
            page = await self._visitor.get("/account")
            self._csrf = found(CSRF_FIELD, page.text).encode()
            status, again = await self._send(path, form)
            assert not again, route.name
        return status

    async def _send(self, path: str, form: dict[str, bytes]) -> tuple[int, bool]:
        answer = await self._visitor.client.post(
            path,
            content=urlencode({**form, "csrf_token": self._csrf}),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        outdated = answer.status_code == 403 and not self._csrf
        ended = answer.headers.get("location", "").startswith("/sign-in?")
        return answer.status_code, outdated or ended


@pytest.mark.parametrize("role", list(Role))
async def test_no_strange_value_in_any_field_is_a_fault(
    staff_app: FastAPI, door: StaffDoor, role: Role
) -> None:
    """Each route is tried by the first of the roles for which it opens."""
    case = await TriedCase.receive(door)
    await door.add_officer("somebody", role)
    faults, asked = [], 0
    async with door.visitor("somebody") as somebody:
        asker = Asker(somebody)
        for route in routes_of_pages(staff_app):
            if next((each for each in Role if each in roles_of(route.name)), None) != role:
                continue
            for form, query in route.asked():
                status = await asker.ask(route, case.path(route.path), form, query)
                asked += 1
                if status >= 500:
                    faults.append((route.name, in_short({**form, **query})))
    assert faults == []
    assert asked or role in (Role.CONTROL_ROOM, Role.SCRUTINY)


async def test_no_strange_value_in_any_address_is_a_fault(
    staff_app: FastAPI, door: StaffDoor
) -> None:
    await door.add_officer("boss", Role.SUPERVISOR)
    faults = []
    async with door.visitor("boss") as boss:
        asker = Asker(boss)
        for route in routes_of_pages(staff_app):
            if Role.SUPERVISOR not in roles_of(route.name):
                continue
            for value in STRANGE_PATHS if "{" in route.path else ():
                path = re.sub(r"{\w+}", value, route.path)
                form = {name: usual(kind).encode() for name, kind in route.fields.items()}
                if await asker.ask(route, path, form, {}) >= 500:
                    faults.append((route.name, value))
    assert faults == []


async def test_no_strange_value_before_signing_in_is_a_fault(
    staff_app: FastAPI, door: StaffDoor
) -> None:
    faults = []
    async with door.visitor() as nobody:
        for route in routes_of_pages(staff_app):
            if not route.path.startswith(("/sign-in", "/set-password")):
                continue
            page = await nobody.client.get("/sign-in")
            visit = re.search(r'name="visit_token" value="([^"]+)"', page.text)
            assert visit is not None
            for form, query in route.asked():
                sent = {**form, "visit_token": visit[1].encode()}
                answer = await nobody.client.request(
                    route.method,
                    route.path + ("?" + urlencode(query) if query else ""),
                    content=urlencode(sent),
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                )
                if answer.status_code >= 500:
                    faults.append((route.name, in_short({**form, **query})))
    assert faults == []

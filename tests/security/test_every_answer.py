"""Headers, caching, cookies and forgery, held over every route of both doors: what is added later is held too."""

import re
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from api.config import Environment
from api.officers.access import session_cookie
from api.officers.models import Role
from api.officers.visits import VISIT_COOKIE, strict
from api.runtime import Runtime
from tests.api.public_visitor import ChatVisitor
from tests.api.staff_visitor import CSRF_FIELD, StaffDoor, Visitor, found, routes_of
from tests.api.test_who_may import TriedCase, roles_of

STRICT = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}
# Asked for as they stand in who_may.yml, or with anything where a path has a parameter.
ANY_ID = "00000000-0000-4000-8000-000000000000"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE")
# Forms that are sent before anybody has signed in have a token of the visit instead.
BEFORE_SIGN_IN = {"POST /sign-in", "POST /set-password"}
STREAMS = "/news"
# Pages for whoever has not signed in yet.
SIGNED_OUT = ("/sign-in", "/set-password")


def what_is_missing(answer: httpx.Response) -> list[str]:
    """The promises of every answer that this one does not keep."""
    headers = answer.headers
    missing = [name for name, value in STRICT.items() if headers.get(name) != value]
    policy = headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy or "*" in policy:
        missing.append("content-security-policy")
    if headers.get("cache-control") != "no-store":
        missing.append(f"cache-control: {headers.get('cache-control')}")
    missing += [name for name in ("server", "x-powered-by") if name in headers]
    missing += [name for name in headers if name.startswith("access-control-")]
    if answer.content and "content-type" not in headers:
        missing.append("content-type")
    return missing


def path_of(template: str) -> str:
    return re.sub(r"{\w+}", ANY_ID, template.replace("{reference}", "LL-2222-2222"))


class TestThePublicDoor:
    async def test_keeps_every_promise_whatever_is_asked(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        paths = {path for _, path in routes_of(public_app)} | {"/chat/main.js", "/chat/no", "/no"}
        broken = []
        for path in sorted(paths):
            for method in METHODS:
                answer = await public.request(method, path)
                assert answer.status_code < 500 or path == "/ready", (method, path)
                if missing := what_is_missing(answer):
                    broken.append((method, path, answer.status_code, missing))
                assert "set-cookie" not in answer.headers, path
        assert broken == []

    async def test_answers_no_preflight_of_another_site(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        for _, path in routes_of(public_app):
            answer = await public.options(
                path,
                headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
            )
            assert "access-control-allow-origin" not in answer.headers

    async def test_never_repeats_the_host_that_it_was_called_by(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        for method, path in routes_of(public_app):
            answer = await public.request(method, path, headers=evil)
            assert "evil.example" not in answer.text + str(answer.headers), path


class TestTheStaffDoor:
    async def test_keeps_every_promise_to_somebody_unknown(
        self, staff_app: FastAPI, visitor: Visitor
    ) -> None:
        broken = []
        for path in sorted({path for _, path in routes_of(staff_app)} | {"/no", "/static/no.css"}):
            for method in METHODS:
                answer = await visitor.client.request(method, path_of(path))
                assert answer.status_code < 500 or path == "/ready", (method, path)
                if missing := what_is_missing(answer):
                    broken.append((method, path, answer.status_code, missing))
        assert broken == []

    async def test_keeps_every_promise_on_every_page_of_a_case(
        self, staff_app: FastAPI, door: StaffDoor
    ) -> None:
        case = await TriedCase.receive(door)
        await door.add_officer("boss", Role.SUPERVISOR)
        broken = []
        async with door.visitor("boss") as boss:
            for method, path in routes_of(staff_app):
                if method != "GET" or path.endswith(STREAMS) or path.startswith("/v1/"):
                    continue
                answer = await boss.get(case.path(path))
                if missing := what_is_missing(answer):
                    broken.append((path, answer.status_code, missing))
        assert broken == []

    async def test_never_repeats_the_host_that_it_was_called_by(
        self, staff_app: FastAPI, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        evil = {
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "Forwarded": "host=evil",
        }
        for method, path in routes_of(staff_app):
            if method == "GET" and not path.endswith(STREAMS):
                answer = await officer.client.get(path_of(path), headers=evil)
                assert "evil.example" not in answer.text + str(answer.headers), path

    async def test_has_no_form_that_another_site_could_send(
        self, staff_app: FastAPI, door: StaffDoor
    ) -> None:
        """Every route that changes anything, without a token, with another session's, and with an empty one."""
        case = await TriedCase.receive(door)
        taken = []
        for role in Role:
            name = role.value.replace("_", "")
            await door.add_officer(name, role)
            async with door.visitor(name) as somebody, door.visitor(name) as elsewhere:
                other = found(CSRF_FIELD, (await elsewhere.get("/account")).text)
                await somebody.get("/account")
                for method, path in routes_of(staff_app):
                    route = f"{method} {path}"
                    if method == "GET" or path.startswith("/v1/") or route in BEFORE_SIGN_IN:
                        continue
                    if role not in roles_of(route):
                        continue
                    for token in (None, "", other):
                        form = {} if token is None else {"csrf_token": token}
                        answer = await somebody.client.request(
                            method, case.path(path), data={**form, "language": "cy"}
                        )
                        if answer.status_code != 403:
                            taken.append((role, route, answer.status_code))
                assert (await somebody.get("/account")).status_code == 200
        assert taken == []

    async def test_changes_nothing_by_a_link(self, staff_app: FastAPI, door: StaffDoor) -> None:
        """What a page of another site can have a browser do is GET; SameSite keeps the cookie from it besides."""
        changing = {path for method, path in routes_of(staff_app) if method not in ("GET", "HEAD")}
        await door.add_officer("boss", Role.SUPERVISOR)
        case = await TriedCase.receive(door)
        only = {path for path in changing if ("GET", path) not in routes_of(staff_app)}
        async with door.visitor("boss") as boss:
            for path in only:
                assert (await boss.get(case.path(path))).status_code in (404, 405), path


@pytest.mark.parametrize("role", list(Role))
async def test_every_page_offers_to_sign_out(
    door: StaffDoor, staff_app: FastAPI, role: Role
) -> None:
    await door.add_officer("alun", role)
    pages = set()
    async with door.visitor("alun") as visitor:
        await visitor.get("/account")
        for method, path in routes_of(staff_app):
            if (
                method != "GET"
                or "{" in path
                or path.startswith(SIGNED_OUT)
                or path.endswith(STREAMS)
            ):
                continue
            answer = await visitor.client.get(path)
            html = answer.headers.get("content-type", "").startswith("text/html")
            if html and "<!doctype html>" in answer.text.casefold():
                pages.add(path)
                assert 'action="/sign-out"' in answer.text, path
    assert {"/account", "/services"} <= pages


class TestCookies:
    async def test_are_for_encrypted_lines_alone_in_production(self, runtime: Runtime) -> None:
        production = runtime.settings.model_copy(update={"environment": Environment.PRODUCTION})
        in_production = replace(runtime, settings=production)
        assert strict(in_production)["secure"] is True
        # The prefix makes browsers hold us to Secure, Path=/ and no Domain.
        assert session_cookie(in_production).startswith("__Host-")

    async def test_are_all_out_of_reach_of_scripts_and_of_other_sites(
        self, door: StaffDoor, visitor: Visitor
    ) -> None:
        await door.add_officer("megan")
        answers = [
            await visitor.client.get("/sign-in?language=en"),
            await visitor.sign_in("megan"),
            await visitor.send_form("/account", "/language", {"language": "cy"}),
            await visitor.send_form("/account", "/sign-out"),
        ]
        cookies = [cookie for each in answers for cookie in each.headers.get_list("set-cookie")]
        assert len(cookies) >= 5
        for cookie in cookies:
            assert "HttpOnly" in cookie, cookie
            assert "SameSite=strict" in cookie, cookie
            assert "Domain" not in cookie, cookie

    async def test_that_were_planted_before_sign_in_are_worth_nothing_after(
        self, door: StaffDoor, visitor: Visitor
    ) -> None:
        """Fixation: whoever put a session or a visit into a browser does not know the one that signing in begins."""
        await door.add_officer("megan")
        planted = "p" * 43
        visitor.client.cookies.set("llais_staff_8001", planted, domain="staff.test")
        visitor.client.cookies.set(VISIT_COOKIE, planted, domain="staff.test")
        assert (await visitor.sign_in("megan")).status_code == 303
        held = {cookie.value for cookie in visitor.client.cookies.jar}
        async with door.visitor() as attacker:
            cookie = {"Cookie": f"llais_staff_8001={planted}; {VISIT_COOKIE}={planted}"}
            assert (await attacker.client.get("/queue", headers=cookie)).status_code == 303
        assert visitor.client.cookies.get(VISIT_COOKIE) is None or planted not in held


class TestASessionOfTheChat:
    async def test_belongs_to_whoever_holds_its_token(self, public: httpx.AsyncClient) -> None:
        victim, other = await ChatVisitor.arrive(public), await ChatVisitor.arrive(public)
        sent = await victim.say("Dim ond fi sy'n darllen hyn.")
        message_id = sent.json()["id"]
        assert "darllen hyn" not in str(await other.poll(after="0"))
        # The id of somebody else's message is no way to it either.
        assert (await other.say("helo", message_id=message_id)).status_code == 202
        assert "darllen hyn" not in str(await other.poll(after="0"))
        assert "darllen hyn" in str(await victim.poll(after="0"))

    async def test_of_somebody_else_does_not_end_with_mine(self, public: httpx.AsyncClient) -> None:
        victim, other = await ChatVisitor.arrive(public), await ChatVisitor.arrive(public)
        assert (await other.end()).status_code == 204
        assert (await other.say("helo")).status_code == 401
        assert (await victim.say("helo")).status_code == 202

    @pytest.mark.parametrize("where", ["query", "cookie", "body", "scheme", "cut", "longer"])
    async def test_opens_with_its_token_in_the_header_alone(
        self, public: httpx.AsyncClient, where: str
    ) -> None:
        token = (await ChatVisitor.arrive(public)).token
        ways: dict[str, dict[str, dict[str, str]]] = {
            "query": {"params": {"token": token, "access_token": token}},
            "cookie": {"headers": {"Cookie": f"token={token}; session={token}"}},
            "body": {"headers": {"X-Token": token}},
            "scheme": {"headers": {"Authorization": f"Basic {token}"}},
            "cut": {"headers": {"Authorization": f"Bearer {token[:-1]}"}},
            "longer": {"headers": {"Authorization": f"Bearer {token}A"}},
        }
        answer = await public.get("/v1/chat/messages", **ways[where])  # type: ignore[arg-type]
        assert answer.status_code == 401

"""Signing in: the right officer gets in, a guesser is slowed, and nobody learns who exists."""

from datetime import timedelta

import httpx
import pyotp
import pytest
import time_machine
from sqlalchemy import select, update

from api.database import utc_now
from api.officers.models import Officer, OfficerSession, SignInFailures
from api.officers.throttle import FREE_ATTEMPTS, LONGEST_DELAY, delay_after
from api.security import token_hash
from tests.api.staff_visitor import CSRF_FIELD, VISIT_FIELD, StaffDoor, Visitor, found

COOKIE = "llais_staff_8001"


async def ask_token(
    visitor: Visitor, username: str, password: str, otp: str = ""
) -> httpx.Response:
    return await visitor.client.post(
        "/v1/token", data={"username": username, "password": password, "otp": otp}
    )


async def test_the_right_password_gives_a_bearer_token(door: StaffDoor, visitor: Visitor) -> None:
    await door.add_officer("megan")
    answer = await ask_token(visitor, "Megan ", door.passwords["megan"])
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert answer.json()["token_type"] == "bearer"
    assert answer.headers["cache-control"] == "no-store"
    listed = await visitor.client.get(
        "/v1/cases", headers={"Authorization": f"Bearer {answer.json()['access_token']}"}
    )
    assert listed.status_code == 200


async def test_a_token_is_kept_as_a_hash_and_ends_in_time(
    door: StaffDoor, officer: Visitor
) -> None:
    assert (await officer.call("GET", "/v1/cases")).status_code == 200
    token = officer.api["Authorization"].removeprefix("Bearer ")
    async with door.runtime.database.session() as session:
        kept = (await session.scalars(select(OfficerSession))).one()
        assert kept.token_hash == token_hash(token)
        kept.expires_at = utc_now() - timedelta(seconds=1)
        await session.commit()
    assert (await officer.call("GET", "/v1/cases")).status_code == 401


async def test_wrong_and_unknown_names_are_answered_alike(
    door: StaffDoor, visitor: Visitor
) -> None:
    await door.add_officer("megan")
    known = await ask_token(visitor, "megan", "wrong")
    unknown = await ask_token(visitor, "nobody", "wrong")
    assert known.status_code == unknown.status_code == 401
    assert known.json() == unknown.json()
    assert "wrong" not in known.text
    refused = await door.audited("sign_in_refused")
    assert [entry.subject for entry in refused] == [None, None]


@pytest.mark.parametrize("username", ["megan", "nobody"])
async def test_repeated_failures_slow_a_known_and_an_unknown_name_alike(
    door: StaffDoor, visitor: Visitor, username: str
) -> None:
    await door.add_officer("megan")
    answers = [await ask_token(visitor, username, "wrong") for _ in range(FREE_ATTEMPTS + 2)]
    assert [answer.status_code for answer in answers] == [401] * (FREE_ATTEMPTS + 1) + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 15
    # While it lasts, the right password does not count either.
    assert (await ask_token(visitor, username, door.passwords["megan"])).status_code == 429


async def test_the_lock_opens_by_itself_and_success_forgets_the_failures(
    door: StaffDoor, visitor: Visitor
) -> None:
    await door.add_officer("megan")
    for _ in range(FREE_ATTEMPTS + 1):
        await ask_token(visitor, "megan", "wrong")
    async with door.runtime.database.session() as session:
        await session.execute(
            update(SignInFailures).values(locked_until=utc_now() - timedelta(seconds=1))
        )
        await session.commit()
    assert (await ask_token(visitor, "megan", door.passwords["megan"])).status_code == 200
    async with door.runtime.database.session() as session:
        assert (await session.scalars(select(SignInFailures))).all() == []


def test_the_delay_grows_to_a_limit() -> None:
    delays = [delay_after(failures) for failures in range(1, 200)]
    assert delays[: FREE_ATTEMPTS + 2] == [
        *[timedelta(0)] * FREE_ATTEMPTS,
        timedelta(seconds=15),
        timedelta(seconds=30),
    ]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY


async def test_a_name_is_never_stored_in_the_clear_when_it_fails(
    door: StaffDoor, visitor: Visitor
) -> None:
    await ask_token(visitor, "nobody", "wrong")
    async with door.runtime.database.session() as session:
        kept = (await session.scalars(select(SignInFailures))).one()
    assert kept.username_hash == door.runtime.database.keyring.look_up_hash(
        "username", "nobody\x00127.0.0.1"
    )


async def test_where_a_code_is_enrolled_the_password_alone_does_not_fit(
    door: StaffDoor, visitor: Visitor
) -> None:
    await door.add_officer("megan")
    secret = pyotp.random_base32()
    async with door.runtime.database.session() as session:
        await session.execute(update(Officer).values(otp_secret=secret))
        await session.commit()
    password = door.passwords["megan"]
    assert (await ask_token(visitor, "megan", password)).status_code == 401
    assert (await ask_token(visitor, "megan", password, "000000x")).status_code == 401
    code = pyotp.TOTP(secret).now()
    assert (await ask_token(visitor, "megan", password, code)).status_code == 200


async def test_a_disabled_officer_is_out_at_once(door: StaffDoor, officer: Visitor) -> None:
    assert (await officer.call("GET", "/v1/cases")).status_code == 200
    assert (await officer.get("/queue")).status_code == 200
    async with door.runtime.database.session() as session:
        await session.execute(update(Officer).values(disabled_at=utc_now()))
        await session.commit()
    assert (await officer.call("GET", "/v1/cases")).status_code == 401
    assert (await officer.get("/queue")).status_code == 303
    again = await ask_token(officer, "megan", door.passwords["megan"])
    assert again.status_code == 401


async def test_signing_in_begins_a_new_session_and_ends_the_one_before(
    door: StaffDoor, visitor: Visitor
) -> None:
    await door.add_officer("megan")
    first = await visitor.sign_in("megan")
    assert (first.status_code, first.headers["location"]) == (303, "/queue")
    old = visitor.client.cookies[COOKIE]
    await visitor.sign_in("megan")
    new = visitor.client.cookies[COOKIE]
    assert new != old
    visitor.client.cookies.set(COOKIE, old, domain="staff.test")
    visitor.client.cookies.delete(COOKIE, domain="staff.test")
    answer = await visitor.client.get("/queue", headers={"Cookie": f"{COOKIE}={old}"})
    assert answer.status_code == 303


async def test_the_cookie_is_for_this_site_and_out_of_reach_of_scripts(
    door: StaffDoor, visitor: Visitor
) -> None:
    await door.add_officer("megan")
    answer = await visitor.sign_in("megan")
    cookie = next(
        value for value in answer.headers.get_list("set-cookie") if value.startswith(COOKIE)
    )
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie


async def test_a_session_ends_when_it_lies_idle(door: StaffDoor, officer: Visitor) -> None:
    assert (await officer.get("/queue")).status_code == 200
    with time_machine.travel(utc_now() + timedelta(minutes=29), tick=True):
        # A page that refreshes itself is nobody at work.
        assert (await officer.get("/queue/cases")).status_code == 200
    with time_machine.travel(utc_now() + timedelta(minutes=31), tick=True):
        assert (await officer.get("/queue")).status_code == 303
        part = await officer.get("/queue/cases", **{"HX-Request": "true"})
        assert part.status_code == 401
        assert part.headers["hx-redirect"] == "/sign-in?ended=yes"


async def test_work_keeps_a_session_open_but_not_for_ever(
    door: StaffDoor, officer: Visitor
) -> None:
    started = utc_now()
    assert (await officer.get("/queue")).status_code == 200
    for minutes in range(20, 700, 20):
        with time_machine.travel(started + timedelta(minutes=minutes), tick=True):
            assert (await officer.get("/queue")).status_code == 200
    with time_machine.travel(started + timedelta(minutes=725), tick=True):
        assert (await officer.get("/queue")).status_code == 303


async def test_signing_out_ends_the_session_at_the_server(
    door: StaffDoor, officer: Visitor
) -> None:
    await officer.get("/queue")
    token = officer.client.cookies[COOKIE]
    answer = await officer.send_form("/queue", "/sign-out")
    assert answer.headers["location"] == "/sign-in"
    assert COOKIE not in officer.client.cookies
    again = await officer.client.get("/queue", headers={"Cookie": f"{COOKIE}={token}"})
    assert again.status_code == 303


async def test_a_form_without_the_token_of_its_session_is_refused(
    door: StaffDoor, officer: Visitor
) -> None:
    page = await officer.get("/queue")
    token = found(CSRF_FIELD, page.text)
    for fields in ({}, {"csrf_token": ""}, {"csrf_token": token[:-1] + "!"}):
        for path in ("/sign-out", "/queue/search", "/language"):
            answer = await officer.client.post(path, data={"language": "cy", **fields})
            assert answer.status_code == 403, path
    assert (await officer.get("/queue")).status_code == 200


async def test_the_sign_in_form_needs_the_token_of_its_visit(
    door: StaffDoor, visitor: Visitor
) -> None:
    await door.add_officer("megan")
    credentials = {"username": "megan", "password": door.passwords["megan"]}
    assert (await visitor.client.post("/sign-in", data=credentials)).status_code == 403
    page = await visitor.client.get("/sign-in")
    token = found(VISIT_FIELD, page.text)
    visitor.client.cookies.clear()
    stolen = await visitor.client.post("/sign-in", data={**credentials, "visit_token": token})
    assert stolen.status_code == 403
    assert not visitor.client.cookies.get(COOKIE)


async def test_the_sign_in_page_says_no_more_than_that_it_does_not_fit(
    door: StaffDoor, visitor: Visitor
) -> None:
    await door.add_officer("megan")
    known = await visitor.sign_in("megan", "wrong")
    unknown = await visitor.sign_in("nobody", "wrong")
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("megan", "") == unknown.text.replace("nobody", "")
    assert "wrong" not in known.text


async def test_signing_in_leads_back_to_where_one_wanted_to_go_but_never_elsewhere(
    door: StaffDoor, visitor: Visitor
) -> None:
    await door.add_officer("megan")
    asked = await visitor.client.get("/cases/LL-2222-2222")
    assert asked.headers["location"] == "/sign-in?next=%2Fcases%2FLL-2222-2222"
    page = await visitor.client.get(asked.headers["location"])
    for wanted, reached in (
        ("/cases/LL-2222-2222", "/cases/LL-2222-2222"),
        ("//evil.example", "/queue"),
        ("https://evil.example", "/queue"),
        ("/\\evil.example", "/queue"),
        ("/\tevil", "/queue"),
    ):
        page = await visitor.client.get("/sign-in")
        answer = await visitor.client.post(
            "/sign-in",
            data={
                "visit_token": found(VISIT_FIELD, page.text),
                "username": "megan",
                "password": door.passwords["megan"],
                "next": wanted,
            },
        )
        assert answer.headers["location"] == reached


async def test_guessing_elsewhere_does_not_keep_an_officer_out_of_their_own_browser(
    door: StaffDoor, officer: Visitor
) -> None:
    await officer.get("/queue")
    async with door.visitor() as guesser:
        for _ in range(FREE_ATTEMPTS + 1):
            await guesser.sign_in("megan", "wrong")
        assert (await guesser.sign_in("megan", "wrong")).status_code == 429
        # In a browser that the name has not used, not even the right password counts while it is slowed.
        assert (await guesser.sign_in("megan")).status_code == 429
    await officer.send_form("/queue", "/sign-out")
    assert (await officer.sign_in("megan")).status_code == 303


async def test_a_known_browser_is_slowed_too_and_only_for_the_name_that_used_it(
    door: StaffDoor, officer: Visitor
) -> None:
    await door.add_officer("carys")
    await officer.get("/queue")
    for _ in range(FREE_ATTEMPTS + 1):
        assert (await officer.sign_in("megan", "wrong")).status_code == 401
    assert (await officer.sign_in("megan")).status_code == 429
    # Carys has never used it; her name is counted as everywhere else.
    for _ in range(FREE_ATTEMPTS + 1):
        assert (await officer.sign_in("carys", "wrong")).status_code == 401
    assert (await officer.sign_in("carys", "wrong")).status_code == 429


async def test_a_made_up_mark_of_a_browser_counts_for_nothing(
    door: StaffDoor, officer: Visitor
) -> None:
    async with door.visitor() as guesser:
        answers = []
        for number in range(FREE_ATTEMPTS + 2):
            guesser.client.cookies.set(
                "llais_browser_8001", f"made-up-{number}.{'0' * 64}", domain="staff.test"
            )
            answers.append((await guesser.sign_in("megan", "wrong")).status_code)
    assert answers[-1] == 429

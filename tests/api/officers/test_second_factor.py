"""Codes of an authenticator app: enrolled by a first code, taken once, and replaced by recovery codes."""

import re
from datetime import datetime, timedelta

import httpx
import pyotp
import pytest
import time_machine
from sqlalchemy import select

from api.database import utc_now
from api.officers.models import Officer, OfficerSession, RecoveryCode
from tests.api.staff_visitor import CSRF_FIELD, StaffDoor, Visitor, found

SECRET = re.compile(r'<code class="llais-fingerprint">([A-Z2-7 ]+)</code>')
RECOVERY = re.compile(r"<li><code>([a-z0-9]{5}-[a-z0-9]{5})</code></li>")


async def only_officer(door: StaffDoor) -> Officer:
    async with door.runtime.database.session() as session:
        return (await session.scalars(select(Officer))).one()


async def confirm(officer: Visitor, otp: str, password: str | None = None) -> httpx.Response:
    fields = {"password": password or officer.door.passwords["megan"], "otp": otp}
    return await officer.send_form("/account/code", "/account/code", fields)


async def enrol(officer: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Enrol as the page asks; the app on the telephone, and the recovery codes."""
    page = await officer.get("/account/code")
    totp = pyotp.TOTP(found(SECRET, page.text).replace(" ", ""))
    answer = await confirm(officer, totp.at(utc_now()))
    assert answer.status_code == 200, answer.text
    return totp, RECOVERY.findall(answer.text)


async def token(visitor: Visitor, door: StaffDoor, otp: str) -> int:
    answer = await visitor.client.post(
        "/v1/token", data={"username": "megan", "password": door.passwords["megan"], "otp": otp}
    )
    return answer.status_code


async def test_a_code_is_asked_for_once_a_first_one_has_been_typed(
    door: StaffDoor, officer: Visitor
) -> None:
    page = await officer.get("/account/code")
    secret = found(SECRET, page.text).replace(" ", "")
    # Opening the page, or typing a wrong code, changes nothing yet.
    assert (await confirm(officer, "000000")).status_code == 422
    assert (await only_officer(door)).otp_secret is None
    assert await token(officer, door, "") == 200
    # The page that is opened again shows the same secret, which may be scanned already.
    assert found(SECRET, (await officer.get("/account/code")).text).replace(" ", "") == secret
    answer = await confirm(officer, pyotp.TOTP(secret).at(utc_now()))
    assert len(set(RECOVERY.findall(answer.text))) == 10
    assert await token(officer, door, "") == 401
    assert len(await door.audited("code_enrolled")) == 1


async def test_the_picture_is_inline_svg_that_the_policy_allows(officer: Visitor) -> None:
    page = await officer.get("/account/code")
    svg = page.text.partition("<svg")[2].partition("</svg>")[0]
    assert "path" in svg
    assert "style" not in svg
    assert "data:" not in page.text
    assert 'role="img"' in page.text
    assert "unsafe" not in page.headers["content-security-policy"]


async def test_enrolling_asks_for_the_password_and_ends_other_sessions(
    door: StaffDoor, officer: Visitor
) -> None:
    await officer.get("/account")
    async with door.visitor("megan") as elsewhere:
        assert (await elsewhere.get("/queue")).status_code == 200
        assert (await confirm(officer, "123456", "wrong")).status_code == 422
        await enrol(officer)
        assert (await elsewhere.get("/queue")).status_code == 303
    assert (await officer.get("/queue")).status_code == 200


async def test_a_code_is_taken_once_even_within_its_window(
    door: StaffDoor, officer: Visitor
) -> None:
    totp, _ = await enrol(officer)
    start = utc_now() + timedelta(minutes=2)
    with time_machine.travel(start, tick=False):
        code = totp.at(start)
        assert await token(officer, door, code) == 200
        assert await token(officer, door, code) == 401
        # The one before it, which a clock that is off may still show, is no way round.
        assert await token(officer, door, totp.at(start - timedelta(seconds=30))) == 401
        assert await token(officer, door, totp.at(start + timedelta(seconds=30))) == 200


async def test_the_code_that_confirmed_enrolment_does_not_sign_in_again(
    door: StaffDoor, officer: Visitor
) -> None:
    moment = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
    with time_machine.travel(moment, tick=False):
        totp, _ = await enrol(officer)
        assert await token(officer, door, totp.at(moment)) == 401


@pytest.mark.parametrize(("seconds", "status"), [(-30, 200), (30, 200), (-90, 401), (90, 401)])
async def test_a_clock_may_be_off_by_one_step(
    door: StaffDoor, officer: Visitor, seconds: int, status: int
) -> None:
    totp, _ = await enrol(officer)
    now = utc_now() + timedelta(minutes=5)
    with time_machine.travel(now, tick=False):
        assert await token(officer, door, totp.at(now + timedelta(seconds=seconds))) == status


async def test_a_wrong_password_does_not_use_a_code_up(door: StaffDoor, officer: Visitor) -> None:
    totp, _ = await enrol(officer)
    now = utc_now() + timedelta(minutes=2)
    with time_machine.travel(now, tick=False):
        code = totp.at(now)
        wrong = await officer.client.post(
            "/v1/token", data={"username": "megan", "password": "wrong", "otp": code}
        )
        assert wrong.status_code == 401
        assert await token(officer, door, code) == 200


async def test_a_recovery_code_works_once_however_it_is_typed(
    door: StaffDoor, officer: Visitor
) -> None:
    _, codes = await enrol(officer)
    assert await token(officer, door, codes[0].upper().replace("-", " ")) == 200
    assert await token(officer, door, codes[0]) == 401
    assert await token(officer, door, codes[1]) == 200
    assert len(await door.audited("recovery_code_used")) == 2
    assert "left: 8" in (await officer.get("/account")).text


async def test_recovery_codes_are_kept_as_hashes_and_replaced_together(
    door: StaffDoor, officer: Visitor
) -> None:
    _, codes = await enrol(officer)
    async with door.runtime.database.session() as session:
        kept = list(await session.scalars(select(RecoveryCode)))
    assert len(kept) == 10
    for code in codes:
        assert not any(code.replace("-", "").encode() in row.code_hash for row in kept)
    answer = await officer.send_form("/account", "/account/recovery-codes")
    fresh = RECOVERY.findall(answer.text)
    assert not set(fresh) & set(codes)
    assert await token(officer, door, codes[2]) == 401
    assert await token(officer, door, fresh[0]) == 200


async def test_one_officers_recovery_code_is_no_use_to_another(
    door: StaffDoor, officer: Visitor
) -> None:
    await door.add_officer("carys", language="en")
    _, codes = await enrol(officer)
    async with door.visitor("carys") as carys:
        page = await carys.get("/account/code")
        totp = pyotp.TOTP(found(SECRET, page.text).replace(" ", ""))
        fields = {"password": door.passwords["carys"], "otp": totp.at(utc_now())}
        await carys.client.post(
            "/account/code", data={"csrf_token": found(CSRF_FIELD, page.text), **fields}
        )
        answer = await carys.client.post(
            "/v1/token",
            data={"username": "carys", "password": door.passwords["carys"], "otp": codes[0]},
        )
    assert answer.status_code == 401


async def test_a_secret_is_encrypted_where_it_is_kept(door: StaffDoor, officer: Visitor) -> None:
    totp, _ = await enrol(officer)
    async with door.runtime.database.engine.connect() as connection:
        row = (await connection.exec_driver_sql("select otp_secret from officers")).one()
    assert totp.secret.encode() not in bytes(row[0])
    async with door.runtime.database.session() as session:
        assert len(list(await session.scalars(select(OfficerSession)))) == 1

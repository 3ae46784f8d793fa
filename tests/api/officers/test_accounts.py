"""Accounts: invited and let in again by a link that works once, disabled at once, and one's own sessions."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pyotp
import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import select

from api.config import Settings
from api.database import utc_now
from api.officers.mail import send_staff_mail
from api.officers.models import (
    AccountLink,
    Officer,
    OfficerSession,
    Role,
    StaffMail,
    StaffMailState,
)
from api.officers.throttle import FREE_ATTEMPTS
from api.security import token_hash
from api.staff import create_staff_app
from api.upkeep import requeue_stuck
from channels.email import MailInterrupted
from tests.api.backstage import forget_jobs, jobs
from tests.api.mail_server import MailServer, mail_server
from tests.api.staff_visitor import VISIT_FIELD, StaffDoor, Visitor, found

LINK = re.compile(r"http\S+/set-password#(\S+)")
NEW_PASSWORD = "ceffyl-glaw-ysgol"
INVITED = {
    "username": "Carys",
    "name": "Carys Puw",
    "email": "carys@heddlu.test",
    "role": "officer",
    "spoken": "cy",
}


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def mailing_door(settings: Settings, mail: MailServer) -> AsyncIterator[StaffDoor]:
    app = create_staff_app(settings.model_copy(update={"smtp_url": SecretStr(mail.url)}))
    async with app.router.lifespan_context(app):
        yield StaffDoor(app)


@pytest.fixture
async def admin(mailing_door: StaffDoor) -> AsyncIterator[Visitor]:
    await mailing_door.add_officer("alun", Role.ADMINISTRATOR, "en")
    async with mailing_door.visitor("alun") as visitor:
        yield visitor


async def send_mails(door: StaffDoor) -> None:
    """What the worker does with the jobs that wait."""
    for job in await jobs(door.runtime, "send_staff_mail"):
        await send_staff_mail(door.runtime, UUID(job["args"]["mail_id"]))
    await forget_jobs(door.runtime)


async def invite(admin: Visitor, mail: MailServer, **changes: str) -> tuple[str, str]:
    """The id of the new account, and the token of its link."""
    answer = await admin.send_form("/accounts", "/accounts", {**INVITED, **changes})
    assert answer.status_code == 303, answer.text
    await send_mails(admin.door)
    return answer.headers["location"].split("/")[2].partition("?")[0], token_in(mail)


def token_in(mail: MailServer) -> str:
    body = mail.accepted[-1].get_body(preferencelist=("plain",))
    assert body is not None
    return found(LINK, str(body.get_content()))


async def set_password(
    visitor: Visitor, token: str, password: str = NEW_PASSWORD, repeated: str | None = None
) -> httpx.Response:
    page = await visitor.client.get("/set-password")
    return await visitor.client.post(
        "/set-password",
        data={
            "visit_token": found(VISIT_FIELD, page.text),
            "token": token,
            "password": password,
            "repeated": password if repeated is None else repeated,
        },
    )


async def test_an_invitation_leads_to_an_account_of_ones_own(
    mailing_door: StaffDoor, admin: Visitor, mail: MailServer
) -> None:
    officer_id, token = await invite(admin, mail)
    assert mail.accepted[0]["To"] == "carys@heddlu.test"
    assert "gwahoddiad" in mail.accepted[0]["Subject"]
    async with mailing_door.visitor() as carys:
        answer = await set_password(carys, token)
        assert answer.headers["location"] == "/sign-in?done=password"
        signed_in = await carys.sign_in("carys", NEW_PASSWORD)
        assert signed_in.headers["location"] == "/queue"
    entries = await mailing_door.audited("officer_invited")
    assert [entry.subject for entry in entries] == [officer_id]
    assert len(await mailing_door.audited("password_set")) == 1


async def test_a_link_works_once(mailing_door: StaffDoor, admin: Visitor, mail: MailServer) -> None:
    _, token = await invite(admin, mail)
    async with mailing_door.visitor() as carys:
        # Opening it, as a mail scanner does, uses nothing up; nor does a password that is too weak.
        assert (await carys.client.get("/set-password")).status_code == 200
        assert (await set_password(carys, token, "short")).status_code == 422
        assert (await set_password(carys, token, "carys2026carys")).status_code == 422
        assert (await set_password(carys, token, NEW_PASSWORD, "other")).status_code == 422
        assert (await set_password(carys, token)).status_code == 303
        again = await set_password(carys, token, "another-password-here")
        assert again.status_code == 403
        assert (await carys.sign_in("carys", "another-password-here")).status_code == 401


async def test_a_link_leads_in_past_somebody_who_guesses_at_the_same_address(
    mailing_door: StaffDoor, admin: Visitor, mail: MailServer
) -> None:
    _, token = await invite(admin, mail)
    async with mailing_door.visitor() as guesser:
        for _ in range(FREE_ATTEMPTS + 1):
            await guesser.sign_in("carys", "wrong")
        assert (await guesser.sign_in("carys", "wrong")).status_code == 429
    async with mailing_door.visitor() as carys:
        await set_password(carys, token)
        assert (await carys.sign_in("carys", NEW_PASSWORD)).status_code == 303


async def test_a_reset_leaves_the_second_factor_as_it_was(
    mailing_door: StaffDoor, admin: Visitor, mail: MailServer
) -> None:
    officer_id, token = await invite(admin, mail)
    async with mailing_door.visitor() as carys:
        await set_password(carys, token)
    async with mailing_door.runtime.database.session() as session:
        officer = await session.get_one(Officer, UUID(officer_id))
        officer.otp_secret = secret = pyotp.random_base32()
        await session.commit()
    await admin.send_form("/account", f"/accounts/{officer_id}/link")
    await send_mails(mailing_door)
    async with mailing_door.visitor() as carys:
        password = "tri-gair-gwahanol"
        assert (await set_password(carys, token_in(mail), password)).status_code == 303
        assert (await carys.sign_in("carys", password)).status_code == 401
        form = {"username": "carys", "password": password, "otp": pyotp.TOTP(secret).at(utc_now())}
        assert (await carys.client.post("/v1/token", data=form)).status_code == 200


async def test_a_password_never_has_to_be_changed(
    mailing_door: StaffDoor, admin: Visitor, mail: MailServer
) -> None:
    _, token = await invite(admin, mail)
    async with mailing_door.visitor() as carys:
        await set_password(carys, token)
        with time_machine.travel(utc_now() + timedelta(days=5 * 365)):
            signed_in = await carys.sign_in("carys", NEW_PASSWORD)
            assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/queue")


@pytest.mark.parametrize(("kind", "hours"), [("invitation", 72), ("reset", 2)])
async def test_a_link_runs_out(
    mailing_door: StaffDoor, admin: Visitor, mail: MailServer, kind: str, hours: int
) -> None:
    officer_id, token = await invite(admin, mail)
    if kind == "reset":
        async with mailing_door.visitor() as carys:
            await set_password(carys, token)
        await admin.send_form("/account", f"/accounts/{officer_id}/link")
        await send_mails(mailing_door)
        token = token_in(mail)
    async with mailing_door.visitor() as carys:
        with time_machine.travel(utc_now() + timedelta(hours=hours, minutes=1), tick=True):
            assert (await set_password(carys, token)).status_code == 403
        assert (await set_password(carys, token)).status_code == 303


async def test_a_newer_link_takes_the_place_of_an_older_one(
    mailing_door: StaffDoor, admin: Visitor, mail: MailServer
) -> None:
    officer_id, first = await invite(admin, mail)
    await admin.send_form("/account", f"/accounts/{officer_id}/link")
    await send_mails(mailing_door)
    async with mailing_door.visitor() as carys:
        assert (await set_password(carys, first)).status_code == 403
        assert (await set_password(carys, token_in(mail))).status_code == 303


async def test_a_token_is_kept_as_a_hash_and_never_stands_in_an_address(
    mailing_door: StaffDoor, admin: Visitor, mail: MailServer
) -> None:
    _, token = await invite(admin, mail)
    async with mailing_door.runtime.database.session() as session:
        link = (await session.scalars(select(AccountLink))).one()
        row = (await session.scalars(select(StaffMail))).one()
    assert link.token_hash == token_hash(token)
    assert (row.state, row.token) == (StaffMailState.ACCEPTED, None)
    # What stands after # goes to no server: the address that is logged ends before it.
    assert f"/set-password#{token}" in mail.raw[0].decode().replace("=\r\n", "").replace("=\n", "")


async def test_an_invitation_outlives_a_mail_server_that_is_away_and_a_job_that_was_lost(
    mailing_door: StaffDoor, admin: Visitor, mail: MailServer
) -> None:
    mail.refuse("451 later")
    await admin.send_form("/accounts", "/accounts", INVITED)
    [job] = await jobs(mailing_door.runtime, "send_staff_mail")
    assert set(job["args"]) == {"mail_id"}
    mail_id = UUID(job["args"]["mail_id"])
    with pytest.raises(MailInterrupted):
        await send_staff_mail(mailing_door.runtime, mail_id)
    await forget_jobs(mailing_door.runtime)
    with time_machine.travel(utc_now() + timedelta(minutes=1), tick=True):
        await requeue_stuck(mailing_door.runtime, 10)
    assert len(await jobs(mailing_door.runtime, "send_staff_mail")) == 1
    await send_mails(mailing_door)
    # Delivered twice, sent once.
    await send_staff_mail(mailing_door.runtime, mail_id)
    assert len(mail.accepted) == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"username": "alun"}, 409),
        ({"username": " ALUN "}, 409),
        ({"username": ""}, 422),
        ({"name": " "}, 422),
        ({"email": "nobody"}, 422),
        ({"email": "a@b.test, c@d.test"}, 422),
        ({"email": "a@b.test\r\nBcc: c@d.test"}, 422),
        ({"role": "chief"}, 422),
    ],
)
async def test_an_invitation_that_cannot_be_is_refused(
    mailing_door: StaffDoor, admin: Visitor, changes: dict[str, str], status: int
) -> None:
    answer = await admin.send_form("/accounts", "/accounts", {**INVITED, **changes})
    assert answer.status_code == status
    async with mailing_door.runtime.database.session() as session:
        assert len(list(await session.scalars(select(Officer)))) == 1
    assert await jobs(mailing_door.runtime, "send_staff_mail") == []


async def test_an_invited_account_cannot_be_entered_without_its_link(
    mailing_door: StaffDoor, admin: Visitor, mail: MailServer
) -> None:
    await invite(admin, mail)
    async with mailing_door.visitor() as visitor:
        for password in ("x", "-", "None"):
            assert (await visitor.sign_in("carys", password)).status_code == 401


async def test_disabling_ends_sessions_tokens_and_links_at_once(
    mailing_door: StaffDoor, admin: Visitor, mail: MailServer
) -> None:
    officer_id, token = await invite(admin, mail)
    async with mailing_door.visitor("carys") as carys:
        await set_password(carys, token)
        mailing_door.passwords["carys"] = NEW_PASSWORD
        carys.client.cookies.clear()
        assert (await carys.get("/queue")).status_code == 200
        assert (await carys.call("GET", "/v1/cases")).status_code == 200
        await admin.send_form("/account", f"/accounts/{officer_id}/link")
        await send_mails(mailing_door)
        await admin.send_form("/account", f"/accounts/{officer_id}/disable")
        async with mailing_door.runtime.database.session() as session:
            left = await session.scalars(
                select(OfficerSession).where(OfficerSession.officer_id == UUID(officer_id))
            )
            assert list(left) == []
        assert (await carys.get("/queue")).status_code == 303
        assert (await carys.call("GET", "/v1/cases")).status_code == 401
        assert (await set_password(carys, token_in(mail))).status_code == 403
        # Enabled again, nothing of before lives on.
        await admin.send_form("/account", f"/accounts/{officer_id}/enable")
        assert (await carys.get("/queue")).status_code == 303
        assert (await carys.sign_in("carys", NEW_PASSWORD)).status_code == 303


async def test_a_new_role_holds_from_the_next_request_on(
    mailing_door: StaffDoor, admin: Visitor
) -> None:
    await mailing_door.add_officer("carys")
    async with mailing_door.visitor("carys") as carys:
        assert (await carys.get("/queue")).status_code == 200
        async with mailing_door.runtime.database.session() as session:
            query = select(Officer.id).where(Officer.username == "carys")
            officer_id = await session.scalar(query)
        await admin.send_form("/account", f"/accounts/{officer_id}/role", {"role": "auditor"})
        assert (await carys.get("/queue")).status_code == 403
        assert (await carys.get("/audit")).status_code == 200


@pytest.mark.parametrize("action", ["disable", "role", "remove-code"])
async def test_administrators_leave_their_own_account_to_another(
    mailing_door: StaffDoor, admin: Visitor, action: str
) -> None:
    async with mailing_door.runtime.database.session() as session:
        own = await session.scalar(select(Officer.id).where(Officer.username == "alun"))
    answer = await admin.send_form("/account", f"/accounts/{own}/{action}", {"role": "officer"})
    assert answer.status_code == 409
    assert (await admin.get("/accounts")).status_code == 200


async def test_administrators_see_no_reference_and_no_content(
    mailing_door: StaffDoor, admin: Visitor
) -> None:
    reference = await mailing_door.receive()
    for path in ("/accounts", "/account"):
        page = await admin.get(path)
        assert reference not in page.text


class TestOwnAccount:
    async def test_a_changed_password_ends_every_other_session(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        old = door.passwords["megan"]
        async with door.visitor("megan") as elsewhere:
            await elsewhere.get("/queue")
            fields = {"current": old, "password": NEW_PASSWORD, "repeated": NEW_PASSWORD}
            answer = await officer.send_form("/account", "/account/password", fields)
            assert answer.headers["location"] == "/account?done=password"
            assert (await officer.get("/queue")).status_code == 200
            assert (await elsewhere.get("/queue")).status_code == 303
            assert (await elsewhere.sign_in("megan", old)).status_code == 401
            assert (await elsewhere.sign_in("megan", NEW_PASSWORD)).status_code == 303

    @pytest.mark.parametrize(
        "changes",
        [
            {"current": "wrong"},
            {"password": "short", "repeated": "short"},
            {"password": "megan1234567890", "repeated": "megan1234567890"},
            {"repeated": "something-else-here"},
        ],
    )
    async def test_a_password_that_cannot_be_is_refused_and_not_shown(
        self, door: StaffDoor, officer: Visitor, changes: dict[str, str]
    ) -> None:
        fields = {
            "current": door.passwords["megan"],
            "password": NEW_PASSWORD,
            "repeated": NEW_PASSWORD,
            **changes,
        }
        answer = await officer.send_form("/account", "/account/password", fields)
        assert answer.status_code == 422
        assert NEW_PASSWORD not in answer.text
        async with door.visitor() as again:
            assert (await again.sign_in("megan")).status_code == 303

    async def test_guessing_the_password_in_an_open_session_is_slowed(
        self, officer: Visitor
    ) -> None:
        fields = {"current": "wrong", "password": NEW_PASSWORD, "repeated": NEW_PASSWORD}
        answers = [
            (await officer.send_form("/account", "/account/password", fields)).status_code
            for _ in range(6)
        ]
        assert answers == [422] * 5 + [429]

    async def test_an_officer_sees_their_sessions_and_ends_one(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/account")
        async with door.visitor("megan") as elsewhere:
            await elsewhere.get("/queue")
            page = await officer.get("/account")
            assert page.text.count("This session") == 1
            [session_id] = re.findall(r"/account/sessions/([0-9a-f-]{36})/end", page.text)
            await officer.send_form("/account", f"/account/sessions/{session_id}/end")
            assert (await elsewhere.get("/queue")).status_code == 303
        assert (await officer.get("/queue")).status_code == 200

    async def test_nobody_ends_anothers_session(self, door: StaffDoor, officer: Visitor) -> None:
        await door.add_officer("carys")
        async with door.visitor("carys") as carys:
            await carys.get("/queue")
            async with door.runtime.database.session() as session:
                theirs = await session.scalar(select(OfficerSession.id))
            await officer.send_form("/account", f"/account/sessions/{theirs}/end")
            assert (await carys.get("/queue")).status_code == 200

    async def test_an_officer_signs_out_everywhere_else(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/account")
        async with door.visitor("megan") as elsewhere:
            await elsewhere.get("/queue")
            await elsewhere.call("GET", "/v1/cases")
            await officer.send_form("/account", "/account/sessions/end-others")
            assert (await elsewhere.get("/queue")).status_code == 303
            assert (await elsewhere.call("GET", "/v1/cases")).status_code == 401
        assert (await officer.get("/queue")).status_code == 200

"""Where a second factor is demanded, a password alone opens the page on which a code is enrolled, and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from api.database import utc_now
from api.officers.access import OPEN_WITHOUT_A_CODE
from api.officers.models import Officer, OfficerSession, Role
from tests.api.officers.test_second_factor import enrol, token
from tests.api.staff_visitor import StaffDoor, Visitor, routes_of

CODE_PAGE = "/account/code"
# Whoever is not signed in sees these too.
BEFORE_SIGNING_IN = ("/sign-in", "/set-password", "/health", "/ready", "/metrics", "/v1/")


@pytest.fixture
def demanded(door: StaffDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door.runtime.settings, "second_factor", "demanded")


@pytest.mark.usefixtures("demanded")
class TestAPasswordAlone:
    async def test_opens_no_page_but_the_one_for_the_code(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await officer.get("/queue")
        opened = set()
        for method, path in routes_of(door.app):
            if path.startswith(BEFORE_SIGNING_IN) or path in OPEN_WITHOUT_A_CODE:
                continue
            named = path.replace("{reference}", "HC-7K3M-92")
            if "{" not in named:
                opened.add(named)
                answer = await officer.client.request(method, named, data={"csrf_token": "x"})
                assert (answer.status_code, answer.headers.get("location")) == (303, CODE_PAGE), (
                    path
                )
        assert {"/", "/queue", "/account", "/cases/HC-7K3M-92", "/alerts/times"} <= opened
        part = await officer.get("/queue", **{"HX-Request": "true"})
        assert (part.status_code, part.headers["HX-Redirect"]) == (403, CODE_PAGE)
        page = await officer.get(CODE_PAGE)
        assert "Signing in here needs a code." in page.text
        # Not even the figures of what waits.
        assert 'id="notices"' not in page.text

    async def test_changes_the_language_and_signs_out(self, officer: Visitor) -> None:
        await officer.send_form(CODE_PAGE, "/language", {"language": "cy"})
        page = await officer.get(CODE_PAGE)
        assert "Mae angen cod i fewngofnodi yma." in page.text
        await officer.send_form(CODE_PAGE, "/sign-out")
        assert (await officer.client.get(CODE_PAGE)).headers["location"].startswith("/sign-in")

    async def test_is_given_no_token(self, door: StaffDoor, officer: Visitor) -> None:
        answer = await officer.client.post(
            "/v1/token", data={"username": "megan", "password": door.passwords["megan"]}
        )
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:llais:problem:second-factor-missing"

    async def test_opens_everything_once_a_code_is_enrolled(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        totp, _ = await enrol(officer)
        assert (await officer.get("/queue")).status_code == 200
        assert "Signing in here needs a code." not in (await officer.get(CODE_PAGE)).text
        # The code that was typed to enrol is used up; the next one signs in.
        assert await token(officer, door, totp.at(utc_now() + timedelta(seconds=30))) == 200

    async def test_is_not_enough_again_when_an_administrator_takes_the_code_away(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        await enrol(officer)
        async with door.runtime.database.session() as session:
            await session.execute(update(Officer).values(otp_secret=None))
            await session.commit()
        assert (await officer.get("/queue")).headers["location"] == CODE_PAGE

    @pytest.mark.parametrize("role", list(Role))
    async def test_is_enough_for_nobody(self, door: StaffDoor, role: Role) -> None:
        await door.add_officer("alun", role, "en")
        async with door.visitor("alun") as visitor:
            assert (await visitor.get("/")).headers["location"] == CODE_PAGE


async def test_tokens_from_before_it_was_demanded_open_nothing(
    door: StaffDoor, officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await officer.call("GET", "/v1/cases")).status_code == 200
    monkeypatch.setattr(door.runtime.settings, "second_factor", "demanded")
    answer = await officer.call("GET", "/v1/cases")
    assert answer.json()["type"] == "urn:llais:problem:second-factor-missing"


@pytest.mark.usefixtures("demanded")
async def test_single_sign_on_goes_by_the_rules_of_its_provider(
    door: StaffDoor, officer: Visitor
) -> None:
    await officer.get(CODE_PAGE)
    async with door.runtime.database.session() as session:
        await session.execute(update(OfficerSession).values(by_oidc=True))
        await session.commit()
    assert (await officer.get("/queue")).status_code == 200

"""Single sign-on against a real OpenID Connect provider: who gets in, as whom, and who does not."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from api.config import Settings, UnsafeSettings
from api.database import utc_now
from api.officers.models import Officer, OfficerSession, Role
from api.officers.oidc import roles_by_value
from api.staff import create_staff_app
from tests.api.officers.oidc.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    go_through,
    running_provider,
)
from tests.api.staff_visitor import ADDRESS, StaffDoor, Visitor
from tests.serving import free_port

CALLBACK = f"{ADDRESS}/sign-in/oidc/callback"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider(ADDRESS) as provider:
        yield provider


@pytest.fixture
def oidc_settings(settings: Settings, provider: Provider) -> Settings:
    return settings.model_copy(
        update={
            "staff_url": ADDRESS,
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": SecretStr(CLIENT_SECRET),
            "oidc_roles": "llais-officers=officer, llais-supervisors=supervisor",
        }
    )


@pytest.fixture
async def oidc_door(oidc_settings: Settings) -> AsyncIterator[StaffDoor]:
    app = create_staff_app(oidc_settings)
    async with app.router.lifespan_context(app):
        yield StaffDoor(app)


@dataclass
class Browser:
    """One browser: what it holds for the staff door, and what for the provider."""

    staff: Visitor
    outside: httpx.AsyncClient
    provider: Provider

    async def begin(self, next_path: str = "") -> str:
        """To the provider; returns its address."""
        answer = await self.staff.client.get("/sign-in/oidc", params={"next": next_path})
        assert answer.status_code == 303
        return str(answer.headers["location"])

    async def come_back(self, address: str) -> httpx.Response:
        return await self.staff.client.get(address.removeprefix(ADDRESS))

    async def sign_in(self, name: str, next_path: str = "") -> httpx.Response:
        back = await go_through(
            self.outside, await self.begin(next_path), self.provider.issuer, name
        )
        assert back.startswith(CALLBACK)
        return await self.come_back(back)


@pytest.fixture
async def browser(oidc_door: StaffDoor, provider: Provider) -> AsyncIterator[Browser]:
    async with oidc_door.visitor() as staff, httpx.AsyncClient(timeout=30) as outside:
        yield Browser(staff, outside, provider)


async def officers(door: StaffDoor) -> list[Officer]:
    async with door.runtime.database.session() as session:
        return list(await session.scalars(select(Officer).order_by(Officer.username)))


async def test_whoever_has_a_role_at_the_provider_gets_in_with_name_role_and_language(
    oidc_door: StaffDoor, browser: Browser
) -> None:
    answer = await browser.sign_in("megan", "/services")
    assert answer.status_code == 200
    # A page that goes on by itself: the new cookie would not go with a redirect from another site.
    assert 'content="0; url=/services"' in answer.text
    [megan] = await officers(oidc_door)
    assert (megan.username, megan.name, megan.email) == ("megan", "Megan Rees", "megan@heddlu.test")
    assert (megan.role, megan.language, megan.password_hash) == (Role.OFFICER, "cy", None)
    queue = await browser.staff.client.get("/queue")
    assert queue.status_code == 200
    assert 'lang="cy"' in queue.text
    assert [entry.actor for entry in await oidc_door.audited("signed_in")] == [megan.id]


async def test_the_flow_uses_pkce_state_and_nonce(browser: Browser) -> None:
    address = urlsplit(await browser.begin())
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) >= 43
    assert len(asked["state"]) >= 20
    assert len(asked["nonce"]) >= 20
    assert asked["redirect_uri"] == CALLBACK
    again = parse_qs(urlsplit(await browser.begin()).query)
    assert again["state"][0] != asked["state"]
    # What the browser keeps of it is sealed.
    kept = browser.staff.client.cookies["llais_single_sign_on"]
    assert asked["state"] not in kept


async def test_an_answer_that_this_browser_did_not_ask_for_opens_nothing(
    oidc_door: StaffDoor, browser: Browser, provider: Provider
) -> None:
    back = await go_through(browser.outside, await browser.begin(), provider.issuer, "megan")
    async with oidc_door.visitor() as other:
        # No cookie: a link that somebody was given, to be signed in as somebody else.
        refused = await other.client.get(back.removeprefix(ADDRESS))
        assert refused.status_code == 403
        # A cookie of another sign-in, so that the state differs.
        await other.client.get("/sign-in/oidc")
        refused = await other.client.get(back.removeprefix(ADDRESS))
        assert refused.status_code == 403
        assert (await other.client.get("/queue")).status_code == 303
    assert await officers(oidc_door) == []


@pytest.mark.parametrize("part", ["nonce", "code_verifier"])
async def test_a_token_for_another_sign_in_is_refused(
    oidc_door: StaffDoor, browser: Browser, provider: Provider, part: str
) -> None:
    back = await go_through(browser.outside, await browser.begin(), provider.issuer, "megan")
    keyring = oidc_door.runtime.database.keyring
    cookies = browser.staff.client.cookies
    kept = json.loads(keyring.decrypt(cookies["llais_single_sign_on"].encode()))
    kept[part] = "x" * 48
    sealed = keyring.encrypt(json.dumps(kept)).decode()
    async with oidc_door.visitor() as other:
        answer = await other.client.get(
            back.removeprefix(ADDRESS), headers={"Cookie": f"llais_single_sign_on={sealed}"}
        )
    assert answer.status_code == 403
    assert await officers(oidc_door) == []


async def test_an_answer_of_another_issuer_is_refused(
    oidc_door: StaffDoor, browser: Browser, provider: Provider
) -> None:
    back = await go_through(browser.outside, await browser.begin(), provider.issuer, "megan")
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    answer = await browser.come_back(
        f"{CALLBACK}?{urlencode({**query, 'iss': 'https://evil.example'})}"
    )
    assert answer.status_code == 403
    assert await officers(oidc_door) == []


async def test_a_code_works_once(browser: Browser, provider: Provider) -> None:
    back = await go_through(browser.outside, await browser.begin(), provider.issuer, "megan")
    cookie = browser.staff.client.cookies["llais_single_sign_on"]
    assert (await browser.come_back(back)).status_code == 200
    again = await browser.staff.client.get(
        back.removeprefix(ADDRESS), headers={"Cookie": f"llais_single_sign_on={cookie}"}
    )
    assert again.status_code == 403


async def test_whoever_has_no_role_here_is_told_so_and_gets_no_account(
    oidc_door: StaffDoor, browser: Browser
) -> None:
    answer = await browser.sign_in("eve")
    assert answer.status_code == 403
    assert "ddim rôl yn Llais" in answer.text
    assert await officers(oidc_door) == []
    assert len(await oidc_door.audited("sign_in_refused")) == 1


async def test_refusing_at_the_provider_leads_back_without_a_session(browser: Browser) -> None:
    state = parse_qs(urlsplit(await browser.begin()).query)["state"][0]
    answer = await browser.come_back(f"{CALLBACK}?error=access_denied&state={state}")
    assert answer.status_code == 403
    assert (await browser.staff.client.get("/queue")).status_code == 303


async def test_a_role_that_changes_at_the_provider_changes_here(
    oidc_door: StaffDoor, browser: Browser, provider: Provider
) -> None:
    await browser.sign_in("bob")
    try:
        await provider.change("bob", roles=["llais-officers"], name="Bob Bach")
        await browser.sign_in("bob")
        [bob] = await officers(oidc_door)
        assert (bob.role, bob.name) == (Role.OFFICER, "Bob Bach")
        assert len(await oidc_door.audited("role_changed")) == 1
        await provider.change("bob", roles=[])
        assert (await browser.sign_in("bob")).status_code == 403
        assert (await browser.staff.client.get("/queue")).status_code == 303
    finally:
        await provider.change("bob", roles=["llais-supervisors"], name="Bob Boss")


async def test_a_disabled_account_stays_out(oidc_door: StaffDoor, browser: Browser) -> None:
    await browser.sign_in("megan")
    async with oidc_door.runtime.database.session() as session:
        megan = (await session.scalars(select(Officer))).one()
        megan.disabled_at = utc_now()
        await session.commit()
    assert (await browser.sign_in("megan")).status_code == 403


async def test_a_local_account_of_the_same_name_is_not_taken_over(
    oidc_door: StaffDoor, browser: Browser
) -> None:
    await oidc_door.add_officer("megan", Role.ADMINISTRATOR)
    answer = await browser.sign_in("megan")
    assert answer.status_code == 403
    [megan] = await officers(oidc_door)
    assert (megan.role, megan.oidc_subject) == (Role.ADMINISTRATOR, None)


async def test_nobody_gets_into_a_single_sign_on_account_by_a_password(
    oidc_door: StaffDoor, browser: Browser
) -> None:
    await browser.sign_in("megan")
    for password in ("", "-", "None"):
        answer = await browser.staff.client.post(
            "/v1/token", data={"username": "megan", "password": password or " "}
        )
        assert answer.status_code == 401
    assert (await browser.staff.client.get("/account/password")).status_code == 409


async def test_signing_out_ends_the_session_here_and_leads_to_the_end_of_the_other(
    oidc_door: StaffDoor, browser: Browser, provider: Provider
) -> None:
    await browser.sign_in("megan")
    answer = await browser.staff.send_form("/account", "/sign-out")
    assert answer.status_code == 200
    async with oidc_door.runtime.database.session() as session:
        assert list(await session.scalars(select(OfficerSession))) == []
    onward = answer.text.partition('<a class="govuk-link" href="')[2].partition('"')[0]
    onward = onward.replace("&amp;", "&")
    assert onward.startswith(f"{provider.issuer}/session/end?")
    # Nothing of the person stands in the address.
    assert set(parse_qs(urlsplit(onward).query)) == {"client_id", "post_logout_redirect_uri"}
    back = await go_through(browser.outside, onward, provider.issuer, "megan")
    assert back == f"{ADDRESS}/sign-in"
    # The provider asks again who it is: its session has ended too.
    answer = await browser.outside.get(await browser.begin(), follow_redirects=True)
    assert 'name="login"' in answer.text


async def test_with_local_accounts_off_single_sign_on_is_the_only_way_in(
    oidc_settings: Settings, provider: Provider
) -> None:
    app = create_staff_app(oidc_settings.model_copy(update={"local_accounts": False}))
    async with app.router.lifespan_context(app):
        door = StaffDoor(app)
        await door.add_officer("alun", Role.ADMINISTRATOR)
        async with door.visitor() as visitor, httpx.AsyncClient(timeout=30) as outside:
            page = await visitor.client.get("/sign-in")
            assert 'href="/sign-in/oidc"' in page.text
            assert 'name="password"' not in page.text
            token = await visitor.client.post(
                "/v1/token", data={"username": "alun", "password": door.passwords["alun"]}
            )
            assert token.status_code == 403
            assert token.json()["type"] == "urn:llais:problem:local-accounts-off"
            assert (await visitor.client.get("/set-password")).status_code == 404
            answer = await Browser(visitor, outside, provider).sign_in("bob")
            assert answer.status_code == 200
            assert (await visitor.client.get("/openings")).status_code == 200


async def test_a_provider_that_does_not_answer_is_said_to_be_away(settings: Settings) -> None:
    away = {
        "oidc_issuer": f"http://127.0.0.1:{free_port()}",
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SecretStr(CLIENT_SECRET),
        "oidc_roles": "a=officer",
    }
    app = create_staff_app(settings.model_copy(update=away))
    async with app.router.lifespan_context(app), StaffDoor(app).visitor() as visitor:
        answer = await visitor.client.get("/sign-in/oidc")
        assert answer.status_code == 503
        # The other way in is still there.
        assert (await visitor.client.get("/sign-in")).status_code == 200


async def test_without_a_provider_there_is_no_such_page(visitor: Visitor) -> None:
    assert (await visitor.client.get("/sign-in/oidc")).status_code == 404
    assert "/sign-in/oidc" not in (await visitor.client.get("/sign-in")).text


def test_the_roles_of_the_setting_are_read_in_order() -> None:
    assert list(roles_by_value("b=supervisor,a=officer").items()) == [
        ("b", Role.SUPERVISOR),
        ("a", Role.OFFICER),
    ]


@pytest.mark.parametrize("setting", ["", "a", "a=", "=officer", "a=chief"])
def test_roles_that_mean_nothing_are_refused(setting: str) -> None:
    with pytest.raises(UnsafeSettings):
        roles_by_value(setting)

"""The pages of each role in a real browser: axe finds nothing, and a link's token goes where no server sees it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from api.officers.models import Officer, Role, StaffMail
from api.staff import create_staff_app
from api.ui.build import build
from tests.api.staff_visitor import StaffDoor
from tests.browser.test_accessibility import RULES
from tests.conftest import fresh_database, settings_for
from tests.serving import serving

PATIENCE_MS = 20_000
REASON = "Mae rhywun wrth ddrws y person nawr."


@pytest.fixture
async def served(
    database_server: str, database_template: str, tmp_path: Path
) -> AsyncIterator[tuple[StaffDoor, str]]:
    build()
    with fresh_database(database_server, database_template) as url:
        app = create_staff_app(settings_for(url, tmp_path))
        async with app.router.lifespan_context(app), serving(app) as address:
            yield StaffDoor(app), address


@asynccontextmanager
async def window(
    browser: Browser, served: tuple[StaffDoor, str], role: Role, language: str
) -> AsyncIterator[Page]:
    door, address = served
    username = f"{role}_{language}"
    await door.add_officer(username, role, language)
    # axe injects its script, which our policy rightly refuses.
    context = await browser.new_context(base_url=address, bypass_csp=True)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.locator("#username").fill(username)
    await page.locator("#password").fill(door.passwords[username])
    await page.locator("main form button").click()
    await page.wait_for_url(re.compile(r"/(queue|scrutiny|audit|accounts)$"))
    yield page
    await context.close()


async def check(page: Page) -> None:
    for width in (390, 1280):
        await page.set_viewport_size({"width": width, "height": 900})
        result = await Axe().run(page, options=RULES)
        found = [
            (violation["id"], [node["html"] for node in violation["nodes"]])
            for violation in result.response["violations"]
        ]
        assert found == [], (page.url, width)
        wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await page.evaluate(wider), (page.url, width)


@pytest.mark.parametrize("language", ["cy", "en"])
async def test_axe_finds_nothing_on_the_pages_of_any_role(
    browser: Browser, served: tuple[StaffDoor, str], language: str
) -> None:
    door, _ = served
    reference = await door.receive()
    async with window(browser, served, Role.SUPERVISOR, language) as page:
        await page.goto(f"/cases/{reference}/access")
        await check(page)
        await page.locator("main form .govuk-button--warning").click()
        await check(page)
    async with window(browser, served, Role.CONTROL_ROOM, language) as page:
        await check(page)
        await page.goto(f"/cases/{reference}")
        await page.locator("#reason").fill("na")
        await page.locator("main form button").click()
        await expect(page.locator("#reason-error")).to_be_visible()
        await check(page)
        await page.locator("#reason").fill(REASON)
        await page.locator("main form button").click()
        await expect(page.locator(".llais-account").first).to_be_visible()
        for path in ("/account", "/account/password", "/account/code"):
            await page.goto(path)
            await check(page)
        await page.locator("#password").fill("wrong")
        await page.locator("#otp").fill("000000")
        await page.locator("main form button").click()
        await expect(page.locator("#password-error")).to_be_visible()
        await check(page)
    other = await door.receive()
    async with window(browser, served, Role.SCRUTINY, language) as page:
        await check(page)
        await page.goto(f"/scrutiny/{other}")
        await check(page)
        await page.goto(f"/scrutiny/{reference}")
        await check(page)
    async with window(browser, served, Role.AUDITOR, language) as page:
        await check(page)
    async with window(browser, served, Role.ADMINISTRATOR, language) as page:
        await check(page)
        for field, words in (("username", "carys"), ("name", "Carys Puw"), ("email", "c@x.test")):
            await page.locator(f"#{field}").fill(words)
        await page.locator("#invite ~ form button").click()
        await page.wait_for_url(re.compile("done=invited"))
        await check(page)
    async with window(browser, served, Role.OFFICER, language) as page:
        await page.goto("/sign-in")
        await check(page)
        await page.goto("/set-password")
        await check(page)


async def test_a_supervisor_reads_why_a_case_was_opened(
    browser: Browser, served: tuple[StaffDoor, str]
) -> None:
    door, _ = served
    reference = await door.receive()
    async with window(browser, served, Role.SUPERVISOR, "en") as boss:
        await boss.goto(f"/cases/{reference}/access")
        await boss.get_by_role("button", name="Restrict the case").click()
        async with window(browser, served, Role.OFFICER, "en") as page:
            await page.goto(f"/cases/{reference}")
            await page.locator("#reason").fill(REASON)
            await page.get_by_role("button", name="Open the case").click()
            await expect(page.locator(".llais-account").first).to_be_visible()
        await boss.get_by_role("link", name="Emergency openings").click()
        await expect(boss.get_by_text(REASON)).to_be_visible()
        await check(boss)
        await boss.get_by_role("button", name="Note that I have seen it").click()
        await expect(boss.get_by_text("Seen by a supervisor")).to_be_visible()


async def test_the_token_of_a_link_leaves_the_address_and_reaches_no_server(
    browser: Browser, served: tuple[StaffDoor, str]
) -> None:
    door, address = served
    async with window(browser, served, Role.ADMINISTRATOR, "en") as page:
        for field, words in (("username", "carys"), ("name", "Carys Puw"), ("email", "c@x.test")):
            await page.locator(f"#{field}").fill(words)
        await page.get_by_role("button", name="Send the invitation").click()
        await page.wait_for_url(re.compile("done=invited"))
    async with door.runtime.database.session() as session:
        token = (await session.scalars(select(StaffMail.token))).one()
    assert token is not None
    context = await browser.new_context(base_url=address)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"/set-password#{token}")
    await expect(page.locator("#token")).to_have_value(token)
    assert token not in page.url
    await page.locator("#password").fill("ceffyl-glaw-ysgol")
    await page.locator("#repeated").fill("ceffyl-glaw-ysgol")
    await page.locator("main form button").click()
    await page.wait_for_url("**/sign-in?done=password")
    # Playwright itself tells of the part after #; what went to the server is what stands before it.
    assert not [url for url in asked if token in url.partition("#")[0]]
    await context.close()
    async with door.runtime.database.session() as session:
        carys = (await session.scalars(select(Officer).where(Officer.username == "carys"))).one()
    assert carys.password_hash is not None

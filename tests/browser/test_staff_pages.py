"""The officers' pages in a real browser: they stay fresh by themselves, and axe finds nothing wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from api.officers.models import Role
from api.staff import create_staff_app
from api.ui.build import build
from tests.api.staff_visitor import StaffDoor
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_accessibility import RULES
from tests.conftest import fresh_database, settings_for
from tests.serving import serving


@pytest.fixture
async def served_staff(
    database_server: str, database_template: str, tmp_path: Path
) -> AsyncIterator[tuple[StaffDoor, str]]:
    build()
    with fresh_database(database_server, database_template) as url:
        app = create_staff_app(settings_for(url, tmp_path))
        async with app.router.lifespan_context(app), serving(app) as address:
            yield StaffDoor(app), address


@asynccontextmanager
async def officer_page(
    browser: Browser,
    served: tuple[StaffDoor, str],
    language: str,
    *,
    check: bool = False,
    role: Role = Role.OFFICER,
) -> AsyncIterator[Page]:
    """An officer's window, signed in. Anything in the console fails the test."""
    door, address = served
    await door.add_officer("megan", role, language)
    # axe injects its script, which our policy rightly refuses.
    context = await browser.new_context(base_url=address, bypass_csp=check)
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto("/sign-in")
    await page.locator("#username").fill("megan")
    await page.locator("#password").fill(door.passwords["megan"])
    await page.locator("main button").click()
    await page.wait_for_url("**/queue")
    yield page
    await context.close()
    # A session that ends is refused, which the browser itself complains about.
    assert [text for text in complaints if "Failed to load resource" not in text] == []


async def test_a_new_case_appears_in_the_open_queue_and_is_announced(
    browser: Browser, served_staff: tuple[StaffDoor, str]
) -> None:
    door, _ = served_staff
    async with officer_page(browser, served_staff, "cy") as page:
        await expect(page.get_by_text("Does dim achos yn aros.")).to_be_visible()
        # The page must be listening before there is something to hear.
        await page.wait_for_load_state("load")
        reference = await door.receive()
        await expect(page.locator(f"#case-{reference}")).to_be_visible()
        await expect(page.locator("#announcement")).to_contain_text("Rhybudd newydd.")


async def test_the_person_and_the_officer_see_each_other_write(
    browser: Browser, served_staff: tuple[StaffDoor, str]
) -> None:
    door, _ = served_staff
    conversation_id = await door.converse()
    reference = await door.receive(conversation_id=str(conversation_id))
    async with officer_page(browser, served_staff, "en") as page:
        await page.goto(f"/cases/{reference}")
        await page.locator("#text").fill("Bore da.")
        await door.call_in(conversation_id, "Ydych chi yno?")
        heard = page.locator(".llais-message--victim")
        await expect(heard).to_contain_text("Ydych chi yno?")
        # What the officer was writing is still there.
        await expect(page.locator("#text")).to_have_value("Bore da.")
        await page.get_by_role("button", name="Send the message").click()
        await expect(page.locator(".llais-message--officer")).to_contain_text("Bore da.")
        await page.get_by_role("button", name="Acknowledge the alert").click()
        await expect(page.get_by_text("You have acknowledged the alert.")).to_be_visible()


async def test_a_page_whose_session_has_ended_leads_to_the_sign_in(
    browser: Browser, served_staff: tuple[StaffDoor, str]
) -> None:
    door, _ = served_staff
    async with officer_page(browser, served_staff, "en") as page:
        other = await page.context.new_page()
        await other.goto("/queue")
        await other.get_by_role("button", name="Sign out").click()
        await other.wait_for_url("**/sign-in")
        await door.receive()
        await page.wait_for_url("**/sign-in?ended=yes")
        await expect(page.get_by_text("Your session has ended.")).to_be_visible()


@pytest.mark.parametrize("language", ["cy", "en"])
async def test_axe_finds_nothing_on_any_page(
    browser: Browser, served_staff: tuple[StaffDoor, str], language: str
) -> None:
    door, _ = served_staff
    reference = await door.receive(conversation_id=str(await door.converse()))
    async with officer_page(browser, served_staff, language, check=True) as page:
        for path in ("/queue", f"/cases/{reference}", "/account", "/sign-in"):
            await page.goto(path)
            for width in (390, 1280):
                await page.set_viewport_size({"width": width, "height": 900})
                result = await Axe().run(page, options=RULES)
                found = [
                    (violation["id"], [node["html"] for node in violation["nodes"]])
                    for violation in result.response["violations"]
                ]
                assert found == [], (path, width)
                wider = (
                    "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                )
                assert not await page.evaluate(wider), (path, width)

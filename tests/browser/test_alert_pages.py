"""The pages about alerts and the rota in a real browser: axe finds nothing wrong, and a sound is a wish."""

from datetime import timedelta

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect
from sqlalchemy import update

from api.alerts.models import Alert
from api.canary.models import Canary
from api.cases.models import Deadline
from api.database import utc_now
from api.officers.models import Officer, Role
from tests.api.backstage import age, only
from tests.api.staff_visitor import StaffDoor
from tests.browser.test_accessibility import RULES
from tests.browser.test_staff_pages import officer_page, served_staff

__all__ = ["served_staff"]


async def promote(door: StaffDoor) -> None:
    async with door.runtime.database.session() as session:
        await session.execute(update(Officer).values(role=Role.SUPERVISOR))
        await session.commit()


async def add_a_shift(page: Page, text: str) -> None:
    await page.goto("/rota")
    await page.locator("summary", has_text=text).click()
    await page.locator("#day-0").check()
    await page.locator("#day-7").check()
    await page.locator("#begins").fill("22:00")
    await page.locator("#ends").fill("06:00")
    await page.get_by_role("button", name=text).click()
    await page.wait_for_url("**/rota#shifts")


@pytest.mark.parametrize("language", ["cy", "en"])
async def test_axe_finds_nothing_on_pages_of_alerts_and_rota(
    browser: Browser, served_staff: tuple[StaffDoor, str], language: str
) -> None:
    door, _ = served_staff
    async with officer_page(browser, served_staff, language, check=True) as page:
        await promote(door)
        reference = await door.receive()
        await age(door.runtime, Deadline, timedelta(hours=5), "due_at")
        door.runtime.settings.canary_email = "canary@police.test"
        async with door.runtime.database.session() as session:
            long_ago = utc_now() - timedelta(hours=1)
            session.add(Canary(language="cy", set_off_at=long_ago, due_at=long_ago))
            await session.commit()
        await add_a_shift(page, {"cy": "Ychwanegu shifft", "en": "Add a shift"}[language])
        alert = await only(door.runtime, Alert)
        for path in (
            *("/rota", "/rota?problem=days", "/alerts/overdue", "/alerts/times"),
            *("/alerts/settings", f"/alerts/{alert.id}", f"/cases/{reference}"),
        ):
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


async def test_a_supervisor_adds_a_shift_and_sees_who_is_alerted(
    browser: Browser, served_staff: tuple[StaffDoor, str]
) -> None:
    door, _ = served_staff
    async with officer_page(browser, served_staff, "en") as page:
        await promote(door)
        await add_a_shift(page, "Add a shift")
        await expect(page.locator("#shifts ~ div")).to_contain_text("22:00–06:00 (the next day)")
        await page.locator("#at").fill("2026-12-26T03:10")
        await page.get_by_role("button", name="See who").click()
        answer = page.locator("section", has_text="Who is alerted?").first
        await expect(answer).to_contain_text("Megan")
        await expect(answer).to_contain_text("The shift began on a bank holiday.")


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_new_alert_is_heard_only_by_whoever_asked_for_it(
    browser: Browser, served_staff: tuple[StaffDoor, str], wanted: bool
) -> None:
    door, _ = served_staff
    async with officer_page(browser, served_staff, "en") as page:
        if wanted:
            await page.goto("/alerts/settings")
            await page.get_by_label("A sound when there is a new alert").check()
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_text("Saved.")).to_be_visible()
        await page.goto("/queue")
        await page.wait_for_load_state("load")
        await page.locator("h1").click()
        await door.receive()
        await expect(page.locator("#announcement")).to_contain_text("New alert.")
        rang = await page.evaluate("document.body.dataset.rang ?? 'never'")
        assert rang == ("1" if wanted else "never")

"""Working a case in a real browser, some of it by keyboard: assess, plan, refer, review; axe finds nothing."""

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from api.officers.models import Role
from tests.api.staff_visitor import StaffDoor
from tests.browser.test_accessibility import RULES
from tests.browser.test_staff_pages import officer_page, served_staff  # noqa: F401 - a fixture

CONTACT = {"method": "phone", "phone": "+447700900123", "name": "Siân"}


async def sign_in_as(page: Page, door: StaffDoor, username: str) -> None:
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/sign-in")
    await page.locator("#username").fill(username)
    await page.locator("#password").fill(door.passwords[username])
    await page.locator("main button").click()
    await page.wait_for_url("**/queue")


async def done(page: Page, words: str) -> None:
    await expect(page.get_by_role("alert")).to_contain_text(words)


async def test_an_officer_works_a_case_and_a_supervisor_signs_it_off(
    browser: Browser,
    served_staff: tuple[StaffDoor, str],  # noqa: F811
) -> None:
    door, _ = served_staff
    reference = await door.receive(contact=CONTACT)
    await door.add_officer("sioned", Role.SUPERVISOR, language="en")
    async with officer_page(browser, served_staff, "en") as page:
        # The queue, filtered and kept under a name.
        await page.get_by_text("Filter and search").click()
        await page.locator("#filter-risk").select_option("high")
        await page.get_by_role("button", name="Filter").click()
        await page.locator("#view-name").fill("Brys")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Brys")).to_be_visible()
        await page.get_by_role("link", name=reference).click()
        await page.get_by_role("button", name="Acknowledge the alert").click()
        await expect(page.locator("#owner + p")).to_have_text("Megan")

        await page.get_by_role("link", name="Assess the risk").click()
        # Without a reason it is shown again, with the choice still made.
        await page.get_by_label("Medium risk").focus()
        await page.keyboard.press("Space")
        await page.get_by_role("button", name="Save the assessment").click()
        await expect(page.get_by_role("alert")).to_contain_text("Give a reason")
        await page.get_by_role("link", name="Give a reason").press("Enter")
        await expect(page.locator("#reason")).to_be_focused()
        await expect(page.get_by_label("Medium risk")).to_be_checked()
        await page.keyboard.type("Wedi siarad â hi; mae ei chwaer gyda hi.")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await done(page, "Your risk assessment has been kept.")

        await page.get_by_role("link", name="Triage").click()
        await page.get_by_label("Done", exact=True).check()
        await page.locator("#text").fill("Digwyddiad casineb; wedi'i gofnodi.")
        await page.get_by_role("button", name="Save").first.click()
        await done(page, "The plan has been updated.")

        await page.get_by_role("link", name="Refer, or record a choice or an answer").click()
        await expect(page.locator("#preview-data")).to_contain_text("+447700900123")
        await page.get_by_role("button", name="Send to Goleudy").click()
        await done(page, "The referral is on its way.")

        await sign_in_as(page, door, "sioned")
        await page.get_by_role("link", name="Reviews").click()
        await page.get_by_role("link", name=reference).click()
        await page.get_by_label("Sign off").check()
        await page.locator("#note").fill("Popeth yn ei le.")
        await page.get_by_role("button", name="Save").click()
        await done(page, "You have signed the case off.")
        await page.get_by_role("link", name="The four weaknesses").click()
        await expect(page.locator("#supervision-cy")).to_contain_text("100%")


@pytest.mark.parametrize("language", ["cy", "en"])
async def test_axe_finds_nothing_on_the_pages_of_the_work(
    browser: Browser,
    served_staff: tuple[StaffDoor, str],  # noqa: F811
    language: str,
    tmp_path: Path,
) -> None:
    door, _ = served_staff
    reference = await door.receive(contact=CONTACT)
    case = f"/cases/{reference}"
    async with officer_page(
        browser, served_staff, language, check=True, role=Role.SUPERVISOR
    ) as page:
        for path in (
            *("/queue?risk=high&overdue=yes", case, f"{case}/risk", f"{case}/plan/triage"),
            *(f"{case}/referral", f"{case}/review", "/reviews", "/weaknesses"),
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
            name = path.split("?")[0].replace("/", "_")
            await page.screenshot(path=tmp_path / f"{name}_{language}.png", full_page=True)

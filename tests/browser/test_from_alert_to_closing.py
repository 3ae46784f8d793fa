"""A case from its alert to its closing, through the pages alone, in each language of the officers' workspace."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from api.officers.models import Role
from tests.api.staff_visitor import StaffDoor
from tests.browser.test_staff_pages import officer_page, served_staff

__all__ = ["served_staff"]
CONTACT = {"method": "phone", "phone": "+447700900123", "name": "Siân"}


async def press(page: Page, form: str) -> None:
    """Send the form that goes to an address ending so, and be told that it was done."""
    await page.locator(f'form[action$="{form}"] button').last.click()
    await page.wait_for_url("**done=**")


async def settle_plan(page: Page, case: str) -> None:
    """Everything the plan asks for is done, with what shows it."""
    await page.goto(case)
    links = page.locator(f'.llais-plan a[href^="{case}/plan/"]')
    addresses = [await link.get_attribute("href") for link in await links.all()]
    assert len(addresses) > 10
    for address in addresses:
        assert address is not None
        await page.goto(address)
        await page.locator('input[name="state"][value="done"]').check()
        await page.locator("#text").fill("Wedi'i wneud.")
        await press(page, address)


@pytest.mark.parametrize("language", ["cy", "en"])
async def test_a_case_is_worked_from_its_alert_to_its_closing(
    browser: Browser, served_staff: tuple[StaffDoor, str], language: str, tmp_path: Path
) -> None:
    door, _ = served_staff
    reference = await door.receive(contact=CONTACT)
    case = f"/cases/{reference}"
    await door.add_officer("sioned", Role.SUPERVISOR, language=language)
    async with officer_page(browser, served_staff, language, check=True) as page:
        # The alert.
        await page.locator(f'a[href="{case}"]').click()
        await press(page, "/acknowledge")
        # Risk.
        await page.goto(f"{case}/risk")
        await page.locator('input[name="grade"][value="high"]').check()
        await page.locator("#reason").fill("Bygythiad wrth y drws.")
        await press(page, "/risk")
        # Contact.
        await page.goto(case)
        await page.locator("#contact-log ~ details summary").first.click()
        await page.locator("#contact-note").fill("Siaradon ni heddiw.")
        # Late in the evening a call is outside the safe hours, and the log asks why it was made.
        await page.locator("#contact-against").fill("Ffoniodd hi ni.")
        await press(page, "/contacts")
        # Referral.
        await page.goto(f"{case}/referral")
        await expect(page.locator("#preview-data")).to_contain_text("+447700900123")
        await page.screenshot(path=tmp_path / f"referral_{language}.png")
        await press(page, "/referral")
        # Plan: until it is done the case does not close, and says why.
        await page.goto(case)
        await expect(page.locator("#closing ~ ul")).to_be_visible()
        await settle_plan(page, case)
        # Outcome.
        await page.goto(case)
        await page.locator("#outcome ~ details summary").click()
        await page.locator("#outcome-code").select_option("crime_no_suspect")
        await page.locator("#outcome-reason").fill("Neb wedi'i adnabod.")
        await press(page, "/outcome")
        await page.screenshot(path=tmp_path / f"case_{language}.png")
        # Review, by another person.
        await page.locator('form[action="/sign-out"] button').click()
        await page.wait_for_url("**/sign-in")
        await page.locator("#username").fill("sioned")
        await page.locator("#password").fill(door.passwords["sioned"])
        await page.locator("main button").click()
        await page.wait_for_url("**/queue")
        await page.goto("/reviews")
        await page.locator(f'a[href="{case}/review"]').click()
        await page.locator('input[name="verdict"][value="signed_off"]').check()
        await page.locator("#note").fill("Popeth yn ei le.")
        await press(page, "/review")
        # Closing.
        await page.goto(case)
        await page.locator("#closing-reason").select_option("no_further_lines")
        await press(page, "/close")
        await expect(page.locator(".llais-tags").first).to_contain_text(
            {"cy": "Wedi'i gau", "en": "Closed"}[language]
        )

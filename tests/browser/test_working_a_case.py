"""An officer works a case from the first contact to its closing, in a real browser."""

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect
from sqlalchemy import update

from api.cases.models import PlannedAction
from api.database import utc_now
from tests.api.staff_visitor import StaffDoor
from tests.browser.test_accessibility import RULES
from tests.browser.test_staff_pages import officer_page, served_staff

__all__ = ["served_staff"]
ACCOUNT = "Gwaeddodd dyn arna i wrth yr arhosfan ym Mhontŵen."


async def finish_plan(door: StaffDoor) -> None:
    async with door.runtime.database.session() as session:
        await session.execute(update(PlannedAction).values(state="done", done_at=utc_now()))
        await session.commit()


async def opened(page: Page, summary: str) -> None:
    await page.locator("summary", has_text=summary).click()


async def test_an_officer_works_a_case_to_its_end(
    browser: Browser, served_staff: tuple[StaffDoor, str]
) -> None:
    door, _ = served_staff
    reference = await door.receive(conversation_id=str(await door.converse()))
    async with officer_page(browser, served_staff, "en") as page:
        await page.goto(f"/cases/{reference}")
        await opened(page, "Begin from a ready message")
        await page.locator("#template").select_option("ask_time")
        await page.get_by_role("button", name="Put the message in the box").click()
        await expect(page.locator("#text")).to_have_value(
            "Rydyn ni am siarad â chi. Pa ddiwrnod a pha amser sy'n ddiogel i chi? Gallwch ddweud na."
        )
        await page.get_by_role("button", name="Send the message").click()
        await expect(page.locator(".llais-message--officer")).to_contain_text("Pa ddiwrnod")

        await opened(page, "Note a contact or an attempt")
        await page.locator("#contact-means").select_option("chat")
        await page.locator("#contact-note").fill("Am gael ateb ddydd Llun")
        await page.get_by_role("button", name="Keep in the log").click()
        await expect(page.get_by_text("Am gael ateb ddydd Llun")).to_be_visible()

        await opened(page, "Add a translation")
        await page.locator("#translation-text").fill("A man shouted at me.")
        await page.locator("#translator").fill("Elin Prys")
        await page.locator("#made-on").fill("2026-11-20")
        await page.get_by_role("button", name="Keep the translation").click()
        # The account keeps its place and size; the translation is beside it.
        account = page.locator(".llais-account").first
        translated = page.locator(".llais-account--translated")
        await expect(account).to_have_text(ACCOUNT)
        await expect(translated).to_have_text("A man shouted at me.")
        size = "element => getComputedStyle(element).fontSize"
        assert await account.evaluate(size) == await translated.evaluate(size)

        await opened(page, "Add what is known")
        await page.locator("#involved-name").fill("Rhywun Penodol")
        await page.locator("#people-involved ~ details button").click()
        await expect(page.get_by_text("Rhywun Penodol")).to_be_visible()

        await opened(page, "Decide on the outcome")
        await page.locator("#outcome-code").select_option("non_crime_incident")
        await page.locator("#outcome-reason").fill("Dim trosedd")
        await page.get_by_role("button", name="Keep the decision").click()
        await expect(page.get_by_text("Rhywun Penodol")).to_have_count(0)
        await expect(page.locator("#closing ~ ul")).to_contain_text("Items of the plan are open")

        await finish_plan(door)
        await page.reload()
        await page.locator("#closing-reason").select_option("person_wished")
        await page.get_by_role("button", name="Close the case").click()
        await expect(page.get_by_text("The case has been closed.")).to_be_visible()
        await expect(page.locator(".llais-message--officer").last).to_contain_text(
            "dyna oedd eich dymuniad chi"
        )


async def test_paper_shows_the_case_and_none_of_the_workspace(
    browser: Browser, served_staff: tuple[StaffDoor, str], tmp_path: Path
) -> None:
    door, _ = served_staff
    reference = await door.receive(conversation_id=str(await door.converse()))
    async with officer_page(browser, served_staff, "cy") as page:
        await page.goto(f"/cases/{reference}/print")
        await page.emulate_media(media="print")
        await expect(page.locator(".llais-account").first).to_be_visible()
        for hidden in (".llais-header", ".llais-navigation", ".llais-not-printed"):
            await expect(page.locator(hidden)).to_be_hidden()
        printed = await page.pdf(path=tmp_path / "case.pdf")
        assert printed.startswith(b"%PDF")


async def test_a_persons_data_is_downloaded(
    browser: Browser, served_staff: tuple[StaffDoor, str]
) -> None:
    door, _ = served_staff
    reference = await door.receive()
    async with officer_page(browser, served_staff, "en") as page:
        await page.goto(f"/cases/{reference}")
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Export the person's data").click()
        assert (await download.value).suggested_filename == f"{reference}.zip"


@pytest.mark.parametrize("language", ["cy", "en"])
async def test_axe_finds_nothing_on_a_case_that_is_worked(
    browser: Browser, served_staff: tuple[StaffDoor, str], language: str
) -> None:
    door, _ = served_staff
    contact = {"method": "phone", "phone": "07700 900123", "contact_hours": "pan fydd e allan"}
    await door.receive(contact=contact)
    reference = await door.receive(
        conversation_id=str(await door.converse()), contact=contact, flags=["child"]
    )
    async with officer_page(browser, served_staff, language, check=True) as page:
        for path in (f"/cases/{reference}", f"/cases/{reference}/print", "number"):
            if path == "number":
                await page.goto(f"/cases/{reference}")
                await page.locator("form[action$='/number'] button").click()
            else:
                await page.goto(path)
            await page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            for width in (390, 1280):
                await page.set_viewport_size({"width": width, "height": 900})
                result = await Axe().run(page, options=RULES)
                wrong = [
                    (violation["id"], [node["html"] for node in violation["nodes"]])
                    for violation in result.response["violations"]
                ]
                assert wrong == [], (path, width)
                wider = (
                    "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                )
                assert not await page.evaluate(wider), (path, width)

"""Pictures of the main states of the public pages, by the real door with the assistant of the browser tests.

    python -m tests.browser.pictures DIRECTORY

writes one file for each state, language and size of window; some of them are kept in tests/browser/pictures.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from api.launch.browser import find_or_bring_browser
from api.migrations.migrate import migrate
from api.public import create_public_app
from api.ui.build import build
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import be_calm
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.plain_form import PATHS, PlainForm
from tests.conftest import settings_for
from tests.postgres import running_postgres
from tests.serving import serving

SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
TOLD = {
    "cy": "Gwaeddodd dau ddyn bethau hiliol arna i ar y bws yn Llanelli nos Fawrth.",
    "en": "Two men shouted racist things at me on the bus in Llanelli on Tuesday night.",
}
# What makes the assistant of the tests answer is no part of the picture.
_TIDY = """all => all.filter(x => x.textContent.includes("#") && !x.children.length)
  .forEach(x => x.textContent = x.textContent.replaceAll(/ ?#[a-z]+/g, ""))"""


async def chat_opening(page: Page, language: str) -> None:
    await ChatPage.open(page, f"/{language}")


async def chat_question(page: Page, language: str) -> None:
    chat = await ChatPage.open(page, f"/{language}")
    await chat.say_and_hear(TOLD[language])
    await chat.say_and_hear("#question")
    await page.locator(".app-message--victim").last.evaluate("x => x.remove()")


async def chat_card(page: Page, language: str) -> None:
    chat = await ChatPage.open(page, f"/{language}")
    await chat.say_and_hear(TOLD[language] + " #card")


async def chat_review(page: Page, language: str) -> None:
    chat = await ChatPage.open(page, f"/{language}")
    await chat.say_and_hear(TOLD[language] + " #summary #review", answers=2)


async def chat_receipt(page: Page, language: str) -> None:
    chat = await ChatPage.open(page, f"/{language}")
    await chat.say_and_hear(TOLD[language] + " #receipt")


async def form_start(page: Page, language: str) -> None:
    await page.goto(PATHS[language])


async def form_opening(page: Page, language: str) -> None:
    await PlainForm.open(page, language)


async def form_question(page: Page, language: str) -> None:
    form = await PlainForm.open(page, language)
    await form.write(TOLD[language] + " #question")
    await expect(page.get_by_role("radio").first).to_be_visible()


async def form_card(page: Page, language: str) -> None:
    form = await PlainForm.open(page, language)
    await form.write(TOLD[language] + " #card #question")
    await expect(page.locator(".form-danger")).to_be_visible()


async def form_error(page: Page, language: str) -> None:
    await form_question(page, language)
    await PlainForm(page, language).go_on()
    await expect(page.locator(".govuk-error-summary")).to_be_visible()


async def form_review(page: Page, language: str) -> None:
    form = await PlainForm.open(page, language)
    await form.write(TOLD[language] + " #summary #review")
    await expect(page.locator(".form-summary")).to_be_visible()


async def form_receipt(page: Page, language: str) -> None:
    form = await PlainForm.open(page, language)
    await form.write(TOLD[language] + " #receipt")
    await expect(page.locator(".govuk-panel")).to_be_visible()


async def privacy(page: Page, language: str) -> None:
    await page.goto({"cy": "/cy/preifatrwydd", "en": "/en/privacy"}[language])


STATES: tuple[Callable[[Page, str], Awaitable[None]], ...] = (
    *(chat_opening, chat_question, chat_card, chat_review, chat_receipt),
    *(form_start, form_opening, form_question, form_card, form_error, form_review, form_receipt),
    privacy,
)


async def take_pictures(browser: Browser, address: str, directory: Path) -> None:
    for language in ("cy", "en"):
        for size, (width, height) in SIZES.items():
            for state in STATES:
                context = await browser.new_context(
                    base_url=address,
                    viewport={"width": width, "height": height},
                    reduced_motion="reduce",
                )
                page = await context.new_page()
                await state(page, language)
                await page.locator("p").evaluate_all(_TIDY)
                await page.evaluate("document.activeElement?.blur()")
                name = f"{state.__name__}_{language}_{size}.png"
                # The form is read as a whole page, the chat as a window.
                whole = not state.__name__.startswith("chat")
                await page.screenshot(path=directory / name, full_page=whole)
                await context.close()


async def main(directory: Path) -> None:
    build()
    with tempfile.TemporaryDirectory() as scratch, running_postgres(Path(scratch) / "pg") as url:
        migrate(url)
        app = create_public_app(settings_for(url, Path(scratch)))
        async with app.router.lifespan_context(app), async_playwright() as playwright:
            be_calm(app.state.runtime)
            browser = await playwright.chromium.launch(
                executable_path=shutil.which("chromium") or find_or_bring_browser(print),
                args=["--no-sandbox"],
            )
            async with FakeAssistant(app.state.runtime), serving(app) as address:
                await take_pictures(browser, address, directory)
            await browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target))

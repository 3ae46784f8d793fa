"""What a person sees and does on the plain form, in a browser that runs no script."""

from playwright.async_api import Locator, Page, Route, expect

from tests.browser.chat_page import NEUTRAL_SITE

PATHS = {"cy": "/cy/ffurflen", "en": "/en/form"}
START = {"cy": "Dechrau", "en": "Start"}
CONTINUE = {"cy": "Ymlaen", "en": "Continue"}


class PlainForm:
    def __init__(self, page: Page, language: str) -> None:
        self.page = page
        self.language = language
        self.heading = page.locator("h1")
        self.text = page.locator("#text")
        self.errors = page.locator(".govuk-error-summary")

    @classmethod
    async def open(cls, page: Page, language: str = "en") -> "PlainForm":
        """The first question of a new session."""
        await page.goto(PATHS[language])
        form = cls(page, language)
        await form.press(START[language])
        await expect(form.text).to_be_visible()
        return form

    async def press(self, name: str) -> None:
        """Press a button and wait for the page that answers it."""
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=name, exact=True).click()

    async def go_on(self) -> None:
        await self.press(CONTINUE[self.language])

    async def write(self, words: str) -> None:
        await self.text.fill(words)
        await self.go_on()

    async def choose(self, *labels: str) -> None:
        for label in labels:
            await self.page.get_by_label(label, exact=True).check()
        await self.go_on()

    async def hidden(self, name: str) -> str:
        return await self.page.locator(f"input[name={name}]").first.input_value()

    async def resend(self) -> None:
        """What a browser does when the page is loaded again: the same fields once more."""
        await self.page.reload()

    def reply(self, words: str) -> Locator:
        return self.page.locator(".form-reply, .form-danger, .form-summary", has_text=words)

    async def stand_in_for_the_neutral_site(self) -> None:
        async def answer(route: Route) -> None:
            await route.fulfill(body="<title>Weather</title>Sunny", content_type="text/html")

        await self.page.route(f"{NEUTRAL_SITE}**", answer)

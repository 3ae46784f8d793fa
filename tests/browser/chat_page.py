"""What a person sees and does on the chat page, in words."""

import asyncio
from typing import Any

from playwright.async_api import Locator, Page, Route, expect

NEUTRAL_SITE = "https://www.bbc.co.uk/weather"
OPENING_MESSAGES = 4


class ChatPage:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.address = ""
        self.log = page.get_by_role("log")
        self.messages = self.log.get_by_role("article")
        self.text = page.locator("#message")

    @classmethod
    async def open(cls, page: Page, path: str = "/en") -> "ChatPage":
        """The page once it has greeted."""
        await page.goto(path)
        chat = cls(page)
        await expect(chat.messages).to_have_count(OPENING_MESSAGES)
        chat.address = page.url.rpartition("/")[0]
        return chat

    async def say(self, text: str) -> None:
        await self.text.fill(text)
        await self.text.press("Enter")

    async def say_and_hear(self, text: str, answers: int = 1) -> Locator:
        """Say something and wait until it was answered; the last answer."""
        before = await self.messages.count()
        await self.say(text)
        await expect(self.messages).to_have_count(before + 1 + answers)
        return self.messages.last

    async def visible_words(self) -> str:
        return await self.page.locator("body").inner_text()

    async def stand_in_for_the_neutral_site(self, after_seconds: float = 0) -> None:
        async def answer(route: Route) -> None:
            await asyncio.sleep(after_seconds)
            await route.fulfill(body="<title>Weather</title>Sunny", content_type="text/html")

        await self.page.route(f"{NEUTRAL_SITE}**", answer)

    async def evaluate(self, script: str) -> Any:
        return await self.page.evaluate(script)

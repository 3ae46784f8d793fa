"""What axe finds on the chat page in each of its states, in both languages."""

from collections.abc import Awaitable, Callable

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from tests.browser.chat_page import ChatPage

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


async def greeting(chat: ChatPage) -> None:
    await expect(chat.text).to_be_visible()


async def conversation(chat: ChatPage) -> None:
    for words in ("#card", "#summary", "#receipt", "#officer", "#question"):
        await chat.say_and_hear(words)


async def writing(chat: ChatPage) -> None:
    await chat.say("#silence")
    await expect(chat.page.locator("#typing")).to_be_visible()


async def too_long(chat: ChatPage) -> None:
    await chat.text.fill("x" * 4001)
    await expect(chat.page.locator("#message-count")).to_be_visible()


async def not_sent(chat: ChatPage) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(status=400)

    await chat.page.route("**/v1/chat/messages", refuse)
    await chat.say("Helo.")
    await expect(chat.page.locator("[data-state=not-sent]")).to_be_visible()


async def leaving(chat: ChatPage) -> None:
    await chat.page.keyboard.press("Shift")
    await expect(chat.page.locator(".app-exit__lights")).to_be_visible()


async def on_staying_safe(chat: ChatPage) -> None:
    for summary in await chat.page.locator("summary").all():
        await summary.click()
    await expect(chat.page.locator("#copy")).to_be_visible()


async def idle(chat: ChatPage) -> None:
    await chat.page.clock.install()
    await chat.page.reload()
    await expect(chat.text).to_be_visible()
    await chat.page.clock.run_for(602_000)
    await expect(chat.page.get_by_role("dialog")).to_be_visible()


async def cleared(chat: ChatPage) -> None:
    await idle(chat)
    await chat.page.clock.run_for(301_000)
    await expect(chat.page.locator("#notice")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/cy", "/en"])
@pytest.mark.parametrize(
    "reach",
    [greeting, conversation, writing, too_long, not_sent, leaving, on_staying_safe, idle, cleared],
)
async def test_axe_finds_nothing(
    page: Page, path: str, reach: Callable[[ChatPage], Awaitable[None]]
) -> None:
    # Nothing may be judged in the middle of a movement.
    await page.emulate_media(reduced_motion="reduce")
    chat = await ChatPage.open(page, path)
    await reach(chat)
    found = await Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()

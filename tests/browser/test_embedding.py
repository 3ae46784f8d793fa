"""The chat inside the page of another site, which the settings must allow."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.async_api import Browser, FrameLocator, Page, expect

from api.public import create_public_app
from tests.browser.chat_page import NEUTRAL_SITE, OPENING_MESSAGES, ChatPage
from tests.browser.conftest import ServedChat
from tests.serving import free_port, serving

STORY = "A man shouted at me in Llanelli."


@dataclass
class Site:
    """A site that includes the chat, and the chat's address."""

    address: str
    chat: str


def host_site(chat: str, snippet: str) -> FastAPI:
    """A site with a policy of its own that lets the chat in."""
    app = FastAPI()

    @app.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse(
            f"<!doctype html><html lang=en><title>A force</title><h1>Our site</h1>{snippet}",
            headers={
                "Content-Security-Policy": f"default-src 'none'; script-src {chat}; frame-src {chat}"
            },
        )

    return app


@pytest.fixture
async def site(served_chat: ServedChat) -> AsyncIterator[Site]:
    """A site that may frame the chat."""
    port = free_port()
    allowed = served_chat.runtime.settings.model_copy(
        update={"frame_ancestors": f"http://127.0.0.1:{port}"}
    )
    app = create_public_app(allowed)
    app.state.runtime = served_chat.runtime
    async with serving(app) as chat:
        snippet = (
            f'<llais-chat lang="cy"><a href="{chat}/cy">Sgwrs</a></llais-chat>'
            f'<script src="{chat}/chat/embed.js" defer></script>'
        )
        async with serving(host_site(chat, snippet), port) as address:
            yield Site(address, chat)


def inside(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


async def opened(page: Page, site: Site) -> FrameLocator:
    await ChatPage(page).stand_in_for_the_neutral_site()
    await page.goto(site.address)
    frame = inside(page)
    await expect(frame.get_by_role("article")).to_have_count(OPENING_MESSAGES)
    return frame


async def test_one_talks_in_it_in_the_language_of_the_element(page: Page, site: Site) -> None:
    frame = await opened(page, site)
    await expect(page.get_by_title("Sgwrs")).to_be_visible()
    await frame.locator("#message").fill(STORY)
    await frame.locator("#message").press("Enter")
    await expect(frame.get_by_role("article")).to_have_count(OPENING_MESSAGES + 2)
    assert await page.context.cookies() == []


async def test_leaving_takes_the_whole_page_away(page: Page, site: Site) -> None:
    frame = await opened(page, site)
    await frame.locator("#exit").click()
    await page.wait_for_url(f"{NEUTRAL_SITE}**")


async def test_shift_three_times_leaves_from_the_page_around_it_too(page: Page, site: Site) -> None:
    frame = await opened(page, site)
    async with page.expect_request("**/v1/chat/messages") as sending:
        await frame.locator("#message").fill(STORY)
        await frame.locator("#message").press("Enter")
    authorization = (await (await sending.value).all_headers())["authorization"]
    await page.locator("h1").click()
    async with page.expect_request(lambda request: request.url.endswith("/v1/chat/session/leave")):
        for _ in range(3):
            await page.keyboard.press("Shift")
    await page.wait_for_url(f"{NEUTRAL_SITE}**")
    answer = await page.request.get(
        f"{site.chat}/v1/chat/messages", headers={"Authorization": authorization}
    )
    assert answer.status == 401


async def test_without_a_script_it_is_a_link(site: Site, page: Page) -> None:
    await page.route(re.compile("embed.js"), lambda route: route.abort())
    await page.goto(site.address)
    await expect(page.get_by_role("link", name="Sgwrs")).to_have_attribute(
        "href", f"{site.chat}/cy"
    )


async def test_no_other_site_may_frame_it(browser: Browser, site: Site) -> None:
    framing = host_site(site.chat, f'<iframe src="{site.chat}/cy" title="x"></iframe>')
    page = await browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    async with serving(framing) as other:
        await page.goto(other)
        await page.wait_for_timeout(500)
        assert await inside(page).get_by_role("article").count() == 0
    await page.close()
    assert any("frame-ancestors" in text for text in refused)

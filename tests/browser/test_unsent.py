"""What was not sent when a conversation ended goes into no other, unless the person sends it there."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.browser.chat_page import OPENING_MESSAGES, ChatPage

UNSENT = "Yes, it was my neighbour."
MESSAGES = "**/v1/chat/messages"
# Longer than all the pauses between the times that a message is tried.
ALL_TRIES_MS = 8_000


async def fail(route: Route) -> None:
    await route.abort()


async def know_no_session(route: Route) -> None:
    await route.fulfill(status=401)


async def ask_to_wait_until_after_the_wipe(route: Route) -> None:
    await route.fulfill(status=429, headers={"Retry-After": "1000"})


def words_sent(page: Page) -> list[str]:
    """What the page tries to send from now on."""
    words: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/v1/chat/messages"):
            body: dict[str, Any] = json.loads(request.post_data or "{}")
            words.append(body["text"])

    page.on("request", note)
    return words


async def come_online(page: Page) -> None:
    await page.evaluate("dispatchEvent(new Event('online'))")


async def start_anew(chat: ChatPage) -> None:
    await chat.page.get_by_role("button", name="Start a new conversation").click()
    await expect(chat.messages).to_have_count(OPENING_MESSAGES)


async def wait_for_the_wipe(page: Page) -> None:
    await page.clock.run_for(601_000)
    await page.clock.run_for(301_000)
    await expect(page.locator("#notice")).to_contain_text("This page is clear")


class TestASessionThatEndedFirst:
    @pytest.mark.parametrize("noticed_by_sending", [True, False])
    async def test_gives_the_words_back_to_the_person_and_not_to_the_next_conversation(
        self, page: Page, noticed_by_sending: bool
    ) -> None:
        await page.clock.install()
        chat = await ChatPage.open(page)
        async with page.expect_request(MESSAGES) as sending:
            await chat.say_and_hear("#question")
        authorization = (await (await sending.value).all_headers())["authorization"]
        await page.route(MESSAGES, know_no_session if noticed_by_sending else fail)
        await chat.say(UNSENT)
        if not noticed_by_sending:
            await page.request.delete("/v1/chat/session", headers={"Authorization": authorization})
        notice = page.locator("#notice")
        await expect(notice).to_contain_text("Your last message has not been sent.")
        own = page.locator(".app-message--victim").last
        await expect(own).to_contain_text(UNSENT)
        await expect(own).to_contain_text("Not sent")
        # Nothing on the page can be said any more: neither again nor by a choice.
        await expect(chat.log.get_by_role("button")).to_have_count(0)
        await page.unroute(MESSAGES)
        words = words_sent(page)
        await start_anew(chat)
        await expect(chat.text).to_have_value(UNSENT)
        await come_online(page)
        await page.clock.run_for(ALL_TRIES_MS)
        await chat.say_and_hear("Something else.")
        assert words == ["Something else."]
        await expect(chat.log).not_to_contain_text(UNSENT)

    async def test_keeps_what_has_been_written_since(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        await page.route(MESSAGES, fail)
        await chat.say(UNSENT)
        await chat.text.fill("And his brother")
        await page.unroute(MESSAGES)
        await page.route(MESSAGES, know_no_session)
        await expect(page.locator("#notice")).to_contain_text("This conversation has ended")
        await start_anew(chat)
        await expect(chat.text).to_have_value(f"{UNSENT}\nAnd his brother")

    async def test_is_wiped_with_all_its_words_when_nobody_is_there(self, page: Page) -> None:
        await page.clock.install()
        chat = await ChatPage.open(page)
        await page.route(MESSAGES, know_no_session)
        await chat.say(UNSENT)
        await expect(page.locator("#notice")).to_contain_text("This conversation has ended")
        await wait_for_the_wipe(page)
        assert UNSENT not in await page.content()
        assert await chat.text.input_value() == ""

    async def test_says_nothing_of_unsent_words_where_there_are_none(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        async with page.expect_request(MESSAGES) as sending:
            await chat.say_and_hear("Hello.")
        authorization = (await (await sending.value).all_headers())["authorization"]
        await page.request.delete("/v1/chat/session", headers={"Authorization": authorization})
        notice = page.locator("#notice")
        await expect(notice).to_contain_text("To say more, start a new conversation.")
        await expect(notice).not_to_contain_text("has not been sent")


class TestAPageThatWasWiped:
    async def test_keeps_nothing_of_it_and_goes_on_saying_that_it_is_clear(
        self, page: Page
    ) -> None:
        await page.clock.install()
        chat = await ChatPage.open(page)
        words = words_sent(page)
        await page.route(MESSAGES, ask_to_wait_until_after_the_wipe)
        await chat.say(UNSENT)
        await wait_for_the_wipe(page)
        await page.unroute(MESSAGES)
        await page.clock.run_for(200_000)
        await come_online(page)
        await page.clock.run_for(ALL_TRIES_MS)
        await expect(page.locator("#notice")).to_contain_text("This page is clear")
        assert UNSENT not in await page.content()
        assert await chat.text.input_value() == ""
        assert words == [UNSENT]

    async def test_takes_nothing_of_it_into_the_next_conversation(self, page: Page) -> None:
        await page.clock.install()
        chat = await ChatPage.open(page)
        words = words_sent(page)
        await page.route(MESSAGES, ask_to_wait_until_after_the_wipe)
        await chat.say(UNSENT)
        await wait_for_the_wipe(page)
        await page.unroute(MESSAGES)
        await start_anew(chat)
        await expect(chat.text).to_have_value("")
        await chat.say_and_hear("Something else.")
        await page.clock.run_for(200_000)
        await come_online(page)
        await chat.say_and_hear("And more.")
        assert words == [UNSENT, "Something else.", "And more."]

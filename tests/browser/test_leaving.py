"""Leaving fast, and being away: afterwards nothing is left to be seen."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat_page import NEUTRAL_SITE, OPENING_MESSAGES, ChatPage

CODE = re.compile(r"\b\d{4} \d{4} \d{4}\b")
SECRET = "A man shouted at me in Llanelli."


async def authorization_of(chat: ChatPage) -> str:
    """The session's token, which the page keeps to itself."""
    async with chat.page.expect_request("**/v1/chat/messages") as sending:
        await chat.say_and_hear(SECRET)
    return (await (await sending.value).all_headers())["authorization"]


async def expect_ended(chat: ChatPage, authorization: str) -> None:
    """The server knows the session no more, within a moment: nobody waited for its answer."""
    for _ in range(100):
        answer = await chat.page.request.get(
            f"{chat.address}/v1/chat/messages", headers={"Authorization": authorization}
        )
        if answer.status == 401:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the session has not ended")


async def expect_gone(chat: ChatPage, authorization: str) -> None:
    await chat.page.wait_for_url(f"{NEUTRAL_SITE}**")
    await expect_ended(chat, authorization)
    assert await chat.page.context.cookies() == []


async def opened(page: Page, path: str = "/en") -> ChatPage:
    chat = await ChatPage.open(page, path)
    await chat.stand_in_for_the_neutral_site()
    return chat


class TestLeaving:
    async def test_the_button_ends_everything_and_leads_elsewhere(self, page: Page) -> None:
        chat = await opened(page)
        authorization = await authorization_of(chat)
        await page.get_by_role("link", name="Leave this page").click()
        await expect_gone(chat, authorization)

    async def test_shift_three_times_does_the_same_even_while_writing(self, page: Page) -> None:
        chat = await opened(page, "/cy")
        authorization = await authorization_of(chat)
        await chat.text.focus()
        for _ in range(3):
            await page.keyboard.press("Shift")
        await expect_gone(chat, authorization)

    async def test_the_back_button_does_not_lead_back(self, page: Page) -> None:
        await page.goto("about:blank")
        chat = await opened(page)
        await authorization_of(chat)
        await page.get_by_role("link", name="Leave this page").click()
        await page.wait_for_url(f"{NEUTRAL_SITE}**")
        await page.go_back()
        assert page.url == "about:blank"

    async def test_the_page_is_blank_before_the_next_one_has_come(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        await chat.say_and_hear(SECRET)
        await chat.stand_in_for_the_neutral_site(after_seconds=0.5)
        seen: list[str] = []
        await page.expose_function("see", lambda text: seen.append(text))
        # The observer is told in the very step in which the button was pressed.
        await page.evaluate(
            "new MutationObserver(() => see(document.title + document.body.innerText))"
            ".observe(document.body, {childList: true})"
        )
        await page.get_by_role("link", name="Leave this page").click()
        await page.wait_for_url(f"{NEUTRAL_SITE}**")
        assert [text.strip() for text in seen] == ["Loading."]

    async def test_capital_letters_are_no_wish_to_leave(self, page: Page) -> None:
        chat = await opened(page)
        await chat.text.focus()
        for letter in "ABCD":
            await page.keyboard.press(f"Shift+{letter}")
        await expect(chat.text).to_have_value("ABCD")
        await expect(chat.messages).to_have_count(OPENING_MESSAGES)

    async def test_the_presses_are_counted_aloud_and_forgotten_after_a_while(
        self, page: Page
    ) -> None:
        chat = await opened(page)
        await page.clock.install()
        status = page.locator("#exit-status")
        await page.keyboard.press("Shift")
        await expect(status).to_have_text(
            "Press Shift two more times to leave.", use_inner_text=True
        )
        await page.keyboard.press("Shift")
        await expect(status).to_have_text("Press Shift once more to leave.", use_inner_text=True)
        await page.clock.run_for(5100)
        await expect(status).to_contain_text("You are still here.")
        await page.keyboard.press("Shift")
        await expect(chat.messages).to_have_count(OPENING_MESSAGES)

    @pytest.mark.parametrize("width", [320, 1280])
    @pytest.mark.parametrize("path", ["/", "/cy", "/en"])
    async def test_the_button_is_always_in_view(self, page: Page, path: str, width: int) -> None:
        await page.set_viewport_size({"width": width, "height": 600})
        chat = await ChatPage.open(page, path)
        await chat.say_and_hear("#summary #question", answers=2)
        for position in (0, 200, 100_000):
            await page.evaluate(f"scrollTo(0, {position})")
            await expect(page.locator("#exit")).to_be_in_viewport(ratio=1)


class TestACodeThatWasGiven:
    @pytest.mark.parametrize("idle", [False, True])
    async def test_opens_after_leaving_what_was_told_before(self, page: Page, idle: bool) -> None:
        if idle:
            await page.clock.install()
        chat = await opened(page)
        authorization = await authorization_of(chat)
        given = await chat.say_and_hear("#code", answers=2)
        code = CODE.search(await given.inner_text())
        assert code is not None
        if idle:
            await page.clock.run_for(601_000)
            await page.clock.run_for(301_000)
            await expect(page.locator("#notice")).to_contain_text("If you were given a code")
        else:
            await page.get_by_role("link", name="Leave this page").click()
            await page.wait_for_url(f"{NEUTRAL_SITE}**")
        await expect_ended(chat, authorization)
        again = await ChatPage.open(page)
        await again.say(code.group())
        await expect(again.log).to_contain_text("Welcome back")
        await expect(again.log).to_contain_text(SECRET)


class TestBeingAway:
    async def test_a_question_comes_first_and_carrying_on_answers_it(self, page: Page) -> None:
        await page.clock.install()
        chat = await ChatPage.open(page)
        await page.clock.run_for(599_000)
        dialog = page.get_by_role("dialog", name="Are you still here?")
        await expect(dialog).to_be_hidden()
        await page.clock.run_for(3_000)
        await expect(dialog).to_be_visible()
        await dialog.get_by_role("button", name="Carry on").click()
        await expect(dialog).to_be_hidden()
        await page.clock.run_for(590_000)
        await expect(dialog).to_be_hidden()
        await expect(chat.messages).to_have_count(OPENING_MESSAGES)

    async def test_then_the_page_is_wiped_and_the_session_ended(self, page: Page) -> None:
        await page.clock.install()
        chat = await opened(page)
        authorization = await authorization_of(chat)
        await chat.text.fill("Half a sentence about Llanelli")
        await page.clock.run_for(601_000)
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.clock.run_for(301_000)
        await expect(page.locator("#notice")).to_contain_text("This page is clear")
        assert "Llanelli" not in await page.content()
        assert await chat.text.input_value() == ""
        await expect_ended(chat, authorization)
        await page.get_by_role("button", name="Start a new conversation").click()
        await expect(chat.messages).to_have_count(OPENING_MESSAGES)

    async def test_one_can_leave_from_the_question_too(self, page: Page) -> None:
        await page.clock.install()
        await opened(page)
        await page.clock.run_for(602_000)
        await page.get_by_role("dialog").get_by_role("link", name="Leave this page").click()
        await page.wait_for_url(f"{NEUTRAL_SITE}**")

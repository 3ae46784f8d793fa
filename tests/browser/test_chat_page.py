"""The chat page in a real browser: talking, being understood by any reader, and losing nothing."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, Request, Route, expect
from sqlalchemy import select

from api.conversations.models import Conversation, Message, Sender
from api.conversations.receive import lock_conversation
from api.conversations.say import say
from api.ui import assets
from tests.browser.chat_page import OPENING_MESSAGES, ChatPage
from tests.browser.conftest import ServedChat

LARGEST_PAGE_KILOBYTES = 60


def sent_messages(page: Page) -> list[dict[str, Any]]:
    """The bodies of the messages that the page will try to send from now on."""
    bodies: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/v1/chat/messages"):
            bodies.append(json.loads(request.post_data or "{}"))

    page.on("request", note)
    return bodies


class TestTheGreeting:
    async def test_is_in_both_languages_welsh_first_each_marked(self, page: Page) -> None:
        chat = await ChatPage.open(page, "/")
        first = chat.messages.first
        parts = first.locator("div[lang]")
        assert [await part.get_attribute("lang") for part in await parts.all()] == ["cy", "en"]
        await expect(parts.first).to_contain_text("Helo. Llais ydw i")
        await expect(parts.last).to_contain_text("Hello. I'm Llais")

    @pytest.mark.parametrize(
        ("path", "shown", "hidden"),
        [("/cy", "Gadael y dudalen hon", "Leave this page"), ("/en", "Leave this page", "Gadael")],
    )
    async def test_is_in_one_language_at_its_address(
        self, page: Page, path: str, shown: str, hidden: str
    ) -> None:
        chat = await ChatPage.open(page, path)
        words = await chat.visible_words()
        assert shown in words
        assert hidden not in words
        assert await chat.evaluate("document.documentElement.lang") == path[1:]
        langs = await chat.log.locator("div[lang]").evaluate_all("all => all.map(x => x.lang)")
        assert set(langs) == {path[1:]}

    async def test_is_read_from_its_beginning(self, page: Page) -> None:
        chat = await ChatPage.open(page, "/")
        assert await chat.evaluate("scrollY") == 0

    async def test_leaves_nothing_in_the_browser(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        await chat.say_and_hear("A man shouted at me.")
        assert await page.context.cookies() == []
        assert await chat.evaluate("localStorage.length + sessionStorage.length") == 0
        assert await chat.evaluate("indexedDB.databases().then(all => all.length)") == 0


class TestTalking:
    async def test_enter_sends_and_shift_enter_begins_a_line(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        await chat.text.focus()
        await page.keyboard.type("one")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("two")
        await page.keyboard.press("Enter")
        own = page.locator(".app-message--victim")
        await expect(own.locator("div[lang]")).to_have_text("one\ntwo", use_inner_text=True)
        await expect(own).to_contain_text("Sent")
        await expect(chat.text).to_have_value("")
        await expect(chat.text).to_be_focused()

    async def test_an_empty_message_is_not_sent(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        bodies = sent_messages(page)
        await chat.say("  \n ")
        await page.get_by_role("button", name="Send").click()
        await page.wait_for_timeout(200)
        assert bodies == []
        await expect(chat.messages).to_have_count(OPENING_MESSAGES)

    async def test_html_is_shown_and_not_run(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        answer = await chat.say_and_hear("#html <img src=x onerror=alert(1)><script>x</script>")
        await expect(chat.messages.nth(OPENING_MESSAGES)).to_contain_text(
            "<img src=x onerror=alert(1)><script>x</script>"
        )
        await expect(answer).to_contain_text("<b>bold</b> <img src=x>")
        assert await chat.log.locator("img, b, script").count() == 0

    async def test_a_choice_is_said_in_its_own_words_and_goes_away(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        await chat.say_and_hear("#question")
        choices = page.get_by_role("group", name="Choices").get_by_role("button")
        await expect(choices).to_have_count(3)
        bodies = sent_messages(page)
        await page.get_by_role("button", name="No, don't").click()
        await expect(choices).to_have_count(0)
        await expect(page.locator(".app-message--victim").last).to_contain_text("No, don't")
        await expect(chat.text).to_be_focused()
        await expect(chat.messages).to_have_count(OPENING_MESSAGES + 4)
        assert [body["text"] for body in bodies] == ["No, don't"]

    async def test_choices_of_an_older_question_go_away_with_the_next_message(
        self, page: Page
    ) -> None:
        chat = await ChatPage.open(page)
        await chat.say_and_hear("#question")
        await chat.say_and_hear("I would rather say something else.")
        await expect(page.get_by_role("group", name="Choices")).to_have_count(0)

    async def test_danger_is_answered_with_a_card_that_can_be_called(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        card = await chat.say_and_hear("#card")
        await expect(card).to_contain_text("Help now")
        await expect(card.get_by_role("link", name="999")).to_have_attribute("href", "tel:999")
        samaritans = card.get_by_role("link", name="116 123")
        await expect(samaritans).to_have_attribute("href", "tel:116123")

    @pytest.mark.parametrize("path", ["/", "/cy", "/en"])
    async def test_999_can_be_called_from_the_top_of_the_page_at_any_time(
        self, page: Page, path: str
    ) -> None:
        await page.goto(path)
        link = page.locator(".app-danger").get_by_role("link", name="999").locator("visible=true")
        await expect(link).to_have_count(2 if path == "/" else 1)
        await expect(link.first).to_have_attribute("href", "tel:999")

    async def test_a_receipt_shows_its_reference(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        receipt = await chat.say_and_hear("#receipt")
        await expect(receipt.locator("strong")).to_have_text("HC-7K3M-92")
        await expect(receipt).to_contain_text("Your reference")

    async def test_typing_is_shown_while_an_answer_is_written(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        await expect(page.locator("#typing")).to_be_hidden()
        await chat.say("#silence")
        await expect(page.locator("#typing")).to_be_visible()

    async def test_an_officers_words_come_without_reloading(
        self, page: Page, served_chat: ServedChat
    ) -> None:
        chat = await ChatPage.open(page)
        mark = "A message by which the test knows its conversation again."
        await chat.say_and_hear(mark)
        runtime = served_chat.runtime
        async with runtime.database.session() as session:
            said = await session.scalars(select(Message).where(Message.sender == Sender.VICTIM))
            found = next(message for message in said if message.text == mark)
            conversation = await lock_conversation(session, found.conversation_id)
            assert conversation is not None
            await say(
                session,
                runtime,
                conversation,
                "This is Megan.",
                sender=Sender.OFFICER,
                language="en",
            )
            await session.commit()
        last = chat.messages.last
        await expect(last).to_contain_text("This is Megan.")
        await expect(last.locator(".app-message__speaker")).to_have_text(
            "Officer", use_inner_text=True
        )

    async def test_the_length_is_counted_as_the_server_counts(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        bodies = sent_messages(page)
        count = page.locator("#message-count")
        await chat.text.fill("x" * 2999)
        await expect(count).to_be_hidden()
        await chat.text.fill("😀" * 4000)
        await expect(count).to_have_text("Characters left: 0", use_inner_text=True)
        await chat.text.fill("😀" * 4001)
        await expect(count).to_contain_text(
            "Too many characters: 1. You can send the rest", use_inner_text=True
        )
        await expect(chat.text).to_have_attribute("aria-invalid", "true")
        await chat.text.press("Enter")
        await page.wait_for_timeout(200)
        assert bodies == []
        assert len(await chat.text.input_value()) == 4001


class TestABadConnection:
    async def test_a_message_that_fails_is_kept_and_sent_again_under_its_id(
        self, page: Page
    ) -> None:
        chat = await ChatPage.open(page)
        await page.clock.install()
        bodies = sent_messages(page)

        async def fail(route: Route) -> None:
            await route.abort()

        await page.route("**/v1/chat/messages", fail)
        await chat.say("Hello there.")
        own = page.locator(".app-message--victim")
        await expect(own).to_contain_text("Sending")
        for _ in range(4):
            await page.clock.run_for(4000)
            await page.wait_for_timeout(50)
        await expect(own).to_contain_text("Not sent")
        await expect(page.locator("#message-status")).to_contain_text("has not been sent")
        await page.unroute("**/v1/chat/messages")
        await own.get_by_role("button", name="Send again").click()
        await expect(own.locator(".app-message__state")).to_have_text("Sent", use_inner_text=True)
        await expect(own).to_have_count(1)
        assert len({body["id"] for body in bodies}) == 1
        assert len(bodies) > 1

    async def test_messages_come_by_a_stream_where_it_gets_through(self, page: Page) -> None:
        calls: list[str] = []
        page.on("request", lambda request: calls.append(f"{request.method} {request.url}"))
        chat = await ChatPage.open(page)
        await chat.say_and_hear("A man shouted at me.")
        assert any(call.endswith("/v1/chat/events") for call in calls)
        assert not any(call.startswith("GET") and "/messages?" in call for call in calls)

    async def test_messages_come_by_long_polls_where_streams_do_not_get_through(
        self, page: Page
    ) -> None:
        async def refuse(route: Route) -> None:
            await route.fulfill(status=502)

        await page.route("**/v1/chat/events", refuse)
        chat = await ChatPage.open(page)
        answer = await chat.say_and_hear("A man shouted at me.")
        await expect(answer).to_contain_text("I'm sorry that happened to you.")

    async def test_what_was_said_meanwhile_comes_when_the_line_is_back(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        await page.context.set_offline(True)
        await chat.say("Are you there?")
        await expect(page.locator("#connection")).to_contain_text("no connection", timeout=15_000)
        await page.context.set_offline(False)
        await expect(chat.messages).to_have_count(OPENING_MESSAGES + 2, timeout=20_000)
        await expect(page.locator("#connection")).to_contain_text("connection is back")

    async def test_a_chat_that_cannot_open_says_whom_to_call(self, page: Page) -> None:
        async def refuse(route: Route) -> None:
            await route.fulfill(status=503)

        await page.route("**/v1/chat/sessions", refuse)
        await page.goto("/")
        notice = page.locator("#notice")
        for words in ("Gallwch ffonio 101, neu 999", "You can call 101, or 999"):
            await expect(notice).to_contain_text(words)
        await expect(notice.get_by_role("link", name="101").first).to_have_attribute(
            "href", "tel:101"
        )
        await page.unroute("**/v1/chat/sessions")
        await notice.get_by_role("button").click()
        await expect(page.get_by_role("article")).to_have_count(OPENING_MESSAGES)
        await expect(notice).to_be_hidden()

    async def test_a_session_that_has_ended_can_be_read_and_begun_anew(
        self, page: Page, served_chat: ServedChat
    ) -> None:
        chat = await ChatPage.open(page)
        async with page.expect_request("**/v1/chat/messages") as sending:
            await chat.say_and_hear("Hello.")
        authorization = (await (await sending.value).all_headers())["authorization"]
        await page.request.delete("/v1/chat/session", headers={"Authorization": authorization})
        await expect(page.locator("#notice")).to_contain_text("This conversation has ended")
        await expect(chat.text).to_be_hidden()
        await expect(chat.messages).to_have_count(OPENING_MESSAGES + 2)
        await page.get_by_role("button", name="Start a new conversation").click()
        await expect(chat.messages).to_have_count(OPENING_MESSAGES)


class TestManyAtOnce:
    async def test_the_chat_opens_by_itself_when_the_server_says_to_come_back(
        self, page: Page
    ) -> None:
        refusals = 0

        async def refuse_twice(route: Route) -> None:
            nonlocal refusals
            refusals += 1
            if refusals > 2:
                await route.continue_()
            else:
                await route.fulfill(status=429, headers={"Retry-After": "1"})

        await page.route("**/v1/chat/sessions", refuse_twice)
        await ChatPage.open(page)
        assert refusals == 3

    async def test_a_message_that_has_to_wait_is_sent_in_the_end(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        answers = iter([429])

        async def refuse_once(route: Route) -> None:
            status = next(answers, None)
            if status is None:
                await route.continue_()
            else:
                await route.fulfill(status=status, headers={"Retry-After": "1"})

        await page.route("**/v1/chat/messages", refuse_once)
        await chat.say_and_hear("Hello.")
        await expect(page.locator("[data-state=sent]")).to_have_count(1)


class TestKeepingACopy:
    @pytest.mark.parametrize(("path", "name"), [("/cy", "nodiadau.txt"), ("/en", "notes.txt")])
    async def test_is_a_file_with_a_name_that_says_nothing(
        self, page: Page, path: str, name: str
    ) -> None:
        chat = await ChatPage.open(page, path)
        await chat.say_and_hear("Hello there.")
        await page.locator(".app-about summary").click()
        async with page.expect_download() as downloading:
            await page.locator("#copy button").click()
        download = await downloading.value
        assert download.suggested_filename == name
        text = (await download.path()).read_text()
        assert text.count("Hello there.") == 1
        assert text.startswith("Llais: ")
        assert ("Chi: " if path == "/cy" else "You: ") in text


class TestThePlainForm:
    async def test_goes_on_with_the_conversation_of_the_chat(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        await chat.say_and_hear("#question")
        await page.locator(".app-about summary").click()
        await page.get_by_role("link", name="The same questions as a form").click()
        await expect(page.get_by_role("radio")).to_have_count(3)
        assert page.url.endswith("/en/form")
        await page.get_by_label("No, don't").check()
        await page.get_by_role("button", name="Continue").click()
        await expect(page.locator("h1")).to_have_text(re.compile("Why do you think"))
        assert await page.context.cookies() == []


class TestTheLanguageSwitch:
    async def test_keeps_the_conversation_and_changes_page_address_and_assistant(
        self, page: Page, served_chat: ServedChat
    ) -> None:
        chat = await ChatPage.open(page, "/en")
        await chat.say_and_hear("A man shouted at me.")
        before = await chat.messages.count()
        await page.get_by_role("link", name="Cymraeg").click()
        await expect(chat.messages).to_have_count(before + 2)
        assert page.url == f"{served_chat.address}/cy"
        assert await page.title() == "Sgwrs"
        assert await chat.evaluate("document.documentElement.lang") == "cy"
        words = await chat.visible_words()
        assert "Gadael y dudalen hon" in words
        assert "Leave this page" not in words
        await expect(chat.messages.nth(before)).to_contain_text("Cymraeg os gwelwch yn dda")
        assert await chat.messages.last.locator("div[lang]").get_attribute("lang") == "cy"
        await expect(page.get_by_role("link", name="Cymraeg")).to_have_attribute(
            "aria-current", "true"
        )
        # What was said in English stays marked as English.
        assert await chat.messages.first.locator("div[lang]").get_attribute("lang") == "en"
        async with served_chat.runtime.database.session() as session:
            said = await session.scalars(
                select(Message).where(Message.sender == Sender.VICTIM).order_by(Message.seq.desc())
            )
            last = said.first()
            assert last is not None
            conversation = await session.get_one(Conversation, last.conversation_id)
        assert conversation.language == "cy"

    async def test_the_page_in_both_languages_follows_the_conversation(
        self, page: Page, served_chat: ServedChat
    ) -> None:
        chat = await ChatPage.open(page, "/")
        await chat.say_and_hear("Roedd dyn yn gweiddi arna i ar y stryd neithiwr.")
        await expect(page.locator("html")).to_have_attribute("data-language", "cy")
        assert page.url == f"{served_chat.address}/cy"
        own = page.locator(".app-message--victim div[lang]")
        await expect(own).to_have_attribute("lang", "cy")


class TestWhoeverReadsWithOtherMeans:
    async def test_new_messages_are_announced_politely_and_their_states_are_not(
        self, page: Page
    ) -> None:
        chat = await ChatPage.open(page)
        await expect(chat.log).to_have_attribute("aria-live", "polite")
        await expect(chat.log).to_have_attribute("aria-relevant", "additions")
        await chat.say_and_hear("Hello.")
        states = chat.log.locator(".app-message__state")
        await expect(states).to_have_count(1)
        await expect(states).to_have_attribute("aria-live", "off")
        assert await chat.log.locator("#typing, #connection").count() == 0

    async def test_everything_can_be_done_with_the_keyboard(self, page: Page) -> None:
        chat = await ChatPage.open(page)
        await page.keyboard.press("Tab")
        assert "Skip to your message" in await chat.evaluate("document.activeElement.innerText")
        await page.keyboard.press("Enter")
        await page.keyboard.type("#question")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("group", name="Choices")).to_be_visible()
        for _ in range(3):
            await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator(".app-message--victim").last).to_contain_text("Yes, pass my")

    @pytest.mark.parametrize("path", ["/", "/cy", "/en"])
    @pytest.mark.parametrize("width", [320, 390, 1280])
    async def test_nothing_is_wider_than_the_window(
        self, page: Page, path: str, width: int
    ) -> None:
        await page.set_viewport_size({"width": width, "height": 640})
        chat = await ChatPage.open(page, path)
        await chat.say_and_hear("#question " + "hir" * 60)
        assert await chat.evaluate("document.documentElement.scrollWidth") <= width
        for part in ("#exit", "#message", "button[type=submit]"):
            await expect(page.locator(part)).to_be_in_viewport(ratio=1)

    async def test_at_great_zoom_the_conversation_has_the_window_to_itself(
        self, page: Page
    ) -> None:
        await page.set_viewport_size({"width": 320, "height": 256})
        chat = await ChatPage.open(page)
        await chat.say_and_hear("Hello.")
        sticky = "x => getComputedStyle(x).position"
        for part in (".app-header", ".app-composer"):
            assert await page.locator(part).evaluate(sticky) != "sticky"
        await page.keyboard.type("y")
        await expect(chat.text).to_be_in_viewport()

    async def test_with_forced_colours_everything_still_has_its_edges(self, page: Page) -> None:
        await page.emulate_media(forced_colors="active")
        chat = await ChatPage.open(page)
        await chat.say_and_hear("#card #question", answers=2)
        edge = "x => parseFloat(getComputedStyle(x).borderTopWidth)"
        for part in (".app-message--emergency", ".app-choices__choice", "#message", "#exit"):
            assert await page.locator(part).first.evaluate(edge) > 0, part
        await chat.text.focus()
        assert await chat.text.evaluate("x => getComputedStyle(x).outlineStyle") != "none"

    async def test_nothing_moves_for_those_who_asked_for_that(self, page: Page) -> None:
        await page.emulate_media(reduced_motion="reduce")
        chat = await ChatPage.open(page)
        await chat.say("#silence")
        await expect(page.locator("#typing")).to_be_visible()
        dots = page.locator(".app-typing__dots span").first
        assert await dots.evaluate("x => getComputedStyle(x).animationName") == "none"


async def test_what_comes_over_the_line_is_small(page: Page) -> None:
    for path in ("/", "/en/form"):
        line = await page.context.new_cdp_session(page)
        await line.send("Network.enable")
        sizes: list[float] = []
        line.on(
            "Network.loadingFinished",
            lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]),
        )
        await page.goto(path)
        if path == "/":
            await expect(page.get_by_role("article")).to_have_count(OPENING_MESSAGES)
        await page.wait_for_timeout(300)
        assert len(sizes) > 1
        assert sum(sizes) / 1024 < LARGEST_PAGE_KILOBYTES
        await line.detach()


def test_no_script_makes_html_of_text() -> None:
    for file in assets.CHAT_SCRIPTS.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", file.read_text()
        )

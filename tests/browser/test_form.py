"""The report as a plain form, in a real browser that runs no script."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Error, Page, expect
from sqlalchemy import func, select

from api.conversations import form_page
from api.conversations.models import Conversation, Message, Sender
from api.conversations.receive import lock_conversation
from api.conversations.say import say
from api.conversations.web_session import conversation_of
from tests.browser.conftest import PATIENCE_MS, ServedChat
from tests.browser.plain_form import PATHS, PlainForm
from tests.browser.test_accessibility import RULES


@pytest.fixture
async def plain(browser: Browser, served_chat: ServedChat) -> AsyncIterator[Page]:
    """A window without JavaScript. Whatever happened, no cookie is left and no address says anything."""
    context = await browser.new_context(
        base_url=served_chat.address,
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
    )
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = await context.new_page()
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    yield page
    cookies = await context.cookies()
    await context.close()
    assert cookies == []
    assert [address for address in addresses if "?" in address or "#" in address] == []


async def said_in(served: ServedChat, form: PlainForm) -> list[str]:
    """What the person has said in the form's conversation, as the database has it."""
    async with served.runtime.database.session() as session:
        conversation_id = await conversation_of(served.runtime, await form.hidden("session"))
        found = await session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.sender == Sender.VICTIM)
            .order_by(Message.seq)
        )
        return [message.text for message in found]


class TestTheFirstPage:
    async def test_looking_at_it_opens_no_conversation(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        count = select(func.count()).select_from(Conversation)
        async with served_chat.runtime.database.session() as session:
            before = await session.scalar(count)
            await plain.goto("/en/form")
            await plain.goto("/cy/ffurflen")
            assert await session.scalar(count) == before

    async def test_the_chat_offers_it_where_there_is_no_script(self, plain: Page) -> None:
        for language, path in PATHS.items():
            await plain.goto(f"/{language}")
            link = plain.locator(".app-notice a[hreflang]").locator("visible=true")
            await expect(link).to_have_attribute("href", path)
            await link.click()
            await expect(plain.locator("html")).to_have_attribute("lang", language)
            assert plain.url.endswith(path)

    @pytest.mark.parametrize(
        ("language", "question"),
        [
            ("cy", "Dwedwch beth ddigwyddodd, yn eich geiriau eich hun."),
            ("en", "Tell me what happened, in your own words."),
        ],
    )
    async def test_the_invitation_is_the_first_question(
        self, plain: Page, language: str, question: str
    ) -> None:
        form = await PlainForm.open(plain, language)
        await expect(form.heading).to_have_text(question, use_inner_text=True)
        await expect(plain.locator("h1")).to_have_count(1)
        await expect(plain.get_by_text("Shift")).to_have_count(0)
        assert await plain.title() == {"cy": "Ffurflen", "en": "Form"}[language]


class TestAnswering:
    async def test_a_question_without_choices_is_written(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.write("A man shouted at me.\nIn Llanelli.")
        await expect(form.heading).to_have_text(
            "Why do you think it happened?", use_inner_text=True
        )
        await expect(plain.get_by_text("I'm sorry that happened to you.").first).to_be_visible()
        assert await said_in(served_chat, form) == ["A man shouted at me.\nIn Llanelli."]

    async def test_a_choice_sends_the_words_of_the_chats_button(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.write("#question")
        await expect(plain.get_by_role("radio")).to_have_count(3)
        await expect(plain.locator("legend h1")).to_have_count(1)
        await form.choose("No, don't")
        assert (await said_in(served_chat, form))[-1] == "No, don't"

    async def test_several_choices_are_sent_by_their_numbers(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain, "cy")
        await form.write("#strands")
        await form.choose("Anabledd", "Crefydd neu ffydd")
        assert (await said_in(served_chat, form))[-1] == "1 a 3"

    async def test_one_may_answer_a_question_with_choices_in_ones_own_words(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.write("#question")
        await form.write("Can I think about it?")
        assert (await said_in(served_chat, form))[-1] == "Can I think about it?"

    async def test_the_other_buttons_say_it_in_words(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.write("#question")
        for button, words in (
            ("Why do you ask that?", "Why do you ask that?"),
            ("Skip this question", "Skip this question"),
            ("Go back and change the last answer", "Go back"),
            ("Stop now and get a code to come back", "Stop now"),
        ):
            await form.press(button)
            assert (await said_in(served_chat, form))[-1] == words

    async def test_html_is_shown_and_not_run(self, plain: Page) -> None:
        form = await PlainForm.open(plain)
        await form.write("#html <img src=x onerror=alert(1)>")
        await expect(plain.locator("main")).to_contain_text("<b>bold</b> <img src=x>")
        assert await plain.locator("main img, main b").count() == 0

    async def test_danger_is_answered_with_a_card_that_can_be_called(self, plain: Page) -> None:
        form = await PlainForm.open(plain)
        await form.write("#card #question")
        card = form.reply("Call 999 now")
        await expect(card.get_by_role("heading", name="Help now")).to_be_visible()
        await expect(card.get_by_role("link", name="999")).to_have_attribute("href", "tel:999")
        await expect(plain.get_by_role("radio")).to_have_count(3)

    async def test_the_receipt_is_a_page_with_the_reference(self, plain: Page) -> None:
        form = await PlainForm.open(plain, "cy")
        await form.write("#receipt")
        await expect(form.heading).to_have_text("Mae eich adroddiad wedi'i anfon")
        await expect(plain.locator(".govuk-panel__body")).to_contain_text("HC-7K3M-92")
        await expect(plain.locator("h1")).to_have_count(1)

    async def test_an_officers_words_stand_on_the_next_page_beside_the_answer(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.write("Hello.")
        runtime = served_chat.runtime
        conversation_id = await conversation_of(runtime, await form.hidden("session"))
        assert conversation_id is not None
        async with runtime.database.session() as session:
            conversation = await lock_conversation(session, conversation_id)
            assert conversation is not None
            await say(session, runtime, conversation, "This is Megan.", sender=Sender.OFFICER)
            await session.commit()
        await form.write("#question")
        await expect(form.reply("This is Megan.")).to_contain_text("Officer")
        await expect(plain.get_by_role("radio")).to_have_count(3)


class TestMistakes:
    @pytest.mark.parametrize(
        ("language", "title", "words"),
        [("cy", "Gwall: Ffurflen", "Ysgrifennwch neu"), ("en", "Error: Form", "Write or choose")],
    )
    async def test_nothing_at_all_is_an_error_that_leads_to_the_answer(
        self, plain: Page, served_chat: ServedChat, language: str, title: str, words: str
    ) -> None:
        form = await PlainForm.open(plain, language)
        await form.go_on()
        await expect(form.errors).to_contain_text(words)
        assert await plain.title() == title
        link = form.errors.get_by_role("link")
        await expect(link).to_have_attribute("href", "#text")
        described = (await form.text.get_attribute("aria-describedby") or "").split()
        assert "error" in described
        await expect(plain.locator("#error")).to_contain_text(words)
        assert await said_in(served_chat, form) == []

    async def test_too_long_an_answer_comes_back_whole(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        long = "ŵ😀 " * 1400
        await form.write(long.strip())
        await expect(form.errors).to_contain_text("4,000 characters")
        await expect(form.text).to_have_value(long.strip())
        assert await said_in(served_chat, form) == []
        await form.write("Short.")
        assert await said_in(served_chat, form) == ["Short."]

    async def test_a_choice_and_other_words_are_both_kept_until_it_is_clear(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.write("#question")
        await form.text.fill("Or maybe")
        await form.choose("Ask me later")
        await expect(form.errors).to_contain_text("not both")
        await expect(plain.get_by_label("Ask me later")).to_be_checked()
        await expect(form.text).to_have_value("Or maybe")
        await form.text.fill("")
        await form.go_on()
        assert await said_in(served_chat, form) == ["#question", "Ask me later"]

    async def test_what_is_being_written_survives_the_question_why(self, plain: Page) -> None:
        form = await PlainForm.open(plain)
        await form.write("Hello.")
        await form.text.fill("  Because of\nmy chair")
        await form.press("Why do you ask that?")
        await expect(form.text).to_have_value("  Because of\nmy chair")


class TestPressingTwice:
    async def test_loading_a_page_again_answers_nothing_twice(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.write("#question")
        await form.resend()
        await form.resend()
        await expect(plain.get_by_role("radio")).to_have_count(3)
        await expect(plain.get_by_text("so these words were not sent")).to_have_count(0)
        assert await said_in(served_chat, form) == ["#question"]

    async def test_two_presses_at_once_are_one_message(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.text.fill("Hello.")
        await plain.get_by_role("button", name="Continue").dblclick()
        await expect(form.heading).to_have_text(re.compile("Why do you think"))
        assert await said_in(served_chat, form) == ["Hello."]

    async def test_an_old_page_answers_no_newer_question_and_says_so(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        old = {name: await form.hidden(name) for name in ("session", "before", "shown")}
        await form.write("#question")
        answer = await plain.request.post(
            "/en/form",
            form={**old, "message_id": "", "do": "answer", "text": "Late <words>"},
        )
        page = await answer.text()
        assert "so these words were not sent" in page
        assert "Late &lt;words&gt;" in page
        assert "Ask me later" in page
        assert await said_in(served_chat, form) == ["#question"]


class TestWaiting:
    async def test_a_slow_answer_is_no_lost_message(
        self, plain: Page, served_chat: ServedChat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(form_page, "WAIT_SECONDS", 0.3)
        form = await PlainForm.open(plain)
        await form.write("#silence")
        await expect(form.heading).to_have_text("Your message is saved")
        assert await said_in(served_chat, form) == ["#silence"]
        assert await plain.locator("meta[http-equiv]").count() == 0
        await form.press("Look for an answer")
        await expect(form.heading).to_have_text("Your message is saved")
        runtime = served_chat.runtime
        conversation_id = await conversation_of(runtime, await form.hidden("session"))
        assert conversation_id is not None
        async with runtime.database.session() as session:
            # The assistant is back, and answers.
            message = await session.scalar(
                select(Message).where(
                    Message.conversation_id == conversation_id, Message.sender == Sender.VICTIM
                )
            )
            assert message is not None
            message.text = "Hello."
            await session.commit()
        monkeypatch.setattr(form_page, "WAIT_SECONDS", 8.0)
        await plain.wait_for_timeout(1000)
        await form.press("Look for an answer")
        await expect(form.heading).to_have_text(re.compile("Why do you think"))

    async def test_the_card_does_not_wait_for_the_answer(
        self, plain: Page, served_chat: ServedChat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(form_page, "WAIT_SECONDS", 0.3)
        form = await PlainForm.open(plain)
        await form.write("Hello.")
        runtime = served_chat.runtime
        conversation_id = await conversation_of(runtime, await form.hidden("session"))
        assert conversation_id is not None
        await form.write("#silence")
        async with runtime.database.session() as session:
            conversation = await lock_conversation(session, conversation_id)
            assert conversation is not None
            await say(session, runtime, conversation, "Call 999 now.", kind="emergency")  # type: ignore[arg-type]
            await session.commit()
        await form.press("Look for an answer")
        await expect(form.reply("Call 999 now.")).to_be_visible()
        await expect(form.heading).to_have_text("Your message is saved")


class TestLanguage:
    async def test_the_switch_keeps_the_conversation_and_what_is_being_written(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.write("Hello.")
        await form.text.fill("Achos fy nghadair")
        await form.press("Cymraeg")
        await expect(plain.locator("html")).to_have_attribute("lang", "cy")
        assert plain.url.endswith("/cy/ffurflen")
        await expect(form.heading).to_contain_text("Pam, yn eich barn chi")
        await expect(form.text).to_have_value("Achos fy nghadair")
        assert await said_in(served_chat, form) == ["Hello.", "Cymraeg os gwelwch yn dda"]
        # What was said in English stays marked as English.
        await plain.locator("summary").first.click()
        first = plain.locator(".form-so-far div[lang]").first
        await expect(first).to_have_attribute("lang", "en")

    async def test_the_page_follows_the_conversation(self, plain: Page) -> None:
        form = await PlainForm.open(plain, "en")
        await form.write("Roedd dyn yn gweiddi arna i ar y stryd neithiwr.")
        await expect(plain.locator("html")).to_have_attribute("lang", "cy")
        await expect(plain.get_by_role("button", name="Ymlaen", exact=True)).to_be_visible()


class TestComingBack:
    async def test_by_the_code_in_another_session(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.write("A man shouted at me. #code")
        text = await plain.locator("main").inner_text()
        found = re.search(r"\d{4} \d{4} \d{4}", text)
        assert found is not None
        await plain.goto("/cy/ffurflen")
        await plain.locator("#code").fill(found[0])
        await form.press("Mynd ymlaen o'r lle stopioch chi")
        # A code works once; the new one stands on the page.
        text = await plain.locator("main").inner_text()
        fresh = re.search(r"\d{4} \d{4} \d{4}", text)
        assert fresh is not None
        assert fresh[0] != found[0]
        said = await said_in(served_chat, form)
        assert said[0] == "A man shouted at me. #code"
        assert found[0] not in text

    async def test_what_is_no_code_is_an_error_and_stays(self, plain: Page) -> None:
        await plain.goto("/en/form")
        await plain.locator("#code").fill("12 34")
        await plain.get_by_role("button", name="Go on from where").click()
        await expect(plain.locator(".govuk-error-summary")).to_contain_text("twelve digits")
        await expect(plain.locator("#code")).to_have_value("12 34")


class TestLeaving:
    async def test_ends_the_session_first_and_leads_to_the_neutral_site(
        self, plain: Page, served_chat: ServedChat
    ) -> None:
        form = await PlainForm.open(plain)
        await form.stand_in_for_the_neutral_site()
        await form.write("A man shouted at me in Llanelli.")
        token = await form.hidden("session")
        await plain.get_by_role("button", name="Leave this page").click()
        await plain.wait_for_url("https://www.bbc.co.uk/weather")
        assert await conversation_of(served_chat.runtime, token) is None

    async def test_leaves_what_was_told_to_whoever_has_a_code(self, plain: Page) -> None:
        form = await PlainForm.open(plain)
        await form.stand_in_for_the_neutral_site()
        await form.write("A man shouted at me in Llanelli.")
        await form.write("#code")
        code = re.search(r"\b\d{4} \d{4} \d{4}\b", await plain.locator("main").inner_text())
        assert code is not None
        await plain.get_by_role("button", name="Leave this page").click()
        await plain.wait_for_url("https://www.bbc.co.uk/weather")
        await plain.goto("/en/form")
        await plain.locator("#code").fill(code.group())
        await plain.get_by_role("button", name="Go on from where").click()
        await expect(plain.locator("main")).to_contain_text("Welcome back")

    async def test_nobody_who_goes_back_reads_anything(self, plain: Page) -> None:
        form = await PlainForm.open(plain)
        await form.stand_in_for_the_neutral_site()
        await form.write("A man shouted at me in Llanelli.")
        await plain.get_by_role("button", name="Leave this page").click()
        await plain.wait_for_url("https://www.bbc.co.uk/weather")
        for _ in range(3):
            # The browser asks before it sends a form again, and shows nothing until then.
            with suppress(Error):
                await plain.go_back()
            assert "Llanelli" not in await plain.content()

    async def test_a_press_in_a_session_that_ended_repeats_no_words(self, plain: Page) -> None:
        form = await PlainForm.open(plain)
        fields = {name: await form.hidden(name) for name in ("session", "before", "shown")}
        await plain.request.post("/en/form", form={**fields, "do": "leave"})
        answer = await plain.request.post(
            "/en/form", form={**fields, "do": "answer", "text": "In Llanelli"}
        )
        assert answer.status == 410
        page = await answer.text()
        assert "This conversation has ended" in page
        assert "Llanelli" not in page

    async def test_there_is_a_link_that_needs_nothing_of_ours(self, plain: Page) -> None:
        form = await PlainForm.open(plain)
        await plain.get_by_text("Staying safe on this device").click()
        link = plain.get_by_role("link", name="Open the weather page")
        assert "noreferrer" in (await link.get_attribute("rel") or "")
        await expect(form.page.get_by_text("does not clear your browser's history")).to_be_visible()


async def test_the_copy_has_a_neutral_name(plain: Page) -> None:
    form = await PlainForm.open(plain)
    await form.write("A man shouted at me.")
    await plain.get_by_text("What has been said so far").click()
    async with plain.expect_download() as downloading:
        await plain.get_by_role("button", name="Keep a copy").click()
    download = await downloading.value
    assert download.suggested_filename == "notes.txt"
    text = (await download.path()).read_text()
    assert "You: A man shouted at me." in text
    assert "Llais: I'm sorry that happened to you." in text


async def settled(form: PlainForm, state: str) -> None:
    """Bring the form into one of its states."""
    if state == "error":
        await form.write("#question")
        await form.go_on()
    elif state == "choices":
        await form.write("#card #summary #question")
    elif state == "several":
        await form.write("#strands")
    elif state == "receipt":
        await form.write("#receipt")
    elif state == "waiting":
        await form.write("#silence")
    elif state == "officer":
        await form.write("#officer")
    if state != "opening":
        for summary in await form.page.locator("summary").all():
            await summary.click()


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize(
    "state", ["opening", "error", "choices", "several", "receipt", "waiting", "officer"]
)
async def test_axe_finds_nothing_and_nothing_is_too_wide(
    page: Page, language: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_page, "WAIT_SECONDS", 0.3 if state == "waiting" else 8.0)
    # The page brings no script; axe is one, and needs a browser that runs it.
    form = await PlainForm.open(page, language)
    await settled(form, state)
    await expect_sound(page)


@pytest.mark.parametrize(
    "path",
    [*PATHS.values(), "/cy/preifatrwydd", "/en/privacy", "/cy/hygyrchedd", "/en/accessibility"],
)
async def test_pages_without_a_session_are_sound_too(page: Page, path: str) -> None:
    await page.goto(path)
    await expect_sound(page)
    await page.locator(".app-switch__link").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en" if "/cy/" in path else "cy")


async def expect_sound(page: Page) -> None:
    found: Any = await Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    for width in (320, 390, 1280):
        await page.set_viewport_size({"width": width, "height": 640})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width

"""The whole report on the plain form, in a browser that runs no script: the case is the one that the chat makes."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.journeys.product import ApiOfficer, Product, WebVictim

ANSWER_MS = 40_000
PATHS = {"cy": "/cy/ffurflen", "en": "/en/form"}
START = {"cy": "Dechrau", "en": "Start"}
CONTINUE = {"cy": "Ymlaen", "en": "Continue"}
REFERENCE = re.compile(r"LL-[0-9A-Z]{4}-[0-9A-Z]{4}")
# What differs between two cases of the same report. Told in the night itself, "last night" lasts until that moment.
OF_THE_MOMENT = re.compile(r"(?:^|_)(?:id|at|reference|version|conversation|occurred_to)$")
ANSWERS = {
    "cy": [
        "Gwaeddodd dyn enwau hiliol arna i ar y bws yn Llanelli neithiwr",
        "Dyna'r cyfan am y tro",
        "achos lliw fy nghroen",
        "Naddo, dim brifo nac arf",
        "Naddo, dim bygwth",
        "Ydy, o'r blaen",
        "Dydw i ddim yn gwybod",
        "Neidio dros y rhain",
        "Dydw i ddim yn gwybod pwy",
        "Nac oes, dim byd felly",
        "Siân",
        "Yma, yn y sgwrs hon",
        "Cymraeg",
        "Dim byd",
        "Iawn, pasiwch fy manylion ymlaen",
        "Anfon",
    ],
    "en": [
        "A man shouted racist names at me on the bus in Llanelli last night",
        "That is all for now",
        "because of the colour of my skin",
        "No, nobody hurt and no weapon",
        "No threats",
        "Yes, before",
        "I don't know",
        "Skip these",
        "I don't know who",
        "No, nothing like that",
        "Siân",
        "Here, in this conversation",
        "English",
        "Nothing",
        "Yes, pass my details on",
        "Send",
    ],
}


@pytest.fixture
def plain(product: Product) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("LLAIS_BROWSER", "/usr/bin/chromium"),
            args=["--no-sandbox"],
        )
        context = browser.new_context(java_script_enabled=False, base_url=product.public)
        context.set_default_timeout(ANSWER_MS)
        yield context.new_page()
        assert context.cookies() == []
        browser.close()


def press_button(page: Page, button: Locator) -> None:
    """Press it, and look until there is an answer: on a busy machine that takes longer than a page waits."""
    with page.expect_navigation():
        button.click()
    for _ in range(6):
        if page.locator("#text").count():
            return
        with page.expect_navigation():
            page.locator("main button[value=look]").click()
    raise AssertionError("no answer came")


def begin(page: Page, language: str) -> None:
    page.goto(PATHS[language])
    press_button(page, page.get_by_role("button", name=START[language], exact=True))


def answer(page: Page, language: str, words: str) -> None:
    """Choose the answer where it is offered, else write it."""
    choice = page.get_by_role("radio", name=words, exact=True)
    if choice.count():
        choice.check()
    else:
        page.locator("#text").fill(words)
    press_button(page, page.get_by_role("button", name=CONTINUE[language], exact=True))


def press(page: Page, value: str) -> None:
    press_button(page, page.locator(f".form-asides button[value={value}]"))


def told_in_chat(product: Product, language: str) -> str:
    victim = WebVictim(product, language)
    for words in ANSWERS[language]:
        victim.say(words)
    receipt = next(message for message in victim.seen if message["kind"] == "receipt")
    return str(receipt["reference"])


def lasting(value: Any) -> Any:
    """What of a case does not come from its moment."""
    if isinstance(value, dict):
        return {
            key: lasting(inner) for key, inner in value.items() if not OF_THE_MOMENT.search(key)
        }
    return [lasting(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("language", ["cy", "en"])
def test_the_form_makes_the_case_that_the_chat_makes(
    product: Product, plain: Page, language: str
) -> None:
    begin(plain, language)
    for number, words in enumerate(ANSWERS[language]):
        expect(plain.locator("h1")).to_have_count(1)
        answer(plain, language, words)
        if number in (1, 7):
            # Loading a page again says nothing twice.
            plain.reload()
    found = REFERENCE.search(plain.locator(".govuk-panel").inner_text())
    assert found is not None
    officer = ApiOfficer(product)
    by_form = officer.get(f"/v1/cases/{found[0]}")
    by_chat = officer.get(f"/v1/cases/{told_in_chat(product, language)}")
    assert by_form["language"] == language
    for part in ("language", "channel", "route", "report", "risk", "referral", "contact"):
        assert lasting(by_form[part]) == lasting(by_chat[part]), part
    assert [item["code"] for item in by_form["action_plan"]] == [
        item["code"] for item in by_chat["action_plan"]
    ]


@pytest.mark.parametrize("language", ["cy", "en"])
def test_the_other_buttons_are_understood_and_the_code_leads_back(
    product: Product, plain: Page, language: str
) -> None:
    begin(plain, language)
    for words in ANSWERS[language][:3]:
        answer(plain, language, words)
    heading = plain.locator("h1")
    first = heading.inner_text()
    press(plain, "why")
    expect(heading).to_have_text(first)
    expect(plain.locator(".form-reply").first).to_be_visible()
    press(plain, "skip")
    expect(heading).not_to_have_text(first)
    press(plain, "back")
    expect(heading).to_have_text(first)
    press(plain, "stop")
    code = re.search(r"\d{4} \d{4} \d{4}", plain.locator("main").inner_text())
    assert code is not None
    other = "en" if language == "cy" else "cy"
    plain.goto(PATHS[other])
    plain.locator("#code").fill(code[0])
    press_button(plain, plain.locator("button[value=code]"))
    # The conversation goes on in its own language, and asks first how.
    expect(plain.locator("html")).to_have_attribute("lang", language)
    expect(plain.get_by_role("radio").first).to_be_visible()
    plain.get_by_role("radio").first.check()
    press_button(plain, plain.get_by_role("button", name=CONTINUE[language], exact=True))
    expect(heading).to_have_text(first)

"""A victim tells it in Welsh in the web chat, in a real browser; an officer acknowledges and writes back in another."""

import os
import re

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.product import Product

ANSWER_MS = 30_000
STORY = "Gwaeddodd dyn enwau hiliol arna i ar y bws yn Llanelli neithiwr, wrth i fi fynd â'r plant i'r tŷ"


def answer(page: Page, text: str, next_words: str) -> None:
    """Write an answer and wait for the words of the next question."""
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")
    expect(page.get_by_role("log")).to_contain_text(next_words, timeout=ANSWER_MS)


def choose(page: Page, label: str, next_words: str) -> None:
    # The choices' own button: the one that sends what was typed may bear the same name.
    page.get_by_role("group").get_by_role("button", name=label, exact=True).last.click()
    expect(page.get_by_role("log")).to_contain_text(next_words, timeout=ANSWER_MS)


def open_browser() -> tuple[object, Browser]:
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(
        executable_path=os.environ.get("LLAIS_BROWSER", "/usr/bin/chromium"), args=["--no-sandbox"]
    )
    return playwright, browser


def report_in_welsh(page: Page, product: Product) -> str:
    """Go through the whole report; returns the reference."""
    page.goto(product.public)
    log = page.get_by_role("log")
    expect(log).to_contain_text("Helo. Llais ydw i", timeout=ANSWER_MS)
    expect(log).to_contain_text("Hello. I'm Llais")
    assert log.inner_text().index("Helo.") < log.inner_text().index("Hello.")
    answer(page, STORY, "Oes rhywbeth arall i'w ddweud")
    choose(page, "Dyna'r cyfan am y tro", "Pam, yn eich barn chi")
    answer(page, "achos lliw fy nghroen", "Gafodd rhywun ei frifo")
    choose(page, "Naddo, dim brifo nac arf", "Wnaethon nhw fygwth")
    answer(page, "naddo", "Ydy hyn wedi digwydd o'r blaen")
    answer(page, "do, sawl gwaith", "ble rydych chi'n byw")
    answer(page, "sa i'n gwbod", "Ydy pethau'n gwaethygu")
    choose(page, "Neidio dros y rhain", "Pwy wnaeth hyn")
    choose(page, "Dydw i ddim yn gwybod pwy", "Oes rhywun arall a welodd hyn")
    answer(page, "oes, gwelodd fy ffrind e", "Beth hoffech chi i ni eich galw chi")
    answer(page, "Siân", "Sut hoffech chi i'r swyddog gysylltu")
    choose(page, "Yma, yn y sgwrs hon", "Pa iaith hoffech chi ei defnyddio")
    choose(page, "Cymraeg", "haws i chi siarad gyda ni")
    choose(page, "Dim byd", "Eich dewis chi yw e")
    choose(page, "Iawn, pasiwch fy manylion ymlaen", "Dyma beth fydda i'n ei anfon")
    choose(page, "Anfon", "Eich cyfeirnod yw")
    found = re.search(r"LL-[0-9A-Z]{4}-[0-9A-Z]{4}", log.inner_text())
    assert found is not None
    return found[0]


def test_a_welsh_report_by_web_chat_reaches_an_officer_who_answers(product: Product) -> None:
    playwright, browser = open_browser()
    try:
        victim = browser.new_context().new_page()
        officer = browser.new_context().new_page()
        officer.goto(product.staff)
        officer.locator("input[name=username]").fill(product.username)
        officer.locator("input[name=password]").fill(product.password)
        officer.locator("form button[type=submit], form button").first.click()
        expect(officer).to_have_url(re.compile("/queue"), timeout=ANSWER_MS)

        reference = report_in_welsh(victim, product)

        # It shows on the officer's screen without a reload.
        expect(officer.locator("body")).to_contain_text(reference, timeout=ANSWER_MS)
        officer.get_by_role("link", name=reference).first.click()
        expect(officer.locator("body")).to_contain_text(STORY)
        assert officer.locator("[lang=cy]", has_text=STORY).count() > 0
        officer.get_by_role("button", name=re.compile("Cadarnhau|Acknowledge")).first.click()
        expect(officer.locator("body")).to_contain_text(reference)

        officer.locator("#text").fill("Helo Siân. Diolch i chi am ddweud. Ffoniaf i chi yfory.")
        officer.get_by_role("button", name=re.compile("^(Anfon|Send)")).first.click()
        expect(victim.get_by_role("log")).to_contain_text("Ffoniaf i chi yfory", timeout=ANSWER_MS)
    finally:
        browser.close()
        playwright.stop()  # type: ignore[attr-defined]

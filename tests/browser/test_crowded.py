"""Where an address is flooded, both pages say so, keep their place in line and open in the end."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from playwright.async_api import Page, Request, Route, expect

from api.line import Place, Turns
from api.pace import PLACE_HEADER
from api.policy import Allowance, Pace
from tests.browser.chat_page import OPENING_MESSAGES, ChatPage
from tests.browser.conftest import ServedChat

CROWDED = {
    "cy": "Rydych chi yn y ciw",
    "en": "You are in the queue",
}
# One place to wait; a turn only when the test gives one.
SHUT = Allowance(burst=1, per_minute=1 / 60, longest_wait_seconds=0)


class Crowd:
    """Holds the only place in line, until it is let in."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._open = asyncio.Event()
        self._waiting: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Crowd":
        keyring = self._app.state.runtime.database.keyring
        self._app.state.pace = Pace(sessions=SHUT, retry_after_seconds=1)
        turns = self._app.state.turns = Turns(sleep=self._wait)
        address = keyring.look_up_hash("pace:address", "127.0.0.1")
        self._waiting = [
            asyncio.create_task(turns.take(address, SHUT, Place(since, f"{since}")))
            for since in (1, 0)
        ]
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.let_in()
        await asyncio.gather(*self._waiting, return_exceptions=True)
        del self._app.state.pace, self._app.state.turns

    async def _wait(self, _: float) -> None:
        await self._open.wait()

    def let_in(self) -> None:
        self._open.set()


@pytest.fixture
async def crowd(served_chat: ServedChat) -> AsyncIterator[Crowd]:
    async with Crowd(served_chat.app) as crowd:
        yield crowd


@pytest.mark.parametrize("path", ["/", "/cy", "/en"])
async def test_the_chat_says_so_keeps_its_place_and_opens_by_itself(
    page: Page, crowd: Crowd, path: str
) -> None:
    places: list[str | None] = []

    async def note(request: Request) -> None:
        if request.url.endswith("/v1/chat/sessions"):
            places.append(request.headers.get(PLACE_HEADER.lower()))

    page.on("request", note)
    await page.goto(path)
    told = page.locator("#connection")
    for language in CROWDED:
        if path in ("/", f"/{language}"):
            await expect(told.get_by_text(CROWDED[language])).to_be_visible()
    for number in ("101", "999"):
        link = told.get_by_role("link", name=number).locator("visible=true")
        await expect(link.first).to_have_attribute("href", f"tel:{number}")
    while len(places) < 4:
        await page.wait_for_timeout(200)
    # The first time it has none, and then always the same one, said anew.
    assert places[0] is None
    kept = [place.split(".") for place in places[1:] if place]
    assert len(kept) == len(places) - 1
    assert len({(since, name) for since, _, name, _ in kept}) == 1
    crowd.let_in()
    await expect(page.get_by_role("article")).to_have_count(OPENING_MESSAGES)
    await expect(told).to_be_empty()


async def test_a_chat_that_stands_in_line_can_be_left_at_once(page: Page, crowd: Crowd) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(body="<title>Weather</title>", content_type="text/html")

    await page.route("https://www.bbc.co.uk/**", answer)
    await page.goto("/en")
    await expect(page.locator("#connection")).to_contain_text(CROWDED["en"])
    await page.get_by_role("link", name="Leave this page").click()
    await page.wait_for_url("https://www.bbc.co.uk/weather")


@pytest.mark.parametrize(
    ("path", "pressed", "language"),
    [("/en", "Cymraeg", "cy"), ("/cy", "English", "en"), ("/", "Cymraeg", "cy")],
)
async def test_whoever_switches_the_language_in_line_is_answered_in_it(
    page: Page, crowd: Crowd, path: str, pressed: str, language: str
) -> None:
    await page.goto(path)
    await expect(page.locator("#connection")).to_contain_text(CROWDED[language])
    await page.get_by_role("link", name=pressed).click()
    await expect(page.locator("html")).to_have_attribute("lang", language)
    crowd.let_in()
    chat = ChatPage(page)
    # The opening, the request for the language, and what the assistant says to it.
    await expect(chat.messages).to_have_count(OPENING_MESSAGES + 2)
    answer = chat.messages.last
    await expect(answer).to_have_class(re.compile("app-message--assistant"))
    await expect(answer.locator("div[lang]")).to_have_attribute("lang", language)
    await expect(page.locator("html")).to_have_attribute("data-language", language)


@pytest.mark.parametrize(
    ("path", "language", "start", "again"),
    [("/cy/ffurflen", "cy", "Dechrau", "Trio eto"), ("/en/form", "en", "Start", "Try again")],
)
async def test_the_form_says_so_and_opens_with_a_button(
    page: Page, crowd: Crowd, path: str, language: str, start: str, again: str
) -> None:
    await page.goto(path)
    await page.get_by_role("button", name=start, exact=True).click()
    await expect(page.locator("main")).to_contain_text(CROWDED[language])
    crowd.let_in()
    await page.get_by_role("button", name=again).click()
    await expect(page.locator("input[name=session]")).to_have_count(1)

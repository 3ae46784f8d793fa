"""A real browser before the real public door, with an assistant that needs no Rasa."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright, expect

from api.conversations.safety import SafetyAssessment, SafetyLayer
from api.public import create_public_app
from api.runtime import Runtime
from api.ui.build import build
from tests.browser.fake_assistant import FakeAssistant
from tests.conftest import fresh_database, settings_for
from tests.serving import serving

PATIENCE_MS = 20_000


@dataclass(frozen=True)
class ServedChat:
    address: str
    runtime: Runtime
    app: FastAPI


class CalmSafety(SafetyLayer):
    """Sees danger nowhere."""

    def __init__(self) -> None:
        pass

    def assess(self, text: str) -> SafetyAssessment:
        return SafetyAssessment(danger="none", suicide="none", flags=frozenset(), reasons=())


def be_calm(runtime: Runtime) -> None:
    """What the trained safety layer sees in a test's words is not what these tests are about.

    What a runtime loaded once it keeps among its own values.
    """
    vars(runtime)["safety"] = CalmSafety()


@pytest.fixture(scope="session")
async def served_chat(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServedChat]:
    """One door for all tests: every page has a conversation of its own."""
    build()
    with fresh_database(database_server, database_template) as url:
        app = create_public_app(settings_for(url, tmp_path_factory.mktemp("chat")))
        async with app.router.lifespan_context(app):
            runtime = app.state.runtime
            be_calm(runtime)
            async with FakeAssistant(runtime), serving(app) as address:
                yield ServedChat(address, runtime, app)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium: the machine's own where it has one, else Playwright's."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            # Chromium has no sandbox for root, and opens nothing but our own page here.
            args=["--no-sandbox"],
        )
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, served_chat: ServedChat) -> AsyncIterator[Page]:
    """A page of a window of its own. Anything in the console fails the test that it came from."""
    context = await browser.new_context(
        base_url=served_chat.address, viewport={"width": 390, "height": 844}
    )
    # A busy machine is no failure.
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await context.close()
    # Calls that a test makes fail on purpose are complained about by the browser itself.
    assert [text for text in complaints if "Failed to load resource" not in text] == []

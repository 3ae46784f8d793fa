"""What a running process needs, put together once at its start: the only place that wires things."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from procrastinate import App

from api.config import Settings
from api.conversations.language import LanguageDecider
from api.conversations.safety import SafetyLayer
from api.database import Database
from api.jobs import queue_on
from api.security import Keyring
from api.services_directory import ServicesDirectory
from api.wakeups import Wakeups
from api.words import Words

API_DIR = Path(__file__).parent


@dataclass(frozen=True)
class Runtime:
    """Handed to whatever serves a request or runs a job."""

    settings: Settings
    database: Database
    queue: App
    wakeups: Wakeups
    words: Words

    # Only the public door reads what victims write (an officer's message needs its language told, no more), so no other
    # process need hold what takes a hundred megabytes.
    @cached_property
    def language(self) -> LanguageDecider:
        return LanguageDecider.load(self.settings.model_dir)

    @cached_property
    def safety(self) -> SafetyLayer:
        return SafetyLayer.load(self.settings.model_dir)

    def prepare_to_read(self) -> None:
        """Load now what the first message would otherwise wait for."""
        _ = (self.language, self.safety)


def keyring_of(settings: Settings) -> Keyring:
    keys = [key.strip() for key in settings.encryption_keys.get_secret_value().split(",")]
    return Keyring([key for key in keys if key], settings.hash_key.get_secret_value())


def load_words() -> Words:
    """All the words that the API speaks by itself, with the telephone numbers in force."""
    return Words.load(
        API_DIR / "conversations" / "words.yml",
        API_DIR / "texts" / "words.yml",
        API_DIR / "alerts" / "words.yml",
        API_DIR / "cases" / "words.yml",
        API_DIR / "cases" / "closing_words.yml",
        API_DIR / "ui" / "words.yml",
        API_DIR / "ui" / "staff_case_words.yml",
        API_DIR / "ui" / "staff_services_words.yml",
        API_DIR / "ui" / "staff_texts_words.yml",
        API_DIR / "ui" / "staff_working_words.yml",
        API_DIR / "ui" / "staff_alert_words.yml",
        API_DIR / "ui" / "staff_rota_words.yml",
        API_DIR / "ui" / "staff_workspace_words.yml",
        API_DIR / "ui" / "staff_accounts_words.yml",
        API_DIR / "ui" / "staff_access_words.yml",
        API_DIR / "ui" / "chat_words.yml",
        API_DIR / "ui" / "form_words.yml",
        API_DIR / "ui" / "notice_words.yml",
        facts=ServicesDirectory.load_newest().facts(),
    )


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Connect to the database and load what was trained. Everything is closed again at the end."""
    database = Database(settings.database_url, keyring_of(settings))
    queue = queue_on(settings.database_url)
    runtime = Runtime(
        settings=settings,
        database=database,
        queue=queue,
        wakeups=Wakeups(settings.database_url),
        words=load_words(),
    )
    try:
        async with queue.open_async(), runtime.wakeups:
            yield runtime
    finally:
        await database.close()


async def runtime_of(request: Request) -> Runtime:
    """The runtime of the door that serves a request. Async, because FastAPI takes a thread to call what is not."""
    runtime = request.app.state.runtime
    assert isinstance(runtime, Runtime)
    return runtime


RuntimeDep = Annotated[Runtime, Depends(runtime_of)]

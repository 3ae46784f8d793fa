"""The whole product, started as a newcomer starts it, and the people who use it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from twilio.request_validator import RequestValidator

from tests.dialogue.assistant import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 240
ANSWER_SECONDS = 40


@dataclass
class Product:
    """Addresses of a running copy, and the process that is its launcher."""

    process: subprocess.Popen[bytes]
    directory: Path
    public: str
    staff: str
    stand_ins: str
    username: str
    password: str

    @property
    def secrets(self) -> dict[str, str]:
        lines = (self.directory / "data" / "secrets.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def logs(self) -> str:
        """Everything that any process wrote to its log, and what the terminal saw."""
        files = [*(self.directory / "data" / "logs").glob("*.log"), self.directory / "terminal"]
        return "\n".join(path.read_text(errors="replace") for path in files)


def launch(
    directory: Path,
    root: Path = ROOT,
    preexec_fn: Callable[[], None] | None = None,
    **settings: str,
) -> subprocess.Popen[bytes]:
    """Start a copy on ports of its own without waiting for it."""
    ports = {
        f"LLAIS_{name}_PORT": str(free_port()) for name in ("PUBLIC", "STAFF", "RASA", "ACTIONS")
    }
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "LLAIS_DATA_DIR": str(directory / "data"),
        "LLAIS_SMS_JOIN_SECONDS": "0.2",
        **ports,
        **settings,
    }
    with (directory / "terminal").open("wb") as terminal:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "api.launch.run"],
            cwd=root,
            env=environment,
            stdout=terminal,
            stderr=terminal,
            preexec_fn=preexec_fn,
        )


@contextmanager
def running_product(directory: Path, **settings: str) -> Iterator[Product]:
    """A running copy; at the end it is asked to stop and must do so cleanly."""
    process = launch(directory, ROOT, None, **settings)
    try:
        yield _await_ready(process, directory)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _await_ready(process: subprocess.Popen[bytes], directory: Path) -> Product:
    deadline = time.monotonic() + READY_SECONDS
    said = ""
    while time.monotonic() < deadline and process.poll() is None:
        said = (directory / "terminal").read_text()
        if "Ctrl-C stops everything" in said:
            officer = re.search(r"sign in as\s+(\S+)\s+(\S+)", said)
            assert officer is not None
            return Product(
                process,
                directory,
                _address(said, "Web chat"),
                _address(said, "Officers"),
                _address(said, "A phone to try").removesuffix("/phone"),
                officer[1],
                officer[2],
            )
        time.sleep(0.3)
    raise AssertionError(f"the product did not start:\n{said}")


def _address(said: str, label: str) -> str:
    found = re.search(rf"{label}\s+(\S+)", said)
    assert found is not None
    return found[1].rstrip("/")


@dataclass
class WebVictim:
    """Somebody in the web chat, through the contract's calls."""

    product: Product
    language: str | None
    token: str = ""
    cursor: str = "0"
    seen: list[dict[str, Any]] = field(default_factory=list)
    patience: float = ANSWER_SECONDS

    def __post_init__(self) -> None:
        self._client = httpx.Client(base_url=self.product.public, timeout=40)
        opened = self._client.post("/v1/chat/sessions", json={"language": self.language})
        assert opened.status_code == 201, opened.text
        self.token, self.cursor = opened.json()["token"], opened.json()["cursor"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def moved_to(self, product: Product) -> None:
        """Go on, with the same token, where the same copy runs after it was started anew."""
        self.product = product
        self._client = httpx.Client(base_url=product.public, timeout=40)

    def poll(self, wait: float = 0) -> list[dict[str, Any]]:
        answer = self._client.get(
            "/v1/chat/messages",
            params={"after": self.cursor, "wait": wait},
            headers=self.headers,
        ).json()
        self.cursor = answer["cursor"]
        self.seen += answer["messages"]
        messages: list[dict[str, Any]] = answer["messages"]
        return messages

    def send(self, text: str, message_id: str | None = None) -> str:
        message_id = message_id or str(uuid4())
        sent = self._client.post(
            "/v1/chat/messages", json={"id": message_id, "text": text}, headers=self.headers
        )
        assert sent.status_code == 202, sent.text
        return message_id

    def say(self, text: str) -> list[dict[str, Any]]:
        """Send a message and wait for what answers it."""
        message_id = self.send(text)
        return self.wait_for(lambda message: message["reply_to"] == message_id)

    def wait_for(self, wanted: Any) -> list[dict[str, Any]]:
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            found = [message for message in self.poll(wait=5) if wanted(message)]
            if found:
                return found
        raise AssertionError(f"no answer; seen so far: {self.seen[-3:]}")


@dataclass
class TextVictim:
    """Somebody who texts: webhooks signed as Twilio signs them, answers read off the stand-in."""

    product: Product
    number: str = "+447700900123"
    read: int = 0
    patience: float = ANSWER_SECONDS

    def __post_init__(self) -> None:
        secrets = self.product.secrets
        self._sid, self._token = (
            secrets["LLAIS_TWILIO_ACCOUNT_SID"],
            secrets["LLAIS_TWILIO_AUTH_TOKEN"],
        )
        self._service = secrets["LLAIS_TWILIO_FROM"]

    def send(self, text: str, message_sid: str | None = None) -> httpx.Response:
        url = f"{self.product.public}/sms/inbound"
        fields = {
            "MessageSid": message_sid or f"SM{uuid4().hex}",
            "AccountSid": self._sid,
            "From": self.number,
            "To": self._service,
            "Body": text,
            "NumMedia": "0",
        }
        signature = RequestValidator(self._token).compute_signature(url, fields)
        return httpx.post(url, data=fields, headers={"X-Twilio-Signature": signature}, timeout=30)

    def received(self) -> list[str]:
        """Every text to this phone so far, oldest first."""
        listed = httpx.get(
            f"{self.product.stand_ins}/2010-04-01/Accounts/{self._sid}/Messages.json",
            params={"To": self.number, "PageSize": 500},
            auth=(self._sid, self._token),
        ).json()
        return [message["body"] for message in reversed(listed["messages"])]

    def say(self, text: str, expect: str) -> str:
        """Text something and wait until a new text says what is expected; returns all new texts."""
        assert self.send(text).status_code == 200
        return self.wait_for(expect)

    def wait_until_quiet(self, seconds: float) -> list[str]:
        """The new texts, once there are some and no more have come for a while."""
        deadline = time.monotonic() + self.patience
        newest, since = self.read, time.monotonic()
        while time.monotonic() < deadline:
            texts = self.received()
            if len(texts) != newest:
                newest, since = len(texts), time.monotonic()
            if newest > self.read and time.monotonic() - since > seconds:
                new, self.read = texts[self.read :], newest
                return new
            time.sleep(0.2)
        raise AssertionError("no text came")

    def wait_for(self, expect: str) -> str:
        deadline = time.monotonic() + self.patience
        new = ""
        while time.monotonic() < deadline:
            texts = self.received()
            new = "\n".join(texts[self.read :])
            if expect.casefold() in new.casefold():
                self.read = len(texts)
                return new
            time.sleep(0.2)
        raise AssertionError(f"no text says {expect!r}; new texts: {new}")


class ApiOfficer:
    """An officer through the API, with a bearer token."""

    def __init__(self, product: Product) -> None:
        self._client = httpx.Client(base_url=product.staff, timeout=30)
        token = self._client.post(
            "/v1/token", data={"username": product.username, "password": product.password}
        ).json()["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Any:
        answer = self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return self._client.post(path, json=body)

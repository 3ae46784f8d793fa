"""A running assistant for conversation tests: real Rasa, trained model, real actions, a staff door that records."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps, loads
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from uuid import uuid4

import httpx
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "rasa-token-of-the-tests-00000001"
START_SECONDS = 240


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RecordingStaffDoor:
    """Answers like the staff door and records what it was sent. `away` makes it fail."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, dict[str, Any]]] = []
        # What a status question is answered with; None where there is no such report.
        self.status: dict[str, Any] | None = None
        self.questions: list[dict[str, Any]] = []
        self.away = False
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = door.answer(self.path, self.headers["Idempotency-Key"], body)
                content = dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, path: str, key: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.away:
            return 503, {}
        if path == "/v1/reports/status":
            self.questions.append(body)
            return (200, self.status) if self.status is not None else (404, {})
        self.reports.append((key, body))
        return 201, {
            "reference": "LL-TEST-0001",
            "update_code": "12345678",
            "status": "new",
            "created_at": datetime.now(UTC).isoformat(),
            "contact_by_words": {"cy": "dydd Mawrth 24 Tachwedd", "en": "Tuesday 24 November"},
        }

    def reports_of(self, conversation_id: str) -> list[dict[str, Any]]:
        return [body for _, body in self.reports if body["conversation_id"] == conversation_id]

    def report_of(self, conversation: "Talk") -> dict[str, Any]:
        return next(body for _, body in self.reports if body["conversation_id"] == conversation.id)

    def close(self) -> None:
        self._server.shutdown()


@dataclass
class ActionServer:
    """The action server's process, which can be taken away and brought back, or be made to hang."""

    environment: dict[str, str]
    log: Any
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [str(ROOT / ".venv-api" / "bin" / "python"), "-m", "actions.serve"],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
        )
        address = f"http://127.0.0.1:{self.environment['LLAIS_ACTIONS_PORT']}/health"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx.get(address).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the action server did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)

    @contextmanager
    def away(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@dataclass
class Assistant:
    """The address of the connector and the staff door behind the actions."""

    address: str
    staff_door: RecordingStaffDoor
    actions: "ActionServer"
    database_url: str = ""
    log: Path = Path()

    def talk(self, language: str | None, channel: str = "web") -> "Talk":
        return Talk(self, language, channel)


@dataclass
class Talk:
    """One conversation, turn by turn, as the worker would carry it on."""

    assistant: Assistant
    language: str | None
    channel: str
    id: str = field(default_factory=lambda: str(uuid4()))
    question: str | None = None
    replies: list[dict[str, Any]] = field(default_factory=list)
    client: ClassVar[httpx.Client] = httpx.Client(timeout=30)

    def say(
        self,
        text: str,
        *,
        message_id: str | None = None,
        safety: dict[str, Any] | None = None,
        seen: str | None = None,
        returned: bool = False,
        sent_at: str | None = None,
    ) -> list[dict[str, Any]]:
        """Say something; returns the replies. `seen` is the question that the person had seen."""
        response = self.post(
            text,
            message_id=message_id,
            safety=safety,
            seen=seen,
            returned=returned,
            sent_at=sent_at,
        )
        response.raise_for_status()
        answer = response.json()
        self.replies = answer["replies"]
        self.question = answer["question"]
        return self.replies

    def post(
        self,
        text: str,
        *,
        message_id: str | None = None,
        safety: dict[str, Any] | None = None,
        seen: str | None = None,
        returned: bool = False,
        sent_at: str | None = None,
    ) -> httpx.Response:
        """Say something and return the answer as it came, whatever it is."""
        return self.client.post(
            f"{self.assistant.address}/webhooks/llais/turn",
            headers={"Authorization": f"Bearer {TOKEN}"},
            json={
                "message_id": message_id or str(uuid4()),
                "conversation_id": self.id,
                "text": text,
                "metadata": {
                    "language": self.language,
                    "channel": self.channel,
                    "sent_at": sent_at or datetime.now(UTC).isoformat(),
                    "question": seen or self.question,
                    "returned": returned,
                    "safety": safety or {"danger": "none", "suicide": "none", "flags": []},
                },
            },
        )

    @property
    def text(self) -> str:
        """Everything in the last replies, as one text."""
        return "\n".join(reply["text"] for reply in self.replies)


@contextmanager
def running_assistant(
    database_url: str, directory: Path, rasa_database_url: str = ""
) -> Iterator[Assistant]:
    """Start actions and Rasa on free ports; both stop at the end. Rasa has a key ring of its own."""
    door = RecordingStaffDoor()
    rasa_port, actions_port = free_port(), free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LLAIS_RASA_TOKEN": TOKEN,
        "LLAIS_SERVICE_TOKEN": "service-token-of-the-tests-0001",
        "LLAIS_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "LLAIS_RASA_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "LLAIS_DATABASE_URL": database_url,
        "LLAIS_RASA_DATABASE_URL": rasa_database_url,
        "LLAIS_RASA_PORT": str(rasa_port),
        "LLAIS_ACTIONS_PORT": str(actions_port),
        "LLAIS_STAFF_URL": door.address,
        "LLAIS_MODEL_DIR": os.environ.get("LLAIS_MODEL_DIR") or str(ROOT / ".build" / "model"),
    }
    log = (directory / "assistant.log").open("wb")
    actions = ActionServer(environment, log)
    actions.start()
    rasa = subprocess.Popen(
        [str(ROOT / ".venv-bot" / "bin" / "python"), "-m", "bot.serve"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=log,
    )
    assistant = Assistant(
        f"http://127.0.0.1:{rasa_port}", door, actions, database_url, directory / "assistant.log"
    )
    try:
        _wait_for(assistant.address, directory / "assistant.log")
        yield assistant
    finally:
        rasa.terminate()
        actions.stop()
        rasa.wait(20)
        door.close()
        log.close()


def _wait_for(address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            health = httpx.get(
                f"{address}/webhooks/llais/health", headers={"Authorization": f"Bearer {TOKEN}"}
            )
            if health.status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise AssertionError(f"the assistant did not start:\n{log.read_text()[-3000:]}")

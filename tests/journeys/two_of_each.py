"""Two of every process on one external database, in production's settings, and people who meet a different door at
every step."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
from cryptography.fernet import Fernet
from twilio.request_validator import RequestValidator

from tests.external_postgres import external_postgres
from tests.journeys.balancer import Balancer
from tests.journeys.product import ROOT, Product, TextVictim, WebVictim
from tests.serving import free_port

API, BOT = str(ROOT / ".venv-api/bin/python"), str(ROOT / ".venv-bot/bin/python")
KINDS = {
    "rasa": [BOT, "-m", "bot.serve"],
    "actions": [API, "-m", "actions.serve"],
    "worker": [API, "-m", "api.worker"],
    "staff": [API, "-m", "api.serve", "staff"],
    "public": [API, "-m", "api.serve", "public"],
}
LISTENING = ("rasa", "actions", "staff", "public")
PUBLIC_URL = "https://llais.test"
SECRETS = {
    "LLAIS_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "LLAIS_HASH_KEY": "hash-key-of-the-tests-0000000001",
    "LLAIS_SERVICE_TOKEN": "service-token-of-the-tests-0001",
    "LLAIS_RASA_TOKEN": "rasa-token-of-the-tests-00000001",
    "LLAIS_TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "LLAIS_TWILIO_AUTH_TOKEN": "twilio-token-of-the-tests-000001",
    "LLAIS_TWILIO_FROM": "+447700900000",
}
READY_SECONDS = 600
# A dead worker is missed after ten seconds and replaced within a quarter of a minute; a machine may be busy besides.
PATIENCE = 120


@dataclass
class TwoOfEach:
    """The processes by name (`rasa-1`, `rasa-2` ...), each with a port of its own."""

    directory: Path
    environment: dict[str, str]
    product: Product
    ports: dict[str, int]
    database_url: str
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str) -> None:
        kind = name.partition("-")[0]
        port = {f"LLAIS_{kind.upper()}_PORT": str(self.ports[name])} if kind in LISTENING else {}
        with (self.directory / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                KINDS[kind],
                cwd=ROOT,
                env={**self.environment, **port},
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        """As a machine dies: without a word."""
        self.running[name].kill()
        self.running[name].wait()

    def stop(self) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                # As every supervisor does; nothing is lost by it.
                process.kill()
                process.wait()

    def doors(self) -> list[int]:
        return [self.ports["public-1"], self.ports["public-2"]]

    def wait_until_ready(self) -> None:
        """Every door answers that the whole product is there, and each Rasa server by itself."""
        wanted = [
            f"http://127.0.0.1:{self.ports[f'{kind}-{number}']}{path}"
            for kind, path in (
                ("rasa", "/webhooks/llais/health"),
                ("actions", "/health"),
                ("staff", "/ready"),
                ("public", "/ready"),
            )
            for number in (1, 2)
        ]
        headers = {"Authorization": f"Bearer {SECRETS['LLAIS_RASA_TOKEN']}"}
        deadline = time.monotonic() + READY_SECONDS
        while wanted:
            assert time.monotonic() < deadline, f"not ready: {wanted}\n{self.logs()[-3000:]}"
            wanted = [url for url in wanted if not _answers(url, headers)]
            time.sleep(0.3)

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.directory.glob("*-?.log")))


def _answers(url: str, headers: dict[str, str]) -> bool:
    try:
        return httpx.get(url, headers=headers, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


class Roving(httpx.BaseTransport):
    """The internet's side of a balancer: each request goes to the next door, and to another when that one is gone."""

    def __init__(self, doors: Sequence[int]) -> None:
        self._doors = list(doors)
        self._transport = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        for _ in self._doors:
            self._doors.append(self._doors.pop(0))
            request.url = request.url.copy_with(
                scheme="http", host="127.0.0.1", port=self._doors[0]
            )
            try:
                answer = self._transport.handle_request(request)
                answer.read()
                return answer
            except httpx.TransportError:
                # A browser sends its message again under the same id, and so does Twilio.
                continue
        raise httpx.ConnectError("no door answers")


class RovingWebVictim(WebVictim):
    """Somebody in the web chat whose every call meets the other door."""

    def __init__(self, two: TwoOfEach, language: str) -> None:
        self.product, self.language, self.seen = two.product, language, []
        self.patience = PATIENCE
        self._client = httpx.Client(base_url=PUBLIC_URL, transport=Roving(two.doors()), timeout=40)
        opened = self._client.post("/v1/chat/sessions", json={"language": language})
        assert opened.status_code == 201, opened.text
        self.token, self.cursor = opened.json()["token"], opened.json()["cursor"]


class RovingTextVictim(TextVictim):
    """Somebody who texts; each of Twilio's webhooks meets the other door."""

    def __init__(self, two: TwoOfEach, number: str) -> None:
        super().__init__(two.product, number, patience=PATIENCE)
        self._client = httpx.Client(transport=Roving(two.doors()), timeout=30)

    def send(self, text: str, message_sid: str | None = None) -> httpx.Response:
        url = f"{PUBLIC_URL}/sms/inbound"
        fields = {
            "MessageSid": message_sid or f"SM{uuid4().hex}",
            "AccountSid": SECRETS["LLAIS_TWILIO_ACCOUNT_SID"],
            "From": self.number,
            "To": SECRETS["LLAIS_TWILIO_FROM"],
            "Body": text,
            "NumMedia": "0",
        }
        token = SECRETS["LLAIS_TWILIO_AUTH_TOKEN"]
        signature = RequestValidator(token).compute_signature(url, fields)
        return self._client.post(url, data=fields, headers={"X-Twilio-Signature": signature})


@contextmanager
def running_two_of_each(directory: Path) -> Iterator[TwoOfEach]:
    """Everything twice, ready; stopped at the end."""
    ports = {f"{kind}-{number}": free_port() for kind in LISTENING for number in (1, 2)}
    balancers = {
        kind: Balancer([ports[f"{kind}-1"], ports[f"{kind}-2"]])
        for kind in ("rasa", "actions", "staff")
    }
    page_port, smtp_port = free_port(), free_port()
    (directory / "database").mkdir()
    with external_postgres(directory / "database") as database:
        environment = {
            **{name: value for name, value in os.environ.items() if "LLAIS_" not in name},
            **SECRETS,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "LLAIS_ENVIRONMENT": "production",
            # Journeys sign the same officer in by password, over and over.
            "LLAIS_SECOND_FACTOR": "offered",
            "LLAIS_DATABASE_URL": database.product_url,
            "LLAIS_DATA_DIR": str(directory / "data"),
            "LLAIS_MODEL_DIR": os.environ.get("LLAIS_MODEL_DIR") or str(ROOT / ".build/model"),
            "LLAIS_PUBLIC_URL": PUBLIC_URL,
            "LLAIS_STAFF_URL": balancers["staff"].address,
            "LLAIS_RASA_URL": balancers["rasa"].address,
            "LLAIS_ACTIONS_URL": balancers["actions"].address,
            "LLAIS_TWILIO_API_URL": f"http://127.0.0.1:{page_port}",
            "LLAIS_SMS_JOIN_SECONDS": "0.2",
            "LLAIS_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
            "LLAIS_DEVELOPMENT_PORT": str(page_port),
            "LLAIS_DEVELOPMENT_SMTP_PORT": str(smtp_port),
        }
        _run(environment, "api.migrations.apply", LLAIS_DATABASE_OWNER_URL=database.owner_url)
        password = _run(
            environment,
            *("api.officers.add", "megan", "--name", "Megan", "--email", "megan@llais.test"),
        )
        outside = subprocess.Popen(
            [API, "-m", "api.development.main"],
            cwd=ROOT,
            env={**environment, "LLAIS_ENVIRONMENT": "development"},
        )
        (directory / "data").mkdir(exist_ok=True)
        (directory / "data/secrets.env").write_text(
            "".join(f"{name}={value}\n" for name, value in SECRETS.items())
        )
        product = Product(
            process=outside,
            directory=directory,
            public=PUBLIC_URL,
            staff=balancers["staff"].address,
            stand_ins=f"http://127.0.0.1:{page_port}",
            username="megan",
            password=password,
        )
        two = TwoOfEach(directory, environment, product, ports, database.owner_url)
        try:
            for kind in KINDS:
                for number in (1, 2):
                    two.start(f"{kind}-{number}")
            two.wait_until_ready()
            yield two
        finally:
            two.stop()
            outside.terminate()
            outside.wait(20)
            for balancer in balancers.values():
                balancer.close()


def _run(environment: dict[str, str], *command: str, **settings: str) -> str:
    """Run one of our modules as an administrator would; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

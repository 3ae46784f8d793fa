"""Asks every described route of both doors anything: `python -m tests.security.schemathesis_run --max-examples 500`.

Both doors stand on real sockets over a real database; schemathesis makes what it asks from their OpenAPI descriptions,
call by call and in sequences. Exit status 1 when an answer is a fault of ours or is not described.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.config import Settings
from api.conversations import form_page
from api.line import Turns
from api.logs import configure_logs
from api.migrations.migrate import migrate
from api.officers.add import add_officer
from api.officers.models import Role
from api.policy import Allowance, Pace
from api.public import create_public_app
from api.runtime import Runtime
from api.staff import create_staff_app
from tests.api.staff_visitor import a_report
from tests.conftest import settings_for
from tests.postgres import running_postgres
from tests.serving import serving

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DOORS: Final = ("public", "staff")
# Left out: what is asked for reasons that a description cannot give (which texts are empty, which id is whose).
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "missing_required_header",
    "ignored_auth",
    "use_after_free",
)
# A stream does not end; tests/api/conversations/test_web_chat.py reads it.
STREAM: Final = "/v1/chat/events"
UNHURRIED: Final = Allowance(burst=1_000_000, per_minute=1_000_000, longest_wait_seconds=1)


@dataclass(frozen=True)
class TriedDoors:
    """Where the doors stand, and what their peers know."""

    facts: dict[str, Any]
    descriptions: dict[str, dict[str, Any]]

    async def ask(self, door: str, max_examples: int, *options: str) -> tuple[int, str]:
        """Ask one door anything; schemathesis' exit status, and what it said."""
        with tempfile.TemporaryDirectory() as directory:
            description = Path(directory) / "openapi.json"
            description.write_text(json.dumps(self.descriptions[door]))
            asking = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "ignore", "-m", "schemathesis.cli", "run"),
                *(str(description), f"--url={self.facts[door]}"),
                *(f"--max-examples={max_examples}", f"--checks={','.join(CHECKS)}"),
                *(f"--exclude-path={STREAM}", "--phases=examples,coverage,fuzzing,stateful"),
                *("--generation-with-security-parameters=false", "--generation-database=none"),
                *("--suppress-health-check=all", "--request-timeout=60"),
                *("--warnings=off", "--no-color", *options),
                cwd=directory,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    "SCHEMATHESIS_HOOKS": "tests.security.peers",
                    "LLAIS_TRIED_DOORS": json.dumps(self.facts),
                },
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said, _ = await asking.communicate()
        assert asking.returncode is not None
        return asking.returncode, said.decode("utf-8", "replace")


@asynccontextmanager
async def tried_doors(settings: Settings) -> AsyncIterator[TriedDoors]:
    """Both doors on sockets, unhurried, with an officer and two cases."""
    async with AsyncExitStack() as stack:
        behind = await stack.enter_async_context(serving(_behind_the_doors()))
        settings = settings.model_copy(update={"rasa_url": behind, "actions_url": behind})
        public, staff = create_public_app(settings), create_staff_app(settings)
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(form_page, "WAIT_SECONDS", 0.01)
        for app in (public, staff):
            await stack.enter_async_context(app.router.lifespan_context(app))
            app.state.turns = Turns()
            app.state.pace = Pace(sessions=UNHURRIED, messages=UNHURRIED)
        addresses = [await stack.enter_async_context(serving(app)) for app in (public, staff)]
        yield TriedDoors(
            {
                **dict(zip(DOORS, addresses, strict=True)),
                "signed_address": settings.public_address,
                "service_token": settings.service_token.get_secret_value(),
                "twilio_token": settings.twilio_auth_token.get_secret_value(),
                **await _known(staff.state.runtime, addresses[1]),
            },
            {"public": public.openapi(), "staff": staff.openapi()},
        )


def _behind_the_doors() -> FastAPI:
    """Answers as Rasa and the action server do when they are asked for their health."""
    app = FastAPI()

    @app.get("/health")
    async def actions() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/webhooks/llais/health")
    async def rasa() -> dict[str, str]:
        return {"status": "ok", "model": "any"}

    return app


async def _known(runtime: Runtime, staff: str) -> dict[str, Any]:
    password = await add_officer(
        runtime.database,
        username="megan",
        name="Megan",
        email="megan@example.org",
        role=Role.OFFICER,
        language="en",
    )
    service = {"Authorization": f"Bearer {runtime.settings.service_token.get_secret_value()}"}
    async with httpx.AsyncClient(base_url=staff, timeout=60) as client:
        token = await client.post("/v1/token", data={"username": "megan", "password": password})
        officer = {"Authorization": f"Bearer {token.json()['access_token']}"}
        references = []
        for _ in range(2):
            sent = await client.post(
                "/v1/reports",
                json=a_report(),
                headers={**service, "Idempotency-Key": str(uuid4())},
            )
            references.append(sent.json()["reference"])
        alerts = [
            alert["id"]
            for reference in references
            for alert in (await client.get(f"/v1/cases/{reference}", headers=officer)).json()[
                "alerts"
            ]
        ]
    return {
        "access_token": token.json()["access_token"],
        "known": {"reference": references, "alert_id": alerts},
    }


async def main() -> int:
    """Ask both doors, print what schemathesis said, and return the worst exit status."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--max-examples", type=int, default=100, help="of each operation")
    arguments.add_argument("--door", choices=DOORS, action="append")
    arguments.add_argument("--seed", type=int)
    given = arguments.parse_args()
    configure_logs("doors")
    options = [f"--seed={given.seed}"] if given.seed is not None else []
    worst = 0
    with tempfile.TemporaryDirectory() as directory, running_postgres(Path(directory)) as database:
        migrate(database)
        async with tried_doors(settings_for(database, Path(directory))) as doors:
            for door in given.door or DOORS:
                status, said = await doors.ask(door, given.max_examples, *options)
                print(said)
                worst = max(worst, status)
    return worst


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

"""What is asked of a process to see whether it lives is what the networks of deploy/ let it answer.

`/ready` asks Rasa and the action server. No door reaches them where the network is as deploy/ has it, so nothing there
may hang on it: a door that was taken out for it would take no messages and show no emergency card.
"""

import re
from pathlib import Path

import pytest

from tests.deploy import test_compose as compose
from tests.deploy import test_kubernetes as kubernetes

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DOORS = ("public", "staff")
FAR_PARTS = ("rasa", "actions")


def test_ready_asks_what_no_door_reaches_where_the_network_is_closed() -> None:
    asks = (DEPLOY.parent / "api" / "readiness.py").read_text()
    for part in FAR_PARTS:
        assert f"settings.{part}_address" in asks
        assert {who for who, _ in kubernetes.allowed_in(part)}.isdisjoint(DOORS)
        networks = set(compose.service(part)["networks"])
        if part == "rasa":
            for door in DOORS:
                assert networks.isdisjoint(compose.service(door)["networks"])
    assert set(compose.service("actions")["networks"]).isdisjoint(
        compose.service("public")["networks"]
    )


def test_nothing_that_is_run_asks_it() -> None:
    asking = [
        f"{path.relative_to(DEPLOY)}:{number}"
        for path in sorted(DEPLOY.rglob("*"))
        if path.is_file() and path.suffix != ".md"
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if "/ready" in line.partition("#")[0]
    ]
    assert asking == []


@pytest.mark.parametrize(("name", "port"), [("public", 8000), ("staff", 8001), ("actions", 5055)])
def test_compose_asks_whether_it_lives_at_its_own_port(name: str, port: int) -> None:
    command = " ".join(compose.service(name)["healthcheck"]["test"])
    assert re.findall(r"http://[^']+", command) == [f"http://127.0.0.1:{port}/health"]


def test_compose_asks_rasa_whether_it_has_its_model() -> None:
    assert compose.service("rasa")["healthcheck"]["test"][-1] == "bot.health"


def test_whoever_is_called_at_night_is_told_so() -> None:
    told = (DEPLOY / "RUNBOOK.md").read_text()
    assert "Doors are asked `/health` by probes" in told
    assert (
        "where the network refuses that (`network.yml`, `compose.yml`) it names them as missing"
        in told
    )

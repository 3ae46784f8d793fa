"""Alert rules and dashboard ask only for figures that the product tells, and every alarm has its page of the runbook."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from api.alerts.models import Alert, AlertSend, SendState
from api.canary.models import Canary
from api.cases.models import Case
from api.database import utc_now
from tests.api.backstage import only
from tests.api.staff_visitor import StaffDoor, Visitor

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
TOKEN = "metrics-token-of-the-tests-00001"
NAME = re.compile(r"\b(?:llais_\w+)")
SELECTED = re.compile(r"(llais_\w+)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)="([^"]*)"')

pytest_plugins = ["tests.api.conftest"]


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "monitoring/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    dashboard = json.loads((DEPLOY / "monitoring/dashboard.json").read_text())
    found: list[dict[str, Any]] = dashboard["panels"]
    return found


def expressions() -> list[str]:
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [rule["expr"] for rule in rules()] + asked


@pytest.fixture
async def told(door: StaffDoor, visitor: Visitor) -> dict[str, list[dict[str, str]]]:
    """What /metrics says when there is something of everything: the labels of each sample, by name."""
    settings = door.runtime.settings
    settings.metrics_token = SecretStr(TOKEN)
    settings.canary_email = "canary@police.test"
    await door.add_officer("megan")
    for answer in ("yes", "no"):
        await door.receive(risk_answers={"threats": answer, "weapon_or_hurt": answer})
    async with door.runtime.database.session() as session:
        now = utc_now()
        session.add(Canary(set_off_at=now - timedelta(seconds=9), arrived_at=now))
        await session.commit()
    return await _samples(visitor)


async def _samples(visitor: Visitor) -> dict[str, list[dict[str, str]]]:
    answer = await visitor.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(dict(sample.labels))
    return found


async def test_every_figure_that_is_asked_for_is_told_with_those_labels(
    door: StaffDoor, visitor: Visitor
) -> None:
    settings = door.runtime.settings
    settings.metrics_token = SecretStr(TOKEN)

"""Alert rules and dashboard ask only for figures that the product tells; every alarm stands in the runbook."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import select

from api.alerts.models import Alert, AlertSend, SendState
from api.canary.models import Canary
from api.cases.models import Grade
from api.database import utc_now
from tests.api.staff_visitor import StaffDoor, Visitor

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
TOKEN = "metrics-token-of-the-tests-00001"
NAME = re.compile(r"\b(?:llais_\w+)")
SELECTED = re.compile(r"(llais_\w+)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)="([^"]*)"')


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
    settings.metrics_token, settings.canary_email = SecretStr(TOKEN), "canary@police.test"
    await door.add_officer("megan")
    now = utc_now()
    for language, threats in (("cy", "no"), ("en", "yes")):
        await door.receive(
            language=language,
            risk_answers={"threats": threats, "weapon_or_hurt": threats, "knows_where": threats},
        )
    async with door.runtime.database.session() as session:
        sends = list(await session.scalars(select(AlertSend).order_by(AlertSend.queued_at)))
        for send in sends:
            send.state, send.accepted_at = SendState.ACCEPTED, now
        sends[0].state = SendState.FAILED
        acknowledged = await session.get_one(Alert, sends[0].alert_id)
        acknowledged.acknowledged_at = now
        session.add(
            Canary(language="cy", set_off_at=now - timedelta(seconds=9), due_at=now, arrived_at=now)
        )
        await session.commit()
    answer = await visitor.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(dict(sample.labels))
    return found


def test_every_figure_that_is_asked_for_is_told(told: dict[str, list[dict[str, str]]]) -> None:
    asked = {name for expression in expressions() for name in NAME.findall(expression)}
    assert asked
    assert asked - set(told) == set()


def test_every_choice_by_label_can_choose_something(
    told: dict[str, list[dict[str, str]]],
) -> None:
    chosen = [found for expression in expressions() for found in SELECTED.findall(expression)]
    assert len(chosen) > 5
    for name, matchers in chosen:
        wanted = dict(MATCHER.findall(matchers))
        labels = told[name]
        assert all(key in labels[0] for key in wanted), (name, wanted)
        if "grade" in wanted:
            assert wanted["grade"] in set(Grade)
            continue
        assert any(wanted.items() <= sample.items() for sample in labels), (name, wanted)


def test_what_is_grouped_by_is_a_label(told: dict[str, list[dict[str, str]]]) -> None:
    for panel in panels():
        for target in panel["targets"]:
            for labels in re.findall(r"by \(([^)]*)\)", target["expr"]):
                name = NAME.findall(target["expr"])[0]
                assert set(re.split(r", *", labels)) <= set(told[name][0]), target["expr"]


def test_expressions_are_balanced_and_shown_where_they_can_be_read() -> None:
    for expression in expressions():
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing), expression
        assert expression.count('"') % 2 == 0
    places = [
        (x, y)
        for panel in panels()
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places)), "panels lie on each other"
    assert max(x for x, _ in places) == 23


def test_every_alarm_says_how_urgent_it_is_and_what_to_do() -> None:
    headings = re.findall(r"^### (Llais\w+)$", (DEPLOY / "RUNBOOK.md").read_text(), re.MULTILINE)
    assert headings == [rule["alert"] for rule in rules()]
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith(".")


def test_prometheus_reads_the_figures_as_the_staff_door_tells_them() -> None:
    given = yaml.safe_load((DEPLOY / "monitoring/prometheus.yml").read_text())
    (job,) = given["scrape_configs"]
    # The rules ask by the name of the job.
    assert (job["job_name"], job["metrics_path"]) == ("llais", "/metrics")
    assert job["authorization"]["type"] == "Bearer"
    assert given["rule_files"] == ["alerts.yml"]

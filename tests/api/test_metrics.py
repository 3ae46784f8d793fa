"""Figures for Prometheus: behind their token, on the staff door, with nothing of a person or a case."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from api.alerts.models import Alert
from api.cases.models import Case
from api.database import utc_now
from tests.api.backstage import all_of, only
from tests.api.staff_visitor import StaffDoor, Visitor

TOKEN = "metrics-token-of-the-tests-00001"


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}"])
async def test_they_open_with_their_token_alone(
    door: StaffDoor, officer: Visitor, given: str
) -> None:
    door.runtime.settings.metrics_token = SecretStr(TOKEN)
    await officer.get("/queue")
    answer = await officer.client.get("/metrics", headers={"Authorization": given})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


async def test_without_a_token_in_the_settings_they_stay_shut(visitor: Visitor) -> None:
    for given in ("Bearer ", "Bearer", ""):
        answer = await visitor.client.get("/metrics", headers={"Authorization": given})
        assert answer.status_code == 401


async def test_they_are_in_prometheus_own_format_and_tell_the_times(
    door: StaffDoor, visitor: Visitor
) -> None:
    door.runtime.settings.metrics_token = SecretStr(TOKEN)
    await door.add_officer("megan")
    reference = await door.receive()
    async with door.runtime.database.session() as session:
        case = await session.merge(await only(door.runtime, Case))
        case.submitted_at = utc_now() - timedelta(hours=1)
        alert = await session.merge(await only(door.runtime, Alert))
        alert.acknowledged_at = case.submitted_at + timedelta(seconds=90)
        await session.commit()
    await door.receive()
    answer = await visitor.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    labels = (("channel", "web"), ("interval", "acknowledged"), ("language", "cy"))
    assert samples["llais_alert_seconds_count", labels] == 1
    assert samples["llais_alert_seconds_sum", labels] == pytest.approx(90)
    bucket = {
        limit: samples["llais_alert_seconds_bucket", tuple(sorted([*labels, ("le", limit)]))]
        for limit in ("60.0", "300.0", "+Inf")
    }
    assert bucket == {"60.0": 0, "300.0": 1, "+Inf": 1}
    quantile = tuple(sorted([*labels, ("quantile", "0.95")]))
    assert samples["llais_alert_seconds_quantile", quantile] == pytest.approx(90)
    assert (
        sum(value for (name, _), value in samples.items() if name == "llais_alerts_standing") == 1
    )
    assert samples["llais_cases_overdue", ()] == 0
    references = [case.reference for case in await all_of(door.runtime, Case)]
    assert reference in references
    assert not any(each in answer.text for each in references)

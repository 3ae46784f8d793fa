"""Made-up cases: forty, in both languages, at every stage, and never where real ones are."""

import re
from collections import Counter

import pytest
import yaml
from sqlalchemy import select

from api.alerts.models import Alert
from api.cases.casework_models import Closing, ContactAttempt, Outcome, Redaction, Translation
from api.cases.models import Case, Consent, Report, Status
from api.config import Environment
from api.conversations.models import Message, Sender
from api.database import utc_now
from api.development import demo_data
from api.development.demo_data import DevelopmentOnly, demo_cases, load_demo_data
from api.runtime import Runtime
from api.upkeep import requeue_stuck
from tests.api.backstage import all_of, jobs
from tests.wording.spelling import is_spelled_well, words_of

# Names of people and places, and how people spell when they text or talk, are not the dictionary's.
NUMBERS = re.compile(r"07700 900\d{3}")


async def test_forty_cases_in_both_languages_stand_at_every_stage(runtime: Runtime) -> None:
    assert await load_demo_data(runtime) == 40
    cases = await all_of(runtime, Case)
    assert Counter(case.status for case in cases) == {
        Status.URGENT: 2,
        Status.NEW: 8,
        Status.ACKNOWLEDGED: 9,
        Status.OPEN: 12,
        Status.CLOSED: 9,
    }
    assert min(Counter(case.language for case in cases).values()) >= 15
    assert len({case.channel for case in cases}) == 2
    assert len({case.route for case in cases}) == 3
    assert len({case.grade for case in cases}) == 3
    for table in (ContactAttempt, Outcome, Closing, Redaction, Translation):
        assert await all_of(runtime, table), table


async def test_a_second_loading_changes_nothing(runtime: Runtime) -> None:
    await load_demo_data(runtime)
    before = {case.reference for case in await all_of(runtime, Case)}
    assert await load_demo_data(runtime) == 0
    assert {case.reference for case in await all_of(runtime, Case)} == before


async def test_they_happened_in_the_past_in_their_order_and_wait_for_no_assistant(
    runtime: Runtime,
) -> None:
    await load_demo_data(runtime)
    now = utc_now()
    by_days = {name: entry["days"] for name, entry in demo_cases().items()}
    for case in await all_of(runtime, Case):
        assert case.idempotency_key is not None
        age = (now - case.created_at).total_seconds() / 86400
        assert age == pytest.approx(by_days[case.idempotency_key], abs=0.05)
    async with runtime.database.session() as session:
        rows = await session.execute(
            select(Case.created_at, Consent.recorded_at, Closing.closed_at)
            .join(Consent, Consent.case_id == Case.id)
            .join(Closing, Closing.case_id == Case.id)
        )
        for created, recorded, closed in rows.all():
            assert abs((recorded - created).total_seconds()) < 60
            assert created < closed < now
    assert all(m.turn_id for m in await all_of(runtime, Message) if m.sender == Sender.VICTIM)
    await requeue_stuck(runtime, 10.0)
    assert await jobs(runtime, "answer_conversation") == []
    # Those that nobody has acknowledged stand as alerts.
    standing = [each for each in await all_of(runtime, Alert) if each.acknowledged_at is None]
    assert len(standing) == 10


async def test_the_account_is_evidence_again_afterwards(runtime: Runtime) -> None:
    await load_demo_data(runtime)
    async with runtime.database.session() as session:
        report = (await session.scalars(select(Report).limit(1))).one()
        report.place = "changed"
        with pytest.raises(Exception, match="never changed"):
            await session.commit()


async def test_production_refuses(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime.settings, "environment", Environment.PRODUCTION)
    with pytest.raises(DevelopmentOnly):
        await load_demo_data(runtime)
    assert await all_of(runtime, Case) == []


async def test_the_command_refuses_in_production_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class InProduction:
        development = False

    monkeypatch.setattr(demo_data, "Settings", InProduction)
    assert await demo_data._load_from_command_line() == 1


def test_every_number_is_one_that_nobody_has() -> None:
    told = yaml.safe_dump(demo_cases())
    assert set(re.findall(r"\b0\d[\d ]{8,}", told)) == set(NUMBERS.findall(told))


def test_the_welsh_is_spelled_as_in_the_dictionary() -> None:
    wrong = {
        word
        for entry in demo_cases().values()
        if entry["language"] == "cy" and entry.get("channel") != "sms"
        for field in ("text", "why", "message", "note", "reason")
        for word in words_of(entry.get(field, ""))
        if not word[0].isupper() and not is_spelled_well(word)
    }
    assert wrong == set()

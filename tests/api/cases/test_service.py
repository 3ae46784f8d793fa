"""A report becomes one case: whole, once, and never half."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.alerts.models import AlertReason
from api.audit.service import record
from api.cases.models import (
    Case,
    Consent,
    Deadline,
    Decision,
    Grade,
    Person,
    PersonRole,
    PlannedAction,
    Referral,
    ReferralState,
    Report,
    RiskAssessment,
    Status,
)
from api.conversations.models import Channel
from api.policy import policy, policy_version
from api.runtime import Runtime
from tests.api.backstage import (
    IN_DANGER,
    PHONE,
    add_officer,
    alerts,
    all_of,
    new_conversation,
    only,
    tell,
)
from tests.api.staff_visitor import a_report
from tests.conftest import SERVICE_TOKEN


class ActionServer:
    """Hands reports over as the action server does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def hand_over(
        self, report: dict[str, Any], key: str = "conversation:1"
    ) -> httpx.Response:
        return await self.client.post(
            "/v1/reports",
            json=report,
            headers={"Authorization": f"Bearer {SERVICE_TOKEN}", "Idempotency-Key": key},
        )


@pytest.fixture
async def actions(staff_app: FastAPI) -> AsyncIterator[ActionServer]:
    transport = httpx.ASGITransport(staff_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://staff.test") as client:
        yield ActionServer(client)


@pytest.fixture
async def runtime(staff_app: FastAPI) -> Runtime:
    runtime = staff_app.state.runtime
    assert isinstance(runtime, Runtime)
    return runtime


class TestAReport:
    async def test_becomes_a_case_with_all_that_belongs_to_it(
        self, actions: ActionServer, runtime: Runtime
    ) -> None:
        await add_officer(runtime)
        answer = await actions.hand_over(a_report())
        assert answer.status_code == 201, answer.text
        case, report = await only(runtime, Case), await only(runtime, Report)
        assert answer.json()["reference"] == case.reference
        assert answer.json()["update_code"] == case.update_code
        assert (case.status, case.language, case.grade) == (Status.NEW, "cy", Grade.HIGH)
        words = a_report()["report"]["text"]
        assert report.text == words
        assert report.text_sha256 == hashlib.sha256(words.encode()).hexdigest()
        rules = policy(policy_version())
        plan = {action.code: action.due_at for action in await all_of(runtime, PlannedAction)}
        clocks = {deadline.code: deadline.due_at for deadline in await all_of(runtime, Deadline)}
        assert set(plan) == {item.code for item in rules.action_plan if not item.flags}
        assert set(clocks) == set(rules.deadlines)
        assert case.submitted_at is not None
        assert min(plan.values()) >= case.submitted_at
        risk = await only(runtime, RiskAssessment)
        assert (risk.reasons, risk.policy_version) == (["threats"], rules.version)
        assert await alerts(runtime) == [(AlertReason.REPORT, 1)]
        contact_by = answer.json()["contact_by_words"]
        assert contact_by["cy"].startswith("dydd ")
        assert contact_by["en"].split()[0].endswith("day")

    async def test_keeps_the_evidence_of_consent(
        self, actions: ActionServer, runtime: Runtime
    ) -> None:
        await actions.hand_over(a_report())
        consent = await only(runtime, Consent)
        assert (consent.decision, consent.wording_version) == (Decision.REFER, "2026-11-01")
        assert (consent.language, consent.channel) == ("cy", Channel.WEB)
        assert consent.words == "iawn, pasiwch nhw ymlaen"
        assert consent.recorded_at == (await only(runtime, Case)).submitted_at

    @pytest.mark.parametrize(
        ("decision", "state", "clock_runs"),
        [
            ("refer", ReferralState.DUE, True),
            ("declined", ReferralState.NOT_WANTED, False),
            ("ask_later", ReferralState.TO_ASK, True),
            ("not_asked", ReferralState.TO_ASK, True),
        ],
    )
    async def test_refers_only_whom_it_may(
        self,
        actions: ActionServer,
        runtime: Runtime,
        decision: str,
        state: ReferralState,
        clock_runs: bool,
    ) -> None:
        await actions.hand_over(a_report(referral={**a_report()["referral"], "decision": decision}))
        referral = await only(runtime, Referral)
        assert (referral.state, referral.due_at is not None) == (state, clock_runs)

    @pytest.mark.parametrize(
        ("route", "role"),
        [
            ("victim", PersonRole.VICTIM),
            ("witness", PersonRole.REPORTER),
            ("on_behalf", PersonRole.REPORTER),
        ],
    )
    async def test_keeps_who_reports_apart_from_the_victim(
        self, actions: ActionServer, runtime: Runtime, route: str, role: PersonRole
    ) -> None:
        await actions.hand_over(a_report(route=route))
        assert (await only(runtime, Person)).role == role

    async def test_by_text_is_answered_to_the_number_it_came_from(
        self, actions: ActionServer, runtime: Runtime
    ) -> None:
        conversation_id = await new_conversation(runtime, Channel.SMS)
        await actions.hand_over(a_report(channel="sms", conversation_id=str(conversation_id)))
        person = await only(runtime, Person)
        assert person.phone == PHONE
        assert person.phone_hash == runtime.database.keyring.look_up_hash("phone", PHONE)

    async def test_of_a_conversation_in_danger_is_high_whatever_was_answered(
        self, actions: ActionServer, runtime: Runtime
    ) -> None:
        conversation_id = await new_conversation(runtime)
        await tell(runtime, conversation_id, IN_DANGER)
        urgent = await only(runtime, Case)
        answer = await actions.hand_over(
            a_report(
                conversation_id=str(conversation_id),
                risk_answers={"threats": "no", "weapon_or_hurt": "no"},
            )
        )
        case = await only(runtime, Case)
        assert case.id == urgent.id, "the case that the alert opened is filled"
        assert answer.json()["reference"] == urgent.reference
        assert (case.status, case.grade) == (Status.NEW, Grade.HIGH)
        assert "danger" in (await only(runtime, Report)).flags
        assert [reason for reason, _ in await alerts(runtime)] == ["urgent", "report"]

    async def test_a_second_one_of_the_same_conversation_is_a_second_case(
        self, actions: ActionServer, runtime: Runtime
    ) -> None:
        conversation_id = await new_conversation(runtime)
        for key in ("conversation:1", "conversation:2"):
            report = a_report(conversation_id=str(conversation_id))
            assert (await actions.hand_over(report, key)).status_code == 201
        assert len(await all_of(runtime, Case)) == 2


class TestTheSameReportAgain:
    async def test_returns_the_same_receipt(self, actions: ActionServer, runtime: Runtime) -> None:
        first, again = [await actions.hand_over(a_report()) for _ in range(2)]
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        await only(runtime, Case)
        assert len(await alerts(runtime)) == 1

    async def test_with_another_body_is_a_conflict(
        self, actions: ActionServer, runtime: Runtime
    ) -> None:
        await actions.hand_over(a_report())
        answer = await actions.hand_over(a_report(route="witness"))
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:llais:problem:idempotency-key-reused"
        assert (await only(runtime, Case)).route == "victim"

    @pytest.mark.parametrize("with_conversation", [True, False])
    async def test_at_the_same_moment_makes_one_case(
        self, actions: ActionServer, runtime: Runtime, with_conversation: bool
    ) -> None:
        report = a_report()
        if with_conversation:
            report["conversation_id"] = str(await new_conversation(runtime))
        answers = await asyncio.gather(*(actions.hand_over(report) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
        assert len({answer.json()["reference"] for answer in answers}) == 1
        await only(runtime, Case)


class TestBadInput:
    @pytest.mark.parametrize(
        "changes",
        [
            {"language": "fr"},
            {"unheard_of": 1},
            {"report": {"text": "", "text_language": "cy"}},
            {"report": {"text": "x\x00y", "text_language": "cy"}},
            {"report": {"text": "x" * 40_001, "text_language": "cy"}},
            {"report": {"text": "half \ud800 a letter", "text_language": "cy"}},
            {"contact": {"method": "this_conversation", "name": "half \ud800 a letter"}},
            {"referral": {"decision": "perhaps", "wording_version": "1", "language": "cy"}},
            {"referral": {"decision": "refer", "wording_version": "\x00", "language": "cy"}},
            {"conversation_id": "00000000-0000-0000-0000-000000000001"},
        ],
        ids=[
            "language",
            "unknown-field",
            "empty",
            "nul",
            "too-long",
            "surrogate",
            "surrogate-in-a-name",
            "decision",
            "nul-in-the-wording",
            "unknown-conversation",
        ],
    )
    async def test_is_refused_and_nothing_is_kept(
        self, actions: ActionServer, runtime: Runtime, changes: dict[str, Any]
    ) -> None:
        answer = await actions.client.post(
            "/v1/reports",
            content=json.dumps({**a_report(), **changes}),
            headers={
                "Authorization": f"Bearer {SERVICE_TOKEN}",
                "Idempotency-Key": "conversation:1",
                "Content-Type": "application/json",
            },
        )
        assert answer.status_code == 422
        assert await all_of(runtime, Case) == []


class TestTheDatabase:
    @pytest.mark.changes_the_schema
    async def test_that_fails_to_commit_is_an_error_and_not_a_receipt(
        self, actions: ActionServer, runtime: Runtime
    ) -> None:
        async with runtime.database.session() as session:
            await session.execute(
                text(
                    "create function fail() returns trigger language plpgsql as"
                    " $$ begin raise exception 'disk full'; end $$"
                )
            )
            await session.execute(
                text(
                    "create constraint trigger fails_at_commit after insert on cases"
                    " deferrable initially deferred for each row execute function fail()"
                )
            )
            await session.commit()
        answer = await actions.hand_over(a_report())
        assert answer.status_code == 500
        assert "reference" not in answer.json()
        assert await all_of(runtime, Case) == []

    @pytest.mark.parametrize(
        "change",
        [
            "update consents set decision = 'refer'",
            "update reports set text_language = 'en'",
            "update audit_entries set action = 'x'",
            "delete from audit_entries",
        ],
    )
    async def test_refuses_to_change_evidence(
        self, actions: ActionServer, runtime: Runtime, change: str
    ) -> None:
        await actions.hand_over(a_report())
        async with runtime.database.session() as session:
            await record(session, None, "case_viewed", "LL-1")
            await session.commit()
        async with runtime.database.session() as session:
            with pytest.raises(DBAPIError, match="never changed"):
                await session.execute(text(change))

"""What the dialogue asks to be done is done with its reply, once, and nowhere else."""

from typing import Any
from uuid import UUID

import pytest

from api.alerts.models import AlertReason
from api.cases.models import (
    ActionState,
    Addition,
    Case,
    Consent,
    Deadline,
    Decision,
    Grade,
    PlannedAction,
    Referral,
    ReferralState,
    Status,
)
from api.cases.partner_sends import SUPPORT_REFERRAL as REFERRAL
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.conversations.turn import answer_conversation
from api.runtime import Runtime
from channels.rasa_client import RasaClient
from tests.api.backstage import add_officer, alerts, all_of, new_conversation, only, tell
from tests.api.fake_rasa import FakeRasa, saying
from tests.api.staff_visitor import a_report

WORDS = "Rwy'n cofio rhif y car"


@pytest.fixture
async def conversation_id(runtime: Runtime) -> UUID:
    await add_officer(runtime)
    return await new_conversation(runtime, language="cy")


async def send_report(runtime: Runtime, conversation_id: UUID | None, **changes: Any) -> Any:
    """Send a report as the person; returns the receipt."""
    conversation = str(conversation_id) if conversation_id else None
    submission = ReportSubmission.model_validate(a_report(conversation_id=conversation, **changes))
    async with runtime.database.session() as session:
        receipt, _ = await submit_report(session, runtime, submission, f"key:{conversation_id}")
        await session.commit()
    return receipt


async def ask_for(
    runtime: Runtime,
    rasa: FakeRasa,
    client: RasaClient,
    conversation_id: UUID,
    **request: Any,
) -> None:
    """Have the dialogue answer a message with a reply that carries a request."""
    rasa.script(saying("Iawn.", request=request))
    await tell(runtime, conversation_id, "…")
    await answer_conversation(runtime, client, conversation_id)


class TestAPersonIsWanted:
    async def test_alerts_an_officer_to_the_conversation(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        await ask_for(runtime, rasa, client, conversation_id, kind="person")
        case = await only(runtime, Case)
        assert (case.conversation_id, case.status, case.grade) == (
            conversation_id,
            Status.URGENT,
            Grade.STANDARD,
        )
        assert await alerts(runtime) == [(AlertReason.PERSON_WANTED, 1)]

    async def test_asked_again_while_the_alert_stands_raises_no_other(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        for _ in range(3):
            await ask_for(runtime, rasa, client, conversation_id, kind="person")
        assert await alerts(runtime) == [(AlertReason.PERSON_WANTED, 1)]


async def test_danger_that_only_the_dialogue_saw_is_high_and_alerts(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
) -> None:
    await ask_for(runtime, rasa, client, conversation_id, kind="urgent")
    assert (await only(runtime, Case)).grade == Grade.HIGH
    assert await alerts(runtime) == [(AlertReason.URGENT, 1)]


class TestAnAddition:
    async def test_stands_with_the_report_in_the_persons_words(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        await send_report(runtime, conversation_id)
        await ask_for(
            runtime, rasa, client, conversation_id, kind="addition", words=WORDS, language="cy"
        )
        addition = await only(runtime, Addition)
        assert (addition.case_id, addition.text, addition.language) == (
            (await only(runtime, Case)).id,
            WORDS,
            "cy",
        )
        assert (AlertReason.INFORMATION_ADDED, 1) in await alerts(runtime)

    async def test_with_the_code_reaches_the_case_from_another_conversation(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        receipt = await send_report(runtime, None)
        await ask_for(
            runtime,
            rasa,
            client,
            conversation_id,
            kind="addition",
            words=WORDS,
            reference=receipt.reference,
            update_code=receipt.update_code,
        )
        case = await only(runtime, Case)
        assert (await only(runtime, Addition)).case_id == case.id

    async def test_with_a_wrong_code_is_kept_and_reaches_no_case_of_others(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        receipt = await send_report(runtime, None)
        await ask_for(
            runtime,
            rasa,
            client,
            conversation_id,
            kind="addition",
            words=WORDS,
            reference=receipt.reference,
            update_code="00000000",
        )
        addition = await only(runtime, Addition)
        own = next(c for c in await all_of(runtime, Case) if c.id == addition.case_id)
        assert own.reference != receipt.reference
        assert own.conversation_id == conversation_id

    async def test_is_evidence_that_the_database_refuses_to_alter(
        self, runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
    ) -> None:
        await ask_for(runtime, rasa, client, conversation_id, kind="addition", words=WORDS)
        async with runtime.database.session() as session:
            addition = await session.get_one(Addition, (await only(runtime, Addition)).id)
            addition.text = "arall"
            with pytest.raises(Exception, match="never changed"):
                await session.commit()


async def test_feedback_is_kept_and_alerts_nobody(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
) -> None:
    await send_report(runtime, conversation_id)
    await ask_for(runtime, rasa, client, conversation_id, kind="feedback", words="Roedd yn hawdd")
    assert (await only(runtime, Addition)).kind == "feedback"
    assert await alerts(runtime) == [(AlertReason.REPORT, 1)]


async def test_a_wish_to_withdraw_deletes_nothing_and_alerts_an_officer(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
) -> None:
    await send_report(runtime, conversation_id)
    await ask_for(runtime, rasa, client, conversation_id, kind="withdrawal", words="tynnwch e nôl")
    assert (await only(runtime, Case)).status == Status.NEW
    assert (AlertReason.WITHDRAWAL_WANTED, 1) in await alerts(runtime)


class TestAnotherChoiceAboutSupport:
    @pytest.mark.parametrize(
        ("before", "decision", "after"),
        [
            (ReferralState.DUE, "declined", ReferralState.NOT_WANTED),
            (ReferralState.SENT, "declined", ReferralState.RECALLED),
            (ReferralState.ACCEPTED, "declined", ReferralState.RECALLED),
            (ReferralState.SENT, "ask_later", ReferralState.RECALLED),
            (ReferralState.NOT_WANTED, "refer", ReferralState.DUE),
            (ReferralState.SENT, "refer", ReferralState.SENT),
            (ReferralState.RECALLED, "refer", ReferralState.DUE),
        ],
    )
    async def test_is_added_with_its_evidence_and_moves_the_referral(
        self,
        runtime: Runtime,
        rasa: FakeRasa,
        client: RasaClient,
        conversation_id: UUID,
        before: ReferralState,
        decision: str,
        after: ReferralState,
    ) -> None:
        await send_report(runtime, conversation_id)
        async with runtime.database.session() as session:
            case_id = (await only(runtime, Case)).id
            (await session.get_one(Referral, case_id)).state = before
            await session.commit()
        await ask_for(
            runtime,
            rasa,
            client,
            conversation_id,
            kind="referral",
            decision=decision,
            words="newid meddwl",
            language="cy",
            wording_version="2026-11-01/changed",
        )
        assert (await only(runtime, Referral)).state == after
        newest = max(await all_of(runtime, Consent), key=lambda consent: consent.recorded_at)
        assert (newest.decision, newest.words, newest.language, newest.wording_version) == (
            Decision(decision),
            "newid meddwl",
            "cy",
            "2026-11-01/changed",
        )
        assert len(await all_of(runtime, Consent)) == 2
        assert (AlertReason.CHOICE_CHANGED, 1) in await alerts(runtime)

    @pytest.mark.parametrize(
        ("decision", "open_again"), [("ask_later", True), ("refer", True), ("declined", False)]
    )
    async def test_after_a_no_gives_somebody_the_task_again_or_leaves_it_settled(
        self,
        runtime: Runtime,
        rasa: FakeRasa,
        client: RasaClient,
        conversation_id: UUID,
        decision: str,
        open_again: bool,
    ) -> None:
        said_no = {**a_report()["referral"], "decision": "declined"}
        await send_report(runtime, conversation_id, referral=said_no)
        await ask_for(
            runtime,
            rasa,
            client,
            conversation_id,
            kind="referral",
            decision=decision,
            words="newid meddwl",
            language="cy",
        )
        [item] = [one for one in await all_of(runtime, PlannedAction) if one.code == REFERRAL]
        [clock] = [one for one in await all_of(runtime, Deadline) if one.code == REFERRAL]
        assert (item.state == ActionState.OPEN) is open_again
        assert (clock.met_at is None) is open_again
        assert (await only(runtime, Referral)).due_at == (clock.due_at if open_again else None)

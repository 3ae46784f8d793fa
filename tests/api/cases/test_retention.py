"""What is due is deleted for good, with a certificate that holds no content; what is not due stays."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from api.alerts.models import Alert
from api.cases.casework_models import Closing, DisposalCertificate, Outcome, PersonInvolved
from api.cases.models import Case, Status
from api.cases.outcomes import add_person_involved
from api.cases.retention import Due, dispose_of_what_is_due, fingerprint
from api.conversations.handover import complete_handover, keep_handover
from api.conversations.models import Channel, Conversation, Handover, Message
from api.database import Base, ContentKey, utc_now
from api.officers.models import Officer, Role
from api.policy import casework
from api.runtime import Runtime
from channels.rasa_client import UnsentReport
from tests.api.backstage import (
    acknowledge_all,
    add_officer,
    age,
    all_of,
    new_conversation,
    only,
    tell,
)
from tests.api.staff_visitor import StaffDoor, a_report
from tests.api.test_content_keys import make_case

MONTHS = {name: kept.months for name, kept in casework()[1].retention.items()}


async def closed_case(
    runtime: Runtime, officer: Officer, code: str | None, *, ago: timedelta, **changes: Any
) -> Case:
    """A case with something of everything, closed some time ago."""
    case = await make_case(runtime, **changes)
    async with runtime.database.session() as session:
        stored = await session.get_one(Case, case.id)
        await add_person_involved(session, officer, stored, "Rhywun", None, None)
        stored.status = Status.CLOSED
        at = utc_now() - ago
        if code is not None:
            session.add(
                Outcome(
                    case_id=case.id,
                    code=code,
                    policy_version="2026-11-22",
                    reason="Am fod",
                    decided_by=officer.id,
                    decided_at=at,
                )
            )
        session.add(
            Closing(
                case_id=case.id,
                reason="investigated",
                policy_version="2026-11-22",
                told="by_officer",
                closed_by=officer.id,
                closed_at=at,
            )
        )
        await session.commit()
    await acknowledge_all(runtime)
    return case


async def rows_of_everything(runtime: Runtime) -> dict[str, int]:
    counts = {}
    async with runtime.database.session() as session:
        for table in Base.metadata.sorted_tables:
            counts[table.name] = await session.scalar(text(f"select count(*) from {table.name}"))
    return {name: count or 0 for name, count in counts.items()}


async def references(runtime: Runtime) -> set[str]:
    return {case.reference for case in await all_of(runtime, Case)}


def about(months: int) -> timedelta:
    return timedelta(days=months * 30.44)


async def test_a_case_goes_when_its_class_says_and_not_before(runtime: Runtime) -> None:
    officer = await add_officer(runtime)
    week = timedelta(days=7)
    gone, kept = set(), set()
    for code, name in (
        ("charged", "crime"),
        ("non_crime_incident", "non_crime"),
        ("duplicate", "no_further_action"),
        (None, "no_outcome"),
    ):
        past = await closed_case(runtime, officer, code, ago=about(MONTHS[name]) + week)
        young = await closed_case(runtime, officer, code, ago=about(MONTHS[name]) - week)
        gone.add(past.reference)
        kept.add(young.reference)
    # Decided by a policy that no longer stands: kept for as long as anything is.
    unknown = await closed_case(runtime, officer, "of_old", ago=about(MONTHS["crime"]) - week)
    kept.add(unknown.reference)
    await dispose_of_what_is_due(runtime)
    left = await references(runtime)
    assert left == kept
    assert not left & gone
    certificates = await all_of(runtime, DisposalCertificate)
    assert {each.retention_class for each in certificates} == set(MONTHS)
    assert [each.cases for each in certificates] == [1] * 4


async def test_cases_that_are_kept_for_long_do_not_keep_others_from_going(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = await add_officer(runtime)
    monkeypatch.setattr("api.cases.retention.MOST_AT_ONCE", 2)
    crimes = [
        await closed_case(runtime, officer, "charged", ago=about(MONTHS["crime"] - 1))
        for _ in range(2)
    ]
    for code, name in (("non_crime_incident", "non_crime"), ("duplicate", "no_further_action")):
        await closed_case(runtime, officer, code, ago=about(MONTHS[name] + 1))
    await dispose_of_what_is_due(runtime)
    assert await references(runtime) == {crime.reference for crime in crimes}


@pytest.mark.parametrize("why", ["open", "alert-stands", "reopened"])
async def test_what_is_in_use_is_never_due(runtime: Runtime, why: str) -> None:
    officer = await add_officer(runtime)
    case = await closed_case(runtime, officer, "duplicate", ago=timedelta(days=5000))
    async with runtime.database.session() as session:
        if why == "alert-stands":
            await session.execute(update(Alert).values(acknowledged_at=None))
        elif why == "open":
            await session.execute(update(Case).values(status=Status.OPEN))
        else:
            # It was closed again later, and the newest closing counts.
            session.add(
                Closing(
                    case_id=case.id,
                    reason="investigated",
                    policy_version="2026-11-22",
                    told="by_officer",
                    closed_by=officer.id,
                )
            )
        await session.commit()
    await dispose_of_what_is_due(runtime)
    assert await references(runtime) == {case.reference}
    assert await all_of(runtime, DisposalCertificate) == []


async def test_nothing_of_the_case_is_left_but_the_certificate_and_the_audit(
    runtime: Runtime,
) -> None:
    officer = await add_officer(runtime)
    before = await rows_of_everything(runtime)
    conversation_id = await new_conversation(runtime)
    await tell(runtime, conversation_id, "Gwaeddodd rhywun arna i.")
    case = await closed_case(
        runtime,
        officer,
        "duplicate",
        ago=timedelta(days=5000),
        conversation_id=str(conversation_id),
    )
    await age(runtime, Conversation, timedelta(days=5000), "last_message_at")
    filled = {name for name, count in (await rows_of_everything(runtime)).items() if count}
    await dispose_of_what_is_due(runtime)
    after = await rows_of_everything(runtime)
    left = {name for name in after if after[name] != before[name]}
    assert left == {"audit_entries", "content_keys", "disposal_certificates"}
    certificate = await only(runtime, DisposalCertificate)
    assert set(certificate.rows) >= {"cases", "reports", "people", "messages", "people_involved"}
    assert set(certificate.rows) <= filled
    assert certificate.keys_destroyed == 2
    due = Due(case.id, case.reference, conversation_id, "no_further_action")
    assert certificate.fingerprint == fingerprint(
        runtime, [due], "no_further_action", certificate.policy_version
    )
    # Copies of the rows, as in a backup, are unreadable: the keys are gone.
    assert all(key.wrapped is None for key in await all_of(runtime, ContentKey))


async def test_a_conversation_that_another_case_has_stays_readable(runtime: Runtime) -> None:
    officer = await add_officer(runtime)
    conversation_id = await new_conversation(runtime)
    await tell(runtime, conversation_id, "Gwaeddodd rhywun arna i.")
    shared = {"conversation_id": str(conversation_id)}
    await closed_case(runtime, officer, "duplicate", ago=timedelta(days=5000), **shared)
    second = await make_case(runtime, **shared)
    await acknowledge_all(runtime)
    await age(runtime, Conversation, timedelta(days=5000), "last_message_at")
    await dispose_of_what_is_due(runtime)
    assert await references(runtime) == {second.reference}
    texts = [each.text for each in await all_of(runtime, Message)]
    assert "Gwaeddodd rhywun arna i." in texts


async def test_a_report_that_still_waits_to_be_handed_over_becomes_a_case_after_all(
    runtime: Runtime,
) -> None:
    officer = await add_officer(runtime)
    conversation_id = await new_conversation(runtime, Channel.SMS)
    from_there = {"conversation_id": str(conversation_id), "channel": "sms"}
    await closed_case(runtime, officer, "duplicate", ago=timedelta(days=5000), **from_there)
    await tell(runtime, conversation_id, "Gwaeddodd rhywun arna i eto.")
    async with runtime.database.session() as session:
        conversation = await session.get_one(Conversation, conversation_id)
        for key in ("first", "again"):
            kept = UnsentReport(key=key, report=a_report(**from_there))
            await keep_handover(session, runtime, conversation, kept)
        await session.execute(
            update(Handover).where(Handover.idempotency_key == "first").values(done_at=utc_now())
        )
        await session.commit()
    await age(runtime, Conversation, timedelta(days=30), "last_message_at")
    await dispose_of_what_is_due(runtime)
    assert await references(runtime) == set()
    # What was handed over went with its case.
    waiting = await only(runtime, Handover)
    await complete_handover(runtime, waiting.id)
    case = await only(runtime, Case)
    assert case.conversation_id == conversation_id
    texts = [each.text for each in await all_of(runtime, Message)]
    assert "Gwaeddodd rhywun arna i eto." in texts


async def test_a_disposal_that_fails_deletes_nothing(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = await add_officer(runtime)
    await closed_case(runtime, officer, "duplicate", ago=timedelta(days=5000))
    before = await rows_of_everything(runtime)

    async def break_down(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("api.cases.retention.record", break_down)
    with pytest.raises(ConnectionError):
        await dispose_of_what_is_due(runtime)
    assert await rows_of_everything(runtime) == before
    assert (await only(runtime, PersonInvolved)).name == "Rhywun"


async def test_the_certificate_holds_nothing_of_the_person(runtime: Runtime) -> None:
    officer = await add_officer(runtime)
    case = await closed_case(runtime, officer, "duplicate", ago=timedelta(days=5000))
    await dispose_of_what_is_due(runtime)
    async with runtime.database.session() as session:
        told = str(
            await session.scalar(text("select t::text from disposal_certificates t limit 1"))
        )
    for private in (case.reference, "Siân", "Gwaeddodd", "Rhywun", str(case.id)):
        assert private not in told


async def test_auditors_see_the_certificates(door: StaffDoor) -> None:
    officer = await add_officer(door.runtime, "megan")
    await closed_case(door.runtime, officer, "duplicate", ago=timedelta(days=5000))
    await dispose_of_what_is_due(door.runtime)
    await door.add_officer("auditor", Role.AUDITOR, "en")
    async with door.visitor("auditor") as auditor:
        page = (await auditor.get("/disposals")).text
    certificate = await only(door.runtime, DisposalCertificate)
    for shown in ("No further action", "2026-11-22", certificate.fingerprint, "reports 1"):
        assert shown in page, shown

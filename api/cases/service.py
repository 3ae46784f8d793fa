"""A report becomes one case, with consent, risk, action plan, deadlines and an alert, in one commit."""

import hashlib
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.alerts.service import raise_alert
from api.cases.areas import area_of
from api.cases.clocks import due_at
from api.cases.flags import flags_of_conversation
from api.cases.identifiers import note_identifiers
from api.cases.models import (
    Case,
    Consent,
    Deadline,
    Decision,
    Grade,
    PlannedAction,
    Referral,
    ReferralState,
    Report,
    RiskAssessment,
    Route,
    Status,
)
from api.cases.people import people_involved_in, people_of, reporter_of
from api.cases.plan import planned_items
from api.cases.reference import new_reference, new_update_code
from api.cases.referral import REFERRAL_STATES, settle_declined
from api.cases.risk import assess, higher
from api.cases.schemas import ReportReceipt, ReportSubmission
from api.cases.written_acknowledgement import queue_acknowledgement
from api.conversations.dates import say_date
from api.conversations.models import Channel, Conversation
from api.database import new_id, utc_now
from api.policy import Policy, policy, policy_version
from api.problems import Conflict, DoesNotExist, UnusableContent
from api.runtime import Runtime
from api.security import Keyring
from api.words import LANGUAGES


async def submit_report(
    session: AsyncSession, runtime: Runtime, submission: ReportSubmission, idempotency_key: str
) -> tuple[ReportReceipt, bool]:
    """Make the case of a report, or find the one that the same key made. The caller commits.

    Returns the receipt and whether the case is new. Raises Conflict when the key came with another
    report before, UnusableContent when the conversation is unknown.
    """
    keyring = runtime.database.keyring
    # Two deliveries of one report take turns, with a conversation or without.
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": idempotency_key}
    )
    request_hash = keyring.look_up_hash("report", submission.model_dump_json())
    conversation = await _conversation_of(session, submission)
    existing = await session.scalar(select(Case).where(Case.idempotency_key == idempotency_key))
    if existing is not None:
        if existing.request_hash != request_hash:
            raise Conflict(
                "This key was used before with another report.", type="idempotency-key-reused"
            )
        return await _receipt(session, existing), False

    now = utc_now()
    rules = policy(policy_version())
    case = await _case_to_fill(session, conversation, submission)
    flags = set(submission.flags) | await flags_of_conversation(session, submission.conversation_id)
    if submission.reporter.under_18:
        flags.add("child")
    assessment = assess(rules.risk, submission.risk_answers, flags)
    code = new_update_code()
    case.idempotency_key = idempotency_key
    case.request_hash = request_hash
    case.update_code = code
    case.update_code_hash = keyring.look_up_hash("update-code", f"{case.reference}:{code}")
    case.status = Status.NEW
    case.language = submission.language
    case.route = Route(submission.route)
    case.grade = higher(case.grade, assessment.grade)
    case.submitted_at = now
    case.policy_version = rules.version
    case.area = area_of(submission.report.place, submission.report.where_text)
    await session.flush()
    people = people_of(case, submission, keyring, conversation)
    report = _report(case, submission, flags)
    session.add_all(
        [
            report,
            reporter_of(case, submission),
            *people,
            *people_involved_in(case, submission),
            Consent(
                case_id=case.id,
                decision=Decision(submission.referral.decision),
                wording_version=submission.referral.wording_version,
                language=submission.referral.language,
                channel=case.channel,
                words=submission.referral.words,
                recorded_at=now,
            ),
            RiskAssessment(
                case_id=case.id,
                policy_version=rules.version,
                answers=submission.risk_answers,
                points=assessment.points,
                reasons=list(assessment.reasons),
                grade=assessment.grade,
                assessed_at=now,
            ),
            *_clocks(case, rules, now, Decision(submission.referral.decision), flags),
        ]
    )
    await session.flush()
    await note_identifiers(session, keyring, case, people, report)
    if Decision(submission.referral.decision) == Decision.DECLINED:
        await settle_declined(session, case.id, now)
    await raise_alert(session, runtime, case, AlertReason.REPORT, f"report:{case.id}")
    await queue_acknowledgement(session, runtime, case, people[0])
    return await _receipt(session, case), True


async def _conversation_of(
    session: AsyncSession, submission: ReportSubmission
) -> Conversation | None:
    """The conversation, locked, so that two hand-overs of one report take turns."""
    if submission.conversation_id is None:
        return None
    conversation = await session.scalar(
        select(Conversation).where(Conversation.id == submission.conversation_id).with_for_update()
    )
    if conversation is None:
        raise UnusableContent("There is no such conversation.", type="unknown-conversation")
    return conversation


async def _case_to_fill(
    session: AsyncSession, conversation: Conversation | None, submission: ReportSubmission
) -> Case:
    """The case that an urgent alert of this conversation opened, or a new one."""
    if conversation is not None:
        urgent = await session.scalar(
            select(Case).where(
                Case.conversation_id == conversation.id, Case.idempotency_key.is_(None)
            )
        )
        if urgent is not None:
            return urgent
    case = Case(
        id=new_id(),
        reference=new_reference(),
        conversation_id=submission.conversation_id,
        language=submission.language,
        channel=Channel(submission.channel),
        grade=Grade.STANDARD,
        policy_version=policy_version(),
        canary=conversation is not None and conversation.canary,
    )
    session.add(case)
    return case


def _report(case: Case, submission: ReportSubmission, flags: set[str]) -> Report:
    content = submission.report
    return Report(
        case_id=case.id,
        text=content.text,
        text_language=content.text_language,
        text_sha256=hashlib.sha256(content.text.encode()).hexdigest(),
        why_text=content.why_text,
        strands=list(dict.fromkeys(content.strands)),
        incident_types=list(dict.fromkeys(content.incident_types)),
        flags=sorted(flags),
        when_text=content.when_text,
        occurred_from=content.occurred_from,
        occurred_to=content.occurred_to,
        where_text=content.where_text,
        place=content.place,
        online=content.online,
        evidence_text=content.evidence_text,
    )


def _clocks(
    case: Case, rules: Policy, now: datetime, decision: Decision, flags: set[str]
) -> list[PlannedAction | Deadline | Referral]:
    plan = planned_items(case, rules, now, flags)
    deadlines = [
        Deadline(case_id=case.id, code=code, due_at=due_at(now, due, case.grade.value))
        for code, due in rules.deadlines.items()
    ]
    referral_due = next(item.due_at for item in deadlines if item.code == "support_referral")
    state = REFERRAL_STATES[decision]
    referral = Referral(
        case_id=case.id,
        decision=decision,
        state=state,
        # "Ask later" still runs the clock, to the officer who must ask.
        due_at=None if state == ReferralState.NOT_WANTED else referral_due,
    )
    return [*plan, *deadlines, referral]


async def _receipt(session: AsyncSession, case: Case) -> ReportReceipt:
    contact_by = await session.scalar(
        select(Deadline.due_at).where(Deadline.case_id == case.id, Deadline.code == "first_contact")
    )
    assert case.update_code is not None
    assert contact_by is not None
    return ReportReceipt(
        reference=case.reference,
        update_code=case.update_code,
        status=case.status,
        created_at=case.created_at,
        contact_by=contact_by,
        contact_by_words={each: say_date(contact_by, each) for each in LANGUAGES},
    )


async def find_case_by_code(
    session: AsyncSession, keyring: Keyring, reference: str, update_code: str
) -> Case | None:
    """The case that a person may ask about: only with the code that they were given for it."""
    code_hash = keyring.look_up_hash("update-code", f"{reference}:{update_code}")
    return await session.scalar(
        select(Case).where(Case.reference == reference, Case.update_code_hash == code_hash)
    )


async def find_case(session: AsyncSession, reference: str) -> Case:
    """The case as it stands. Raises DoesNotExist."""
    case = await session.scalar(select(Case).where(Case.reference == reference))
    if case is None:
        raise DoesNotExist("There is no such case.")
    return case

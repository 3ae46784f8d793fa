"""Referral to victim support: whether it may go, what the person's choice does to it, and what the partner says.

The partner's answer is written down by an officer who had it from the partner. A link with a token for the partner was
the other way: it would open the public door to something secret that whoever reads a mailbox can use, and be one more
thing to revoke.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.clocks import due_at
from api.cases.deadlines import meet_clock, start_clock
from api.cases.models import (
    ActionState,
    Case,
    Consent,
    Decision,
    PlannedAction,
    Referral,
    ReferralState,
    Status,
)
from api.cases.partner_sends import (
    SUPPORT_REFERRAL,
    WITH_THE_PARTNER,
    newest_referral,
    queue_send,
)
from api.cases.plan import settle_item
from api.cases.queries import CaseFile
from api.cases.workspace_models import (
    PartnerSend,
    PartnerSendKind,
    PartnerSendState,
    ReferralEvent,
    ReferralEventKind,
)
from api.database import utc_now
from api.officers.models import Officer
from api.policy import ConsentPolicy, policy
from api.problems import Conflict, UnusableContent
from api.runtime import Runtime

REFERRAL_STATES: Final = {
    Decision.REFER: ReferralState.DUE,
    Decision.DECLINED: ReferralState.NOT_WANTED,
    Decision.ASK_LATER: ReferralState.TO_ASK,
    Decision.NOT_ASKED: ReferralState.TO_ASK,
}
ANSWERS: Final = {
    "received": ReferralEventKind.RECEIVED,
    "accepted": ReferralEventKind.ACCEPTED,
    "rejected": ReferralEventKind.REJECTED,
}


def why_not_refer(file: CaseFile, sends: list[PartnerSend]) -> str | None:
    """Why the choice of the person, by the policy, does not let a referral go now; None where it does.

    `no-report`, `case-closed`, `with-the-partner`, `being-sent`, `declined`, `to-ask`, or `to-ask-freely` where the
    person was asked with "normally" but the policy wants a free choice for what is known by now.
    """
    case, consent = file.case, file.consent
    if case.referral is None or consent is None:
        return "no-report"
    if case.status == Status.CLOSED:
        return "case-closed"
    if case.referral.state in WITH_THE_PARTNER:
        return "with-the-partner"
    if any(send.state in _UNDER_WAY and send.kind == PartnerSendKind.REFERRAL for send in sends):
        return "being-sent"
    if consent.decision == Decision.DECLINED:
        return "declined"
    if consent.decision != Decision.REFER:
        return "to-ask"
    rules = policy(case.policy_version).consent
    if consent.wording_version.endswith("/opt_out") and needs_free_choice(rules, file):
        return "to-ask-freely"
    return None


_UNDER_WAY: Final = (PartnerSendState.QUEUED, PartnerSendState.SENDING)


def needs_free_choice(rules: ConsentPolicy, file: CaseFile) -> bool:
    """Whether the policy wants the person to have been asked freely, by what is known of the case now."""
    answers: Mapping[str, str] = file.assessment.answers if file.assessment else {}
    flags = {*(file.case.report.flags if file.case.report else []), *_reasons(file)}
    return (
        rules.regime == "opt_in"
        or file.case.route.value in rules.opt_in_routes
        or bool(rules.opt_in_flags & flags)
        or any(answers.get(code) == "yes" for code in rules.opt_in_answers)
        or (rules.opt_in_anonymous and (file.person is None or not file.person.name))
    )


def _reasons(file: CaseFile) -> list[str]:
    return file.assessment.reasons if file.assessment else []


async def apply_choice(
    session: AsyncSession, runtime: Runtime, case: Case, decision: Decision
) -> None:
    """Bring the referral in line with the person's newest choice; what a partner has is taken back.

    A referral that went by an override stays: it never rested on the choice. The caller commits.
    """
    await session.refresh(case, ["status"], with_for_update=True)
    referral = await session.get(Referral, case.id)
    if referral is None:
        return
    before, referral.decision = referral.decision, decision
    now = utc_now()
    if decision == Decision.REFER:
        if referral.state not in WITH_THE_PARTNER:
            referral.state = ReferralState.DUE
            if before != Decision.REFER:
                await _run_again(session, case, now)
        await session.flush()
        return
    send = await newest_referral(session, case.id)
    if send is not None and send.override_id is not None and send.state not in _GONE:
        return
    if send is not None and send.state == PartnerSendState.QUEUED:
        # Nothing has left yet.
        send.state = PartnerSendState.CANCELLED
    elif send is not None and (
        send.state == PartnerSendState.SENDING or referral.state in WITH_THE_PARTNER
    ):
        await _recall(session, runtime, case, referral, send)
    elif referral.state in WITH_THE_PARTNER:
        # From before sends were kept: an officer has to tell the partner.
        referral.state = ReferralState.RECALLED
    if referral.state != ReferralState.RECALLED:
        referral.state = REFERRAL_STATES[decision]
    await session.flush()
    if decision == Decision.DECLINED:
        await settle_declined(session, case.id, now)
    elif before == Decision.DECLINED or (
        before == Decision.REFER and await _is_settled(session, case)
    ):
        # Somebody has to ask. A clock that still runs to that is not put off.
        await _run_again(session, case, now)


_GONE: Final = (PartnerSendState.CANCELLED, PartnerSendState.REFUSED)


async def settle_declined(session: AsyncSession, case_id: UUID, now: datetime) -> None:
    """A no is a decision: the clock of the referral is met, and its item does not apply."""
    await meet_clock(session, case_id, SUPPORT_REFERRAL, now)
    await settle_item(session, case_id, SUPPORT_REFERRAL, ActionState.NOT_APPLICABLE)


async def record_choice(
    session: AsyncSession,
    runtime: Runtime,
    officer: Officer,
    case: Case,
    decision: Decision,
    language: str,
    words: str,
) -> None:
    """What the person told an officer, with their words as evidence. The caller holds the case's lock and commits.

    Raises UnusableContent without their words, Conflict for a case without a report.
    """
    if not words.strip():
        raise UnusableContent("The person's words are needed.", type="words-missing")
    if await session.get(Referral, case.id) is None:
        raise Conflict("There is no report yet.", type="no-report")
    rules = policy(case.policy_version).consent
    session.add(
        Consent(
            case_id=case.id,
            decision=decision,
            wording_version=f"{rules.wording_version}/officer",
            language=language,
            channel=case.channel,
            words=words.strip(),
            recorded_by=officer.id,
        )
    )
    await apply_choice(session, runtime, case, decision)
    await record(session, officer.id, "choice_recorded", case.reference)


async def record_answer(
    session: AsyncSession, officer: Officer, case: Case, answer: str, text: str
) -> None:
    """What the partner said: a receipt, that it accepts, or that it rejects and why. The caller locked the case.

    A rejected referral comes back to the officer, with its clock. Raises Conflict where no partner has it,
    UnusableContent where the receipt or the reason is missing.
    """
    referral = await session.get(Referral, case.id)
    send = await newest_referral(session, case.id)
    if referral is None or send is None or referral.state not in WITH_THE_PARTNER:
        raise Conflict("No partner has this referral.", type="not-with-a-partner")
    kind = ANSWERS[answer]
    if kind != ReferralEventKind.ACCEPTED and not text.strip():
        raise UnusableContent("A receipt or a reason is needed.", type="text-missing")
    now = utc_now()
    session.add(
        ReferralEvent(
            case_id=case.id,
            kind=kind,
            partner=send.partner,
            text=text.strip() or None,
            officer_id=officer.id,
        )
    )
    if kind == ReferralEventKind.ACCEPTED:
        referral.state = ReferralState.ACCEPTED
    elif kind == ReferralEventKind.REJECTED:
        referral.state = ReferralState.REJECTED
        await _run_again(session, case, now)
    if kind != ReferralEventKind.RECEIVED:
        await meet_clock(session, case.id, "partner_answer", now)
    await record(session, officer.id, "partner_answer_recorded", case.reference)


async def events_of(session: AsyncSession, case_id: UUID) -> list[ReferralEvent]:
    """What happened to the referral, oldest first."""
    rows = await session.scalars(
        select(ReferralEvent)
        .where(ReferralEvent.case_id == case_id)
        .order_by(ReferralEvent.at, ReferralEvent.id)
    )
    return list(rows)


async def _is_settled(session: AsyncSession, case: Case) -> bool:
    state = await session.scalar(
        select(PlannedAction.state).where(
            PlannedAction.case_id == case.id, PlannedAction.code == SUPPORT_REFERRAL
        )
    )
    return state not in (None, ActionState.OPEN)


async def _run_again(session: AsyncSession, case: Case, now: datetime) -> None:
    """Start the clock of the referral anew, and open its item."""
    rules = policy(case.policy_version)
    due = due_at(now, rules.deadlines[SUPPORT_REFERRAL], case.grade.value)
    referral = await session.get_one(Referral, case.id)
    referral.due_at = due
    await start_clock(session, case.id, SUPPORT_REFERRAL, due)
    await settle_item(session, case.id, SUPPORT_REFERRAL, ActionState.OPEN, due_at=due)


async def _recall(
    session: AsyncSession, runtime: Runtime, case: Case, referral: Referral, send: PartnerSend
) -> None:
    """Have the partner told to delete what it has. A referral that is on its way is not tried again."""
    if send.state == PartnerSendState.SENDING:
        send.state = PartnerSendState.CANCELLED
    referral.state = ReferralState.RECALLED
    session.add(
        ReferralEvent(case_id=case.id, kind=ReferralEventKind.RECALLED, partner=send.partner)
    )
    await meet_clock(session, case.id, "partner_answer", utc_now())
    await queue_send(
        session,
        runtime,
        PartnerSend(
            case_id=case.id,
            kind=PartnerSendKind.RECALL,
            partner=send.partner,
            partners_version=send.partners_version,
            payload={"reference": case.reference},
        ),
    )

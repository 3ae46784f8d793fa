"""Sends to partner agencies: a row before it is a call, tried again until the partner's side has it."""

from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertReason
from api.alerts.service import raise_alert
from api.cases.clocks import due_at
from api.cases.deadlines import meet_clock, start_clock
from api.cases.minimum_data import said_in_words
from api.cases.models import ActionState, Case, Referral, ReferralState
from api.cases.partners import Partner, partner_secret, partners
from api.cases.plan import settle_item
from api.cases.workspace_models import (
    PartnerSend,
    PartnerSendKind,
    PartnerSendState,
    ReferralEvent,
    ReferralEventKind,
)
from api.database import new_id, utc_now
from api.jobs import SENDING, defer
from api.policy import policy
from api.runtime import Runtime
from api.wakeups import OFFICERS, announce
from channels.email import MailInterrupted, new_mail, send_mail
from channels.partner_webhook import post_to_partner
from channels.webhook import WebhookInterrupted, WebhookRefused

SEND_TO_PARTNER: Final = "send_to_partner"
SUPPORT_REFERRAL: Final = "support_referral"
WITH_THE_PARTNER: Final = frozenset({ReferralState.SENT, ReferralState.ACCEPTED})


class PartnerUnreached(Exception):
    """Neither taken nor refused; the queue tries again later."""


async def queue_send(session: AsyncSession, runtime: Runtime, send: PartnerSend) -> None:
    """Have something sent once the caller commits; what a case sends goes one after another."""
    send.id = new_id()
    session.add(send)
    await session.flush()
    await defer(
        session,
        runtime.queue,
        SEND_TO_PARTNER,
        on=SENDING,
        in_order_per=f"partner:{send.case_id}",
        send_id=str(send.id),
    )


async def sends_of(session: AsyncSession, case_id: UUID) -> list[PartnerSend]:
    """Everything sent or to be sent of a case, oldest first."""
    rows = await session.scalars(
        select(PartnerSend)
        .where(PartnerSend.case_id == case_id)
        .order_by(PartnerSend.queued_at, PartnerSend.id)
    )
    return list(rows)


async def newest_referral(session: AsyncSession, case_id: UUID) -> PartnerSend | None:
    """The newest referral of a case, whatever became of it."""
    referrals = [
        send for send in await sends_of(session, case_id) if send.kind == PartnerSendKind.REFERRAL
    ]
    return referrals[-1] if referrals else None


async def send_to_partner(runtime: Runtime, send_id: UUID) -> None:
    """Send it, unless it is done or the choice has changed. Raises PartnerUnreached, to be tried again.

    It counts as being sent from before the call: a choice that changes meanwhile recalls it.
    """
    async with runtime.database.session() as session:
        send = await _locked(session, send_id)
        if send is None or send.state not in (PartnerSendState.QUEUED, PartnerSendState.SENDING):
            return
        send.state = PartnerSendState.SENDING
        send.attempts += 1
        await session.commit()
    partner = partners(send.partners_version).find(send.partner)
    assert partner is not None
    try:
        receipt = await _deliver(runtime, partner, send)
    except (MailInterrupted, WebhookInterrupted) as error:
        structlog.get_logger().warning("partner_not_reached", send_id=str(send_id))
        cause = error.__cause__ or error
        await _note_error(runtime, send_id, type(cause).__name__)
        raise PartnerUnreached from error
    except WebhookRefused as refusal:
        structlog.get_logger().error("partner_refused", send_id=str(send_id))
        await _note_refused(runtime, send_id, str(refusal))
        return
    await _note_accepted(runtime, send_id, receipt)


async def _locked(session: AsyncSession, send_id: UUID) -> PartnerSend | None:
    """A send with its case locked, in the order in which every change takes the two."""
    case_id = await session.scalar(select(PartnerSend.case_id).where(PartnerSend.id == send_id))
    if case_id is None:
        return None
    await session.execute(select(Case.id).where(Case.id == case_id).with_for_update())
    return await session.get(PartnerSend, send_id, with_for_update=True)


async def _deliver(runtime: Runtime, partner: Partner, send: PartnerSend) -> str | None:
    if partner.means == "webhook":
        secret = partner_secret(runtime.settings, partner)
        content = {"kind": send.kind.value, "data": send.payload}
        return await post_to_partner(partner.address, secret, str(send.id), content)
    words, language = runtime.words, partner.language
    lines = "\n".join(
        f"{label}: {value}" for label, value in said_in_words(words, language, send.payload)
    )
    mail = new_mail(
        runtime.settings.mail_from,
        partner.address,
        words.say(f"partner_{send.kind}_subject", language),
        words.say(f"partner_{send.kind}_body", language, data=lines),
        message_key=f"partner-{send.id}",
    )
    await send_mail(runtime.settings.smtp_url.get_secret_value(), mail)
    return None


async def _note_error(runtime: Runtime, send_id: UUID, error: str) -> None:
    async with runtime.database.session() as session:
        send = await _locked(session, send_id)
        assert send is not None
        send.last_error = error
        await session.commit()


async def _note_refused(runtime: Runtime, send_id: UUID, status: str) -> None:
    """It comes back to the officer: by the clock of the referral, which was never met, or by an alert for a recall.

    A partner that refuses a recall keeps what the person no longer wants it to have, and no clock would say so.
    """
    async with runtime.database.session() as session:
        send = await _locked(session, send_id)
        assert send is not None
        send.last_error = status
        if send.state == PartnerSendState.SENDING:
            send.state = PartnerSendState.REFUSED
        session.add(
            ReferralEvent(
                case_id=send.case_id, kind=ReferralEventKind.REFUSED, partner=send.partner
            )
        )
        if send.kind == PartnerSendKind.RECALL:
            case = await session.get_one(Case, send.case_id)
            key = f"recall_refused:{send.id}"
            await raise_alert(session, runtime, case, AlertReason.RECALL_REFUSED, key)
        await announce(session, OFFICERS)
        await session.commit()


async def _note_accepted(runtime: Runtime, send_id: UUID, receipt: str | None) -> None:
    async with runtime.database.session() as session:
        send = await _locked(session, send_id)
        assert send is not None
        recalled = send.state == PartnerSendState.CANCELLED
        now = utc_now()
        send.accepted_at = now
        send.last_error = None
        kind = ReferralEventKind.SENT
        if send.kind == PartnerSendKind.RECALL:
            kind = ReferralEventKind.RECALL_SENT
        session.add(ReferralEvent(case_id=send.case_id, kind=kind, partner=send.partner, at=now))
        if receipt:
            session.add(
                ReferralEvent(
                    case_id=send.case_id,
                    kind=ReferralEventKind.RECEIVED,
                    partner=send.partner,
                    text=receipt,
                )
            )
        if not recalled:
            send.state = PartnerSendState.ACCEPTED
            if send.kind == PartnerSendKind.REFERRAL:
                await _referred(session, send)
        await announce(session, OFFICERS)
        await session.commit()


async def _referred(session: AsyncSession, send: PartnerSend) -> None:
    """The referral is with the partner: its clock is met, and the one for the partner's answer starts."""
    assert send.accepted_at is not None
    case = await session.get_one(Case, send.case_id)
    referral = await session.get_one(Referral, send.case_id)
    referral.state = ReferralState.SENT
    await session.flush()
    await meet_clock(session, case.id, SUPPORT_REFERRAL, send.accepted_at)
    await settle_item(
        session, case.id, SUPPORT_REFERRAL, ActionState.DONE, officer_id=send.requested_by
    )
    answer = policy(case.policy_version).workspace.partner_answer
    due = due_at(send.accepted_at, answer, case.grade.value)
    await start_clock(session, case.id, "partner_answer", due)

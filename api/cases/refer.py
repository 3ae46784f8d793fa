"""An officer refers: by the person's choice alone, or without it, where the law allows and a second person agrees."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.minimum_data import can_be_reached, fingerprint, minimum_of
from api.cases.models import Case, Referral, Status
from api.cases.partner_sends import WITH_THE_PARTNER, queue_send, sends_of
from api.cases.partners import Partner, Partners, why_not_to
from api.cases.queries import CaseFile
from api.cases.referral import why_not_refer
from api.cases.workspace_models import (
    PartnerSend,
    PartnerSendKind,
    PartnerSendState,
    ReferralOverride,
)
from api.database import utc_now
from api.officers.models import Officer, Role
from api.policy import policy
from api.problems import Conflict, DoesNotExist, NotAllowed, UnusableContent
from api.runtime import Runtime


class NotReferred(Conflict):
    """The referral does not go now; the problem's type says why."""


def partner_of(known: Partners, code: str) -> Partner:
    """A partner in force. Raises UnusableContent."""
    partner = known.find(code)
    if partner is None:
        raise UnusableContent("There is no such partner.", type="unknown-partner")
    return partner


async def refer(
    session: AsyncSession,
    runtime: Runtime,
    officer: Officer,
    file: CaseFile,
    known: Partners,
    code: str,
    seen: str,
) -> PartnerSend:
    """Send to a partner exactly what the officer saw. The caller locked the case, then loaded `file`, and commits.

    Raises NotReferred where the choice, the partner's data or something changed since the preview is in the way.
    """
    reason = why_not_refer(file, await sends_of(session, file.case.id))
    if reason is not None:
        raise NotReferred("The referral does not go now.", type=reason)
    return await _send(session, runtime, officer, file, known, code, seen, None)


async def ask_override(
    session: AsyncSession,
    officer: Officer,
    case: Case,
    known: Partners,
    code: str,
    basis: str,
    reason: str,
) -> ReferralOverride:
    """Ask a supervisor to let a referral go without the person's choice. The caller locked the case and commits.

    Raises UnusableContent for a missing reason or an unknown basis, Conflict where one waits already or the referral is
    with a partner.
    """
    partner = partner_of(known, code)
    if basis not in policy(case.policy_version).workspace.referral_overrides:
        raise UnusableContent("The policy knows no such ground.", type="basis-missing")
    if not reason.strip():
        raise UnusableContent("An override needs a reason.", type="reason-missing")
    if case.status == Status.CLOSED:
        raise Conflict("The case is closed.", type="case-closed")
    referral = await session.get(Referral, case.id)
    if referral is None:
        raise Conflict("There is no report yet.", type="no-report")
    if referral.state in WITH_THE_PARTNER:
        raise Conflict("A partner has this referral.", type="with-the-partner")
    if any(one.decided_at is None for one in await overrides_of(session, case.id)):
        raise Conflict("An override waits for a supervisor already.", type="override-waits")
    override = ReferralOverride(
        case_id=case.id,
        basis=basis,
        reason=reason.strip(),
        partner=partner.code,
        asked_by=officer.id,
    )
    session.add(override)
    await session.flush()
    await record(session, officer.id, "override_asked", case.reference)
    return override


async def decide_override(
    session: AsyncSession,
    runtime: Runtime,
    supervisor: Officer,
    file: CaseFile,
    known: Partners,
    override_id: UUID,
    *,
    approve: bool,
    note: str,
    seen: str,
) -> None:
    """A supervisor who did not ask decides. Approved, it goes at once. The caller locked the case and commits.

    Raises NotAllowed for whoever asked and for anybody who is no supervisor, DoesNotExist, Conflict where it was
    decided before, UnusableContent without a note, NotReferred as in `refer`. Of a closed case it can only be refused.
    """
    override = await session.get(ReferralOverride, override_id, with_for_update=True)
    if override is None or override.case_id != file.case.id:
        raise DoesNotExist("There is no such override.")
    if supervisor.role != Role.SUPERVISOR or supervisor.id == override.asked_by:
        raise NotAllowed("Another person, a supervisor, decides.", type="second-person-needed")
    if override.decided_at is not None:
        raise Conflict("This was decided before.", type="decided-before")
    if not note.strip():
        raise UnusableContent("A decision needs a note.", type="note-missing")
    if approve and file.case.status == Status.CLOSED:
        raise NotReferred("The case is closed.", type="case-closed")
    override.approved = approve
    override.decided_by = supervisor.id
    override.decided_at = utc_now()
    override.note = note.strip()
    await session.flush()
    if approve:
        referral = file.case.referral
        if referral is not None and referral.state in WITH_THE_PARTNER:
            raise NotReferred("A partner has this referral.", type="with-the-partner")
        await _send(session, runtime, supervisor, file, known, override.partner, seen, override.id)
    await record(
        session,
        supervisor.id,
        "override_approved" if approve else "override_refused",
        file.case.reference,
    )


async def overrides_of(session: AsyncSession, case_id: UUID) -> list[ReferralOverride]:
    """The overrides of a case, oldest first."""
    rows = await session.scalars(
        select(ReferralOverride)
        .where(ReferralOverride.case_id == case_id)
        .order_by(ReferralOverride.asked_at)
    )
    return list(rows)


async def _send(
    session: AsyncSession,
    runtime: Runtime,
    officer: Officer,
    file: CaseFile,
    known: Partners,
    code: str,
    seen: str,
    override_id: UUID | None,
) -> PartnerSend:
    partner = partner_of(known, code)
    reason = why_not_to(runtime.settings, partner)
    if reason is not None:
        raise NotReferred("Nothing goes to this partner now.", type=reason)
    if any(
        send.state in (PartnerSendState.QUEUED, PartnerSendState.SENDING)
        for send in await sends_of(session, file.case.id)
        if send.kind == PartnerSendKind.REFERRAL
    ):
        raise NotReferred("A referral is on its way.", type="being-sent")
    data = minimum_of(file, known.minimum)
    if override_id is None and not can_be_reached(data):
        raise NotReferred("The partner could not get in touch.", type="no-way-to-reach")
    if seen != fingerprint(runtime.database.keyring, partner.code, data):
        raise NotReferred("The case has changed since the preview.", type="preview-outdated")
    send = PartnerSend(
        case_id=file.case.id,
        kind=PartnerSendKind.REFERRAL,
        partner=partner.code,
        partners_version=known.version,
        payload=data,
        requested_by=officer.id,
        override_id=override_id,
    )
    await queue_send(session, runtime, send)
    await record(session, officer.id, "referral_sent", file.case.reference)
    return send

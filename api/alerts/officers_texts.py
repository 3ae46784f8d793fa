"""Texts from officers' numbers: a valid code acknowledges. Nothing else becomes a victim's report by mistake.

An officer may be a victim too. What such a number sends goes on as anybody's text does when it speaks of danger, when a
conversation with it is open, or when it asks for help or to report; otherwise the officer is told that nobody read it.
The sender of a text can be forged, so wrong codes are counted and soon refused unread.
"""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.codes import code_hash, code_in
from api.alerts.escalation import UNSENT
from api.alerts.models import Alert, AlertSend, OfficerText, OfficerTextOutcome, SendState
from api.cases.acknowledgement import take_in_hand
from api.cases.models import Case
from api.claims import claimed
from api.conversations.models import Conversation
from api.database import utc_now
from api.jobs import SENDING, defer
from api.officers.models import Officer, Role
from api.rota.models import Reach
from api.runtime import Runtime
from api.words import LANGUAGES, spoken
from channels.sms import (
    CLOCKS_DIFFER,
    IncomingText,
    Keyword,
    SendingInterrupted,
    SendingRefused,
    TwilioTexts,
    keyword,
)

SEND_OFFICER_TEXT: Final = "send_officer_text"
MOST_WRONG_CODES: Final = 10
COUNTED_FOR: Final = timedelta(hours=1)
# The network stops, or starts again, whatever we send to the number; no other keyword changes that.
AT_THE_NETWORK: Final = {
    Keyword.STOP: OfficerTextOutcome.STOPPED,
    Keyword.START: OfficerTextOutcome.STARTED,
}


def officers_number_hash(runtime: Runtime, number: str) -> bytes:
    """Under which an officer's number is found; never the same as a victim's."""
    return runtime.database.keyring.look_up_hash("officer-phone", number)


async def take_officers_text(
    session: AsyncSession, runtime: Runtime, incoming: IncomingText
) -> bool:
    """Deal with a text if it is an officer's and no report; whether it was. The caller commits."""
    found = await session.execute(
        select(Officer, Reach)
        .join(Reach, Reach.officer_id == Officer.id)
        .where(
            Reach.phone_hash == officers_number_hash(runtime, incoming.sender),
            Officer.disabled_at.is_(None),
            Officer.role.in_([Role.OFFICER, Role.SUPERVISOR]),
        )
        # Two deliveries of one text take turns.
        .with_for_update(of=Reach)
    )
    row = found.one_or_none()
    if row is None:
        return False
    officer, reach = row
    if await session.get(OfficerText, incoming.message_sid) is not None:
        return True
    told = await _acknowledged_by_code(session, runtime, officer, incoming.text)
    if told is None and await _is_for_the_assistant(session, runtime, reach, incoming):
        return False
    outcome, reference = told or await _not_a_report(session, officer, reach, incoming)
    await _keep(session, runtime, officer, incoming, outcome, reference)
    return True


async def _acknowledged_by_code(
    session: AsyncSession, runtime: Runtime, officer: Officer, text: str
) -> tuple[OfficerTextOutcome, str] | None:
    """The outcome of a code that was sent to this officer; None for anything else."""
    code = code_in(text)
    if code is None or await _wrong_codes(session, officer) >= MOST_WRONG_CODES:
        return None
    hashed = code_hash(runtime.database.keyring, officer.id, code)
    alert_id = await session.scalar(select(AlertSend.alert_id).where(AlertSend.code_hash == hashed))
    if alert_id is None:
        return None
    alert = await session.get_one(Alert, alert_id, with_for_update=True)
    if alert.acknowledged_at is not None:
        reference = await session.scalar(select(Case.reference).where(Case.id == alert.case_id))
        return OfficerTextOutcome.ALREADY, str(reference)
    _, reference = await take_in_hand(session, alert_id, officer, "text")
    return OfficerTextOutcome.ACKNOWLEDGED, reference


async def _wrong_codes(session: AsyncSession, officer: Officer) -> int:
    counted = await session.scalar(
        select(func.count())
        .select_from(OfficerText)
        .where(
            OfficerText.officer_id == officer.id,
            OfficerText.outcome == OfficerTextOutcome.CODE_REFUSED,
            OfficerText.received_at > utc_now() - COUNTED_FOR,
        )
    )
    return counted or 0


async def _is_for_the_assistant(
    session: AsyncSession, runtime: Runtime, reach: Reach, incoming: IncomingText
) -> bool:
    """Whether the officer writes as somebody who reports, or may be in danger."""
    word = keyword(incoming.text)
    if word in AT_THE_NETWORK:
        reach.texts_stopped_at = utc_now() if word is Keyword.STOP else None
    if word in (Keyword.HELP, Keyword.NEW):
        return True
    phone_hash = runtime.database.keyring.look_up_hash("phone", incoming.sender)
    open_conversation = await session.scalar(
        select(
            exists().where(Conversation.phone_hash == phone_hash, Conversation.ended_at.is_(None))
        )
    )
    if open_conversation:
        return True
    wishes = {runtime.words.say("officer_text_report", each).casefold() for each in LANGUAGES}
    if incoming.text.strip().strip(".!").casefold() in wishes:
        return True
    safety = runtime.safety.assess(incoming.text)
    return "card" in (safety.danger, safety.suicide)


async def _not_a_report(
    session: AsyncSession, officer: Officer, reach: Reach, incoming: IncomingText
) -> tuple[OfficerTextOutcome, None]:
    word = keyword(incoming.text)
    if word in AT_THE_NETWORK:
        return AT_THE_NETWORK[word], None
    if code_in(incoming.text) is None:
        return OfficerTextOutcome.NOT_READ, None
    if await _wrong_codes(session, officer) >= MOST_WRONG_CODES:
        return OfficerTextOutcome.TOO_MANY, None
    return OfficerTextOutcome.CODE_REFUSED, None


async def _keep(
    session: AsyncSession,
    runtime: Runtime,
    officer: Officer,
    incoming: IncomingText,
    outcome: OfficerTextOutcome,
    reference: str | None,
) -> None:
    silent = outcome in (OfficerTextOutcome.STOPPED, OfficerTextOutcome.STARTED)
    if outcome in (OfficerTextOutcome.NOT_READ, OfficerTextOutcome.TOO_MANY):
        # Said once an hour, or two machines could talk to each other for ever.
        silent = bool(
            await session.scalar(
                select(
                    exists().where(
                        OfficerText.officer_id == officer.id,
                        OfficerText.outcome == outcome,
                        OfficerText.received_at > utc_now() - COUNTED_FOR,
                    )
                )
            )
        )
    session.add(
        OfficerText(
            message_sid=incoming.message_sid,
            officer_id=officer.id,
            outcome=outcome,
            reference=reference,
            state=SendState.DROPPED if silent else SendState.QUEUED,
        )
    )
    await session.flush()
    if not silent:
        await defer(
            session,
            runtime.queue,
            SEND_OFFICER_TEXT,
            on=SENDING,
            message_sid=incoming.message_sid,
        )


async def send_officer_text(runtime: Runtime, texts: TwilioTexts, message_sid: str) -> None:
    """Answer an officer's text once. Raises SendingInterrupted, for the queue to try again later."""
    async with claimed(runtime.database, f"officer-text:{message_sid}") as mine:
        if not mine:
            raise SendingInterrupted
        await _send(runtime, texts, message_sid)


async def _send(runtime: Runtime, texts: TwilioTexts, message_sid: str) -> None:
    async with runtime.database.session() as session:
        text = await session.get(OfficerText, message_sid, with_for_update=True)
        if text is None or text.state not in UNSENT:
            return
        officer = await session.get_one(Officer, text.officer_id)
        reach = await session.get(Reach, text.officer_id)
        interrupted_before = text.state == SendState.SENDING
        text.state = SendState.SENDING
        text.attempts += 1
        known = await _known(session, officer.id)
        await session.commit()
    if reach is None or reach.phone is None:
        await _note(runtime, message_sid, SendState.FAILED, last_error="no_number")
        return
    words = runtime.words.say(
        f"officer_text_{text.outcome}", spoken(officer.language), reference=text.reference or ""
    )
    since = text.received_at - CLOCKS_DIFFER
    callback = f"{runtime.settings.public_address}/sms/status"
    try:
        sid = None
        if interrupted_before:
            sid = await asyncio.to_thread(texts.find_sent, reach.phone, words, since, known)
        sid = sid or await asyncio.to_thread(texts.send, reach.phone, words, callback)
    except SendingRefused as refusal:
        structlog.get_logger().warning("officer_text_refused", code=refusal.code)
        await _note(runtime, message_sid, SendState.FAILED, last_error=f"twilio_{refusal.code}")
        return
    except SendingInterrupted as error:
        cause = type(error.__cause__ or error).__name__
        await _note(runtime, message_sid, SendState.SENDING, last_error=cause)
        raise
    await _note(runtime, message_sid, SendState.ACCEPTED, provider_sid=sid)


async def _known(session: AsyncSession, officer_id: UUID) -> set[str]:
    """Twilio's ids of answers before, which may have said the same."""
    found = await session.scalars(
        select(OfficerText.provider_sid).where(
            OfficerText.officer_id == officer_id, OfficerText.provider_sid.is_not(None)
        )
    )
    return {str(sid) for sid in found}


async def _note(
    runtime: Runtime,
    message_sid: str,
    state: SendState,
    *,
    last_error: str | None = None,
    provider_sid: str | None = None,
) -> None:
    async with runtime.database.session() as session:
        text = await session.get_one(OfficerText, message_sid, with_for_update=True)
        text.state = state
        text.last_error = last_error
        text.provider_sid = text.provider_sid or provider_sid
        await session.commit()

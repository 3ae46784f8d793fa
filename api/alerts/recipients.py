"""Who gets the messages of one step of an escalation, by which means, and why: by the rota of that moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertSend, AlertStep
from api.cases.areas import COUNTIES
from api.cases.models import Case
from api.rota.models import Reach
from api.rota.service import load_rota, reach_of
from api.rota.steps import asked_by
from api.rota.who import Member, Rota
from api.runtime import Runtime

EMAIL: Final = "email"
SMS: Final = "sms"
WEBHOOK: Final = "webhook"
# Recipients that are no officers.
CONTROL_ROOM: Final = "control_room"
SYSTEM: Final = "system"
CANARY: Final = "canary"
# Why a step differs from the policy's words. Each has words of its own (`why_…`), as the rota's reasons have.
NO_NUMBER: Final = "no_number"
NO_CONTROL_ROOM: Final = "no_control_room"


@dataclass(frozen=True)
class Message:
    """One message to be: to an officer, or to a recipient that is none."""

    means: str
    recipient: str
    officer_id: UUID | None = None


async def messages_of(
    session: AsyncSession, runtime: Runtime, case: Case, step: AlertStep, now: datetime
) -> tuple[list[Message], list[str]]:
    """The messages of a step, and codes of why these. Empty only where nobody works on cases at all."""
    if step.whom in (SYSTEM, CANARY):
        return [Message(means, step.whom) for means in step.means], []
    if step.whom == CONTROL_ROOM and runtime.settings.control_room_email:
        return [Message(EMAIL, CONTROL_ROOM)], []
    rota = await load_rota(session)
    chosen, why = await _officers(session, rota, case, step, now)
    reach = await reach_of(session, {officer.id for officer in chosen})
    messages: list[Message] = []
    for officer in chosen:
        means = _means(step.means, officer, reach)
        if SMS in step.means and SMS not in means and NO_NUMBER not in why:
            why.append(NO_NUMBER)
        messages += [Message(each, str(officer.id), officer.id) for each in means]
    return messages, why


async def _officers(
    session: AsyncSession, rota: Rota, case: Case, step: AlertStep, now: datetime
) -> tuple[Sequence[Member], list[str]]:
    asked = await session.scalars(
        select(AlertSend.officer_id).where(
            AlertSend.alert_id == step.alert_id, AlertSend.officer_id.is_not(None)
        )
    )
    area = case.area if case.area in COUNTIES else None
    before = {officer_id for officer_id in asked if officer_id is not None}
    found = asked_by(rota, step.whom, now, case.language, area, before)
    why = [each.value for each in found.why]
    return found.officers, [*why, NO_CONTROL_ROOM] if step.whom == CONTROL_ROOM else why


def _means(wanted: Sequence[str], officer: Member, reach: Mapping[UUID, Reach]) -> list[str]:
    """The means by which an officer can be reached; e-mail, which everybody has, where none is left."""
    own = reach.get(officer.id)
    texts = own is not None and own.phone is not None and own.texts_stopped_at is None
    return [means for means in wanted if means == EMAIL or (means == SMS and texts)] or [EMAIL]

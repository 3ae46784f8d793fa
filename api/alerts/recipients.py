"""Who gets the messages of one step of an escalation, by which means, and why: by the rota of that moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import AlertSend, AlertStep
from api.cases.models import Case
from api.rota.models import Reach
from api.rota.service import area_of_case, load_rota, reach_of
from api.rota.who import Cover, Member, Rota, cover, supervisors
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
    if step.whom == "supervisor":
        return _chosen(supervisors(rota, now))
    if step.whom in ("everybody", CONTROL_ROOM):
        why = [NO_CONTROL_ROOM] if step.whom == CONTROL_ROOM else []
        return rota.members, why
    found = cover(rota, now, case.language, await area_of_case(session, case))
    if found.together:
        return _chosen(found)
    if step.whom == "first":
        return found.officers[:1], [why.value for why in found.why]
    asked = set(
        await session.scalars(
            select(AlertSend.officer_id).where(AlertSend.alert_id == step.alert_id)
        )
    )
    waiting = [officer for officer in found.officers if officer.id not in asked]
    return waiting[:1] or found.officers, [why.value for why in found.why]


def _chosen(found: Cover) -> tuple[Sequence[Member], list[str]]:
    return found.officers, [why.value for why in found.why]


def _means(wanted: Sequence[str], officer: Member, reach: Mapping[UUID, Reach]) -> list[str]:
    """The means by which an officer can be reached; e-mail, which everybody has, where none is left."""
    own = reach.get(officer.id)
    texts = own is not None and own.phone is not None and own.texts_stopped_at is None
    return [means for means in wanted if means == EMAIL or (means == SMS and texts)] or [EMAIL]

"""Whom each step of an escalation asks, by the rota of its moment: done by the product, foretold by the page."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from api.policy import Escalation, EscalationStep, GradeName
from api.rota.who import Cover, Member, Rota, Why, cover, supervisors


@dataclass(frozen=True)
class Foretold:
    """One step as it would be taken: when, and who is asked. Nobody of the rota for `system` and `control_room`."""

    step: EscalationStep
    at: datetime
    officers: Sequence[Member]
    why: Sequence[Why]


def asked_by(
    rota: Rota, whom: str, at: datetime, language: str, area: str | None, asked: Set[UUID]
) -> Cover:
    """The officers whom a step asks; `asked` are those who were asked for this alert before."""
    if whom == "supervisor":
        return supervisors(rota, at)
    if whom in ("everybody", "control_room"):
        return Cover(rota.members, [], together=True)
    found = cover(rota, at, language, area)
    if found.together:
        return found
    if whom == "first":
        return Cover(found.officers[:1], found.why)
    waiting = [officer for officer in found.officers if officer.id not in asked]
    return Cover(waiting[:1] or found.officers, found.why)


def who_is_alerted(
    rota: Rota,
    escalation: Escalation,
    at: datetime,
    language: str,
    grade: GradeName,
    area: str | None,
) -> Sequence[Foretold]:
    """Every step that an alert raised at a moment would take while nobody acknowledged it."""
    asked: set[UUID] = set()
    steps: list[Foretold] = []
    for step in escalation.steps[grade]:
        moment = at + timedelta(minutes=step.minutes)
        if step.whom in ("system", "control_room"):
            steps.append(Foretold(step, moment, (), ()))
            continue
        found = asked_by(rota, step.whom, moment, language, area, asked)
        asked.update(officer.id for officer in found.officers)
        steps.append(Foretold(step, moment, found.officers, found.why))
    return steps

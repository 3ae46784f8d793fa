"""What happened in a case, from when it came in to when it was closed, in one line of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING
from uuid import UUID

from api.alerts.models import REOPENING
from api.cases.casework_models import ContactOutcome
from api.cases.models import ActionState
from api.cases.queries import CaseFile

if TYPE_CHECKING:
    from api.cases.desk import Desk


@dataclass(frozen=True)
class Event:
    """One thing that happened. `what` names it; `kind` and `code` say which, in words that the pages have."""

    at: datetime
    what: str
    kind: str | None = None
    code: str | None = None
    by: UUID | None = None


def timeline_of(file: CaseFile, desk: "Desk") -> list[Event]:
    """Everything that happened, oldest first. It holds no content of the account and no note."""
    return sorted(
        [*_of_report(file), *_of_work(file), *_of_desk(file, desk)], key=lambda event: event.at
    )


def _of_report(file: CaseFile) -> Iterator[Event]:
    case = file.case
    yield Event(
        min(case.created_at, case.submitted_at or case.created_at),
        "received",
        "channel",
        case.channel,
    )
    if case.submitted_at is not None:
        yield Event(case.submitted_at, "report_sent")
    for consent in case.consents:
        yield Event(consent.recorded_at, "choice", "decision", consent.decision)
    for addition in case.additions:
        yield Event(addition.added_at, "said_later", "addition", addition.kind)
    for alert in file.alerts:
        yield Event(alert.raised_at, "alert", "alert", alert.reason)
        if alert.acknowledged_at is not None:
            yield Event(
                alert.acknowledged_at,
                "alert_acknowledged",
                "alert",
                alert.reason,
                alert.acknowledged_by,
            )


def _of_work(file: CaseFile) -> Iterator[Event]:
    for assessment in file.case.risk_assessments:
        yield Event(assessment.assessed_at, "risk", "grade", assessment.grade)
    for item in file.case.actions:
        if item.done_at is not None and item.state != ActionState.OPEN:
            yield Event(item.done_at, "plan_item", "plan", item.code, item.done_by)
    for message in file.messages:
        if message.sender == "officer":
            yield Event(message.sent_at, "message_to_person", "language", message.language)


def _of_desk(file: CaseFile, desk: "Desk") -> Iterator[Event]:
    for contact in desk.contacts:
        if contact.outcome == ContactOutcome.NUMBER_SHOWN:
            yield Event(contact.at, "number_shown", by=contact.by)
        else:
            yield Event(contact.at, "contact", "means", contact.means, contact.by)
    for translation in desk.translations:
        yield Event(
            translation.added_at,
            "translation",
            "language",
            translation.language,
            translation.added_by,
        )
    for person in desk.people_involved:
        yield Event(person.added_at, "person_involved", by=person.added_by)
    for link in desk.links:
        yield Event(link.linked_at, "linked", "link", link.kind, link.linked_by)
    for outcome in desk.outcomes:
        yield Event(outcome.decided_at, "outcome", "outcome", outcome.code, outcome.decided_by)
    for redaction in desk.redactions:
        yield Event(redaction.redacted_at, "redaction", by=redaction.redacted_by)
    yield from _of_closings(file, desk)


def _of_closings(file: CaseFile, desk: "Desk") -> Iterator[Event]:
    """Each closing, and the alert that opened the case again."""
    ends = [closing.closed_at for closing in desk.closings[1:]]
    for closing, until in zip_longest(desk.closings, ends):
        yield Event(closing.closed_at, "closed", "closing", closing.reason, closing.closed_by)
        opened = [
            alert
            for alert in file.alerts
            if alert.reason in REOPENING
            and alert.raised_at > closing.closed_at
            and (until is None or alert.raised_at < until)
        ]
        if opened:
            yield Event(opened[0].raised_at, "reopened", "alert", opened[0].reason)

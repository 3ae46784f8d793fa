"""Cases as officers' systems read them, exactly as the contract names the fields."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.alerts.models import Alert
from api.cases.models import Addition, Case, Deadline, PlannedAction
from api.cases.queries import CaseFile
from api.cases.queue import ClosedCase, QueuePage
from api.cases.schemas import Language, Strict
from api.cases.staff_contact import ShownContact, shown_contact
from api.conversations.models import Message
from channels.web import MAX_CHARACTERS


class ListedRisk(BaseModel):
    grade: str


class ListedCase(BaseModel):
    reference: str
    status: str
    language: str
    channel: str
    route: str
    created_at: datetime
    risk: ListedRisk
    alert_waiting: bool
    restricted: Literal[False] = False


class ListedClosedCase(BaseModel):
    """A restricted case that does not open for the one who asks."""

    reference: str
    alert_waiting: bool
    restricted: Literal[True] = True


class CaseList(BaseModel):
    """One page, most urgent first. `cursor` gets the next page; it is null on the last one."""

    cases: list[ListedCase | ListedClosedCase]
    cursor: str | None

    @classmethod
    def of(cls, page: QueuePage) -> "CaseList":
        return cls(
            cases=[
                ListedClosedCase(reference=case.reference, alert_waiting=case.alert_waiting)
                if isinstance(case, ClosedCase)
                else ListedCase(
                    reference=case.reference,
                    status=case.status,
                    language=case.language,
                    channel=case.channel,
                    route=case.route,
                    created_at=case.created_at,
                    risk=ListedRisk(grade=case.grade),
                    alert_waiting=case.alert_waiting,
                )
                for case in page.cases
            ],
            cursor=page.cursor,
        )


class ShownReport(BaseModel):
    text: str
    text_language: str
    text_sha256: str
    strands: list[str]
    incident_types: list[str]
    when_text: str | None
    occurred_from: datetime | None
    occurred_to: datetime | None
    where_text: str | None
    place: str | None
    online: bool | None


class ShownRisk(BaseModel):
    grade: str
    reasons: list[str]


class ShownReferral(BaseModel):
    decision: str
    wording_version: str
    language: str
    recorded_at: datetime
    state: str
    due_at: datetime | None


class ShownSend(BaseModel):
    means: str
    state: str
    queued_at: datetime
    accepted_at: datetime | None


class ShownAlert(BaseModel):
    id: UUID
    reason: str
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    sends: list[ShownSend] = []

    @classmethod
    def of(cls, alert: Alert, by: str | None) -> "ShownAlert":
        return cls(
            id=alert.id,
            reason=alert.reason,
            raised_at=alert.raised_at,
            acknowledged_at=alert.acknowledged_at,
            acknowledged_by=by,
            sends=[
                ShownSend(
                    means=send.means,
                    state=send.state,
                    queued_at=send.queued_at,
                    accepted_at=send.accepted_at,
                )
                for send in alert.sends
            ],
        )


class ShownAction(BaseModel):
    code: str
    state: str
    due_at: datetime
    done_at: datetime | None


class ShownDeadline(BaseModel):
    code: str
    due_at: datetime
    met_at: datetime | None


class ShownMessage(BaseModel):
    """`delivery` is what became of the text that carried it; null in the web chat."""

    id: UUID
    sender: Annotated[str, Field(serialization_alias="from")]
    text: str
    language: str
    kind: str
    sent_at: datetime
    delivery: str | None


class ShownAddition(BaseModel):
    """What the person said of the case after it was sent."""

    kind: str
    text: str
    language: str
    added_at: datetime

    @classmethod
    def of(cls, addition: Addition) -> "ShownAddition":
        return cls(
            kind=addition.kind,
            text=addition.text,
            language=addition.language,
            added_at=addition.added_at,
        )


class ShownCase(BaseModel):
    """A case. `report` and `referral` are null while an urgent alert has no report yet."""

    reference: str
    status: str
    language: str
    channel: str
    route: str
    created_at: datetime
    report: ShownReport | None
    risk: ShownRisk
    referral: ShownReferral | None
    contact: ShownContact
    alerts: list[ShownAlert]
    action_plan: list[ShownAction]
    deadlines: list[ShownDeadline]
    messages: list[ShownMessage]

    @classmethod
    def of(cls, file: CaseFile) -> "ShownCase":
        case = file.case
        return cls(
            reference=case.reference,
            status=case.status,
            language=case.language,
            channel=case.channel,
            route=case.route,
            created_at=case.created_at,
            report=_report(case),
            risk=ShownRisk(
                grade=case.grade, reasons=file.assessment.reasons if file.assessment else []
            ),
            referral=_referral(file),
            contact=shown_contact(file),
            alerts=[
                ShownAlert.of(alert, file.names.get(alert.acknowledged_by))
                if alert.acknowledged_by
                else ShownAlert.of(alert, None)
                for alert in file.alerts
            ],
            action_plan=[_action(item) for item in case.actions],
            deadlines=_deadlines(case.deadlines),
            messages=[shown_message(message, file) for message in file.messages],
        )


class MessageToPerson(Strict):
    text: Annotated[
        str, StringConstraints(min_length=1, max_length=MAX_CHARACTERS, pattern=r"^[^\x00]*$")
    ]
    language: Language


class SentToPerson(BaseModel):
    id: UUID
    sender: Annotated[Literal["officer"], Field(serialization_alias="from")] = "officer"
    text: str
    language: str
    sent_at: datetime


def _report(case: Case) -> ShownReport | None:
    report = case.report
    if report is None:
        return None
    return ShownReport(
        text=report.text,
        text_language=report.text_language,
        text_sha256=report.text_sha256,
        strands=report.strands,
        incident_types=report.incident_types,
        when_text=report.when_text,
        occurred_from=report.occurred_from,
        occurred_to=report.occurred_to,
        where_text=report.where_text,
        place=report.place,
        online=report.online,
    )


def _referral(file: CaseFile) -> ShownReferral | None:
    referral, consent = file.case.referral, file.consent
    if referral is None or consent is None:
        return None
    return ShownReferral(
        decision=referral.decision,
        wording_version=consent.wording_version,
        language=consent.language,
        recorded_at=consent.recorded_at,
        state=referral.state,
        due_at=referral.due_at,
    )


def _action(item: PlannedAction) -> ShownAction:
    return ShownAction(code=item.code, state=item.state, due_at=item.due_at, done_at=item.done_at)


def _deadlines(deadlines: Sequence[Deadline]) -> list[ShownDeadline]:
    return [
        ShownDeadline(code=item.code, due_at=item.due_at, met_at=item.met_at) for item in deadlines
    ]


def shown_message(message: Message, file: CaseFile) -> ShownMessage:
    return ShownMessage(
        id=message.id,
        sender=message.sender,
        text=message.text,
        language=message.language,
        kind=message.kind,
        sent_at=message.sent_at,
        delivery=file.deliveries.get(message.id),
    )

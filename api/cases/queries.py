"""Everything that an officer may read of one case, loaded together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from api.alerts.models import Alert
from api.cases.models import Case, Consent, Person, PersonRole, RiskAssessment
from api.cases.risk import assess
from api.conversations.models import Conversation, Message
from api.officers.models import Officer
from api.policy import policy
from api.texts.models import OutgoingText, TextState
from api.texts.overview import TextsOverview, overview_of


@dataclass(frozen=True)
class CaseFile:
    """A case with all that belongs to it. `unknown` are the risk questions still to be asked."""

    case: Case
    conversation: Conversation | None
    alerts: Sequence[Alert]
    messages: Sequence[Message]
    unknown: Sequence[str]
    # By message: what became of the text that carried it.
    deliveries: dict[UUID, TextState] = field(default_factory=dict)
    # By officer's id: the name that colleagues know.
    names: dict[UUID, str] = field(default_factory=dict)
    # How texts to the person fare; None where they do not text.
    texts: TextsOverview | None = None

    @property
    def person(self) -> Person | None:
        """The one who reported, and chose how to be contacted."""
        return next((one for one in self.case.people if one.role == self.case.reporting_role), None)

    @property
    def victim(self) -> Person | None:
        """The victim, where somebody else reported and the victim may be contacted."""
        if self.case.reporting_role == PersonRole.VICTIM:
            return None
        return next((one for one in self.case.people if one.role == PersonRole.VICTIM), None)

    @property
    def says_how_it_is_safe(self) -> bool:
        """Whether the person said anything about safe contact, language or access."""
        person = self.person
        return person is not None and any(
            (
                *(person.safe_contact_text, person.contact_hours, person.voicemail),
                *(person.say_police, person.trusted_person, person.access_needs),
                *(person.spoken_language, person.written_language, person.interpreter),
            )
        )

    @property
    def consent(self) -> Consent | None:
        """The newest answer about victim support."""
        return self.case.consents[-1] if self.case.consents else None

    @property
    def assessment(self) -> RiskAssessment | None:
        return self.case.risk_assessments[-1] if self.case.risk_assessments else None


async def load_case_file(session: AsyncSession, reference: str) -> CaseFile | None:
    """The file of a case, or None where there is no such reference."""
    case = await session.scalar(
        select(Case)
        .where(Case.reference == reference, Case.canary.is_(False))
        .options(
            joinedload(Case.report),
            joinedload(Case.reporter),
            joinedload(Case.referral),
            selectinload(Case.people),
            selectinload(Case.consents),
            selectinload(Case.risk_assessments),
            selectinload(Case.actions),
            selectinload(Case.deadlines),
            selectinload(Case.additions),
        )
    )
    if case is None:
        return None
    alerts = (
        await session.scalars(
            select(Alert)
            .where(Alert.case_id == case.id)
            .options(selectinload(Alert.sends), selectinload(Alert.steps))
            .order_by(Alert.raised_at)
        )
    ).all()
    messages = await _messages(session, case)
    conversation = None
    if case.conversation_id is not None:
        conversation = await session.get(Conversation, case.conversation_id)
    return CaseFile(
        case=case,
        conversation=conversation,
        alerts=alerts,
        messages=messages,
        unknown=_unknown(case),
        deliveries=await _deliveries(session, messages),
        names=await _names(session, alerts),
        texts=await overview_of(session, conversation),
    )


async def load_alert(session: AsyncSession, alert_id: UUID) -> tuple[Alert, str | None]:
    """An alert that exists, with its sends, and the name of whoever acknowledged it."""
    alert = (
        await session.scalars(
            select(Alert)
            .where(Alert.id == alert_id)
            .options(selectinload(Alert.sends))
            .execution_options(populate_existing=True)
        )
    ).one()
    names = await _names(session, [alert])
    return alert, names.get(alert.acknowledged_by) if alert.acknowledged_by else None


async def _messages(session: AsyncSession, case: Case) -> Sequence[Message]:
    if case.conversation_id is None:
        return []
    found = await session.scalars(
        select(Message).where(Message.conversation_id == case.conversation_id).order_by(Message.seq)
    )
    return found.all()


async def newest_message(session: AsyncSession, reference: str) -> int | None:
    """The place of the newest message in the conversation of a case."""
    return await session.scalar(
        select(func.max(Message.seq))
        .join(Case, Case.conversation_id == Message.conversation_id)
        .where(Case.reference == reference)
    )


async def _deliveries(session: AsyncSession, messages: Sequence[Message]) -> dict[UUID, TextState]:
    rows = await session.execute(
        select(OutgoingText.message_id, OutgoingText.state).where(
            OutgoingText.message_id.in_([message.id for message in messages])
        )
    )
    return {row[0]: row[1] for row in rows}


async def _names(session: AsyncSession, alerts: Sequence[Alert]) -> dict[UUID, str]:
    officers = {alert.acknowledged_by for alert in alerts}
    officers |= {send.officer_id for alert in alerts for send in alert.sends}
    rows = await session.execute(
        select(Officer.id, Officer.name).where(Officer.id.in_(officers - {None}))
    )
    return {row[0]: row[1] for row in rows}


def _unknown(case: Case) -> Sequence[str]:
    """The questions that the person did not answer; before any report, all of them."""
    newest = case.risk_assessments[-1] if case.risk_assessments else None
    rules = policy(newest.policy_version if newest else case.policy_version)
    return assess(rules.risk, newest.answers if newest else {}, set()).unknown

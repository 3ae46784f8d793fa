"""A report as the action server hands it over."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Language = Literal["cy", "en"]
Strand = Literal[
    "disability", "race", "religion", "sexual_orientation", "transgender", "other", "not_sure"
]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
# PostgreSQL text cannot hold NUL, and encryption hides it from the database: refuse it here.
Account = Annotated[str, StringConstraints(min_length=1, max_length=40_000, pattern=r"^[^\x00]*$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class ReportContent(Strict):
    text: Account
    text_language: Language
    why_text: Words | None = None
    strands: list[Strand] = []
    incident_types: list[Code] = Field(default=[], max_length=20)
    when_text: Words | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    where_text: Words | None = None
    place: Words | None = None
    online: bool | None = None
    who_text: Words | None = None
    evidence_text: Words | None = None


# "often", "very" and "a_bit" are levels of a question; which question has them is the policy's to say.
RiskAnswer = Literal["yes", "no", "unknown", "rather_not", "often", "very", "a_bit"]
YesNo = Literal["yes", "no", "unknown"]


class ReferralChoice(Strict):
    decision: Literal["refer", "declined", "ask_later", "not_asked"]
    wording_version: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,32}$")]
    language: Literal["cy", "en", "cy+en"]
    words: Words | None = None


class ContactChoice(Strict):
    """How the person may be reached.

    `this_conversation` answers in the web chat, or by text to the number that they write from.
    """

    method: Literal["phone", "text", "email", "this_conversation", "none"] = "none"
    name: Words | None = None
    phone: Words | None = None
    email: Words | None = None
    safe_contact_text: Words | None = None
    contact_hours: Words | None = None
    voicemail: Literal["yes", "text", "no", "unknown"] | None = None
    say_police: YesNo | None = None
    trusted_person: Words | None = None
    spoken_language: Words | None = None
    written_language: Words | None = None
    interpreter: bool | None = None
    access_needs: Words | None = None


class ReporterDetails(Strict):
    """Who reports. `under_18` is null where it was not said; the rest is about the victim, on their behalf."""

    under_18: bool | None = None
    professional: bool = False
    relation: Words | None = None
    organisation: Words | None = None
    victim_knows: YesNo = "unknown"
    victim_agrees: YesNo = "unknown"
    may_contact_victim: YesNo = "unknown"
    victim_name: Words | None = None
    victim_contact: Words | None = None
    trusted_adult: Words | None = None


class ReportSubmission(Strict):
    """One report. `conversation_id` is the opaque id under which Rasa knows the conversation."""

    conversation_id: UUID | None = None
    language: Language
    channel: Literal["web", "sms"]
    route: Literal["victim", "witness", "on_behalf"] = "victim"
    report: ReportContent
    reporter: ReporterDetails = ReporterDetails()
    risk_answers: dict[Code, RiskAnswer] = {}
    flags: list[Code] = Field(default=[], max_length=20)
    referral: ReferralChoice
    contact: ContactChoice = ContactChoice()


class ReportReceipt(BaseModel):
    """What the person is told: `contact_by` is when an officer will have been in touch."""

    reference: str
    update_code: str
    status: str
    created_at: datetime
    contact_by: datetime
    contact_by_words: dict[Language, str]


class StatusQuestion(Strict):
    """Whose report is asked about: by reference and code, or by the conversation in which it was made."""

    reference: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,16}$")] | None = None
    update_code: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,16}$")] | None = None
    conversation_id: UUID | None = None


class CaseStatus(BaseModel):
    """`contact_by_words` is the date by which somebody is to be in touch, while that is still to come."""

    reference: str
    status: Literal["new", "acknowledged", "open", "closed", "urgent"]
    referral: str | None
    contact_by_words: dict[Language, str] | None


class UrgentAlert(Strict):
    conversation_id: UUID
    reason: Literal["danger", "suicide", "asked_for_person"]


class UrgentAlertReceipt(BaseModel):
    alert_id: UUID
    reference: str

"""What is kept of one person, for them to have: their own data, and apart from it what is about others.

The one who reported is the subject. Cases that an officer has linked as of the same victim belong to it too, where
the same person is shown to have reported them: a witness who reported about the victim is somebody else.
What is about somebody else is in a file of its own, which an officer reviews before anything of it is handed over.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.casework_models import LinkKind
from api.cases.desk import Desk, load_desk
from api.cases.models import Person
from api.cases.queries import CaseFile, load_case_file
from api.runtime import Runtime
from api.ui.pages import Pages
from api.words import Language

READ_FIRST: Final = "subject_access_read_first"
_OF_PERSON: Final = (
    *("name", "phone", "email", "contact_method", "safe_contact_text", "contact_hours"),
    *("voicemail", "say_police", "spoken_language", "written_language", "interpreter"),
    "access_needs",
)
# What somebody says of how another person is reached, or of another person.
_OF_ANOTHER: Final = ("relation", "organisation", "victim_knows", "victim_agrees", "trusted_adult")


@dataclass(frozen=True)
class Export:
    """One person's data, and apart from it what is about others, by case."""

    reference: str
    language: Language
    made_at: datetime
    read_first: str
    subject: dict[str, dict[str, Any]]
    others: dict[str, dict[str, Any]]

    def as_zip(self, page: str) -> bytes:
        """The files of the export: for the person a readable page and the same as JSON, for the officer the rest."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("READ-FIRST.txt", self.read_first)
            archive.writestr("1/page.html", page)
            archive.writestr("1/data.json", _json(self.subject))
            archive.writestr("2/data.json", _json(self.others))
        return packed.getvalue()


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)


async def export_of(
    session: AsyncSession, runtime: Runtime, file: CaseFile, now: datetime
) -> Export:
    """Everything that is kept of the one who reported this case, and the cases linked to it as of the same victim.

    A linked case that is not shown to be by the same person is wholly among what is about others.
    """
    files = {file.case.reference: file}
    desk = await load_desk(session, runtime.database.keyring, file, now)
    for link in desk.links:
        if link.kind == LinkKind.VICTIM:
            other = await load_case_file(session, link.reference)
            assert other is not None
            files[link.reference] = other
    subject, others = {}, {}
    for reference, one in files.items():
        own = await load_desk(session, runtime.database.keyring, one, now)
        told, apart = _of_reporter(one, own), _of_others(one, own)
        if one is file or _same_reporter(file, one):
            subject[reference], others[reference] = told, apart
        else:
            others[reference] = {**told, **apart}
    return Export(
        reference=file.case.reference,
        language=desk.language,
        made_at=now,
        read_first=runtime.words.say(READ_FIRST, "cy+en"),
        subject=subject,
        others=others,
    )


def readable_page(pages: Pages, request: Request, exported: Export) -> str:
    """The person's data as a page, in their language."""
    answer = pages.answer(
        request, "staff/subject_access.html", language=exported.language, exported=exported
    )
    return bytes(answer.body).decode()


def _same_reporter(file: CaseFile, other: CaseFile) -> bool:
    """Whether telephone or e-mail show that two cases of the same victim were reported by the same person."""
    one, another = file.person, other.person
    if one is None or another is None or one.role != another.role:
        # The victim of the one is the victim of the other, so whoever reported about them shares a telephone at most.
        return False
    return any(
        ours is not None and ours == theirs
        for ours, theirs in (
            (one.phone_hash, another.phone_hash),
            (one.email_hash, another.email_hash),
        )
    )


def _of_reporter(file: CaseFile, desk: Desk) -> dict[str, Any]:
    case, report = file.case, file.case.report
    told: dict[str, Any] = {
        "received": case.created_at.isoformat(),
        "status": case.status,
        "grade": case.grade,
        "person": _person(file.person) if file.person else {},
    }
    if report is not None:
        told["account"] = {
            "text": report.text,
            "language": report.text_language,
            "sha256": report.text_sha256,
            "why": report.why_text,
            "when": report.when_text,
            "where": report.where_text,
            "place": report.place,
            "strands": report.strands,
            "incident_types": report.incident_types,
        }
    told["messages"] = [
        {"at": message.sent_at.isoformat(), "from": message.sender, "text": message.text}
        for message in file.messages
    ]
    told["choices"] = [
        {
            "at": consent.recorded_at.isoformat(),
            "decision": consent.decision,
            "words": consent.words,
            "wording_version": consent.wording_version,
        }
        for consent in case.consents
    ]
    told["said_later"] = [
        {"at": addition.added_at.isoformat(), "kind": addition.kind, "text": addition.text}
        for addition in case.additions
    ]
    told["risk"] = [
        {
            "at": assessment.assessed_at.isoformat(),
            "grade": assessment.grade,
            "answers": assessment.answers,
        }
        for assessment in case.risk_assessments
    ]
    told["contact"] = [
        {"at": contact.at.isoformat(), "means": contact.means, "outcome": contact.outcome}
        for contact in desk.contacts
        if contact.with_role == case.reporting_role
    ]
    told["translations"] = [
        {"made_on": each.made_on.isoformat(), "language": each.language, "text": each.text}
        for each in desk.translations
    ]
    told["outcomes"] = [
        {"at": outcome.decided_at.isoformat(), "code": outcome.code} for outcome in desk.outcomes
    ]
    told["closings"] = [
        {"at": closing.closed_at.isoformat(), "reason": closing.reason} for closing in desk.closings
    ]
    return told


def _person(person: Person) -> dict[str, Any]:
    kept = {name: getattr(person, name) for name in _OF_PERSON}
    return {
        "role": person.role,
        **{name: value for name, value in kept.items() if value is not None},
    }


def _of_others(file: CaseFile, desk: Desk) -> dict[str, Any]:
    """What is about somebody else, or may be: what officers noted stands here until one has read it."""
    case = file.case
    reporter = case.reporter
    return {
        "victim": _person(file.victim) if file.victim else None,
        "trusted_person": file.person.trusted_person if file.person else None,
        "said_of_another": (
            {name: getattr(reporter, name) for name in _OF_ANOTHER} if reporter else None
        ),
        "people_involved": [
            {
                "name": person.name,
                "description": person.description,
                "whereabouts": person.whereabouts,
                "redacted_at": person.redacted_at.isoformat() if person.redacted_at else None,
            }
            for person in desk.people_involved
        ],
        "contact_with_others": [
            {"at": contact.at.isoformat(), "means": contact.means, "with": contact.with_role}
            for contact in desk.contacts
            if contact.with_role != case.reporting_role
        ],
        "notes_of_officers": [
            *(contact.note for contact in desk.contacts if contact.note),
            *(contact.against_wishes for contact in desk.contacts if contact.against_wishes),
            *(outcome.reason for outcome in desk.outcomes),
            *(outcome.kept_because for outcome in desk.outcomes if outcome.kept_because),
            *(closing.note for closing in desk.closings if closing.note),
        ],
        "officers": sorted(
            {desk.names.get(contact.by, "") for contact in desk.contacts}
            | {desk.names.get(outcome.decided_by, "") for outcome in desk.outcomes}
        ),
    }

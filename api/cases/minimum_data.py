"""The least that a partner needs: exactly what the officer sees before it is sent, and nothing of the account."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.cases.models import Person, PersonRole
from api.cases.queries import CaseFile
from api.security import Keyring
from api.words import Language, Words

# Which kind of word the values of a field are; what stands in no kind is the person's own.
CODES: Final = {
    "role": "person",
    "how": "contact",
    "hours": "safe_hours",
    "voicemail": "safe_voicemail",
    "say_police": "safe_police",
    "spoken_language": "language",
    "written_language": "language",
    "incident_types": "incident",
    "risk": "grade",
}


def minimum_of(file: CaseFile, fields: Sequence[str]) -> dict[str, Any]:
    """What is sent of a case: those of `fields` that are known, in their order.

    It is about the victim, where the victim may be contacted; else about a witness who reported.
    """
    known = dict(_everything(file))
    return {field: known[field] for field in fields if known.get(field) not in (None, "", [])}


def can_be_reached(data: Mapping[str, Any]) -> bool:
    """Whether a partner could get in touch with what is sent."""
    return any(field in data for field in ("phone", "email", "safely", "trusted_person"))


def subject_of(file: CaseFile) -> Person | None:
    """Whom a referral is about: the victim; a witness themselves; nobody where the victim is not to be contacted."""
    if file.case.route == "on_behalf":
        return file.victim
    return file.person


def fingerprint(keyring: Keyring, partner: str, data: Mapping[str, Any]) -> str:
    """By which it shows that what is sent is what was seen."""
    content = json.dumps([partner, data], sort_keys=True, ensure_ascii=False)
    return keyring.look_up_hash("referral-preview", content).hex()


def said_in_words(
    words: Words, language: Language, data: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """What is sent, as lines of a label and a value."""
    return [
        (words.say(f"minimum_{field}", language), _value(words, language, field, value))
        for field, value in data.items()
    ]


def _value(words: Words, language: Language, field: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(words, language, field, one) for one in value)
    if value is True:
        return words.say("answer_yes", language)
    if field == "safely" and value == "through_me":
        return words.say("reporter_through_reporter", language)
    key = f"{CODES.get(field)}_{value}"
    return words.say(key, language) if key in words.phrases else str(value)


def _everything(file: CaseFile) -> Iterator[tuple[str, Any]]:
    case, person = file.case, subject_of(file)
    yield "reference", case.reference
    yield "incident_types", case.report.incident_types if case.report else None
    yield "risk", case.grade.value
    if person is None:
        return
    yield "role", person.role.value
    yield "name", person.name
    yield "how", person.contact_method
    yield "hours", person.contact_hours
    yield "voicemail", person.voicemail
    yield "say_police", person.say_police
    yield "safely", person.safe_contact_text
    yield "trusted_person", person.trusted_person
    yield "spoken_language", person.spoken_language or case.language
    yield "written_language", person.written_language
    yield "interpreter", person.interpreter or None
    yield "access_needs", person.access_needs
    yield from _address(file, person)


def _address(file: CaseFile, person: Person) -> Iterator[tuple[str, Any]]:
    """Only the way that the person chose: another one may not be safe."""
    if person.role == PersonRole.VICTIM and person.safe_contact_text == "through_me":
        # The victim agreed to be reached through whoever reported.
        person = file.person or person
        yield "trusted_person", person.name
    method = person.contact_method
    if method in ("phone", "text", "this_conversation"):
        yield "phone", person.phone
    elif method == "email":
        yield "email", person.email

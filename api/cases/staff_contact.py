"""Who reported and how they may be reached, as officers' systems read it."""

from pydantic import BaseModel

from api.cases.queries import CaseFile


class ShownReporter(BaseModel):
    """Who reported. The victim's name and contact are there only where the victim may be contacted."""

    under_18: bool | None
    professional: bool
    relation: str | None
    organisation: str | None
    victim_knows: str
    victim_agrees: str
    may_contact_victim: str
    victim_name: str | None
    victim_contact: str | None
    trusted_adult: str | None


class ShownContact(BaseModel):
    """How the person may be reached. `method` is null before they were asked."""

    role: str | None = None
    method: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    safe_contact_text: str | None = None
    contact_hours: str | None = None
    voicemail: str | None = None
    say_police: str | None = None
    trusted_person: str | None = None
    spoken_language: str | None = None
    written_language: str | None = None
    interpreter: bool | None = None
    access_needs: str | None = None
    # The contract fixes the names beside `contact`, so who reported stands within it.
    reporter: ShownReporter | None = None


def _reporter(file: CaseFile) -> ShownReporter | None:
    """Who reported; None before a report."""
    reporter, victim = file.case.reporter, file.victim
    if reporter is None:
        return None
    return ShownReporter(
        under_18=reporter.under_18,
        professional=reporter.professional,
        relation=reporter.relation,
        organisation=reporter.organisation,
        victim_knows=reporter.victim_knows,
        victim_agrees=reporter.victim_agrees,
        may_contact_victim=reporter.may_contact_victim,
        victim_name=victim.name if victim else None,
        victim_contact=victim.safe_contact_text if victim else None,
        trusted_adult=reporter.trusted_adult,
    )


def shown_contact(file: CaseFile) -> ShownContact:
    """How the one who reported may be reached."""
    person = file.person
    if person is None:
        # Before a report there is only the conversation that raised the alert.
        return ShownContact(phone=file.conversation.phone if file.conversation else None)
    return ShownContact(
        role=person.role,
        method=person.contact_method,
        name=person.name,
        phone=person.phone,
        email=person.email,
        safe_contact_text=person.safe_contact_text,
        contact_hours=person.contact_hours,
        voicemail=person.voicemail,
        say_police=person.say_police,
        trusted_person=person.trusted_person,
        spoken_language=person.spoken_language,
        written_language=person.written_language,
        interpreter=person.interpreter,
        access_needs=person.access_needs,
        reporter=_reporter(file),
    )

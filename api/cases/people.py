"""The people of a report: who reports, the victim apart from them, and how each may safely be reached."""

from api.cases.casework_models import PersonInvolved
from api.cases.look_ups import email_hash
from api.cases.models import Case, Person, PersonRole, Reporter, Route
from api.cases.schemas import ReportSubmission
from api.conversations.models import Conversation
from api.security import Keyring
from channels.sms import normal_number


def people_of(
    case: Case, submission: ReportSubmission, keyring: Keyring, conversation: Conversation | None
) -> list[Person]:
    """The one who reports; as the victim on the victim's route, else apart from the victim.

    The victim stands beside them only where the victim may be contacted.
    """
    contact = submission.contact
    phone = _number_or_words(contact.phone) if contact.phone else None
    if contact.method in ("this_conversation", "phone") and conversation is not None:
        # Who writes by text is asked for no number: the one that they write from is to be rung.
        phone = phone or conversation.phone
    people = [
        Person(
            case_id=case.id,
            role=case.reporting_role,
            name=contact.name,
            phone=phone,
            phone_hash=keyring.look_up_hash("phone", phone) if phone else None,
            email=contact.email,
            email_hash=email_hash(keyring, contact.email) if contact.email else None,
            contact_method=contact.method,
            safe_contact_text=contact.safe_contact_text,
            contact_hours=contact.contact_hours,
            voicemail=contact.voicemail,
            say_police=contact.say_police,
            trusted_person=contact.trusted_person,
            spoken_language=contact.spoken_language,
            written_language=contact.written_language,
            interpreter=contact.interpreter,
            access_needs=contact.access_needs,
        )
    ]
    about = submission.reporter
    if case.route != Route.VICTIM and about.may_contact_victim == "yes":
        # Without that yes nobody is to reach the victim, so nothing is kept to reach them by.
        people.append(
            Person(
                case_id=case.id,
                role=PersonRole.VICTIM,
                name=about.victim_name,
                safe_contact_text=about.victim_contact,
            )
        )
    return people


def people_involved_in(case: Case, submission: ReportSubmission) -> list[PersonInvolved]:
    """Whoever the report says did it: kept apart, because it may have to go (`api/cases/outcomes.py`)."""
    told = submission.report.who_text
    return [PersonInvolved(case_id=case.id, description=told)] if told else []


def reporter_of(case: Case, submission: ReportSubmission) -> Reporter:
    """What the one who reports says of themselves and of the victim."""
    about = submission.reporter
    return Reporter(
        case_id=case.id,
        under_18=about.under_18,
        professional=about.professional,
        relation=about.relation,
        organisation=about.organisation,
        victim_knows=about.victim_knows,
        victim_agrees=about.victim_agrees,
        may_contact_victim=about.may_contact_victim,
        trusted_adult=about.trusted_adult,
    )


def _number_or_words(given: str) -> str:
    """A number in the one form in which it is found again; words beside it ("not 07700 900123") stay as written."""
    return given if any(sign.isalpha() for sign in given) else normal_number(given)

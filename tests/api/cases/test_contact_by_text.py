"""Whoever reports by text is contacted as they chose: what they pressed, wrote or gave before decides it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from actions.answers import read_choice
from actions.catalogue import Catalogue
from actions.config import ROOT
from actions.finish import report_of
from actions.questions import BY_SLOT
from api.cases.casework_models import Means
from api.cases.models import Case, Person
from api.cases.safe_contact import Allowed, Refused, contact_allowed, wishes_of
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.conversations.models import Channel, Conversation
from api.policy import casework
from api.runtime import Runtime
from tests.actions.people import turn_of
from tests.api.backstage import PHONE, new_conversation, only
from tests.api.cases.test_safe_contact import NOON, london

CATALOGUE = Catalogue.load(ROOT)
ANOTHER = "+447700900999"
RUNG: dict[str, Any] = {"contact_method": "phone", "contact_phone": ANOTHER}
LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)


async def reported(runtime: Runtime, channel: Channel = Channel.SMS, **slots: Any) -> None:
    """A report from a phone, handed over as the assistant does it."""
    conversation_id = str(await new_conversation(runtime, channel, last_message_at=LONG_AGO))
    told = {"language": "cy", "channel": channel.value, "account": "Gwaeddodd dyn arna i."}
    report = report_of({**told, **slots}, conversation_id, "2026-11-01")
    async with runtime.database.session() as session:
        submission = ReportSubmission.model_validate(report)
        await submit_report(session, runtime, submission, str(uuid4()))
        await session.commit()


async def asked(runtime: Runtime, means: Means, **options: Any) -> Allowed | Refused:
    case, person = await only(runtime, Case), await only(runtime, Person)
    conversation = await only(runtime, Conversation)
    now = options.pop("now", NOON)
    wishes = wishes_of(case, conversation, person, casework()[1].contact, now)
    return contact_allowed(wishes, means, now, **options)


def pressed(code: str, language: str | None) -> Any:
    """What is kept of a button of the one question about safe contact."""
    question = BY_SLOT["safe_contact"]
    button = CATALOGUE.buttons("utter_ask_safe_contact", language)[question.codes.index(code)]
    answer = read_choice(question, turn_of(button["payload"], language=language), CATALOGUE)
    assert answer is not None
    return answer.value


@pytest.mark.parametrize("language", ["cy", "en", None])
async def test_any_time_and_a_message_is_fine_lets_an_officer_ring_and_leave_one(
    runtime: Runtime, language: str | None
) -> None:
    await reported(runtime, **RUNG, safe_contact=pressed("any_time", language))
    answer = await asked(runtime, Means.PHONE)
    # Whether to say that it is the police was asked too, and stayed open.
    assert answer == Allowed(("not_police", "message_yes"))
    by_night = await asked(runtime, Means.PHONE, now=london(23, 3))
    assert isinstance(by_night, Refused)
    assert by_night.reasons == ("outside-hours",)


@pytest.mark.parametrize("language", ["cy", "en", None])
async def test_no_message_and_no_police_is_what_the_officer_is_told_to_mind(
    runtime: Runtime, language: str | None
) -> None:
    await reported(runtime, **RUNG, safe_contact=pressed("no_message", language))
    assert await asked(runtime, Means.PHONE) == Allowed(("not_police", "message_no"))


async def test_words_of_ones_own_are_read_by_a_person_first(runtime: Runtime) -> None:
    await reported(runtime, **RUNG, safe_contact="dim ond pan fydd e yn y gwaith")
    answer = await asked(runtime, Means.PHONE)
    assert isinstance(answer, Refused)
    assert answer.reasons == ("hours-in-words",)
    assert answer.cautions == ("message_no",)
    assert isinstance(await asked(runtime, Means.PHONE, words_read=True), Allowed)


@pytest.mark.parametrize(
    ("button", "cautions", "hours"),
    [
        ("any_time", ("not_police", "message_no"), "evening"),
        ("no_message", ("not_police", "message_no"), "evening"),
    ],
)
async def test_what_was_said_on_the_web_before_is_never_made_less_safe(
    runtime: Runtime, button: str, cautions: tuple[str, ...], hours: str
) -> None:
    careful: dict[str, Any] = {"contact_hours": "evening", "voicemail": "no", "say_police": "no"}
    open_to_all: dict[str, Any] = {
        "contact_hours": "evening",
        "voicemail": "yes",
        "say_police": "yes",
    }
    before = careful if button == "any_time" else open_to_all
    await reported(runtime, **RUNG, **before, safe_contact=button)
    assert (await only(runtime, Person)).contact_hours == hours
    assert (await asked(runtime, Means.PHONE)).cautions == cautions


async def test_the_number_that_they_text_from_is_the_one_to_ring(runtime: Runtime) -> None:
    await reported(runtime, contact_method="phone")
    assert (await only(runtime, Person)).phone == PHONE
    assert isinstance(await asked(runtime, Means.PHONE), Allowed)


async def test_a_number_that_was_given_is_rung_and_not_the_one_they_text_from(
    runtime: Runtime,
) -> None:
    await reported(runtime, **RUNG)
    assert (await only(runtime, Person)).phone == ANOTHER


async def test_a_number_that_was_warned_of_stays_in_the_words_it_was_given_in(
    runtime: Runtime,
) -> None:
    words = "paid â ffonio 07700 900123"
    await reported(runtime, contact_method="phone", contact_phone=words)
    assert (await only(runtime, Person)).phone == words


@pytest.mark.parametrize("skipped", [None, "skipped", "unknown"])
async def test_texts_chosen_by_text_come_to_the_number_that_they_text_from(
    runtime: Runtime, skipped: str | None
) -> None:
    await reported(runtime, contact_method="text", contact_phone=skipped)
    assert (await only(runtime, Person)).contact_method == "this_conversation"
    assert isinstance(await asked(runtime, Means.TEXT), Allowed)


async def test_texts_chosen_for_a_number_on_the_web_never_come_to_another_phone(
    runtime: Runtime,
) -> None:
    await reported(runtime, contact_method="text", contact_phone=ANOTHER)
    person = await only(runtime, Person)
    assert (person.contact_method, person.phone) == ("text", ANOTHER)
    answer = await asked(runtime, Means.TEXT)
    assert isinstance(answer, Refused)
    assert answer.reasons == ("another-channel-chosen",)


async def test_texts_chosen_for_the_number_that_they_go_on_with_do_come(runtime: Runtime) -> None:
    await reported(runtime, contact_method="text", contact_phone=PHONE)
    assert isinstance(await asked(runtime, Means.TEXT), Allowed)


async def test_in_the_web_chat_no_number_is_guessed(runtime: Runtime) -> None:
    await reported(runtime, Channel.WEB, contact_method="phone")
    assert (await only(runtime, Person)).phone is None

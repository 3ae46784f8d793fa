"""Whoever reports by text is contacted as they chose: what they pressed, wrote or gave before decides it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from actions.catalogue import Catalogue
from actions.config import ROOT
from actions.finish import report_of
from api.cases.casework_models import Means
from api.cases.models import Case, Person
from api.cases.safe_contact import Allowed, Refused, contact_allowed, wishes_of
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.conversations.models import Channel, Conversation
from api.policy import casework
from api.runtime import Runtime
from tests.api.backstage import PHONE, new_conversation, only
from tests.api.cases.test_safe_contact import NOON

CATALOGUE = Catalogue.load(ROOT)
ANOTHER = "+447700900999"
RUNG = {"contact_method": "phone"}
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

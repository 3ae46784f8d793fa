"""A report is acknowledged in writing, once, and only where the person chose to be written to."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from api.cases.models import ActionState, Case, MailState, PlannedAction, WrittenAcknowledgement
from api.cases.written_acknowledgement import SEND_ACKNOWLEDGEMENT, send_acknowledgement
from api.runtime import Runtime
from api.upkeep import requeue_stuck
from channels.email import MailInterrupted
from tests.api.backstage import age, all_of, forget_jobs, jobs, new_conversation, only
from tests.api.conversations.test_requests import send_report
from tests.api.mail_server import MailServer, mail_server
from tests.serving import free_port

TO = "carys@example.test"
BY_EMAIL: dict[str, Any] = {"method": "email", "email": TO, "name": "Carys"}


@pytest.fixture
async def mail(runtime: Runtime) -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        runtime.settings.smtp_url = SecretStr(server.url)
        yield server


async def sent_by(runtime: Runtime, **changes: Any) -> UUID:
    """The case of a report that asks to be answered by e-mail."""
    conversation_id = await new_conversation(runtime, language="cy")
    await send_report(runtime, conversation_id, **{"contact": BY_EMAIL, **changes})
    return (await only(runtime, Case)).id


@pytest.mark.parametrize(
    ("language", "subject"),
    [("cy", "Mae eich neges wedi cyrraedd"), ("en", "Your message has arrived")],
)
async def test_it_says_the_reference_and_a_date_and_nothing_of_what_it_is_about(
    runtime: Runtime, mail: MailServer, language: str, subject: str
) -> None:
    await send_acknowledgement(runtime, await sent_by(runtime, language=language))
    [sent] = mail.accepted
    case = await only(runtime, Case)
    assert (sent["To"], sent["Subject"]) == (TO, subject)
    assert case.reference in mail.text()
    whole = "\n".join([*map(str, sent.values()), mail.text()]).casefold()
    for word in ("hate", "casineb", "police", "heddlu", "report", "adroddiad", "carys ", "trosedd"):
        assert word not in whole, word
    assert case.update_code is not None
    assert case.update_code not in whole


async def test_the_language_that_they_asked_to_be_written_to_in_is_used(
    runtime: Runtime, mail: MailServer
) -> None:
    contact = {**BY_EMAIL, "written_language": "en"}
    await send_acknowledgement(runtime, await sent_by(runtime, language="cy", contact=contact))
    assert mail.accepted[0]["Subject"] == "Your message has arrived"


@pytest.mark.parametrize(
    "contact",
    [
        {"method": "phone", "phone": "+447700900123", "email": TO},
        {"method": "this_conversation", "email": TO},
        {"method": "none"},
    ],
)
async def test_nobody_is_written_to_who_chose_another_way(
    runtime: Runtime, contact: dict[str, Any]
) -> None:
    await sent_by(runtime, contact=contact)
    assert await all_of(runtime, WrittenAcknowledgement) == []
    assert await jobs(runtime, SEND_ACKNOWLEDGEMENT) == []


async def test_it_is_sent_once_and_done_in_the_plan(runtime: Runtime, mail: MailServer) -> None:
    case_id = await sent_by(runtime)
    for _ in range(3):
        await send_acknowledgement(runtime, case_id)
    assert len(mail.accepted) == 1
    row = await only(runtime, WrittenAcknowledgement)
    assert (row.state, row.attempts) == (MailState.ACCEPTED, 1)
    [item] = [
        each
        for each in await all_of(runtime, PlannedAction)
        if each.code == "written_acknowledgement"
    ]
    assert (item.state, item.done_at) == (ActionState.DONE, row.accepted_at)


async def test_a_dead_mail_server_loses_nothing(runtime: Runtime) -> None:
    runtime.settings.smtp_url = SecretStr(f"smtp://127.0.0.1:{free_port()}")
    case_id = await sent_by(runtime)
    with pytest.raises(MailInterrupted):
        await send_acknowledgement(runtime, case_id)
    row = await only(runtime, WrittenAcknowledgement)
    assert (row.state, row.attempts) == (MailState.QUEUED, 1)
    await forget_jobs(runtime)
    await age(runtime, WrittenAcknowledgement, timedelta(minutes=2), "queued_at")
    await requeue_stuck(runtime, 10.0)
    assert [job["args"] for job in await jobs(runtime, SEND_ACKNOWLEDGEMENT)] == [
        {"case_id": str(case_id)}
    ]

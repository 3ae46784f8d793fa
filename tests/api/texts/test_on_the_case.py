"""What an officer sees of texts on the case: stopped, failed, waiting, pictures, and what they cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from api.database import utc_now
from api.officers.models import Role
from api.runtime import Runtime
from api.texts.models import Failure, Hold, OutgoingText, TextState
from tests.api.staff_visitor import StaffDoor, Visitor
from tests.api.texts.test_arriving import PICTURE
from tests.api.texts.test_keywords import WELSH, open_case
from tests.api.texts.twilio import Webhooks


async def page_after(
    webhooks: Webhooks, runtime: Runtime, officer: Visitor, *words: str, **columns: object
) -> str:
    """The page of the case of a number that has texted, its outgoing texts in the state that is given."""
    await webhooks.text(sid="SM0", Body=WELSH)
    reference = await open_case(runtime)
    for n, each in enumerate(words, start=1):
        await webhooks.text(sid=f"SM{n}", Body=each)
    if columns:
        async with runtime.database.session() as session:
            await session.execute(update(OutgoingText).values(**columns))
            await session.commit()
    return (await officer.get(f"/cases/{reference}")).text


async def test_a_stop_and_who_it_binds(
    webhooks: Webhooks, runtime: Runtime, officer: Visitor
) -> None:
    page = await page_after(webhooks, runtime, officer, "STOPIO")
    assert "The person asked us to stop. The report stays." in page
    assert "by texting DECHRAU / START" in page


async def test_a_stop_at_the_network(
    webhooks: Webhooks, runtime: Runtime, officer: Visitor
) -> None:
    page = await page_after(webhooks, runtime, officer, "STOP")
    assert "The person stopped them at the network. The report stays." in page


async def test_nothing_of_a_stop_once_texts_come_again(
    webhooks: Webhooks, runtime: Runtime, officer: Visitor
) -> None:
    page = await page_after(webhooks, runtime, officer, "STOPIO", "DECHRAU")
    assert "asked us to stop" not in page


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (30003, "the phone is off or has no signal"),
        (21614, "the number is not a mobile"),
        (99999, "(99999)"),
        (None, "it did not reach the phone"),
    ],
)
async def test_a_failure_in_plain_words_beside_its_message(
    webhooks: Webhooks, runtime: Runtime, officer: Visitor, code: int | None, words: str
) -> None:
    page = await page_after(
        webhooks,
        runtime,
        officer,
        state=TextState.UNDELIVERED,
        failure=Failure.NOT_DELIVERED,
        error_code=code,
    )
    assert words in page
    assert 'href="#message-' in page


async def test_why_a_text_waits_and_until_when(
    webhooks: Webhooks, runtime: Runtime, officer: Visitor
) -> None:
    for reason, words in {
        Hold.HOURS: "this is not a safe time to send a text",
        Hold.SPENDING: "the day&#39;s money is spent",
        Hold.SAME_TEXT: "the same text went to this number too often",
        Hold.MANY_TEXTS: "many texts went to this number in the last hour",
        Hold.ORDER: "an earlier text is waiting",
    }.items():
        until = utc_now() + timedelta(hours=3)
        page = await page_after(webhooks, runtime, officer, held_for=reason, not_before=until)
        assert words in page
        assert "Waiting to be sent" in page


async def test_that_a_picture_was_sent_and_is_not_here(
    webhooks: Webhooks, runtime: Runtime, officer: Visitor
) -> None:
    await webhooks.text(sid="SM-picture", Body="", **PICTURE | {"NumMedia": "2"})
    page = await page_after(webhooks, runtime, officer)
    assert "Pictures that the person sent" in page
    assert "number: 2" in page
    assert "(a picture or video, without words)" in page


async def test_what_the_texts_cost(webhooks: Webhooks, runtime: Runtime, officer: Visitor) -> None:
    page = await page_after(
        webhooks, runtime, officer, handed_over_at=utc_now(), segments=2, cost_pence=Decimal(8)
    )
    assert "Segments sent: 2. Cost: £0.08." in page


async def test_it_is_all_said_in_welsh_too(
    webhooks: Webhooks, runtime: Runtime, door: StaffDoor
) -> None:
    await door.add_officer("carys", language="cy", role=Role.OFFICER)
    async with door.visitor("carys") as officer:
        page = await page_after(webhooks, runtime, officer, "STOPIO")
    assert "Gofynnodd y person am stopio. Mae&#39;r adroddiad gyda ni o hyd." in page


async def test_a_report_without_texts_has_none_to_tell_of(
    door: StaffDoor, officer: Visitor
) -> None:
    page = (await officer.get(f"/cases/{await door.receive()}")).text
    assert 'id="texts"' not in page

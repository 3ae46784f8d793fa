"""Nothing is dropped for its length: what does not fit into one text leaves as several, in order."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from actions.catalogue import Catalogue
from actions.config import ROOT
from actions.summary import summary_lines
from api.cases.officer_messages import waits, write_to_person
from api.conversations.models import Channel, Conversation, Kind, Message
from api.conversations.say import SEND_TEXT, say
from api.runtime import Runtime
from api.texts.models import Hold, OutgoingText, TextState
from api.texts.send import send_text
from channels.long_texts import LONGEST_TEXT
from tests.api.backstage import all_of, jobs
from tests.api.cases.test_held_texts import texting_case
from tests.api.texts.test_holding import NIGHT, Clock, wrote_at
from tests.api.texts.test_send import queued
from tests.api.texts.twilio import StandIn

CATALOGUE = Catalogue.load(ROOT)
TOLD = {
    "channel": "sms",
    "account": "Gwaeddodd dyn arna i. " * 50,
    "why": "Am fy mod i'n siarad Cymraeg â'm plant ar y bws. " * 40,
    "who": "Dyn tal mewn côt goch, a'i ffrind. " * 40,
    "evidence": "Mae llun gan y gyrrwr… " * 40,
    "contact_name": "Siân",
}
# Between the parts, the lines or words that were cut apart.
CUT = dict.fromkeys(map(ord, "\n "))


async def in_order(runtime: Runtime) -> list[OutgoingText]:
    async with runtime.database.session() as session:
        found = await session.scalars(select(OutgoingText).join(Message).order_by(Message.seq))
        return list(found)


@pytest.mark.parametrize("language", ["cy", "en", None])
async def test_a_summary_of_any_length_arrives_whole_with_its_choices_at_the_end(
    runtime: Runtime, stand_in: StandIn, language: str | None
) -> None:
    summary = "\n".join(summary_lines(TOLD, CATALOGUE, language))
    assert len(summary) > LONGEST_TEXT
    choices = [{"label": "Anfon", "value": "Anfon"}, {"label": "Newid", "value": "Newid"}]
    await queued(runtime, summary, kind=Kind.SUMMARY, choices=choices)
    for outgoing in await in_order(runtime):
        await send_text(runtime, stand_in.texts, outgoing.id)
    arrived = [taken.body for taken in stand_in.taken]
    assert len(arrived) > 1
    # The stand-in refuses what is longer, as Twilio does.
    assert all(len(body) <= LONGEST_TEXT for body in arrived)
    assert {each.state for each in await in_order(runtime)} == {TextState.ACCEPTED}
    expected = f"{summary}\n1 Anfon\n2 Newid"
    assert "".join(arrived).translate(CUT) == expected.translate(CUT)
    assert [message.kind for message in await all_of(runtime, Message)] == [Kind.SUMMARY] * len(
        arrived
    )


async def test_what_an_officer_writes_at_length_arrives_whole(
    runtime: Runtime, stand_in: StandIn
) -> None:
    reference, _, officer = await texting_case(runtime)
    words = "Mae swyddog yn gweithio ar hyn, ac rydyn ni wedi siarad â'r gyrrwr. " * 58
    async with runtime.database.session() as session:
        for _ in range(2):
            # The same form, sent twice.
            await write_to_person(
                session, runtime, officer, reference, words, "cy", key="one", words_read=True
            )
        await session.commit()
    for outgoing in await in_order(runtime):
        await send_text(runtime, stand_in.texts, outgoing.id)
    assert " ".join(taken.body for taken in stand_in.taken) == words.strip()
    assert len(stand_in.taken) == 3


async def test_the_parts_are_queued_in_order_under_the_lock_of_the_conversation(
    runtime: Runtime,
) -> None:
    await queued(runtime, "x" * 4000)
    waiting = await jobs(runtime, SEND_TEXT)
    assert [job["args"]["outgoing_id"] for job in waiting] == [
        str(outgoing.id) for outgoing in await in_order(runtime)
    ]
    assert len({job["lock"] for job in waiting}) == 1


async def test_parts_that_waited_for_the_same_hour_leave_in_order(
    runtime: Runtime, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    opens = NIGHT.replace(hour=8)
    last = await queued(runtime, "un " * 800 + "dau", not_before=opens)
    first, second = await in_order(runtime)
    assert second.id == last.id
    await wrote_at(runtime, NIGHT - timedelta(hours=5))
    clock.now = opens
    await send_text(runtime, stand_in.texts, second.id)
    assert stand_in.taken == []
    assert (await in_order(runtime))[1].held_for is Hold.ORDER
    await send_text(runtime, stand_in.texts, first.id)
    await send_text(runtime, stand_in.texts, second.id)
    assert [taken.body[-3:] for taken in stand_in.taken] == [" un", "dau"]


async def test_all_parts_of_what_waits_are_known_to_wait(runtime: Runtime) -> None:
    last = await queued(runtime, "x" * 4000, not_before=NIGHT + timedelta(days=9000))
    parts = await in_order(runtime)
    assert {part.held_for for part in parts} == {Hold.HOURS}
    async with runtime.database.session() as session:
        assert await waits(session, await session.get_one(Message, last.message_id))


async def test_in_the_web_chat_nothing_is_cut(runtime: Runtime) -> None:
    await queued(runtime, "Helo.")
    async with runtime.database.session() as session:
        conversation = await session.scalar(select(Conversation))
        assert conversation is not None
        conversation.channel = Channel.WEB
        await say(session, runtime, conversation, "x" * 4000)
        await session.commit()
    assert [len(message.text) for message in await all_of(runtime, Message)] == [5, 4000]

"""An officer takes over while the assistant is at work: nothing that it did is lost, and it says nothing else."""

from datetime import timedelta
from uuid import UUID

import pytest

from api.alerts.models import AlertReason
from api.conversations.models import Conversation, Handover, Kind, Message, Sender, Turn, TurnState
from api.conversations.turn import PATIENCE, _keep_answer, _open_turn, answer_conversation
from api.conversations.web_session import being_answered
from api.officers.models import Officer
from api.runtime import Runtime
from channels.rasa_client import RasaClient
from tests.api.backstage import (
    add_officer,
    age_turn,
    alerts,
    all_of,
    answers,
    new_conversation,
    only,
    tell,
)
from tests.api.conversations.live_conversation import LiveConversation
from tests.api.fake_rasa import FakeRasa, saying
from tests.api.staff_visitor import a_report

RECEIPT = "Eich cod diweddaru yw 1234 5678."


@pytest.fixture
async def officer(runtime: Runtime) -> Officer:
    return await add_officer(runtime)


@pytest.fixture
async def conversation_id(runtime: Runtime) -> UUID:
    return await new_conversation(runtime, language="cy", open_question="review")


@pytest.fixture
async def live(runtime: Runtime, conversation_id: UUID) -> LiveConversation:
    return await LiveConversation.urgent(runtime, conversation_id)


async def take_over_in_a_turn(
    runtime: Runtime, client: RasaClient, live: LiveConversation, officer: Officer
) -> None:
    """Have Rasa take a turn, and an officer the conversation before Rasa's answer is kept."""
    await tell(runtime, live.id, "Anfon")
    turn, answer = await live.have_turn_taken(client)
    await live.take_over(officer)
    await _keep_answer(runtime, live.id, turn, answer)


async def said_after_the_officer_came(runtime: Runtime, live: LiveConversation) -> list[str]:
    said = await answers(runtime, live.id)
    return said[said.index(runtime.words.say("officer_is_here", "cy")) + 1 :]


async def is_done(runtime: Runtime) -> bool:
    return all(turn.state == TurnState.ANSWERED for turn in await all_of(runtime, Turn))


async def test_the_receipt_of_a_report_that_was_sent_comes_with_its_code(
    runtime: Runtime,
    rasa: FakeRasa,
    client: RasaClient,
    live: LiveConversation,
    officer: Officer,
) -> None:
    rasa.script(saying("Diolch.", RECEIPT, kind="receipt", reference="LL-4K7M-9QXT"))
    await take_over_in_a_turn(runtime, client, live, officer)
    assert await said_after_the_officer_came(runtime, live) == [RECEIPT]
    receipt = (await all_of(runtime, Message))[-1]
    assert (receipt.kind, receipt.reference) == (Kind.RECEIPT, "LL-4K7M-9QXT")
    assert await is_done(runtime)


async def test_a_report_that_stands_in_the_reply_alone_is_kept(
    runtime: Runtime,
    rasa: FakeRasa,
    client: RasaClient,
    live: LiveConversation,
    officer: Officer,
) -> None:
    report = a_report(conversation_id=str(live.id))
    rasa.script(saying("Mae'n ddiogel.", handover={"key": "k:1", "report": report}))
    await take_over_in_a_turn(runtime, client, live, officer)
    assert (await only(runtime, Handover)).report == report
    assert await said_after_the_officer_came(runtime, live) == ["Mae'n ddiogel."]


async def test_what_was_promised_is_done(
    runtime: Runtime,
    rasa: FakeRasa,
    client: RasaClient,
    live: LiveConversation,
    officer: Officer,
) -> None:
    rasa.script(saying("Rwy'n dweud wrth swyddog.", request={"kind": "person"}))
    await take_over_in_a_turn(runtime, client, live, officer)
    assert (AlertReason.PERSON_WANTED, 1) in await alerts(runtime)
    assert await said_after_the_officer_came(runtime, live) == ["Rwy'n dweud wrth swyddog."]


async def test_what_is_only_talk_is_not_said(
    runtime: Runtime,
    rasa: FakeRasa,
    client: RasaClient,
    live: LiveConversation,
    officer: Officer,
) -> None:
    rasa.script(saying("Diolch.", "Beth hoffech chi ei newid?", question="change"))
    await take_over_in_a_turn(runtime, client, live, officer)
    assert await said_after_the_officer_came(runtime, live) == []
    assert (await only(runtime, Conversation)).open_question == "change", "Rasa waits for this one"
    assert await is_done(runtime)


async def test_a_worker_that_died_in_between_loses_nothing_and_says_nothing_twice(
    runtime: Runtime,
    rasa: FakeRasa,
    client: RasaClient,
    live: LiveConversation,
    officer: Officer,
) -> None:
    rasa.script(saying("Diolch.", RECEIPT, kind="receipt"))
    await tell(runtime, live.id, "Anfon")
    turn = await _open_turn(runtime, live.id)
    assert turn is not None
    await client.take_turn(turn.id, live.id, turn.text, turn.metadata)
    await live.take_over(officer)
    await tell(runtime, live.id, "Ydych chi yno?")
    # Another worker, and what the sweeper queues.
    for _ in range(2):
        await answer_conversation(runtime, client, live.id)
    assert rasa.texts == ["Anfon", "Anfon"], "and not what was said to the officer"
    assert len(set(rasa.turn_ids)) == 1
    assert await said_after_the_officer_came(runtime, live) == [RECEIPT]
    assert await is_done(runtime)


async def test_with_rasa_away_nobody_speaks_over_the_officer_and_the_turn_is_finished_later(
    runtime: Runtime,
    rasa: FakeRasa,
    client: RasaClient,
    live: LiveConversation,
    officer: Officer,
) -> None:
    rasa.script(503, 503, saying(RECEIPT, kind="receipt"))
    await tell(runtime, live.id, "Anfon")
    await answer_conversation(runtime, client, live.id)
    await live.take_over(officer)
    await age_turn(runtime, PATIENCE + timedelta(minutes=1))
    await answer_conversation(runtime, client, live.id)
    assert await said_after_the_officer_came(runtime, live) == []
    async with runtime.database.reading() as session:
        assert not await being_answered(session, live.id), "the person may write to the officer"
    await live.hand_back(officer)
    await answer_conversation(runtime, client, live.id)
    left = runtime.words.say("officer_has_left", "cy")
    assert await said_after_the_officer_came(runtime, live) == [left, RECEIPT]
    told = [each for each in await all_of(runtime, Message) if each.sender == Sender.VICTIM]
    assert [each.text for each in told] == ["Anfon"]
    assert await is_done(runtime)

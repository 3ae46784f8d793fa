"""An officer writes live: the assistant is silent, safety is not, and nobody is left waiting."""

from datetime import timedelta

import pytest

from api.alerts.models import AlertReason
from api.cases.models import Case
from api.conversations.models import Conversation, Kind, Message, Turn, TurnState
from api.conversations.takeover import OFFICER_SILENT, hand_back_where_silent
from api.conversations.turn import answer_conversation
from api.officers.models import Officer
from api.problems import Conflict, DoesNotExist
from api.runtime import Runtime
from channels.rasa_client import RasaClient
from tests.api.backstage import (
    IN_DANGER,
    add_officer,
    age,
    alerts,
    all_of,
    answers,
    new_conversation,
    only,
    tell,
)
from tests.api.conversations.live_conversation import LiveConversation
from tests.api.conversations.test_requests import send_report
from tests.api.fake_rasa import FakeRasa


@pytest.fixture
async def officer(runtime: Runtime) -> Officer:
    return await add_officer(runtime)


@pytest.fixture
async def live(runtime: Runtime, officer: Officer) -> LiveConversation:
    conversation_id = await new_conversation(runtime, language="cy")
    receipt = await send_report(runtime, conversation_id)
    return LiveConversation(runtime, conversation_id, receipt.reference)


async def test_the_person_is_told_and_rasa_is_not_asked(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient, live: LiveConversation, officer: Officer
) -> None:
    await live.take_over(officer)
    await tell(runtime, live.id, "Ydych chi yno?")
    await answer_conversation(runtime, client, live.id)
    assert rasa.calls == []
    assert [runtime.words.say("officer_is_here", "cy")] == await answers(runtime, live.id)
    assert all(turn.state == TurnState.ANSWERED for turn in await all_of(runtime, Turn))


async def test_danger_still_brings_the_card_and_an_alert(
    runtime: Runtime, live: LiveConversation, officer: Officer
) -> None:
    await live.take_over(officer)
    await tell(runtime, live.id, IN_DANGER)
    kinds = [message.kind for message in await all_of(runtime, Message)]
    assert Kind.EMERGENCY in kinds
    assert (AlertReason.URGENT, 1) in await alerts(runtime)


async def test_handed_back_the_assistant_answers_what_comes_and_not_what_was_said_meanwhile(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient, live: LiveConversation, officer: Officer
) -> None:
    await live.take_over(officer)
    await tell(runtime, live.id, "I'r swyddog yn unig")
    await live.hand_back(officer)
    await tell(runtime, live.id, "Diolch")
    await answer_conversation(runtime, client, live.id)
    assert rasa.texts == ["Diolch"]
    assert runtime.words.say("officer_has_left", "cy") in await answers(runtime, live.id)


async def test_another_officer_cannot_take_it_over_meanwhile(
    runtime: Runtime, live: LiveConversation, officer: Officer
) -> None:
    await live.take_over(officer)
    await live.take_over(officer)
    with pytest.raises(Conflict):
        await live.take_over(await add_officer(runtime, "carys"))
    assert len(await answers(runtime, live.id)) == 1


async def test_a_case_that_is_not_there_cannot_be_taken_over(
    runtime: Runtime, officer: Officer
) -> None:
    with pytest.raises(DoesNotExist):
        await LiveConversation(runtime, officer.id, "LL-2222-2222").take_over(officer)


class TestAnOfficerWhoHasGone:
    async def test_is_noticed_and_the_person_told_honestly(
        self, runtime: Runtime, live: LiveConversation, officer: Officer
    ) -> None:
        await live.take_over(officer)
        await tell(runtime, live.id, "Helo?")
        await age(runtime, Message, OFFICER_SILENT + timedelta(minutes=1), "sent_at")
        await age(runtime, Conversation, OFFICER_SILENT + timedelta(minutes=2), "taken_over_at")
        await hand_back_where_silent(runtime)
        assert (await only(runtime, Conversation)).taken_over_at is None
        assert (await answers(runtime, live.id))[-1] == runtime.words.say("officer_not_there", "cy")
        assert (AlertReason.PERSON_WANTED, 1) in await alerts(runtime)
        await hand_back_where_silent(runtime)
        assert len(await answers(runtime, live.id)) == 2

    async def test_is_not_hurried_while_nobody_waits(
        self, runtime: Runtime, live: LiveConversation, officer: Officer
    ) -> None:
        await live.take_over(officer)
        await age(runtime, Message, timedelta(hours=1), "sent_at")
        await age(runtime, Conversation, timedelta(hours=1), "taken_over_at")
        await hand_back_where_silent(runtime)
        assert (await only(runtime, Conversation)).taken_over_by == officer.id
        assert (await only(runtime, Case)).conversation_id == live.id

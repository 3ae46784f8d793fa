"""What is said to an officer is the officer's: no message after an officer's words answers the form's question."""

from datetime import timedelta
from uuid import UUID

import pytest

from api.alerts.models import AlertReason
from api.conversations.models import Conversation, Message
from api.conversations.takeover import OFFICER_SILENT, hand_back_where_silent
from api.conversations.turn import _keep_answer, answer_conversation
from api.database import utc_now
from api.officers.models import Officer
from api.runtime import Runtime
from channels.rasa_client import RasaClient
from tests.api.backstage import (
    acknowledge_all,
    add_officer,
    age,
    alerts,
    new_conversation,
    tell,
)
from tests.api.conversations.live_conversation import LiveConversation
from tests.api.fake_rasa import FakeRasa, saying

ASKED = "Ga i ffonio yfory?"
REPLIED = (AlertReason.PERSON_REPLIED, 1)


@pytest.fixture
async def officer(runtime: Runtime) -> Officer:
    return await add_officer(runtime)


@pytest.fixture
async def conversation_id(runtime: Runtime) -> UUID:
    return await new_conversation(
        runtime,
        language="cy",
        open_question="referral",
        token_expires_at=utc_now() + timedelta(hours=1),
    )


@pytest.fixture
async def live(runtime: Runtime, conversation_id: UUID) -> LiveConversation:
    return await LiveConversation.urgent(runtime, conversation_id)


def held(rasa: FakeRasa) -> list[tuple[str, bool]]:
    """What Rasa was asked, and whether it was held to the question that was open."""
    return [(call["text"], not call["metadata"]["returned"]) for call in rasa.calls]


async def test_handed_back_in_mid_draft_yes_is_held_to_no_question_until_one_is_asked_again(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient, live: LiveConversation, officer: Officer
) -> None:
    await live.take_over(officer)
    await live.write(officer, ASKED)
    await live.hand_back(officer)
    for words in ("Iawn, wrth gwrs", "Mynd ymlaen"):
        rasa.script(saying("Iawn.", question="referral"))
        await tell(runtime, live.id, words)
        await answer_conversation(runtime, client, live.id)
    assert held(rasa) == [("Iawn, wrth gwrs", False), ("Mynd ymlaen", True)]
    assert REPLIED in await alerts(runtime)


async def test_back_from_an_officer_who_has_gone_it_is_held_to_none_either(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient, live: LiveConversation, officer: Officer
) -> None:
    await live.take_over(officer)
    await live.write(officer, ASKED)
    await tell(runtime, live.id, "Cewch")
    await answer_conversation(runtime, client, live.id)
    await age(runtime, Message, OFFICER_SILENT + timedelta(minutes=1), "sent_at")
    await age(runtime, Conversation, OFFICER_SILENT + timedelta(minutes=2), "taken_over_at")
    await hand_back_where_silent(runtime)
    await tell(runtime, live.id, "Ie")
    await answer_conversation(runtime, client, live.id)
    assert held(rasa) == [("Ie", False)]


async def test_an_officer_who_writes_without_taking_over_is_told_of_the_answer_once(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient, live: LiveConversation, officer: Officer
) -> None:
    await live.write(officer, ASKED)
    await tell(runtime, live.id, "Cewch")
    await tell(runtime, live.id, "ar ôl naw")
    await answer_conversation(runtime, client, live.id)
    assert held(rasa) == [("Cewch\nar ôl naw", False)]
    assert (await alerts(runtime)).count(REPLIED) == 1
    await acknowledge_all(runtime)
    await live.write(officer, "Diolch. Pa rif?")
    await tell(runtime, live.id, "Yr un sydd gyda chi")
    assert (await alerts(runtime)).count(REPLIED) == 2


async def test_nobody_is_alerted_to_what_an_officer_who_is_there_reads(
    runtime: Runtime, live: LiveConversation, officer: Officer
) -> None:
    await live.take_over(officer)
    await live.write(officer, ASKED)
    await tell(runtime, live.id, "Cewch")
    assert REPLIED not in await alerts(runtime)


class TestWhileATurnIsUnderWay:
    async def test_an_officers_words_count_though_the_assistant_speaks_after_them(
        self,
        runtime: Runtime,
        rasa: FakeRasa,
        client: RasaClient,
        live: LiveConversation,
        officer: Officer,
    ) -> None:
        rasa.script(saying("Dyma'r crynodeb.", question="review"))
        await tell(runtime, live.id, "Na, peidiwch")
        turn, answer = await live.have_turn_taken(client)
        await live.write(officer, ASKED)
        await tell(runtime, live.id, "Ie")
        await _keep_answer(runtime, live.id, turn, answer)
        await answer_conversation(runtime, client, live.id)
        assert held(rasa) == [("Na, peidiwch", True), ("Ie", False)]
        assert REPLIED in await alerts(runtime)

    async def test_what_is_added_before_the_question_is_seen_again_is_held_to_none(
        self,
        runtime: Runtime,
        rasa: FakeRasa,
        client: RasaClient,
        live: LiveConversation,
        officer: Officer,
    ) -> None:
        await live.write(officer, ASKED)
        await tell(runtime, live.id, "Ie")
        turn, answer = await live.have_turn_taken(client)
        await tell(runtime, live.id, "Ie, cewch")
        await _keep_answer(runtime, live.id, turn, answer)
        await answer_conversation(runtime, client, live.id)
        await tell(runtime, live.id, "Mynd ymlaen")
        await answer_conversation(runtime, client, live.id)
        assert held(rasa) == [("Ie", False), ("Ie, cewch", False), ("Mynd ymlaen", True)]

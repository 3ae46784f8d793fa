"""More words than Rasa takes at once are several turns: nothing is lost, and nothing blocks the conversation."""

from uuid import UUID

import pytest

from api.conversations import turn as turns
from api.conversations.models import Message, Sender, Turn, TurnState
from api.conversations.turn import _open_turn, answer_conversation
from api.runtime import Runtime
from channels.rasa_client import RasaClient
from channels.rasa_limits import LONGEST_TEXT
from channels.web import MAX_CHARACTERS
from tests.api.backstage import all_of, answers, new_conversation, tell
from tests.api.fake_rasa import FakeRasa

# Each is as long as a message may be, and together they are more than two turns take.
MESSAGES = 21


@pytest.fixture
async def conversation_id(runtime: Runtime) -> UUID:
    return await new_conversation(runtime, open_question="account", language="en")


async def tell_at_length(runtime: Runtime, conversation_id: UUID) -> list[str]:
    """Say what somebody writes while Rasa is away; returns the messages."""
    line = "They called me names on the bus and nobody said a word about it. "
    said = [f"{n}. {line * 70}"[:MAX_CHARACTERS].strip() for n in range(MESSAGES)]
    for words in said:
        await tell(runtime, conversation_id, words)
    return said


async def test_what_was_written_while_rasa_was_away_is_answered_in_turns_that_rasa_takes(
    runtime: Runtime, rasa: FakeRasa, client: RasaClient, conversation_id: UUID
) -> None:
    said = await tell_at_length(runtime, conversation_id)
    await answer_conversation(runtime, client, conversation_id)
    assert "\n".join(rasa.texts) == "\n".join(said), "every word, once, in its order"
    assert max(map(len, rasa.texts)) <= LONGEST_TEXT
    assert len(rasa.texts) == 3
    assert (await answers(runtime, conversation_id)).count("Iawn.") == 3


async def test_a_turn_that_older_code_left_too_long_is_asked_in_parts(
    runtime: Runtime,
    rasa: FakeRasa,
    client: RasaClient,
    conversation_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = await tell_at_length(runtime, conversation_id)
    with monkeypatch.context() as older:
        older.setattr(turns, "LONGEST_TEXT", 10**6)
        opened = await _open_turn(runtime, conversation_id)
    assert opened is not None
    assert len(opened.text) > LONGEST_TEXT
    await answer_conversation(runtime, client, conversation_id)
    assert rasa.turn_ids[0] == str(opened.id)
    assert "\n".join(rasa.texts) == "\n".join(said)
    assert all(each.state == TurnState.ANSWERED for each in await all_of(runtime, Turn))
    told = [each for each in await all_of(runtime, Message) if each.sender == Sender.VICTIM]
    assert all(each.turn_id is not None for each in told)

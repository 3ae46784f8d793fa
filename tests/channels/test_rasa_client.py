"""The seam to the dialogue engine: an answer that can be used, or RasaAway."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from channels.rasa_client import RasaAway, RasaClient
from tests.api.fake_rasa import FakeRasa, fake_rasa, saying
from tests.serving import free_port

TURN, CONVERSATION = UUID(int=1), UUID(int=2)


@pytest.fixture
async def rasa() -> AsyncIterator[FakeRasa]:
    async with fake_rasa() as running:
        yield running


async def ask(rasa: FakeRasa, seconds: float = 20) -> Any:
    async with RasaClient(rasa.address, "token", seconds) as client:
        return await client.take_turn(TURN, CONVERSATION, "tŷ ŵ", {"language": "cy"})


async def test_a_turn_carries_ids_words_metadata_and_the_token(rasa: FakeRasa) -> None:
    await ask(rasa)
    assert rasa.calls == [
        {
            "message_id": str(TURN),
            "conversation_id": str(CONVERSATION),
            "text": "tŷ ŵ",
            "metadata": {"language": "cy"},
        }
    ]
    assert rasa.authorizations == ["Bearer token"]


async def test_an_answer_has_replies_and_the_open_question(rasa: FakeRasa) -> None:
    report = {"key": "k", "report": {"a": 1}}
    rasa.script(saying("Un.", "Dau.", question="when_text", handover=report, kind="summary", new=1))
    answer = await ask(rasa)
    assert [reply.text for reply in answer.replies] == ["Un.", "Dau."]
    assert answer.question == "when_text"
    assert answer.replies[1].kind == "summary"
    assert answer.replies[1].handover.model_dump() == report


@pytest.mark.parametrize(
    "fate",
    [
        401,
        404,
        500,
        503,
        "",
        "not json",
        "[]",
        "{}",
        '{"replies": []}',
        '{"replies": [{"text": ""}, {"text": " "}]}',
        '{"replies": [{"text": "x", "kind": "shout"}]}',
        '{"replies": [{"text": "x", "language": "fr"}]}',
        saying("x", handover={"key": "k"}),
        saying("x", handover={"key": "k" * 129, "report": {}}),
    ],
)
async def test_what_cannot_be_used_is_away(rasa: FakeRasa, fate: Any) -> None:
    rasa.script(fate)
    with pytest.raises(RasaAway):
        await ask(rasa)


async def test_too_slow_is_away(rasa: FakeRasa) -> None:
    rasa.script("slow")
    with pytest.raises(RasaAway, match="ReadTimeout"):
        await ask(rasa, seconds=0.2)


async def test_nobody_listening_is_away(rasa: FakeRasa) -> None:
    rasa.address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(RasaAway, match="ConnectError"):
        await ask(rasa)


async def test_the_error_quotes_nothing_of_a_reply(rasa: FakeRasa) -> None:
    rasa.script('{"replies": [{"text": "canary", "kind": "canary"}]}')
    with pytest.raises(RasaAway) as away:
        await ask(rasa)
    assert "canary" not in str(away.value)
    assert away.value.__cause__ is None

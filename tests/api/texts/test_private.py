"""A person's number and words are seen by nobody who need not: no log, address, job, assistant or table shows them."""

import io
import json
import logging

import pytest
import structlog
from sqlalchemy import select, text

from api.conversations.models import Conversation
from api.conversations.turn import answer_conversation
from api.logs import configure_logs
from api.runtime import Runtime
from api.texts.models import OutgoingText
from api.texts.send import send_text
from channels.rasa_client import RasaClient
from channels.sms import SendingInterrupted, normal_number
from tests.api.fake_rasa import fake_rasa
from tests.api.texts.test_keywords import open_case
from tests.api.texts.twilio import StandIn, Webhooks, conversation_of
from tests.conftest import RASA_TOKEN

NUMBER = "+447700900654"
# However it may be written, these digits are in it.
DIGITS = "7700900654"
SECRET = "gwaeddodd"
WORDS = f"Fe {SECRET} dyn arna i ar y bws ddoe."


def shows(found: str) -> list[str]:
    bare = "".join(letter for letter in found if letter.isalnum() or letter == "_")
    return [secret for secret in (DIGITS, SECRET) if secret in bare]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the processes log, as they log it, with every library at its loudest."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    structlog.reset_defaults()
    configure_logs("test")
    for name in ("twilio.http_client", "httpx", "httpcore", "urllib3", "procrastinate"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    return written


async def whole_way(runtime: Runtime, webhooks: Webhooks, stand_in: StandIn) -> list[object]:
    """A text comes, is answered, and the answer fails, is retried, refused and told about. Returns Rasa's calls."""
    await webhooks.text(sid="SM1", Body=WORDS, From=NUMBER)
    await open_case(runtime)
    async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
        await answer_conversation(runtime, client, (await conversation_of(runtime)).id)
        calls: list[object] = list(rasa.calls)
    async with runtime.database.session() as session:
        outgoing = list(await session.scalars(select(OutgoingText.id)))
    await stand_in.script("500", "ok", "21614")
    with pytest.raises(SendingInterrupted):
        await send_text(runtime, stand_in.texts, outgoing[0])
    for each in outgoing:
        await send_text(runtime, stand_in.texts, each)
    sid = stand_in.app.state.twilio.texts.to(NUMBER)[0].sid
    await webhooks.status(sid, "undelivered", ErrorCode="30003", To=NUMBER)
    await webhooks.text(sid="SM2", Body="STOPIO", From=NUMBER)
    # A webhook that fails is logged too.
    await webhooks.client.post("/sms/inbound", data={"From": NUMBER, "Body": WORDS})
    return calls


async def test_neither_logs_nor_jobs_nor_the_assistant_are_told_the_number(
    runtime: Runtime, webhooks: Webhooks, stand_in: StandIn, logged: io.StringIO
) -> None:
    calls = await whole_way(runtime, webhooks, stand_in)
    assert "text_refused" in logged.getvalue(), "there is something to look at"
    assert shows(logged.getvalue()) == []
    assert DIGITS not in json.dumps(calls)
    async with runtime.database.session() as session:
        jobs = await session.scalars(text("select row_to_json(j)::text from procrastinate_jobs j"))
        assert shows("\n".join(jobs)) == []
        tables = await session.scalars(
            text(
                "select format('%I.%I', schemaname, tablename) from pg_tables"
                " where schemaname in ('public', 'rasa')"
            )
        )
        for table in list(tables):
            rows = await session.scalars(text(f"select t::text from {table} t"))
            assert shows("\n".join(str(row) for row in rows)) == [], table


async def test_the_number_is_found_again_by_its_keyed_hash_alone(
    runtime: Runtime, webhooks: Webhooks
) -> None:
    await webhooks.text(From="07700 900654")
    conversation = await conversation_of(runtime)
    keyring = runtime.database.keyring
    assert conversation.phone == normal_number("07700 900654") == NUMBER
    assert conversation.phone_hash == keyring.look_up_hash("phone", NUMBER)
    assert conversation.phone_hash != keyring.look_up_hash("words", NUMBER)
    async with runtime.database.session() as session:
        stored = await session.scalar(select(text("phone")).select_from(Conversation.__table__))
    assert NUMBER.encode() not in bytes(stored)

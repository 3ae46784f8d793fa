"""Twilio's webhooks: who may call them, and what becomes of every kind of call."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text
from twilio.request_validator import RequestValidator

from api.conversations.models import Channel, Conversation, Message, Sender
from api.conversations.say import say
from api.database import new_id
from api.runtime import Runtime
from api.texts.models import OutgoingText, TextState
from tests.conftest import TWILIO_TOKEN

PUBLIC_URL = "http://llais.test"
PHONE = "+447700900123"
WORDS = "Fe waeddodd dyn arna i ar y bws ddoe, wrth ymyl y tŷ."


def incoming(sid: str = "SM" + "1" * 32, **fields: str) -> dict[str, str]:
    return {
        "AccountSid": "AC" + "0" * 32,
        "ApiVersion": "2010-04-01",
        "Body": WORDS,
        "From": PHONE,
        "MessageSid": sid,
        "NumMedia": "0",
        "SmsStatus": "received",
        "To": "+447700900000",
        **fields,
    }


def signature(path: str, fields: Mapping[str, str], token: str = TWILIO_TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(PUBLIC_URL + path, dict(fields)))


class Twilio:
    """Calls as Twilio does, through a proxy: the door sees another host than the one that was signed."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        return await self.client.post(
            path, data=dict(fields), headers={"X-Twilio-Signature": signature(path, fields)}
        )

    async def text(self, **fields: Any) -> httpx.Response:
        return await self.post("/sms/inbound", incoming(**fields))

    async def status(self, sid: str, status: str, **fields: str) -> httpx.Response:
        return await self.post(
            "/sms/status", {"MessageSid": sid, "MessageStatus": status, **fields}
        )


@pytest.fixture
async def twilio(public_app: FastAPI) -> AsyncIterator[Twilio]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(public_app), base_url="http://10.0.0.7:8000"
    ) as client:
        yield Twilio(client)


@pytest.fixture
async def runtime(public_app: FastAPI) -> Runtime:
    runtime = public_app.state.runtime
    assert isinstance(runtime, Runtime)
    return runtime


async def said(runtime: Runtime) -> list[str]:
    """What people said by text, in order."""
    async with runtime.database.session() as session:
        found = await session.scalars(
            select(Message.text).where(Message.sender == Sender.VICTIM).order_by(Message.seq)
        )
        return list(found)


async def count(runtime: Runtime, table: type) -> int:
    async with runtime.database.session() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


class TestATextArrives:
    async def test_it_is_kept_with_its_job_and_answered_with_nothing_to_say(
        self, twilio: Twilio, runtime: Runtime
    ) -> None:
        answer = await twilio.text()
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/xml")
        assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
        assert await said(runtime) == [WORDS]
        async with runtime.database.session() as session:
            conversation = await session.scalar(select(Conversation))
            jobs = await session.scalars(text("select task_name from procrastinate_jobs"))
        assert conversation is not None
        assert (conversation.channel, conversation.phone) == (Channel.SMS, PHONE)
        assert conversation.language == "cy"
        assert set(jobs) == {"answer_conversation", "send_text"}

    async def test_the_same_sid_again_is_answered_and_ignored(
        self, twilio: Twilio, runtime: Runtime
    ) -> None:
        answers = [await twilio.text() for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        assert await said(runtime) == [WORDS]

    async def test_the_same_sid_at_the_same_moment_is_kept_once(
        self, twilio: Twilio, runtime: Runtime
    ) -> None:
        answers = await asyncio.gather(*(twilio.text() for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        assert await said(runtime) == [WORDS]
        assert await count(runtime, Conversation) == 1

    async def test_texts_at_the_same_moment_open_one_conversation(
        self, twilio: Twilio, runtime: Runtime
    ) -> None:
        await asyncio.gather(*(twilio.text(sid=f"SM{n}", Body=f"text {n}") for n in range(5)))
        assert sorted(await said(runtime)) == [f"text {n}" for n in range(5)]
        assert await count(runtime, Conversation) == 1

    async def test_however_a_number_is_written_it_is_one_person(
        self, twilio: Twilio, runtime: Runtime
    ) -> None:
        for n, number in enumerate((PHONE, "07700 900123", "+44 7700 900 123")):
            await twilio.text(sid=f"SM{n}", From=number)
        assert await count(runtime, Conversation) == 1

    async def test_neither_number_nor_words_stand_in_the_database(
        self, twilio: Twilio, runtime: Runtime
    ) -> None:
        await twilio.text()
        async with runtime.database.session() as session:
            tables = list(
                await session.scalars(
                    text(
                        "select format('%I.%I', schemaname, tablename) from pg_tables"
                        " where schemaname in ('public', 'rasa')"
                    )
                )
            )
            for table in tables:
                rows = await session.scalars(text(f"select t::text from {table} t"))
                kept = "\n".join(str(row) for row in rows)
                assert PHONE[1:] not in kept
                assert "waeddodd" not in kept

    @pytest.mark.parametrize("words", ["<b>x</b>", "'; drop table messages; --", "/restart"])
    async def test_whatever_it_says_is_kept_as_words(
        self, twilio: Twilio, runtime: Runtime, words: str
    ) -> None:
        assert (await twilio.text(Body=words)).status_code == 200
        assert await said(runtime) == [words]

    async def test_a_picture_without_words_is_taken_without_a_fault(
        self, twilio: Twilio, runtime: Runtime
    ) -> None:
        picture = {
            "NumMedia": "1",
            "MediaUrl0": "http://x.test/1",
            "MediaContentType0": "image/png",
        }
        assert (await twilio.text(Body="", **picture)).status_code == 200
        assert await count(runtime, Conversation) == 1

    async def test_a_missing_body_is_no_fault(self, twilio: Twilio) -> None:
        fields = incoming()
        del fields["Body"]
        assert (await twilio.post("/sms/inbound", fields)).status_code == 200

    @pytest.mark.parametrize("missing", ["MessageSid", "From"])
    async def test_without_sid_or_sender_it_is_malformed(
        self, twilio: Twilio, runtime: Runtime, missing: str
    ) -> None:
        fields = incoming()
        del fields[missing]
        answer = await twilio.post("/sms/inbound", fields)
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:llais:problem:malformed-webhook"
        assert await count(runtime, Conversation) == 0

    async def test_stop_stops_the_texts_and_start_lets_them_come_again(
        self, twilio: Twilio, runtime: Runtime
    ) -> None:
        for sid, word, stopped in (("SM1", "STOPIO", True), ("SM2", "Dechrau", False)):
            await twilio.text(sid=sid, Body=word)
            async with runtime.database.session() as session:
                conversation = await session.scalar(select(Conversation))
            assert conversation is not None
            assert (conversation.texts_stopped_at is not None) is stopped


class TestTheSignature:
    @pytest.mark.parametrize("path", ["/sms/inbound", "/sms/status"])
    @pytest.mark.parametrize(
        "wrong",
        [
            None,
            "",
            "x",
            "ŵ".encode(),
            signature("/sms/inbound", incoming(), token="another-token"),
            signature("/sms/elsewhere", incoming()),
            signature("/sms/inbound", incoming(Body="something else")),
        ],
        ids=["none", "empty", "nonsense", "no-ascii", "other-token", "other-path", "other-body"],
    )
    async def test_missing_or_wrong_is_refused_and_nothing_is_kept(
        self, twilio: Twilio, runtime: Runtime, path: str, wrong: str | bytes | None
    ) -> None:
        given = wrong.encode() if isinstance(wrong, str) else wrong
        headers = {} if given is None else {b"X-Twilio-Signature": given}
        answer = await twilio.client.post(path, data=incoming(), headers=headers)
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:llais:problem:bad-signature"
        assert await count(runtime, Conversation) == 0

    async def test_the_host_that_a_proxy_or_attacker_names_does_not_matter(
        self, twilio: Twilio
    ) -> None:
        fields = incoming()
        for host in ("llais.test", "evil.test"):
            answer = await twilio.client.post(
                "/sms/inbound",
                data=fields,
                headers={
                    "Host": host,
                    "X-Forwarded-Host": "evil.test",
                    "X-Twilio-Signature": signature("/sms/inbound", fields),
                },
            )
            assert answer.status_code == 200

    async def test_signed_for_another_host_is_refused(self, twilio: Twilio) -> None:
        fields = incoming()
        other = RequestValidator(TWILIO_TOKEN).compute_signature(
            "http://10.0.0.7:8000/sms/inbound", fields
        )
        answer = await twilio.client.post(
            "/sms/inbound", data=fields, headers={"X-Twilio-Signature": other}
        )
        assert answer.status_code == 403

    async def test_a_body_that_is_not_utf_8_is_refused(self, twilio: Twilio) -> None:
        fields = incoming()
        body = urlencode(fields).encode().replace(b"t%C5%B7", b"t\xff")
        assert b"\xff" in body
        answer = await twilio.client.post(
            "/sms/inbound",
            content=body,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": signature("/sms/inbound", fields),
            },
        )
        assert answer.status_code == 403


class TestTheFateOfASentText:
    SID = "SM" + "a" * 32

    @pytest.fixture
    async def outgoing(self, twilio: Twilio, runtime: Runtime) -> OutgoingText:
        """A text that Twilio has accepted."""
        async with runtime.database.session() as session:
            conversation = Conversation(id=new_id(), channel=Channel.SMS, phone=PHONE)
            session.add(conversation)
            await session.flush()
            message = await say(session, runtime, conversation, "Helo.")
            outgoing = await session.scalar(
                select(OutgoingText).where(OutgoingText.message_id == message.id)
            )
            assert outgoing is not None
            outgoing.state, outgoing.provider_sid = TextState.ACCEPTED, self.SID
            await session.commit()
        return outgoing

    async def state(self, runtime: Runtime, outgoing: OutgoingText) -> tuple[str, int | None]:
        async with runtime.database.session() as session:
            now = await session.get_one(OutgoingText, outgoing.id)
            return now.state.value, now.error_code

    @pytest.mark.parametrize(
        ("reports", "state"),
        [
            (["sent", "delivered"], "delivered"),
            (["delivered", "sent"], "delivered"),
            (["delivered", "sent", "queued", "delivered"], "delivered"),
            (["delivered", "undelivered"], "delivered"),
            (["queued", "sending"], "accepted"),
            (["sent", "sent"], "sent"),
            (["something-new"], "accepted"),
        ],
    )
    async def test_goes_forward_and_never_back(
        self,
        twilio: Twilio,
        runtime: Runtime,
        outgoing: OutgoingText,
        reports: list[str],
        state: str,
    ) -> None:
        for report in reports:
            assert (await twilio.status(self.SID, report)).status_code == 204
        assert await self.state(runtime, outgoing) == (state, None)

    async def test_a_failure_keeps_its_code(
        self, twilio: Twilio, runtime: Runtime, outgoing: OutgoingText
    ) -> None:
        await twilio.status(self.SID, "undelivered", ErrorCode="30003")
        assert await self.state(runtime, outgoing) == ("undelivered", 30003)

    async def test_that_is_unknown_is_no_fault(self, twilio: Twilio) -> None:
        assert (await twilio.status("SM-unknown", "delivered")).status_code == 204

    async def test_without_a_status_is_malformed(self, twilio: Twilio) -> None:
        answer = await twilio.post("/sms/status", {"MessageSid": self.SID})
        assert answer.status_code == 422

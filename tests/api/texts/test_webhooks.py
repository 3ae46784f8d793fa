"""Twilio's webhooks: who may call them, and what becomes of every kind of call."""

import asyncio
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text
from twilio.request_validator import RequestValidator

from api.conversations.models import Channel, Conversation
from api.conversations.say import say
from api.database import new_id
from api.runtime import Runtime
from api.texts.models import OutgoingText, TextState
from tests.api.backstage import PHONE
from tests.api.texts.twilio import PUBLIC_URL, WORDS, Webhooks, count, incoming, said, signature
from tests.conftest import TWILIO_TOKEN


class TestATextArrives:
    async def test_it_is_kept_with_its_job_and_answered_with_nothing_to_say(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        answer = await webhooks.text()
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
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        answers = [await webhooks.text() for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        assert await said(runtime) == [WORDS]

    async def test_the_same_sid_at_the_same_moment_is_kept_once(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        answers = await asyncio.gather(*(webhooks.text() for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        assert await said(runtime) == [WORDS]
        assert await count(runtime, Conversation) == 1

    async def test_texts_at_the_same_moment_open_one_conversation(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await asyncio.gather(*(webhooks.text(sid=f"SM{n}", Body=f"text {n}") for n in range(5)))
        assert sorted(await said(runtime)) == [f"text {n}" for n in range(5)]
        assert await count(runtime, Conversation) == 1

    async def test_however_a_number_is_written_it_is_one_person(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        for n, number in enumerate((PHONE, "07700 900123", "+44 7700 900 123")):
            await webhooks.text(sid=f"SM{n}", From=number)
        assert await count(runtime, Conversation) == 1

    async def test_neither_number_nor_words_stand_in_the_database(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        await webhooks.text()
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
        self, webhooks: Webhooks, runtime: Runtime, words: str
    ) -> None:
        assert (await webhooks.text(Body=words)).status_code == 200
        assert await said(runtime) == [words]

    async def test_a_picture_without_words_is_taken_without_a_fault(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        picture = {
            "NumMedia": "1",
            "MediaUrl0": "http://x.test/1",
            "MediaContentType0": "image/png",
        }
        assert (await webhooks.text(Body="", **picture)).status_code == 200
        assert await count(runtime, Conversation) == 1

    async def test_a_missing_body_is_no_fault(self, webhooks: Webhooks) -> None:
        fields = incoming()
        del fields["Body"]
        assert (await webhooks.post("/sms/inbound", fields)).status_code == 200

    @pytest.mark.parametrize("missing", ["MessageSid", "From"])
    async def test_without_sid_or_sender_it_is_malformed(
        self, webhooks: Webhooks, runtime: Runtime, missing: str
    ) -> None:
        fields = incoming()
        del fields[missing]
        answer = await webhooks.post("/sms/inbound", fields)
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:llais:problem:malformed-webhook"
        assert await count(runtime, Conversation) == 0

    async def test_stop_stops_the_texts_and_start_lets_them_come_again(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        for sid, word, stopped in (("SM1", "STOPIO", True), ("SM2", "Dechrau", False)):
            await webhooks.text(sid=sid, Body=word)
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
        self, webhooks: Webhooks, runtime: Runtime, path: str, wrong: str | bytes | None
    ) -> None:
        given = wrong.encode() if isinstance(wrong, str) else wrong
        headers = {} if given is None else {b"X-Twilio-Signature": given}
        answer = await webhooks.client.post(path, data=incoming(), headers=headers)
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:llais:problem:bad-signature"
        assert await count(runtime, Conversation) == 0

    async def test_the_host_that_a_proxy_or_attacker_names_does_not_matter(
        self, webhooks: Webhooks
    ) -> None:
        fields = incoming()
        for host in ("llais.test", "evil.test"):
            answer = await webhooks.client.post(
                "/sms/inbound",
                data=fields,
                headers={
                    "Host": host,
                    "X-Forwarded-Host": "evil.test",
                    "X-Twilio-Signature": signature("/sms/inbound", fields),
                },
            )
            assert answer.status_code == 200

    async def test_signed_for_another_host_is_refused(self, webhooks: Webhooks) -> None:
        fields = incoming()
        other = RequestValidator(TWILIO_TOKEN).compute_signature(
            "http://10.0.0.7:8000/sms/inbound", fields
        )
        answer = await webhooks.client.post(
            "/sms/inbound", data=fields, headers={"X-Twilio-Signature": other}
        )
        assert answer.status_code == 403

    async def test_a_body_that_is_not_utf_8_is_refused(self, webhooks: Webhooks) -> None:
        fields = incoming()
        body = urlencode(fields).encode().replace(b"t%C5%B7", b"t\xff")
        assert b"\xff" in body
        answer = await webhooks.client.post(
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
    async def outgoing(self, webhooks: Webhooks, runtime: Runtime) -> OutgoingText:
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
        webhooks: Webhooks,
        runtime: Runtime,
        outgoing: OutgoingText,
        reports: list[str],
        state: str,
    ) -> None:
        for report in reports:
            assert (await webhooks.status(self.SID, report)).status_code == 204
        assert await self.state(runtime, outgoing) == (state, None)

    async def test_a_failure_keeps_its_code(
        self, webhooks: Webhooks, runtime: Runtime, outgoing: OutgoingText
    ) -> None:
        await webhooks.status(self.SID, "undelivered", ErrorCode="30003")
        assert await self.state(runtime, outgoing) == ("undelivered", 30003)

    async def test_that_is_unknown_is_no_fault(self, webhooks: Webhooks) -> None:
        assert (await webhooks.status("SM-unknown", "delivered")).status_code == 204

    async def test_without_a_status_is_malformed(self, webhooks: Webhooks) -> None:
        answer = await webhooks.post("/sms/status", {"MessageSid": self.SID})
        assert answer.status_code == 422


class TestTheSignatureOfAWebhookKey:
    KEY = "webhook-key-of-the-tests-0000001"
    SETTINGS = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"

    async def post(
        self, webhooks: Webhooks, secret: str, url: str = PUBLIC_URL, settings: str = SETTINGS
    ) -> int:
        fields = incoming()
        algorithm = "HMAC_SHA256" if "SHA256" in settings else None
        signed = RequestValidator(secret).compute_signature(f"{url}/sms/inbound", fields, algorithm)
        answer = await webhooks.client.post(
            "/sms/inbound",
            data=fields,
            headers={
                "X-Twilio-Signature": str(signed),
                "X-Twilio-Webhooks-Signature-Settings": settings,
            },
        )
        return answer.status_code

    async def test_fits_with_sha_256_and_the_key(
        self, webhooks: Webhooks, runtime: Runtime
    ) -> None:
        runtime.settings.twilio_webhook_key = SecretStr(self.KEY)
        assert await self.post(webhooks, self.KEY) == 200
        assert await self.post(webhooks, TWILIO_TOKEN) == 403
        assert await self.post(webhooks, TWILIO_TOKEN, settings="") == 200
        assert await self.post(webhooks, self.KEY, settings="") == 403

    async def test_where_there_is_no_such_key_it_is_the_token(self, webhooks: Webhooks) -> None:
        assert await self.post(webhooks, TWILIO_TOKEN) == 200
        assert await self.post(webhooks, "another") == 403

    @pytest.mark.parametrize(
        "address",
        ["https://llais.test", "https://llais.test:8443", "https://llais.test/gwasanaeth"],
    )
    async def test_is_for_the_public_address_whatever_stands_before_us(
        self, webhooks: Webhooks, runtime: Runtime, address: str
    ) -> None:
        runtime.settings.__dict__["public_address"] = address
        assert await self.post(webhooks, TWILIO_TOKEN, address) == 200
        assert await self.post(webhooks, TWILIO_TOKEN, "https://elsewhere.test") == 403

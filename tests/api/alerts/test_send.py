"""An alert by e-mail says reference, urgency and language, reaches the officer once, and nothing else."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from pydantic import SecretStr

from api.alerts.models import Alert, AlertSend, SendState
from api.alerts.send import AlertInterrupted
from api.alerts.send import send_alert as send_by
from api.cases.models import Case
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.conversations.models import Channel
from api.runtime import Runtime
from api.worker import jobs_of
from channels.rasa_client import RasaClient
from channels.sms import TwilioTexts
from tests.api.backstage import acknowledge_all, add_officer, all_of, new_conversation, only
from tests.api.mail_server import MailServer, mail_server
from tests.api.staff_visitor import a_report
from tests.serving import free_port

CANARIES = {
    "text": "canary-account Pontŵen",
    "why": "canary-why",
    "where": "canary-where",
    "when": "canary-when",
    "name": "Canary Siân",
    "phone": "+447700900987",
    "email": "canary@example.test",
    "safe": "canary-safe",
    "words": "canary-consent",
}


# Nobody in this file has a telephone.
TEXTS = TwilioTexts("AC1", "-", "+447700900000", "http://127.0.0.1:9")


async def send_alert(runtime: Runtime, send_id: UUID) -> None:
    await send_by(runtime, TEXTS, send_id)


@pytest.fixture
async def mail(runtime: Runtime) -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        runtime.settings.smtp_url = SecretStr(server.url)
        yield server


async def reported(runtime: Runtime, language: str = "cy") -> UUID:
    """The alert, to the only officer, of a report that is full of canaries."""
    conversation_id = await new_conversation(runtime, Channel.SMS)
    report = a_report(
        conversation_id=str(conversation_id),
        language=language,
        channel="sms",
        report={
            "text": CANARIES["text"],
            "text_language": language,
            "why_text": CANARIES["why"],
            "where_text": CANARIES["where"],
            "when_text": CANARIES["when"],
            "strands": ["transgender"],
            "incident_types": ["assault"],
        },
        referral={**a_report()["referral"], "words": CANARIES["words"]},
        contact={
            "method": "phone",
            "name": CANARIES["name"],
            "phone": CANARIES["phone"],
            "email": CANARIES["email"],
            "safe_contact_text": CANARIES["safe"],
        },
    )
    async with runtime.database.session() as session:
        submission = ReportSubmission.model_validate(report)
        await submit_report(session, runtime, submission, "conversation:1")
        await session.commit()
    return (await only(runtime, AlertSend)).id


async def by_id(runtime: Runtime, send_id: UUID) -> AlertSend:
    async with runtime.database.session() as session:
        return await session.get_one(AlertSend, send_id)


class TestTheMail:
    async def test_says_reference_urgency_and_language_in_the_officers_language(
        self, runtime: Runtime, mail: MailServer
    ) -> None:
        await add_officer(runtime, language="en")
        await send_alert(runtime, await reported(runtime))
        reference = (await only(runtime, Case)).reference
        assert mail.text().strip().splitlines() == [
            "An alert is waiting for you.",
            "",
            f"Reference: {reference}",
            "Urgency: high",
            "Language: Welsh",
            "",
            "Sign in to see it and to acknowledge it:"
            f" http://127.0.0.1:8001/alerts/{(await only(runtime, Alert)).id}",
        ]
        [sent] = mail.accepted
        assert (sent["To"], sent["Subject"]) == ("megan@police.test", "Llais: new alert")

    @pytest.mark.parametrize(
        ("case_language", "named"), [("cy", "Iaith: Cymraeg"), ("en", "Iaith: Saesneg")]
    )
    async def test_is_welsh_for_an_officer_who_works_in_welsh(
        self, runtime: Runtime, mail: MailServer, case_language: str, named: str
    ) -> None:
        await add_officer(runtime, language="cy")
        await send_alert(runtime, await reported(runtime, case_language))
        assert named in mail.text()
        assert "Brys: uchel" in mail.text()
        assert mail.accepted[0]["Subject"] == "Llais: rhybudd newydd"

    @pytest.mark.parametrize("language", ["cy", "en"])
    async def test_carries_nothing_of_the_report(
        self, runtime: Runtime, mail: MailServer, language: str
    ) -> None:
        await add_officer(runtime, language=language)
        await send_alert(runtime, await reported(runtime))
        [sent] = mail.accepted
        whole = "\n".join([*map(str, sent.values()), mail.text(), mail.raw[0].decode()]).casefold()
        for canary in (*CANARIES.values(), "transgender", "assault", "traws", "900123"):
            assert canary.casefold() not in whole
        code = (await only(runtime, Case)).update_code
        assert code is not None
        assert code not in whole


class TestSending:
    async def test_an_accepted_mail_is_not_sent_again(
        self, runtime: Runtime, mail: MailServer
    ) -> None:
        await add_officer(runtime)
        send_id = await reported(runtime)
        for _ in range(3):
            await send_alert(runtime, send_id)
        assert len(mail.accepted) == 1
        send = await only(runtime, AlertSend)
        assert (send.state, send.attempts, send.last_error) == (SendState.ACCEPTED, 1, None)
        assert send.accepted_at is not None

    async def test_a_dead_server_is_noted_and_tried_again_with_the_same_message_id(
        self, runtime: Runtime
    ) -> None:
        await add_officer(runtime)
        send_id = await reported(runtime)
        port = free_port()
        runtime.settings.smtp_url = SecretStr(f"smtp://127.0.0.1:{port}")
        with pytest.raises(AlertInterrupted):
            await send_alert(runtime, send_id)
        send = await by_id(runtime, send_id)
        assert (send.state, send.attempts) == (SendState.QUEUED, 1)
        assert send.last_error == "SMTPConnectError"
        async with mail_server(port) as server:
            await send_alert(runtime, send_id)
            assert server.accepted[0]["Message-ID"].startswith(f"<{send_id}@")
        send = await by_id(runtime, send_id)
        assert (send.state, send.attempts, send.last_error) == (SendState.ACCEPTED, 2, None)

    @pytest.mark.parametrize("answer", ["451 try later", "552 mailbox full"])
    async def test_a_refusal_is_tried_again(
        self, runtime: Runtime, mail: MailServer, answer: str
    ) -> None:
        await add_officer(runtime)
        send_id = await reported(runtime)
        mail.refuse(answer)
        with pytest.raises(AlertInterrupted):
            await send_alert(runtime, send_id)
        await send_alert(runtime, send_id)
        assert len(mail.accepted) == 1

    async def test_the_queue_tries_by_itself_until_the_server_is_back(
        self, runtime: Runtime, mail: MailServer
    ) -> None:
        await add_officer(runtime)
        send_id = await reported(runtime)
        mail.refuse("451 try later")
        async with RasaClient("http://127.0.0.1:9", "-", 1) as rasa:
            texts = TwilioTexts("AC1", "-", "+447700900000", "http://127.0.0.1:9")
            runtime.queue.add_tasks_from(jobs_of(runtime, rasa, texts), namespace="")
            for _ in range(2):
                await runtime.queue.run_worker_async(
                    queues=["sending"], wait=False, install_signal_handlers=False
                )
                async with runtime.database.session() as session:
                    connection = await session.connection()
                    await connection.exec_driver_sql(
                        "update procrastinate_jobs set scheduled_at = now()"
                    )
                    await session.commit()
        [first] = [m for m in mail.accepted if m["Message-ID"].startswith(f"<{send_id}@")]
        assert first["To"] == "megan@police.test"
        assert (await by_id(runtime, send_id)).state == SendState.ACCEPTED

    async def test_acknowledged_meanwhile_it_is_not_sent(
        self, runtime: Runtime, mail: MailServer
    ) -> None:
        await add_officer(runtime)
        send_id = await reported(runtime)
        await acknowledge_all(runtime)
        await send_alert(runtime, send_id)
        assert mail.accepted == []

    async def test_every_officer_on_duty_has_a_mail_of_their_own(
        self, runtime: Runtime, mail: MailServer
    ) -> None:
        for name in ("megan", "tomos"):
            await add_officer(runtime, name)
        await add_officer(runtime, "off", on_duty=False)
        await add_officer(runtime, "auditor", role="auditor")
        with pytest.raises(AssertionError, match="2 rows"):
            await reported(runtime)
        for send in await all_of(runtime, AlertSend):
            await send_alert(runtime, send.id)
        assert sorted(sent["To"] for sent in mail.accepted) == [
            "megan@police.test",
            "tomos@police.test",
        ]
        await only(runtime, Alert)

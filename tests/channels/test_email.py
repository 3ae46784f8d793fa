"""Mail over SMTP: well formed, handed over or interrupted."""

import asyncio
from email import message_from_bytes
from email.policy import default

import pytest

from channels.email import MailInterrupted, new_mail, send_mail
from tests.api.mail_server import mail_server
from tests.serving import free_port

WORDS = "Mae rhybudd yn aros amdanoch chi. Tŷ, dŵr, €.\n"


def test_the_same_key_gives_the_same_message_id_at_every_attempt() -> None:
    ids = {new_mail("llais@heddlu.test", "a@b.test", "x", "y", "key-1")["Message-ID"] for _ in "12"}
    assert ids == {"<key-1@heddlu.test>"}


@pytest.mark.parametrize(
    ("sender", "message_id"),
    [
        ("Llais <llais@heddlu.test>", "<k@heddlu.test>"),
        ("llais@localhost", "<k@localhost>"),
        ("", "<k@localhost>"),
    ],
)
def test_a_message_id_is_well_formed_whatever_the_sender(sender: str, message_id: str) -> None:
    assert new_mail(sender, "a@b.test", "x", "y", "k")["Message-ID"] == message_id


def test_a_header_cannot_be_smuggled_in() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        new_mail("a@b.test", "c@d.test", "x\nBcc: e@f.test", "y", "k")


async def test_welsh_arrives_as_it_was_written() -> None:
    async with mail_server() as server:
        await send_mail(server.url, new_mail("a@b.test", "c@d.test", "Rhybudd: tŷ", WORDS, "k"))
        assert server.text().replace("\r\n", "\n") == WORDS
        assert message_from_bytes(server.raw[0], policy=default)["Subject"] == "Rhybudd: tŷ"


@pytest.mark.parametrize("answer", ["421 going away", "451 later", "550 no such user", "554 no"])
async def test_a_refusal_is_an_interruption(answer: str) -> None:
    async with mail_server() as server:
        server.refuse(answer)
        with pytest.raises(MailInterrupted):
            await send_mail(server.url, new_mail("a@b.test", "c@d.test", "x", "y", "k"))
        assert server.accepted == []


async def test_nobody_listening_is_an_interruption() -> None:
    with pytest.raises(MailInterrupted):
        await send_mail(
            f"smtp://127.0.0.1:{free_port()}", new_mail("a@b.test", "c@d.test", "x", "y", "k")
        )


async def test_a_server_that_says_nothing_is_an_interruption(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("channels.email.TIMEOUT_SECONDS", 0.3)

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2)
        writer.close()

    port = free_port()
    async with await asyncio.start_server(say_nothing, "127.0.0.1", port):
        with pytest.raises(MailInterrupted):
            await send_mail(
                f"smtp://127.0.0.1:{port}", new_mail("a@b.test", "c@d.test", "x", "y", "k")
            )


async def test_a_server_without_the_encryption_that_was_asked_for_gets_nothing() -> None:
    async with mail_server() as server:
        with pytest.raises(MailInterrupted):
            await send_mail(
                f"{server.url}?starttls=1", new_mail("a@b.test", "c@d.test", "x", "y", "k")
            )
        assert server.accepted == []

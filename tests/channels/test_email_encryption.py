"""Mail that must be encrypted, against real servers: with TLS, without, and with a certificate that proves nothing."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channels.email import MailInterrupted, new_mail, send_mail
from channels.smtp_address import SmtpAddress, is_encrypted
from tests.api.mail_server import MailServer, mail_server
from tests.serving import free_port

MAIL = new_mail("a@b.test", "c@d.test", "x", "a link that opens an account", "k")
WAYS = ["smtps", "starttls"]


def certificate_for(name: str, folder: Path, days: int = 1) -> ssl.SSLContext:
    """A server's side of TLS with a certificate for this name; the certificate itself is in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=3))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose certificate this machine trusts, as a force would have its own trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    return tmp_path


@asynccontextmanager
async def server_with(context: ssl.SSLContext, way: str) -> AsyncIterator[MailServer]:
    """A real server, whose address asks for encryption in this way. Its name is localhost."""
    implicit = way == "smtps"
    async with mail_server(
        ssl_context=context if implicit else None, tls_context=None if implicit else context
    ) as server:
        port = server.url.rpartition(":")[2]
        server.url = (
            f"smtps://localhost:{port}" if implicit else f"smtp://localhost:{port}?starttls=1"
        )
        yield server


@pytest.mark.parametrize("way", WAYS)
async def test_a_server_whose_certificate_is_trusted_gets_the_mail_encrypted(
    trusted: Path, way: str
) -> None:
    async with server_with(certificate_for("localhost", trusted), way) as server:
        await send_mail(server.url, MAIL)
        assert server.text().strip() == "a link that opens an account"
        assert server.encrypted == [True]


@pytest.mark.parametrize("way", WAYS)
async def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path, way: str) -> None:
    async with server_with(certificate_for("localhost", tmp_path), way) as server:
        await refuses(server, ssl.SSLCertVerificationError)


@pytest.mark.parametrize("way", WAYS)
async def test_the_certificate_of_another_server_gets_nothing(trusted: Path, way: str) -> None:
    async with server_with(certificate_for("mail.elsewhere.test", trusted), way) as server:
        await refuses(server, ssl.SSLCertVerificationError)


@pytest.mark.parametrize("way", WAYS)
async def test_a_certificate_that_has_run_out_gets_nothing(trusted: Path, way: str) -> None:
    async with server_with(certificate_for("localhost", trusted, days=-1), way) as server:
        await refuses(server, ssl.SSLCertVerificationError)


@pytest.mark.parametrize(
    "address", ["smtps://127.0.0.1:{port}", "smtp://127.0.0.1:{port}?starttls=1"]
)
async def test_a_server_without_encryption_gets_neither_mail_nor_password(address: str) -> None:
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take everything from whoever speaks in the clear."""
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            heard.extend(line)
            writer.write(b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n")
        writer.close()

    port = free_port()
    async with await asyncio.start_server(listen, "127.0.0.1", port):
        with pytest.raises(MailInterrupted):
            await send_mail(address.format(port=port).replace("//", "//u:secret@"), MAIL)
    assert heard
    assert not any(word in heard for word in (b"AUTH", b"MAIL FROM", b"link that opens"))


async def refuses(server: MailServer, reason: type[BaseException]) -> None:
    with pytest.raises(MailInterrupted) as interrupted:
        await send_mail(server.url, MAIL)
    assert server.accepted == []
    causes = []
    cause: BaseException | None = interrupted.value
    while cause is not None:
        causes.append(type(cause))
        cause = cause.__cause__ or cause.__context__
    assert reason in causes


class TestAnAddress:
    @pytest.mark.parametrize(
        ("url", "encrypted", "port"),
        [
            ("smtps://mail.test", True, 465),
            ("smtp://mail.test:587?starttls=1", True, 587),
            ("smtp://mail.test", False, 25),
        ],
    )
    def test_says_whether_it_insists(self, url: str, encrypted: bool, port: int) -> None:
        address = SmtpAddress.parse(url)
        assert (address.insists_on_encryption, address.port) == (encrypted, port)
        assert is_encrypted(url) is encrypted

    def test_holds_who_signs_in(self) -> None:
        address = SmtpAddress.parse("smtps://ll%40is:p%2Fw@mail.test")
        assert (address.username, address.password) == ("ll@is", "p/w")

    @pytest.mark.parametrize(
        "url", ["", "mail.test", "http://mail.test", "smtp://", "smtp://m:x", "smtp://m?tls=1"]
    )
    def test_that_is_none_is_refused_and_sends_nothing(self, url: str) -> None:
        with pytest.raises(ValueError, match="mail server"):
            SmtpAddress.parse(url)
        assert not is_encrypted(url)

    @pytest.mark.parametrize(
        ("host", "here"),
        [("127.0.0.1", True), ("[::1]", True), ("localhost", True), ("mail.test", False)],
    )
    def test_says_whether_it_is_on_this_machine(self, host: str, here: bool) -> None:
        assert SmtpAddress.parse(f"smtp://{host}").is_on_this_machine is here


async def test_an_address_that_is_none_is_an_interruption() -> None:
    with pytest.raises(MailInterrupted):
        await send_mail("mail.test", MAIL)

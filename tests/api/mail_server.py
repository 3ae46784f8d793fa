"""A real SMTP server that keeps what it accepts, and can be told to refuse."""

import email.policy
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.serving import free_port


class MailServer:
    def __init__(self, port: int) -> None:
        self.url = f"smtp://127.0.0.1:{port}"
        self.accepted: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.encrypted: list[bool] = []
        self._script: deque[str] = deque()

    def refuse(self, *answers: str) -> None:
        """What to answer to the next messages instead of taking them."""
        self._script.extend(answers)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._script:
            return self._script.popleft()
        assert isinstance(envelope.content, bytes)
        assert server.transport is not None
        self.raw.append(envelope.content)
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        self.accepted.append(message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def text(self) -> str:
        """The words of the only mail."""
        [mail] = self.accepted
        body = mail.get_body(preferencelist=("plain",))
        assert body is not None
        return str(body.get_content())


@asynccontextmanager
async def mail_server(
    port: int | None = None,
    *,
    ssl_context: ssl.SSLContext | None = None,
    tls_context: ssl.SSLContext | None = None,
) -> AsyncIterator[MailServer]:
    """A server that is encrypted from the start (`ssl_context`), once it is asked (`tls_context`), or never."""
    server = MailServer(port or free_port())
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=int(server.url.rpartition(":")[2]),
        ssl_context=ssl_context,
        tls_context=tls_context,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()

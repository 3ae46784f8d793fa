"""Mail captured by a real SMTP server into files, and a page that shows them."""

import email.policy
import re
import secrets
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated

from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse

from api.development.pages import PagesDep
from api.problems import DoesNotExist

NAME = re.compile(r"^[0-9]{8}T[0-9]{6}\.[0-9]{6}-[0-9a-f]{8}$")


class Mailbox:
    """A directory of `.eml` files, and the handler that aiosmtpd gives what it receives."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        path = self._directory / f"{moment}-{secrets.token_hex(4)}.eml"
        partial = path.with_suffix(".partial")
        partial.write_bytes(content)
        # Renamed when whole, so that the page never shows half of a mail.
        partial.rename(path)
        return "250 Message accepted for delivery"

    def newest_first(self) -> list[tuple[str, EmailMessage]]:
        """Each mail with its name."""
        return [
            (path.stem, _parse(path.read_bytes()))
            for path in sorted(self._directory.glob("*.eml"), reverse=True)
        ]

    def raw(self, name: str) -> str:
        """The source of a mail. Raises DoesNotExist."""
        path = self._directory / f"{name}.eml"
        if not NAME.match(name) or not path.exists():
            raise DoesNotExist("There is no such mail.")
        return path.read_text(errors="replace")


def _parse(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=email.policy.default)


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail, for reading."""
    body = mail.get_body(preferencelist=("plain",))
    return str(body.get_content()) if body else ""


def mailbox_of(request: Request) -> Mailbox:
    mailbox = request.app.state.mailbox
    assert isinstance(mailbox, Mailbox)
    return mailbox


MailboxDep = Annotated[Mailbox, Depends(mailbox_of)]
router = APIRouter(prefix="/mail", tags=["mail"])


@router.get("", response_class=HTMLResponse)
def show_mails(mailbox: MailboxDep, pages: PagesDep) -> str:
    """All captured mails, newest first."""
    mails = [
        {
            "name": name,
            "to": str(mail["to"]),
            "from": str(mail["from"]),
            "subject": str(mail["subject"]),
            "date": str(mail["date"]),
            "text": text_of(mail),
        }
        for name, mail in mailbox.newest_first()
    ]
    return pages.render("mail.html", mails=mails)


@router.get("/{name}.eml", response_class=PlainTextResponse)
def show_source(name: str, mailbox: MailboxDep) -> str:
    return mailbox.raw(name)

"""E-mail over SMTP."""

from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

TIMEOUT_SECONDS = 15.0


class MailInterrupted(Exception):
    """The mail server did not take the message; trying again may succeed."""


def new_mail(sender: str, to: str, subject: str, text: str, message_key: str) -> EmailMessage:
    """A plain message. `message_key` makes its Message-ID the same at every attempt, so that a
    receiving server can tell a repeat."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = formatdate()
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail["Message-ID"] = f"<{message_key}@{domain}>"
    mail.set_content(text)
    return mail


async def send_mail(smtp_url: str, mail: EmailMessage) -> None:
    """Hand a message to the server of `smtp://[user:password@]host[:port][?starttls=1]` (or smtps://).

    Returns when the server has accepted it. Raises MailInterrupted.
    """
    url = urlsplit(smtp_url)
    tls = url.scheme == "smtps"
    try:
        await aiosmtplib.send(
            mail,
            hostname=url.hostname,
            port=url.port or (465 if tls else 25),
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=tls,
            start_tls=True if "starttls" in parse_qs(url.query) else None,
            timeout=TIMEOUT_SECONDS,
        )
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailInterrupted from error

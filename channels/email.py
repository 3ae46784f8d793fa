"""E-mail over SMTP."""

from email.message import EmailMessage
from email.utils import formatdate, parseaddr

import aiosmtplib

from channels.smtp_address import SmtpAddress

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
    """Hand a message to the server of an address (`channels/smtp_address.py`).

    Returns when the server has accepted it. Where the address asks for encryption, a server that offers none, or whose
    certificate this machine does not trust, gets neither the message nor the password. Raises MailInterrupted.
    """
    try:
        server = SmtpAddress.parse(smtp_url)
        await aiosmtplib.send(
            mail,
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.encryption == "from_the_start",
            start_tls=True if server.encryption == "starttls" else None,
            validate_certs=True,
            timeout=TIMEOUT_SECONDS,
        )
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise MailInterrupted from error

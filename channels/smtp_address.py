"""Where a mail server is, and whether what is sent there can be read on the way."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

Encryption = Literal["from_the_start", "starttls", "if_offered"]


@dataclass(frozen=True)
class SmtpAddress:
    """`smtps://[user:password@]host[:port]`, or `smtp://…` with `?starttls=1` where the server must encrypt."""

    host: str
    port: int
    username: str | None
    password: str | None
    encryption: Encryption

    @classmethod
    def parse(cls, url: str) -> "SmtpAddress":
        """Raises ValueError, which never repeats what was given: it may hold a password."""
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname
        except ValueError:
            raise ValueError("a mail server is smtp://host or smtps://host") from None
        if parts.scheme not in ("smtp", "smtps") or not host:
            raise ValueError("a mail server is smtp://host or smtps://host")
        options = parse_qs(parts.query, keep_blank_values=True)
        if options.keys() - {"starttls"} or options.get("starttls", ["1"]) != ["1"]:
            raise ValueError("the only option of a mail server is starttls=1")
        tls = parts.scheme == "smtps"
        return cls(
            host=host,
            port=port or (465 if tls else 25),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            encryption="from_the_start" if tls else "starttls" if options else "if_offered",
        )

    @property
    def insists_on_encryption(self) -> bool:
        """Whether a server that does not encrypt, or cannot prove who it is, gets nothing."""
        return self.encryption != "if_offered"

    @property
    def is_on_this_machine(self) -> bool:
        """Whether the way there crosses no network, as to a relay beside this process."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def is_encrypted(smtp_url: str) -> bool:
    """Whether nothing is sent to this address but encrypted; false for what is no address."""
    try:
        return SmtpAddress.parse(smtp_url).insists_on_encryption
    except ValueError:
        return False

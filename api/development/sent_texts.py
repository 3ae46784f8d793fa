"""The texts that the Twilio stand-in has taken, as Twilio tells of them. They end with the process."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from channels.sms import segments

API_VERSION = "2010-04-01"


def _twilio_time(moment: datetime | None) -> str | None:
    return format_datetime(moment) if moment else None


@dataclass
class SentText:
    """One text on its way."""

    account_sid: str
    to: str
    sender: str
    body: str
    status: str = "queued"
    error_code: int | None = None
    sid: str = field(default_factory=lambda: "SM" + secrets.token_hex(16))
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent_at: datetime | None = None

    def move_to(self, status: str, error_code: int | None = None) -> None:
        self.status = status
        self.error_code = error_code
        if status == "sent":
            self.sent_at = datetime.now(UTC)

    def as_twilio(self) -> dict[str, object]:
        """The resource as Twilio's API returns it."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": _twilio_time(self.created_at),
            "date_sent": _twilio_time(self.sent_at),
            "date_updated": _twilio_time(self.sent_at or self.created_at),
            "direction": "outbound-api",
            "error_code": self.error_code,
            "error_message": None,
            "from": self.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(segments(self.body)),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


class SentTexts:
    """All of them, in the order in which they were taken."""

    def __init__(self) -> None:
        self._texts: list[SentText] = []

    def take(self, account_sid: str, to: str, sender: str, body: str) -> SentText:
        text = SentText(account_sid, to, sender, body)
        self._texts.append(text)
        return text

    def to(
        self, number: str | None = None, sent_since: datetime | None = None
    ) -> Sequence[SentText]:
        """Those to a number, or all; with `sent_since` those that left then or later.

        As with Twilio, one that still waits to leave has no such time, and is not found by it.
        """
        return [
            text
            for text in self._texts
            if (number is None or text.to == number)
            and (sent_since is None or (text.sent_at is not None and text.sent_at >= sent_since))
        ]

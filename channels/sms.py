"""Text messages through Twilio: is it really from Twilio, what does it say, and sending an answer."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl

import phonenumbers
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.request_validator import RequestValidator
from twilio.rest import Client

EMPTY_RESPONSE: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
HOME_REGION: Final = "GB"
TIMEOUT_SECONDS: Final = 10.0
NEWEST_LOOKED_AT: Final = 50
BAD_REQUEST: Final = 400

# GSM 03.38, the seven-bit alphabet of text messages; the second line costs two places a letter.
GSM_LETTERS: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION: Final = frozenset("\f^{}\\[~]|€")


class MalformedWebhook(ValueError):
    """A signed request that lacks what Twilio always sends."""


class Keyword(StrEnum):
    """Words with a meaning of their own to the networks, in either language."""

    STOP = "stop"
    START = "start"


KEYWORDS: Final = {
    "stop": Keyword.STOP,
    "stopio": Keyword.STOP,
    "stopiwch": Keyword.STOP,
    "stopall": Keyword.STOP,
    "unsubscribe": Keyword.STOP,
    "start": Keyword.START,
    "dechrau": Keyword.START,
    "unstop": Keyword.START,
}


@dataclass(frozen=True)
class IncomingText:
    message_sid: str
    sender: str
    text: str
    media_count: int


@dataclass(frozen=True)
class StatusReport:
    message_sid: str
    status: str
    error_code: int | None


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a posted form. What is not UTF-8 is replaced, and then fails the signature."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def is_from_twilio(auth_token: str, url: str, fields: Mapping[str, str], signature: str) -> bool:
    """Whether `signature` is Twilio's for this public URL and these fields. Constant time."""
    if not auth_token or not signature:
        return False
    return bool(RequestValidator(auth_token).validate(url, dict(fields), signature))


def parse_incoming(fields: Mapping[str, str]) -> IncomingText:
    """What a signed webhook says. Raises MalformedWebhook."""
    sid, sender = fields.get("MessageSid", ""), fields.get("From", "")
    if not sid or len(sid) > 64 or not sender or len(sender) > 64:
        raise MalformedWebhook("MessageSid and From are needed")
    media = fields.get("NumMedia", "0")
    return IncomingText(
        message_sid=sid,
        sender=normal_number(sender),
        text=fields.get("Body", "").replace("\x00", "").strip(),
        media_count=int(media) if media.isascii() and media.isdigit() and len(media) < 4 else 0,
    )


def parse_status(fields: Mapping[str, str]) -> StatusReport:
    """What a signed delivery callback says. Raises MalformedWebhook."""
    sid, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
    if not sid or not status:
        raise MalformedWebhook("MessageSid and MessageStatus are needed")
    code = fields.get("ErrorCode", "")
    return StatusReport(sid, status, int(code) if code.isascii() and code.isdigit() else None)


def normal_number(number: str) -> str:
    """The number in E.164 form; what is no telephone number (a short code) as it stands."""
    try:
        parsed = phonenumbers.parse(number, HOME_REGION)
    except phonenumbers.NumberParseException:
        return number
    # The library calls a short code a number that is possible inside some town.
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def is_telephone_number(number: str) -> bool:
    """Whether texts can be sent to this number: one that may exist, at home or abroad."""
    try:
        parsed = phonenumbers.parse(number, HOME_REGION)
    except phonenumbers.NumberParseException:
        return False
    # What is "valid" leaves out the numbers that Ofcom keeps for drama and tests.
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE)


def readable_number(number: str) -> str:
    """The number as people at home write it; what is no telephone number as it stands."""
    try:
        parsed = phonenumbers.parse(number, HOME_REGION)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def keyword(text: str) -> Keyword | None:
    """The keyword that a text consists of, alone, as the networks understand it."""
    return KEYWORDS.get(text.strip().strip(".!").casefold())


def segments(text: str) -> int:
    """How many segments a text costs: Welsh â ê î ô û ŵ ŷ are not in GSM-7 and make it UCS-2."""
    if all(letter in GSM_LETTERS or letter in GSM_EXTENSION for letter in text):
        places = sum(2 if letter in GSM_EXTENSION else 1 for letter in text)
        single, joined = 160, 153
    else:
        places = len(text.encode("utf-16-be")) // 2
        single, joined = 70, 67
    return 1 if places <= single else -(-places // joined)


def with_choices(text: str, choices: list[dict[str, str]]) -> str:
    """A question with its choices numbered, since a text has no buttons."""
    lines = [f"{number} {choice['label']}" for number, choice in enumerate(choices, start=1)]
    return "\n".join([text, *lines]) if lines else text


class SendingRefused(Exception):
    """The provider will never take this text; `code` is Twilio's error code."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class SendingInterrupted(Exception):
    """The provider could not take this text now; trying again may succeed."""


class _OtherAddressHttpClient(TwilioHttpClient):
    """The library's own HTTP client, sending to a configurable API address."""

    def __init__(self, api_url: str) -> None:
        super().__init__(timeout=TIMEOUT_SECONDS)
        self._api_url = api_url.rstrip("/")

    def request(self, method: str, url: str, *args: object, **options: object) -> TwilioResponse:
        own = url.replace("https://api.twilio.com", self._api_url, 1)
        return super().request(method, own, *args, **options)


class TwilioTexts:
    """Sends texts through Twilio's Messages API with the `twilio` library. Blocking: call it in a thread."""

    def __init__(self, account_sid: str, auth_token: str, sender: str, api_url: str) -> None:
        self._sender = sender
        self._client = Client(account_sid, auth_token, http_client=_OtherAddressHttpClient(api_url))

    def send(self, to: str, text: str, status_callback: str) -> str:
        """Hand a text over and return Twilio's id for it.

        Raises SendingRefused for an error that stays, SendingInterrupted for one that may pass.
        """
        try:
            sent = self._client.messages.create(
                to=to, from_=self._sender, body=text, status_callback=status_callback
            )
        except TwilioRestException as error:
            # Wrong credentials, a missing account and a full line can all be put right; a bad text cannot.
            if error.status == BAD_REQUEST:
                raise SendingRefused(error.code) from None
            raise SendingInterrupted from None
        except Exception as error:
            # The library lets its HTTP layer's own errors through: no answer, a cut line, bad JSON.
            raise SendingInterrupted from error
        if not sent.sid:
            raise SendingInterrupted
        return str(sent.sid)

    def find_sent(
        self, to: str, text: str, since: datetime, known: Set[str] = frozenset()
    ) -> str | None:
        """The id of a text that Twilio already took, for when the answer to `send` was lost.

        `known` are ids of other texts, which may say the same. Raises SendingInterrupted.
        """
        try:
            # Not asked for by date: Twilio dates a text when it leaves, and this one may still wait.
            taken = self._client.messages.list(to=to, limit=NEWEST_LOOKED_AT)
        except Exception as error:
            raise SendingInterrupted from error
        for candidate in taken:
            recent = candidate.date_created is not None and candidate.date_created >= since
            if recent and candidate.body == text and candidate.sid not in known:
                return str(candidate.sid)
        return None

"""Text messages through Twilio: is it really from Twilio, what does it say, and sending an answer."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl

import phonenumbers
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.request_validator import RequestValidator, get_signature_algorithm
from twilio.rest import Client

from channels.written import as_kept

EMPTY_RESPONSE: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
HOME_REGION: Final = "GB"
TIMEOUT_SECONDS: Final = 10.0
NEWEST_LOOKED_AT: Final = 400
PAGE_SIZE: Final = 200
# How far the clocks of Twilio and of this machine may differ, if somebody sets one of them wrong.
CLOCKS_DIFFER: Final = timedelta(minutes=15)
BAD_REQUEST: Final = 400
# Twilio's ids have 34 places and its error codes five.
LONGEST_SID: Final = 40
LONGEST_ERROR_CODE: Final = 9
# Twilio's own errors that pass although they come as a bad request: too many at once, a queue that is full.
# https://www.twilio.com/docs/api/errors
PASSING_CODES: Final = frozenset({14107, 20429, 20500, 20503, 21611, 30001})
# Twilio's code for a number whose owner has stopped texts at the network.
OPTED_OUT: Final = 21610

# GSM 03.38, the seven-bit alphabet of text messages; the second line costs two places a letter.
GSM_LETTERS: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
# Signs that word processors set; the plain ones say the same. No letter is ever among them.
PLAIN_SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
        "\u2026": "...",
        "\u2022": "-",
    }
)


class MalformedWebhook(ValueError):
    """A signed request that lacks what Twilio always sends."""


class Keyword(StrEnum):
    """Words with a meaning of their own when they are all that a text says, in either language."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    STATUS = "status"
    NEW = "new"


# STOP, START and HELP in every form that Twilio knows too, because Twilio acts on them whatever we do:
# https://help.twilio.com/hc/en-us/articles/223134027
KEYWORDS: Final = {
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "cancel", "end", "quit"), Keyword.STOP),
    **dict.fromkeys(("revoke", "optout", "stopio", "stopiwch"), Keyword.STOP),
    **dict.fromkeys(("start", "unstop", "dechrau", "dechreuwch"), Keyword.START),
    **dict.fromkeys(("help", "info", "cymorth", "gwybodaeth"), Keyword.HELP),
    **dict.fromkeys(("status", "update", "statws", "diweddariad"), Keyword.STATUS),
    **dict.fromkeys(("new report", "adroddiad newydd"), Keyword.NEW),
}
WELSH_KEYWORDS: Final = frozenset(
    {"stopio", "stopiwch", "dechrau", "dechreuwch", "cymorth", "gwybodaeth"}
    | {"statws", "diweddariad", "adroddiad newydd"}
)
# Twilio lets texts through again on this one too; to a question of ours it is an answer.
OPTS_IN_WHEN_STOPPED: Final = "yes"


@dataclass(frozen=True)
class IncomingText:
    """A text as it came. `answered_by_twilio` says that Twilio has replied to its keyword already."""

    message_sid: str
    sender: str
    text: str
    media_count: int
    answered_by_twilio: bool = False


@dataclass(frozen=True)
class StatusReport:
    message_sid: str
    status: str
    error_code: int | None


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a posted form. What is not UTF-8 is replaced, and then fails the signature."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def is_from_twilio(
    secret: str, url: str, fields: Mapping[str, str], signature: str, settings: str = ""
) -> bool:
    """Whether `signature` is Twilio's for this public URL and these fields. Constant time.

    `settings` is the X-Twilio-Webhooks-Signature-Settings header, which names the algorithm.
    """
    if not secret or not signature:
        return False
    algorithm = get_signature_algorithm(settings)
    return bool(RequestValidator(secret).validate(url, dict(fields), signature, algorithm))


def names_an_algorithm(settings: str) -> bool:
    """Whether a webhook was signed with a key made for webhooks, and not with the account's token."""
    return "algorithm=" in settings.replace(" ", "")


def parse_incoming(fields: Mapping[str, str]) -> IncomingText:
    """What a signed webhook says. Raises MalformedWebhook."""
    sid, sender = fields.get("MessageSid", ""), fields.get("From", "")
    if not _is_sid(sid) or not sender or len(sender) > 64 or "\x00" in sender:
        raise MalformedWebhook("MessageSid and From are needed")
    media = fields.get("NumMedia", "0")
    return IncomingText(
        message_sid=sid,
        sender=normal_number(sender),
        text=as_kept(fields.get("Body", "")),
        media_count=int(media) if media.isascii() and media.isdigit() and len(media) < 4 else 0,
        # Sent only where the account answers keywords in its own words ("Advanced Opt-Out").
        answered_by_twilio=bool(fields.get("OptOutType")),
    )


def parse_status(fields: Mapping[str, str]) -> StatusReport:
    """What a signed delivery callback says. Raises MalformedWebhook."""
    sid, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
    if not _is_sid(sid) or not status:
        raise MalformedWebhook("MessageSid and MessageStatus are needed")
    code = fields.get("ErrorCode", "")
    known = code.isascii() and code.isdigit() and len(code) <= LONGEST_ERROR_CODE
    return StatusReport(sid, status, int(code) if known else None)


def _is_sid(sid: str) -> bool:
    """Whether something can be an id of Twilio's: a few plain letters and digits, which the database can hold."""
    return sid.isascii() and sid.isprintable() and 0 < len(sid) <= LONGEST_SID


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


def bare_word(text: str) -> str:
    """A text without what keyboards add around a single word."""
    return " ".join(text.split()).strip(" .!?\"'").casefold()


def keyword(text: str) -> Keyword | None:
    """The keyword that a text consists of, alone, as the networks understand it."""
    return KEYWORDS.get(bare_word(text))


def as_sent(text: str) -> str:
    """The text as it leaves: every letter kept, and signs made plain where that makes it fit GSM-7."""
    plain = text.translate(PLAIN_SIGNS)
    return plain if fits_gsm(plain) else text


def fits_gsm(text: str) -> bool:
    """Whether the networks' seven-bit alphabet has every letter of a text."""
    return all(letter in GSM_LETTERS or letter in GSM_EXTENSION for letter in text)


def segments(text: str) -> int:
    """How many segments a text costs: Welsh â ê î ô û ŵ ŷ are not in GSM-7 and make it UCS-2."""
    if fits_gsm(text):
        places = [2 if letter in GSM_EXTENSION else 1 for letter in text]
        single, joined = 160, 153
    else:
        places = [len(letter.encode("utf-16-be")) // 2 for letter in text]
        single, joined = 70, 67
    if sum(places) <= single:
        return 1
    count, free = 1, joined
    for size in places:
        # A letter that takes two places is never cut in two.
        if size > free:
            count, free = count + 1, joined
        free -= size
    return count


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
            if error.status == BAD_REQUEST and error.code not in PASSING_CODES:
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
            # Not asked for by date: Twilio dates a text when it leaves, and this one may still wait. Nor
            # by number, which would then stand in an address.
            taken = self._client.messages.list(
                from_=self._sender, limit=NEWEST_LOOKED_AT, page_size=PAGE_SIZE
            )
        except Exception as error:
            raise SendingInterrupted from error
        for candidate in taken:
            recent = candidate.date_created is not None and candidate.date_created >= since
            same = candidate.to == to and candidate.body == text
            if recent and same and candidate.sid not in known:
                return str(candidate.sid)
        return None

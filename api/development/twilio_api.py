"""A stand-in for Twilio's Messages API, as far as the `twilio` library and this product use it."""

import asyncio
import base64
import binascii
import re
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from api.config import Settings
from api.development.deliveries import Deliveries
from api.development.opt_outs import OptOuts
from api.development.scripted_errors import Fate, ScriptedErrors
from api.development.sent_texts import API_VERSION, SentTexts
from api.security import same_secret

LONGEST_BODY = 1600
# Longer than any client of ours waits.
HELD_SECONDS = 30.0
PAGE_SIZE = 50
LARGEST_PAGE = 1000
REFUSALS = {
    "21211": "Invalid 'To' Phone Number",
    "21610": "Attempt to send to unsubscribed recipient",
    "21614": "'To' number is not a valid mobile number",
}
TELEPHONE_NUMBER = re.compile(r"^\+[1-9]\d{6,14}$")


class TwilioStandIn:
    """What the endpoints work with; it hangs on the app's state."""

    def __init__(
        self, settings: Settings, texts: SentTexts, deliveries: Deliveries, opt_outs: OptOuts
    ) -> None:
        self.account_sid = settings.twilio_account_sid
        self.auth_token = settings.twilio_auth_token.get_secret_value()
        self.texts = texts
        self.deliveries = deliveries
        self.opt_outs = opt_outs
        self.errors = ScriptedErrors()
        self.held_seconds = HELD_SECONDS


def twilio_of(request: Request) -> TwilioStandIn:
    twilio = request.app.state.twilio
    assert isinstance(twilio, TwilioStandIn)
    return twilio


TwilioDep = Annotated[TwilioStandIn, Depends(twilio_of)]
router = APIRouter(tags=["Twilio's API"])


class TwilioError(Exception):
    """An error as Twilio answers it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message

    def answer(self) -> JSONResponse:
        return JSONResponse(
            {
                "code": self.code,
                "message": self.message,
                "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
                "status": self.status,
            },
            status_code=self.status,
        )


async def answer_twilio_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TwilioError)
    return error.answer()


async def signed_in(account_sid: str, request: Request, twilio: TwilioDep) -> str:
    """The account, when the request carries its credentials. Raises TwilioError."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user, password = "", ""
    known = same_secret(user, twilio.account_sid) & same_secret(password, twilio.auth_token)
    if scheme.lower() != "basic" or not known or account_sid != twilio.account_sid:
        raise TwilioError(401, 20003, "Authenticate")
    return account_sid


AccountSid = Annotated[str, Depends(signed_in)]
MESSAGES_PATH = f"/{API_VERSION}/Accounts/{{account_sid}}/Messages.json"


@router.post(MESSAGES_PATH, status_code=201)
async def create_message(account: AccountSid, request: Request, twilio: TwilioDep) -> JSONResponse:
    """Take a text, unless its fields are wrong or an error was scripted."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    _require_sendable(form)
    if twilio.opt_outs.stopped(form["To"]):
        raise TwilioError(400, 21610, REFUSALS["21610"])
    fate = twilio.errors.next()
    _raise_scripted(fate)
    text = twilio.texts.take(account, form["To"], form["From"], form["Body"])
    as_taken = text.as_twilio()
    twilio.deliveries.deliver(
        text, form.get("StatusCallback"), undelivered=30003 if fate == "30003" else None
    )
    if fate == "timeout":
        await asyncio.sleep(twilio.held_seconds)
    return JSONResponse(as_taken, status_code=201)


def _require_sendable(form: dict[str, str]) -> None:
    to, body = form.get("To", ""), form.get("Body", "")
    if not to:
        raise TwilioError(400, 21604, "A 'To' phone number is required.")
    if not form.get("From"):
        raise TwilioError(400, 21603, "A 'From' phone number is required.")
    if not body:
        raise TwilioError(400, 21602, "Message body is required.")
    if not TELEPHONE_NUMBER.match(to):
        raise TwilioError(400, 21211, "Invalid 'To' Phone Number")
    if len(body) > LONGEST_BODY:
        raise TwilioError(
            400, 21617, "The concatenated message body exceeds the 1600 character limit."
        )


def _raise_scripted(fate: Fate) -> None:
    if fate == "429":
        raise TwilioError(429, 20429, "Too Many Requests")
    if fate == "500":
        raise TwilioError(500, 20500, "An internal server error has occurred")
    if fate in REFUSALS:
        raise TwilioError(400, int(fate), REFUSALS[fate])


@router.get(MESSAGES_PATH)
async def list_messages(account: AccountSid, request: Request, twilio: TwilioDep) -> dict[str, Any]:
    """The texts to a number since a time, newest first, on one page."""
    since = request.query_params.get("DateSent>")
    found = twilio.texts.to(
        request.query_params.get("To"),
        datetime.fromisoformat(since) if since else None,
    )
    asked = request.query_params.get("PageSize", "")
    size = min(int(asked), LARGEST_PAGE) if asked.isdecimal() and int(asked) else PAGE_SIZE
    messages = [text.as_twilio() for text in reversed(found)][:size]
    uri = f"/{API_VERSION}/Accounts/{account}/Messages.json?PageSize={size}&Page=0"
    return {
        "messages": messages,
        "page": 0,
        "page_size": size,
        "start": 0,
        "end": max(len(messages) - 1, 0),
        "uri": uri,
        "first_page_uri": uri,
        "next_page_uri": None,
        "previous_page_uri": None,
    }


@router.get(f"/{API_VERSION}/Accounts/{{account_sid}}/Messages/{{sid}}.json")
async def fetch_message(account: AccountSid, sid: str, twilio: TwilioDep) -> dict[str, object]:
    """One text as it stands now."""
    found = next((text for text in twilio.texts.to() if text.sid == sid), None)
    if found is None or found.account_sid != account:
        raise TwilioError(404, 20404, "The requested resource was not found")
    return found.as_twilio()


class Script(BaseModel):
    model_config = ConfigDict(extra="forbid")

    next: list[Fate]


@router.post("/scripted-errors", status_code=204)
async def script_errors(script: Script, twilio: TwilioDep) -> None:
    """Say what the next sends shall meet; an empty list ends it."""
    twilio.errors.script(script.next)

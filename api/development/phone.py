"""Phones to try the text messages with.

A page writes a text as Twilio would bring it, and shows the answers.
"""

import secrets
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import httpx
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import StringConstraints

from api.config import Settings
from api.development.deliveries import Deliveries
from api.development.opt_outs import OptOuts
from api.development.pages import PagesDep
from api.development.sent_texts import API_VERSION, SentTexts
from channels.sms import segments

# Ofcom keeps 07700 900000 to 900999 free for drama; 000 is the service's own number here.
FIRST_DIGITS = "+447700900"
PHONES = ("001", "002", "003", "004")
Phone = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
Side = Literal["out", "in"]


@dataclass(frozen=True)
class WrittenText:
    """A text written on a phone here. `seen` is how many answers stood on the phone then."""

    text: str
    answer_status: int
    seen: int


@dataclass
class Phones:
    """All phones, with what was written on each."""

    settings: Settings
    sent: SentTexts
    deliveries: Deliveries
    opt_outs: OptOuts
    written: dict[str, list[WrittenText]] = field(default_factory=dict)

    def number(self, phone: str) -> str:
        return FIRST_DIGITS + phone

    async def write(self, phone: str, text: str) -> None:
        """Bring a text to the public door, signed as Twilio signs."""
        number = self.number(phone)
        sid = "SM" + secrets.token_hex(16)
        fields = {
            "AccountSid": self.settings.twilio_account_sid,
            "ApiVersion": API_VERSION,
            "Body": text,
            "From": number,
            "FromCountry": "GB",
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": str(segments(text)),
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": self.settings.twilio_from,
            "ToCountry": "GB",
        }
        seen = len(self.sent.to(number))
        own = self.opt_outs.take(number, text)
        if own is not None:
            reply = self.sent.take(fields["AccountSid"], number, fields["To"], own)
            reply.move_to("delivered")
        try:
            answer = await self.deliveries.post_signed(
                f"{self.settings.public_address}/sms/inbound", fields
            )
            status = answer.status_code
        except httpx.HTTPError:
            status = 0
        self.written.setdefault(phone, []).append(WrittenText(text, status, seen))

    def conversation(self, phone: str) -> list[dict[str, Any]]:
        """Both sides in the order in which they happened."""
        answers = [
            {"side": "in", "text": text.body, "status": text.status}
            for text in self.sent.to(self.number(phone))
        ]
        both: list[dict[str, Any]] = []
        shown = 0
        for written in self.written.get(phone, []):
            both += answers[shown : written.seen]
            shown = max(shown, written.seen)
            status = "taken" if written.answer_status == 200 else "not-taken"
            both.append({"side": "out", "text": written.text, "status": status})
        return both + answers[shown:]


def phones_of(request: Request) -> Phones:
    phones = request.app.state.phones
    assert isinstance(phones, Phones)
    return phones


PhonesDep = Annotated[Phones, Depends(phones_of)]
router = APIRouter(prefix="/phone", tags=["phones"])


@router.get("", response_class=RedirectResponse)
async def first_phone() -> str:
    return f"/phone/{PHONES[0]}"


@router.get("/{phone}", response_class=HTMLResponse)
async def show_phone(phone: Phone, phones: PhonesDep, pages: PagesDep) -> str:
    return pages.render(
        "phone.html",
        phone=phone,
        phones=sorted({*PHONES, phone, *phones.written}),
        conversation=phones.conversation(phone),
        service_number=phones.settings.twilio_from,
    )


@router.get("/{phone}/texts")
async def show_texts(phone: Phone, phones: PhonesDep) -> list[dict[str, Any]]:
    """Both sides of the conversation of a phone, as the page shows them."""
    return phones.conversation(phone)


@router.post("/{phone}/texts")
async def write_text(phone: Phone, text: Annotated[str, Form()], phones: PhonesDep) -> Response:
    """Write a text on a phone; then back to its page."""
    await phones.write(phone, text)
    return RedirectResponse(f"/phone/{phone}", status_code=303)

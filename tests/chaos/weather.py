"""How often a request meets which fault, on each of the links between the processes and to the outside."""

import json
import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from tests.chaos.ledger import Ledger, TakenText
from tests.chaos.links import Answer, Chances, Fate, Link, MailLink, Request, serving
from tests.dialogue.assistant import free_port

TWILIO_REFUSALS: Final = {
    Fate.REFUSED_429: b'{"code": 20429, "message": "Too Many Requests", "status": 429}',
    Fate.FAILED_500: b'{"code": 20500, "message": "An internal server error", "status": 500}',
}
AT_THE_DOOR: Final[Mapping[str, Chances]] = {
    "POST /v1/chat/messages": {
        Fate.CUT_AFTER: 0.06,
        Fate.CUT_BEFORE: 0.03,
        Fate.TWICE: 0.04,
        Fate.AGAIN_LATER: 0.04,
        Fate.TAKEN_THEN_500: 0.02,
        Fate.LATE: 0.03,
    },
    "POST /v1/chat/sessions": {Fate.CUT_AFTER: 0.05, Fate.CUT_BEFORE: 0.05},
    "GET /v1/chat/messages": {Fate.CUT_AFTER: 0.04},
    "POST /sms/inbound": {
        Fate.CUT_AFTER: 0.06,
        Fate.CUT_BEFORE: 0.03,
        Fate.TWICE: 0.06,
        Fate.AGAIN_LATER: 0.06,
        Fate.LATE: 0.05,
    },
    "POST /sms/status": {
        Fate.TWICE: 0.1,
        Fate.AGAIN_LATER: 0.1,
        Fate.LATE: 0.3,
        Fate.CUT_BEFORE: 0.05,
    },
}
TO_RASA: Final[Chances] = {
    Fate.CUT_AFTER: 0.05,
    Fate.CUT_BEFORE: 0.03,
    Fate.TWICE: 0.03,
    Fate.TAKEN_THEN_500: 0.02,
    Fate.SILENT: 0.01,
}
# A turn asks the actions several times.
TO_ACTIONS: Final[Chances] = {Fate.CUT_AFTER: 0.01, Fate.CUT_BEFORE: 0.005, Fate.FAILED_500: 0.005}
REPORTS: Final[Chances] = {
    Fate.CUT_AFTER: 0.2,
    Fate.CUT_BEFORE: 0.1,
    Fate.TAKEN_THEN_500: 0.1,
    Fate.TWICE: 0.1,
    Fate.SILENT: 0.04,
}
SENDING: Final[Chances] = {
    Fate.CUT_AFTER: 0.06,
    Fate.CUT_BEFORE: 0.03,
    Fate.REFUSED_429: 0.06,
    Fate.FAILED_500: 0.04,
    Fate.TAKEN_THEN_500: 0.04,
    Fate.SILENT: 0.03,
}
LOOKING_UP: Final[Chances] = {Fate.FAILED_500: 0.1, Fate.CUT_BEFORE: 0.05}


def _at_the_door(request: Request) -> Chances:
    return AT_THE_DOOR.get(f"{request.method} {request.path.partition('?')[0]}", {})


def _to_rasa(request: Request) -> Chances:
    return TO_RASA if request.path.endswith("/turn") else {}


def _to_actions(request: Request) -> Chances:
    return TO_ACTIONS if request.path == "/webhook" else {}


def _to_staff(request: Request) -> Chances:
    return REPORTS if request.path == "/v1/reports" else {}


def _to_twilio(request: Request) -> Chances:
    return SENDING if request.method == "POST" else LOOKING_UP


@dataclass(frozen=True)
class Map:
    """All links of a copy, and the settings that lead the product over them."""

    links: tuple[Link, ...]
    mail: MailLink
    settings: dict[str, str]

    async def open(self, stack: AsyncExitStack) -> None:
        for link in self.links:
            await stack.enter_async_context(serving(link))
        await stack.enter_async_context(self.mail.serving())


def draw_map(ledger: Ledger, dice: random.Random) -> Map:
    """Ports for everybody, with a link before each process that others ask."""

    def note_text(request: Request, answer: Answer) -> None:
        """A text that Twilio took stands in the ledger, whether or not its answer arrives."""
        if request.method == "POST" and answer.status == 201:
            fields = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
            sid = json.loads(answer.body)["sid"]
            ledger.texts.append(TakenText(sid, fields["To"], fields["Body"]))

    ports = {
        name: free_port()
        for name in ("PUBLIC", "STAFF", "RASA", "ACTIONS", "DEVELOPMENT", "DEVELOPMENT_SMTP")
    }

    def link(name: str, upstream: str) -> Link:
        return Link(name, free_port(), ports[upstream], dice, ledger.faults)

    door, rasa = link("public door", "PUBLIC"), link("rasa", "RASA")
    actions, staff = link("actions", "ACTIONS"), link("staff door", "STAFF")
    twilio, mail_port = link("twilio", "DEVELOPMENT"), free_port()
    door.chances, rasa.chances, actions.chances = _at_the_door, _to_rasa, _to_actions
    staff.chances, twilio.chances = _to_staff, _to_twilio
    twilio.on_answer, twilio.refusals = note_text, TWILIO_REFUSALS
    mail = MailLink(mail_port, ports["DEVELOPMENT_SMTP"], dice, ledger.faults)
    settings = {
        **{f"LLAIS_{name}_PORT": str(port) for name, port in ports.items()},
        "LLAIS_PUBLIC_URL": f"http://127.0.0.1:{door.port}",
        "LLAIS_STAFF_URL": f"http://127.0.0.1:{staff.port}",
        "LLAIS_RASA_URL": f"http://127.0.0.1:{rasa.port}",
        "LLAIS_ACTIONS_URL": f"http://127.0.0.1:{actions.port}",
        "LLAIS_TWILIO_API_URL": f"http://127.0.0.1:{twilio.port}",
        "LLAIS_SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
    }
    return Map((door, rasa, actions, staff, twilio), mail, settings)

"""A signed POST to a partner: taken, refused for good, or to be tried again; never followed elsewhere."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request, Response

from channels.partner_webhook import post_to_partner
from channels.webhook import WebhookInterrupted, WebhookRefused
from tests.serving import free_port, serving

SECRET = "a-secret-of-24-characters-or-more"
DATA = {"kind": "referral", "data": {"name": "Siân Tŷ'n-y-bryn"}}


class Partner:
    """Keeps what it was sent, and answers as it is told."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.answer: tuple[int, str] = (200, "{}")
        self.address = ""


@pytest.fixture
async def partner() -> AsyncIterator[Partner]:
    kept, app = Partner(), FastAPI()

    @app.post("/referrals")
    async def receive(request: Request) -> Response:
        kept.bodies.append(await request.body())
        kept.headers.append(dict(request.headers))
        status, body = kept.answer
        return Response(body, status_code=status, headers={"Location": "/referrals"})

    async with serving(app) as address:
        kept.address = f"{address}/referrals"
        yield kept


async def test_the_partner_can_tell_who_sent_it_and_a_repeat(partner: Partner) -> None:
    for _ in range(2):
        await post_to_partner(partner.address, SECRET, "id-1", DATA)
    body, headers = partner.bodies[0], partner.headers[0]
    assert json.loads(body) == {"id": "id-1", **DATA}
    moment, mac = headers["llais-signature"].split(",")
    expected = hmac.new(SECRET.encode(), moment[2:].encode() + b"." + body, hashlib.sha256)
    assert mac == f"v1={expected.hexdigest()}"
    assert [each["idempotency-key"] for each in partner.headers] == ["id-1", "id-1"]


@pytest.mark.parametrize(
    ("body", "receipt"),
    [
        ('{"receipt": "GOL-77"}', "GOL-77"),
        ('{"receipt": 7}', "7"),
        ("{}", None),
        ("", None),
        ("[1]", None),
        ("null", None),
        ('{"receipt": "' + "x" * 500 + '"}', "x" * 200),
    ],
)
async def test_a_receipt_is_taken_where_there_is_one(
    partner: Partner, body: str, receipt: str | None
) -> None:
    partner.answer = (201, body)
    assert await post_to_partner(partner.address, SECRET, "id", DATA) == receipt


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, WebhookRefused),
        (401, WebhookRefused),
        (422, WebhookRefused),
        (302, WebhookRefused),
        (409, WebhookInterrupted),
        (429, WebhookInterrupted),
        (500, WebhookInterrupted),
        (503, WebhookInterrupted),
    ],
)
async def test_other_answers_are_refusals_or_to_be_tried_again(
    partner: Partner, status: int, error: type[Exception]
) -> None:
    partner.answer = (status, "")
    with pytest.raises(error):
        await post_to_partner(partner.address, SECRET, "id", DATA)
    assert len(partner.bodies) == 1


async def test_a_partner_who_is_away_is_tried_again() -> None:
    with pytest.raises(WebhookInterrupted):
        await post_to_partner(f"http://127.0.0.1:{free_port()}/", SECRET, "id", DATA)

"""A webhook is signed so that the receiver can tell who sent what when, and says what became of it."""

import hashlib
import hmac
import json

import pytest
from fastapi import FastAPI, Request, Response

from channels.webhook import WebhookInterrupted, WebhookRefused, post_signed, signature
from tests.serving import free_port, serving

SECRET = "a secret of both sides"
CONTENT = {"event": "alert", "reference": "LL-2222-2222", "language": "cy"}


class Receiver:
    def __init__(self) -> None:
        self.status = 204
        self.seen: list[tuple[dict[str, str], bytes]] = []

    def app(self) -> FastAPI:
        app = FastAPI()

        async def receive(request: Request) -> Response:
            self.seen.append((dict(request.headers), await request.body()))
            return Response(status_code=self.status)

        app.add_api_route("/", receive, methods=["POST"])
        return app


async def test_the_receiver_can_compute_the_signature_from_what_it_received() -> None:
    receiver = Receiver()
    async with serving(receiver.app()) as address:
        await post_signed(address, SECRET, "delivery-1", CONTENT, 1795359000)
    [(headers, body)] = receiver.seen
    signed = f"{headers['llais-timestamp']}.".encode() + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["llais-signature"] == f"v1={expected}"
    assert (headers["llais-timestamp"], headers["llais-delivery"]) == ("1795359000", "delivery-1")
    assert json.loads(body) == CONTENT


def test_time_body_and_secret_each_change_the_signature() -> None:
    signatures = {
        signature(SECRET, "1", b"{}"),
        signature(SECRET, "2", b"{}"),
        signature(SECRET, "1", b"{ }"),
        signature("another", "1", b"{}"),
    }
    assert len(signatures) == 4


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (204, None),
        (302, WebhookRefused),
        (400, WebhookRefused),
        (410, WebhookRefused),
        (408, WebhookInterrupted),
        (429, WebhookInterrupted),
        (500, WebhookInterrupted),
        (503, WebhookInterrupted),
    ],
)
async def test_what_may_pass_is_told_from_what_stays(
    status: int, error: type[Exception] | None
) -> None:
    receiver = Receiver()
    receiver.status = status
    async with serving(receiver.app()) as address:
        if error is None:
            await post_signed(address, SECRET, "d", CONTENT, 1)
        else:
            with pytest.raises(error):
                await post_signed(address, SECRET, "d", CONTENT, 1)


async def test_nobody_there_is_an_interruption() -> None:
    with pytest.raises(WebhookInterrupted):
        await post_signed(f"http://127.0.0.1:{free_port()}", SECRET, "d", CONTENT, 1)

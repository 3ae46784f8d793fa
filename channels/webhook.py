"""Signed webhooks to a force's own system.

The body is UTF-8 JSON. Two headers prove where it comes from and when:

    Llais-Timestamp: 1795359000                 seconds since 1970
    Llais-Signature: v1=<hex>                   HMAC-SHA256 of "<timestamp>.<body>" with the shared secret

The receiver computes the same over the bytes that it received, compares in constant time, and refuses what is older
than five minutes. `Llais-Delivery` is the same at every attempt, so that a repeat can be told.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import httpx

TIMEOUT_SECONDS: Final = 10.0
# Answers that may be another one next time, though they blame the client.
PASSING: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


class WebhookInterrupted(Exception):
    """The system did not take the delivery now; trying again may succeed."""


class WebhookRefused(Exception):
    """The system will never take this delivery; `status` is its answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `Llais-Signature` for a body sent at a time."""
    signed = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


async def post_signed(
    url: str, secret: str, delivery_id: str, content: Mapping[str, object], timestamp: int
) -> None:
    """Post a delivery. Returns when it was taken (2xx). Raises WebhookInterrupted or WebhookRefused."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "Llais-Delivery": delivery_id,
        "Llais-Timestamp": str(timestamp),
        "Llais-Signature": signature(secret, str(timestamp), body),
    }
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
            answer = await client.post(url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise WebhookInterrupted from error
    if answer.is_success:
        return
    if answer.is_client_error and answer.status_code not in PASSING:
        raise WebhookRefused(answer.status_code)
    raise WebhookInterrupted

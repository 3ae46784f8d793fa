"""Signed webhooks to a force's own system.

The body is UTF-8 JSON. Two headers prove where it comes from and when:

    Llais-Timestamp: 1795359000                 seconds since 1970
    Llais-Signature: v1=<hex>                   HMAC-SHA256 of "<timestamp>.<body>" with the shared secret

The receiver computes the same over the bytes that it received, compares in constant time, and refuses what is older
than five minutes. `Llais-Delivery` is the same at every attempt, so that a repeat can be told.
"""

import hmac
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import httpx

TIMEOUT_SECONDS: Final = 15.0
# Answers that may be another one next time, though they blame the client.
PASSING: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


class WebhookInterrupted(Exception):
    """The system did not take the delivery now; trying again may succeed."""


class WebhookRefused(Exception):
    """The system will never take this delivery; `status` is its answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def hmac_of(secret: str, timestamp: str, body: bytes) -> str:
    """The HMAC-SHA256 of "<timestamp>.<body>", in hexadecimal."""
    return hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `Llais-Signature` for a body sent at a time."""
    return f"v1={hmac_of(secret, timestamp, body)}"


async def post_signed(
    url: str, secret: str, delivery_id: str, content: Mapping[str, object], timestamp: int
) -> None:
    """Post a delivery. Returns when it was taken (2xx). Raises WebhookInterrupted or WebhookRefused."""
    body = as_json(content)
    headers = {
        "Llais-Delivery": delivery_id,
        "Llais-Timestamp": str(timestamp),
        "Llais-Signature": signature(secret, str(timestamp), body),
    }
    await post_json(url, body, headers)


def as_json(content: Mapping[str, object]) -> bytes:
    """The bytes that are signed and sent."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


async def post_json(url: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    """The answer of a system that took it (2xx). Raises WebhookInterrupted or WebhookRefused.

    A redirect is a refusal: following it would hand the content to somebody whom nobody named.
    """
    every = {"Content-Type": "application/json", **headers}
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
            answer = await client.post(url, content=body, headers=every)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise WebhookInterrupted from error
    if answer.is_success:
        return answer
    if answer.is_server_error or answer.status_code in PASSING:
        raise WebhookInterrupted(str(answer.status_code))
    raise WebhookRefused(answer.status_code)

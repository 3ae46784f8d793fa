"""A signed POST to a partner agency.

The signature is an HMAC-SHA256, with the partner's secret, over the moment and the body: `Llais-Signature: t=…,v1=…`.
The partner tells a repeat by `Idempotency-Key`, and may answer with a JSON object that carries its own `receipt`.
"""

import hmac
import json
import time
from collections.abc import Mapping
from typing import Any, Final

import httpx

TIMEOUT_SECONDS: Final = 15.0
LONGEST_RECEIPT: Final = 200


class PartnerInterrupted(Exception):
    """The partner could not be reached, or asks to try again."""


class PartnerRefused(Exception):
    """The partner will not take this, and trying again is no use."""


def signature(secret: str, moment: int, body: bytes) -> str:
    """What the partner compares: the moment, and the HMAC over it and the body."""
    mac = hmac.digest(secret.encode(), f"{moment}.".encode() + body, "sha256")
    return f"t={moment},v1={mac.hex()}"


async def post_signed(
    address: str, secret: str, message_id: str, content: Mapping[str, Any]
) -> str | None:
    """Hand a message over; returns the partner's receipt, if it gave one.

    Raises PartnerInterrupted, or PartnerRefused for an answer that trying again does not change.
    """
    body = json.dumps({"id": message_id, **content}, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message_id,
        "Llais-Signature": signature(secret, int(time.time()), body),
    }
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
            answer = await client.post(address, content=body, headers=headers)
    except httpx.HTTPError as error:
        raise PartnerInterrupted from error
    if answer.is_success:
        return _receipt(answer)
    if answer.is_server_error or answer.status_code in (408, 409, 425, 429):
        raise PartnerInterrupted(str(answer.status_code))
    raise PartnerRefused(str(answer.status_code))


def _receipt(answer: httpx.Response) -> str | None:
    try:
        receipt = answer.json()["receipt"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(receipt)[:LONGEST_RECEIPT] or None

"""A signed POST to a partner agency.

The signature is an HMAC-SHA256, with the partner's secret, over the moment and the body: `Llais-Signature: t=…,v1=…`.
The partner tells a repeat by `Idempotency-Key`, and may answer with a JSON object that carries its own `receipt`.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx

from channels.webhook import as_json, hmac_of, post_json

LONGEST_RECEIPT: Final = 200


async def post_to_partner(
    address: str, secret: str, message_id: str, content: Mapping[str, Any]
) -> str | None:
    """Hand a message over; returns the partner's receipt, if it gave one.

    Raises WebhookInterrupted, or WebhookRefused for an answer that trying again does not change.
    """
    body = as_json({"id": message_id, **content})
    moment = str(int(time.time()))
    headers = {
        "Idempotency-Key": message_id,
        "Llais-Signature": f"t={moment},v1={hmac_of(secret, moment, body)}",
    }
    return _receipt(await post_json(address, body, headers))


def _receipt(answer: httpx.Response) -> str | None:
    try:
        receipt = answer.json()["receipt"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(receipt)[:LONGEST_RECEIPT] or None

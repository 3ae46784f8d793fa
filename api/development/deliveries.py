"""The fate of a text after it was taken, told to its StatusCallback with Twilio's signature."""

import asyncio
from collections.abc import Mapping

import httpx
import structlog
from twilio.request_validator import RequestValidator

from api.development.sent_texts import API_VERSION, SentText

SENT_AFTER_SECONDS = 0.3
DELIVERED_AFTER_SECONDS = 0.5


class Deliveries:
    """Delivers texts in the background. Use as an async context manager."""

    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._client = httpx.AsyncClient(timeout=5.0, trust_env=False)
        self._running: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Deliveries":
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._client.aclose()

    def deliver(self, text: SentText, callback: str | None, undelivered: int | None = None) -> None:
        """Move a text on to `sent` and `delivered`, or to `undelivered` with an error code."""
        task = asyncio.create_task(self._deliver(text, callback, undelivered))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _deliver(self, text: SentText, callback: str | None, undelivered: int | None) -> None:
        await asyncio.sleep(SENT_AFTER_SECONDS)
        text.move_to("sent")
        await self._tell(text, callback)
        await asyncio.sleep(DELIVERED_AFTER_SECONDS)
        if undelivered is None:
            text.move_to("delivered")
        else:
            text.move_to("undelivered", undelivered)
        await self._tell(text, callback)

    async def _tell(self, text: SentText, callback: str | None) -> None:
        if not callback:
            return
        fields = {
            "AccountSid": text.account_sid,
            "ApiVersion": API_VERSION,
            "From": text.sender,
            "MessageSid": text.sid,
            "MessageStatus": text.status,
            "SmsSid": text.sid,
            "SmsStatus": text.status,
            "To": text.to,
        }
        if text.error_code:
            fields["ErrorCode"] = str(text.error_code)
        try:
            await self.post_signed(callback, fields)
        except httpx.HTTPError as error:
            # Twilio, too, goes on when nobody listens.
            structlog.get_logger().warning("status_callback_not_taken", exc_info=error)

    async def post_signed(self, url: str, fields: Mapping[str, str]) -> httpx.Response:
        """Post a form to a webhook as Twilio does. Raises httpx.HTTPError."""
        signature = self._validator.compute_signature(url, dict(fields))
        return await self._client.post(
            url, data=dict(fields), headers={"X-Twilio-Signature": str(signature)}
        )

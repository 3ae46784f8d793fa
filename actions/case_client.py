"""The typed client of the staff door: hands a report over, or raises an urgent alert."""

from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

TIMEOUT_SECONDS = 8.0


class StaffDoorAway(Exception):
    """The staff door gave no usable answer; what was to be handed over must be kept and retried."""


class Receipt(BaseModel):
    """What the person is told; `contact_by_words` is the date as people say it, by language."""

    reference: str
    update_code: str
    contact_by_words: dict[str, str]


class CaseClient:
    """Calls the staff door with the service token. Every call is idempotent by its key."""

    def __init__(self, address: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=address,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=2.0),
        )

    async def submit_report(self, key: str, report: dict[str, Any]) -> Receipt:
        """Make the case; the same key again returns the same receipt. Raises StaffDoorAway."""
        content = await self._post("/v1/reports", key, report)
        try:
            return Receipt.model_validate_json(content)
        except ValidationError:
            raise StaffDoorAway("UnusableReceipt") from None

    async def raise_urgent_alert(self, key: str, conversation_id: str, reason: str) -> None:
        """Alert officers although no report was sent. Raises StaffDoorAway."""
        await self._post(
            "/v1/urgent-alerts", key, {"conversation_id": conversation_id, "reason": reason}
        )

    async def _post(self, path: str, key: str, body: dict[str, Any]) -> bytes:
        try:
            response = await self._client.post(path, json=body, headers={"Idempotency-Key": key})
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise StaffDoorAway(type(error).__name__) from None
        return response.content

    async def close(self) -> None:
        await self._client.aclose()

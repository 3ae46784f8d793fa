"""The typed client of the staff door: hands a report over, or asks how far one is."""

from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

TIMEOUT_SECONDS = 8.0
# No such pair, or one that cannot be a pair.
NO_SUCH_REPORT = frozenset({404, 422})


class StaffDoorAway(Exception):
    """The staff door gave no usable answer; what was to be handed over must be kept and retried."""


class Receipt(BaseModel):
    """What the person is told; `contact_by_words` is the date as people say it, by language."""

    reference: str
    update_code: str
    contact_by_words: dict[str, str]


class CaseStatus(BaseModel):
    """How far a report is; `contact_by_words` is the date by which somebody is to be in touch, if still to come."""

    reference: str
    status: str
    referral: str | None
    contact_by_words: dict[str, str] | None


class CaseClient:
    """Calls the staff door with the service token. Handing over is idempotent by its key."""

    def __init__(self, address: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=address,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=2.0),
        )

    async def submit_report(self, key: str, report: dict[str, Any]) -> Receipt:
        """Make the case; the same key again returns the same receipt. Raises StaffDoorAway."""
        try:
            response = await self._client.post(
                "/v1/reports", json=report, headers={"Idempotency-Key": key}
            )
            response.raise_for_status()
            return Receipt.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            # The validation error quotes the answer; do not chain it into a log.
            raise StaffDoorAway(type(error).__name__) from None

    async def status_of_report(self, reference: str, update_code: str) -> CaseStatus | None:
        """How far a report is, or None where reference and code do not belong together. Raises StaffDoorAway."""
        return await self._status({"reference": reference, "update_code": update_code})

    async def status_of_conversation(self, conversation_id: str) -> CaseStatus | None:
        """How far the newest report of a conversation is, or None where there is none. Raises StaffDoorAway."""
        return await self._status({"conversation_id": conversation_id})

    async def _status(self, question: dict[str, str]) -> CaseStatus | None:
        try:
            response = await self._client.post("/v1/reports/status", json=question)
            if response.status_code in NO_SUCH_REPORT:
                return None
            response.raise_for_status()
            return CaseStatus.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise StaffDoorAway(type(error).__name__) from None

    async def close(self) -> None:
        await self._client.aclose()

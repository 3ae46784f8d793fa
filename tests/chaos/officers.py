"""Officers who take alerts in hand and write back while everything breaks, through the API at the staff door."""

import asyncio
import random
from contextlib import suppress
from typing import Any, Final

import httpx

from tests.chaos.ledger import Ledger, OfficersWord
from tests.chaos.sayings import Interview

LOOK_EVERY_SECONDS: Final = 1.5
# So many in a hundred are left for the escalation.
LEFT_WAITING: Final = 0.2
WRITES_BACK: Final = 0.3
WORDS: Final = {
    "cy": "Helo, y swyddog cymorth sydd yma, {}. Allwn ni siarad yfory?",
    "en": "Hello, this is the support officer, {}. Can we talk tomorrow?",
}


class Officer:
    """Looks at the queue all the time, reads what is new, acknowledges it, and writes now and then."""

    def __init__(
        self,
        staff: str,
        username: str,
        password: str,
        ledger: Ledger,
        interview: Interview,
        dice: random.Random,
    ) -> None:
        self._client = httpx.AsyncClient(base_url=staff, timeout=15, trust_env=False)
        self._sign_in_with = {"username": username, "password": password}
        self._ledger, self._interview, self._dice = ledger, interview, dice
        self._written: set[str] = set()
        self._signed_in = False

    async def work(self) -> None:
        """Work until cancelled; what fails is tried again at the next look."""
        while True:
            with suppress(httpx.HTTPError, KeyError):
                if not self._signed_in:
                    await self._sign_in()
                else:
                    await self._look()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def close(self) -> None:
        await self._client.aclose()

    async def _sign_in(self) -> None:
        answer = await self._client.post("/v1/token", data=self._sign_in_with)
        if answer.status_code == 200:
            self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            self._signed_in = True

    async def _get(self, path: str) -> Any:
        answer = await self._client.get(path)
        if answer.status_code == 401:
            self._signed_in = False
        return answer.json() if answer.status_code == 200 else None

    async def _look(self) -> None:
        for status in ("urgent", "new", "acknowledged"):
            queue = await self._get(f"/v1/cases?status={status}")
            for listed in (queue or {"cases": []})["cases"]:
                reference = listed["reference"]
                if reference in self._ledger.left_waiting or reference in self._written:
                    continue
                await self._take(reference)

    async def _take(self, reference: str) -> None:
        case = await self._get(f"/v1/cases/{reference}")
        if case is None:
            return
        if case["report"] is None and self._dice.random() < 0.7:
            # Still being told; later is soon enough.
            return
        if self._dice.random() < LEFT_WAITING:
            self._ledger.left_waiting.add(reference)
            return
        for alert in case["alerts"]:
            if alert["acknowledged_at"] is None:
                done = await self._client.post(f"/v1/alerts/{alert['id']}/acknowledge")
                if done.status_code == 200:
                    self._ledger.acknowledged[alert["id"]] = done.json()["acknowledged_at"]
        if case["report"] is None:
            return
        self._written.add(reference)
        if self._dice.random() < WRITES_BACK:
            await self._write(reference, case["language"])

    async def _write(self, reference: str, language: str) -> None:
        """Write once: an officer who got no answer looks at the case before writing again."""
        word = OfficersWord(reference, self._interview.marker())
        self._ledger.officers_words.append(word)
        sent = await self._client.post(
            f"/v1/cases/{reference}/messages",
            json={"text": WORDS[language].format(word.marker), "language": language},
        )
        word.told = sent.status_code == 201

"""People who report while everything breaks: what was not accepted they repeat under its one id, as clients do."""

import asyncio
import random
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import httpx
from twilio.request_validator import RequestValidator

from tests.chaos.ledger import ANYWHERE, Heard, Language, Ledger, Said, Story
from tests.chaos.sayings import ADDITION, DANGER, MORE, STORIES, Asked, Interview

MOST_MESSAGES: Final = 80
# Nobody waits for ever; who gives up is a finding.
PATIENCE_SECONDS: Final = 400.0
REPEAT_AFTER: Final = (1.0, 2.0, 4.0)
ACCEPTED: Final = frozenset({200, 201, 202, 204})
REFERENCE_OF_TEXTS: Final = ("Eich cyfeirnod yw ", "Your reference is ")
SENT: Final = ("wedi'i anfon", "has been sent")


@dataclass(frozen=True)
class Scene:
    """What all people share."""

    public: str
    secrets: dict[str, str]
    ledger: Ledger
    interview: Interview
    dice: random.Random


class GaveUp(Exception):
    """Somebody waited longer than anybody would."""


class Person(ABC):
    """Somebody with something to report, from the first word to the receipt."""

    def __init__(self, scene: Scene, story: Story) -> None:
        self.scene, self.story = scene, story
        self.client = httpx.AsyncClient(base_url=scene.public, timeout=15, trust_env=False)
        scene.ledger.stories.append(story)

    async def talk(self) -> None:
        """The whole conversation. Raises GaveUp."""
        await self._arrive()
        await self._tell()
        for _ in range(MOST_MESSAGES):
            asked = await self._hear()
            if asked is None:
                break
            await self._answer(asked)
        else:
            raise GaveUp(f"{self.story.name} was asked without end")
        if self._chance(0.3):
            await self._add()
        self.story.finished = True

    async def look_again(self) -> None:
        """See the whole conversation once more, when all is quiet again. Raises GaveUp."""
        return

    @property
    def language(self) -> Language:
        return self.story.language

    def _chance(self, chance: float) -> bool:
        return self.scene.dice.random() < chance

    async def _think(self) -> None:
        await asyncio.sleep(self.scene.dice.uniform(0, 0.8))

    async def _tell(self) -> None:
        """The account, now and then in several messages, now and then with danger in it."""
        interview = self.scene.interview
        marker = interview.marker()
        story = self.scene.dice.choice(STORIES[self.language])
        await self.say(f"{story}. {MORE[self.language].format(marker)}", "account", marker)
        if self._chance(0.25):
            marker = interview.marker()
            await self.say(MORE[self.language].format(marker), "account", marker)
        if self._chance(0.1):
            self.story.card_owed = True
            await self.say(DANGER[self.language], ANYWHERE, None)

    async def _answer(self, asked: Asked) -> None:
        await self._think()
        words, code, marker = self.scene.interview.answer(asked, self.language)
        self.story.answers.pop(asked.slot, None)
        self.story.words.pop(asked.slot, None)
        if marker is not None:
            self.story.words[asked.slot] = marker
        elif code is not None:
            self.story.answers[asked.slot] = code
        await self.say(words, asked.slot, marker)
        if asked.slot == "risk_threats" and self._chance(0.1):
            # Too quick: nobody can say which question this answers, only that it is not the next.
            self.story.answers.pop(asked.slot, None)
            marker = self.scene.interview.marker()
            await self.say(MORE[self.language].format(marker), ANYWHERE, marker)

    async def _add(self) -> None:
        """Something more, once the report was sent."""
        marker = self.scene.interview.marker()
        self.story.additions.append(marker)
        await self.say(ADDITION[self.language].format(marker), "addition", marker)
        await self._hear_anything()

    async def say(self, text: str, slot: str | None, marker: str | None) -> Said:
        """Send a message until it is accepted, always under its one id."""
        said = Said(self._new_id(), text, slot, marker)
        self.story.said.append(said)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            said.attempts += 1
            status = 0
            with suppress(httpx.HTTPError):
                status = await self._send(said)
            if status in ACCEPTED:
                said.accepted = True
                return said
            if 400 <= status < 500 and status != 429:
                raise GaveUp(f"{self.story.name} was refused with {status}")
            await asyncio.sleep(REPEAT_AFTER[min(said.attempts, len(REPEAT_AFTER)) - 1])
        raise GaveUp(f"{self.story.name} could not send a message")

    async def _hear(self) -> Asked | None:
        """The question that is open after the last message; None once the report was sent."""
        started = time.monotonic()
        while time.monotonic() - started < PATIENCE_SECONDS:
            new = await self._listen()
            waited = time.monotonic() - started
            self.story.slowest_answer = max(self.story.slowest_answer, waited)
            if self.story.reference is not None:
                return None
            asked = self.scene.interview.asked(new)
            if asked is not None:
                return asked
        raise GaveUp(f"{self.story.name} was not answered")

    async def _hear_anything(self) -> None:
        started = time.monotonic()
        while time.monotonic() - started < PATIENCE_SECONDS:
            if await self._listen():
                return
        raise GaveUp(f"{self.story.name} was not answered")

    @abstractmethod
    def _new_id(self) -> str: ...

    @abstractmethod
    async def _arrive(self) -> None: ...

    @abstractmethod
    async def _send(self, said: Said) -> int: ...

    @abstractmethod
    async def _listen(self) -> str:
        """What answers the last message, as far as it has come; waits a moment."""


class WebPerson(Person):
    """Somebody in the web chat."""

    def _new_id(self) -> str:
        return str(uuid4())

    async def _arrive(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                opened = await self.client.post(
                    "/v1/chat/sessions", json={"language": self.language}
                )
                if opened.status_code == 201:
                    self.client.headers["Authorization"] = f"Bearer {opened.json()['token']}"
                    self._cursor = opened.json()["cursor"]
                    return
            await asyncio.sleep(1)
        raise GaveUp(f"{self.story.name} could not open a session")

    async def _send(self, said: Said) -> int:
        sent = await self.client.post("/v1/chat/messages", json={"id": said.id, "text": said.text})
        return sent.status_code

    async def _poll(self, wait: float) -> bool:
        """Keep what is new; whether the server answered."""
        with suppress(httpx.HTTPError):
            answer = await self.client.get(
                "/v1/chat/messages", params={"after": self._cursor, "wait": wait}
            )
            if answer.status_code == 200:
                content = answer.json()
                self._cursor = content["cursor"]
                self.story.heard += [_heard(message) for message in content["messages"]]
                return True
        await asyncio.sleep(0.5)
        return False

    async def _listen(self) -> str:
        await self._poll(wait=3)
        last = self.story.said[-1].id
        answering = [
            heard
            for heard in self.story.heard
            if heard.reply_to == last and heard.kind != "emergency" and heard.speaker == "assistant"
        ]
        for heard in self.story.heard:
            # A report that waited to be handed over is told of later, in answer to nothing.
            if heard.kind == "receipt":
                self.story.reference = heard.reference
        return "\n".join(heard.text for heard in answering)

    async def look_again(self) -> None:
        """As a page that is opened anew would show it."""
        shown: list[str] = []
        position, deadline = "0", time.monotonic() + 60
        while time.monotonic() < deadline:
            await self._poll(wait=0)
            with suppress(httpx.HTTPError):
                answer = await self.client.get("/v1/chat/messages", params={"after": position})
                if answer.status_code == 200:
                    content = answer.json()
                    shown += [message["id"] for message in content["messages"]]
                    position = content["cursor"]
                    if not content["messages"]:
                        self.story.shown_at_the_end = shown
                        return
        raise GaveUp(f"{self.story.name} could not see the conversation again")


class TextPerson(Person):
    """Somebody who texts. Twilio brings the same MessageSid again until it is taken."""

    def __init__(self, scene: Scene, story: Story) -> None:
        super().__init__(scene, story)
        self._validator = RequestValidator(scene.secrets["LLAIS_TWILIO_AUTH_TOKEN"])
        self._read = 0

    def _new_id(self) -> str:
        return f"SM{uuid4().hex}"

    async def _arrive(self) -> None:
        return

    async def _send(self, said: Said) -> int:
        if said.attempts == 1:
            self._read = len(self.scene.ledger.texts_to(self.story.number))
        url = f"{self.scene.public}/sms/inbound"
        fields = {
            "MessageSid": said.id,
            "AccountSid": self.scene.secrets["LLAIS_TWILIO_ACCOUNT_SID"],
            "From": self.story.number,
            "To": self.scene.secrets["LLAIS_TWILIO_FROM"],
            "Body": said.text,
            "NumMedia": "0",
        }
        signature = self._validator.compute_signature(url, fields)
        sent = await self.client.post(
            "/sms/inbound", data=fields, headers={"X-Twilio-Signature": str(signature)}
        )
        return sent.status_code

    async def _listen(self) -> str:
        await asyncio.sleep(0.7)
        before = self.scene.ledger.texts_to(self.story.number)[self._read :]
        await asyncio.sleep(0.7)
        texts = self.scene.ledger.texts_to(self.story.number)[self._read :]
        if len(texts) != len(before):
            # Still coming.
            return ""
        for text in texts:
            if any(words in text for words in SENT):
                for words in REFERENCE_OF_TEXTS:
                    if words in text:
                        self.story.reference = text.partition(words)[2][:12]
        return "\n".join(texts)


def _heard(message: dict[str, str | None]) -> Heard:
    return Heard(
        str(message["id"]),
        str(message["text"]),
        str(message["from"]),
        str(message["kind"]),
        message["reply_to"],
        message.get("reference"),
    )

"""What the clients of a chaos run were told, written down as it happened, without a look at the database."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Language = Literal["cy", "en"]
Channel = Literal["web", "sms"]
# Where an answer may stand in any field of the case, because it was sent before its question was seen.
ANYWHERE = "anywhere"


@dataclass
class Said:
    """One message of a person. `accepted` is when the door said that it was kept; `slot` the question it answers."""

    id: str
    text: str
    slot: str | None
    marker: str | None
    accepted: bool = False
    attempts: int = 0


@dataclass
class Heard:
    """One message as a person's client was shown it."""

    id: str
    text: str
    speaker: str
    kind: str
    reply_to: str | None
    reference: str | None


@dataclass
class Story:
    """One conversation from the person's side. `answers` are the codes that the case must have, by question."""

    name: str
    channel: Channel
    language: Language
    number: str = ""
    said: list[Said] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    # The whole conversation as it was shown once more at the very end.
    shown_at_the_end: list[str] | None = None
    answers: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    # What the person said after it was sent.
    additions: list[str] = field(default_factory=list)
    reference: str | None = None
    card_owed: bool = False
    finished: bool = False
    slowest_answer: float = 0.0


@dataclass(frozen=True)
class TakenText:
    """A text that Twilio took, whatever became of its answer."""

    sid: str
    to: str
    body: str


@dataclass
class OfficersWord:
    """A message of an officer. Told "created" it must stand once; without an answer, once or not at all."""

    reference: str
    marker: str
    told: bool = False


@dataclass
class Ledger:
    """Everything that was told to anybody outside."""

    stories: list[Story] = field(default_factory=list)
    texts: list[TakenText] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    officers_words: list[OfficersWord] = field(default_factory=list)
    left_waiting: set[str] = field(default_factory=set)
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)

    def texts_to(self, number: str) -> list[str]:
        """What stands on a phone, oldest first."""
        return [text.body for text in self.texts if text.to == number]

    def keep(self, path: Path) -> None:
        """Write everything down for whoever looks into a finding."""
        content = {
            "stories": [
                {**vars(s), "said": [vars(m) for m in s.said], "heard": [vars(m) for m in s.heard]}
                for s in self.stories
            ],
            "texts": [vars(text) for text in self.texts],
            "acknowledged": self.acknowledged,
            "officers_words": [vars(word) for word in self.officers_words],
            "events": self.events,
        }
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")

"""One message of a person as an action sees it: words, understanding, and what the API decided about it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

SURE = 0.6
WORD = re.compile(r"[^\W\d_][\w'’-]*")

REPORTING = {
    "report_hate": "victim",
    "report_as_witness": "witness",
    "report_for_someone_else": "on_behalf",
    "report_antisocial_behaviour": None,
}
# What must be answered before anything else, and the flag that it puts on the report.
ALARMING = {"danger_now": "danger", "suicide_or_self_harm": "suicide"}
# What people may ask or do at any time, in place of an answer.
DIGRESSIONS = frozenset(
    {
        "quick_exit",
        "ask_human",
        "switch_to_welsh",
        "switch_to_english",
        "ask_case_update",
        "change_referral_choice",
        "withdraw_report",
        "ask_support",
        "ask_if_hate_crime",
        "ask_what_happens_next",
        "ask_privacy",
        "ask_anonymity",
        "ask_why_question",
        "ask_who_are_you",
        "express_fear",
        "express_distress",
        "go_back",
        "repeat",
        "stop",
        "restart",
        "help",
        "greet",
        "goodbye",
        "thank",
        "abuse_bot",
    }
)
# Short words that mean the same wherever they are said; the rest may be part of a longer answer.
COMMANDS = frozenset(
    {"quick_exit", "switch_to_welsh", "switch_to_english", "go_back", "repeat", "stop", "restart"}
)


@dataclass(frozen=True)
class Turn:
    text: str
    intent: str
    confidence: float
    entities: tuple[Mapping[str, Any], ...]
    metadata: Mapping[str, Any]

    @classmethod
    def of(cls, tracker: Any) -> "Turn":
        message = tracker.latest_message or {}
        intent = message.get("intent") or {}
        return cls(
            text=(message.get("text") or "").strip(),
            intent=intent.get("name") or "nlu_fallback",
            confidence=float(intent.get("confidence") or 0),
            entities=tuple(message.get("entities") or ()),
            metadata=message.get("metadata") or {},
        )

    @property
    def words(self) -> int:
        return len(WORD.findall(self.text))

    @property
    def language(self) -> Literal["cy", "en"] | None:
        """The language of the conversation when this was said, as the API decided it."""
        language = self.metadata.get("language")
        return language if language in ("cy", "en") else None

    @property
    def sent_at(self) -> datetime:
        """When the first words of it were sent; now, where a worker of older code does not say."""
        sent_at = self.metadata.get("sent_at")
        return datetime.fromisoformat(sent_at) if sent_at else datetime.now(UTC)

    @property
    def tells(self) -> bool:
        """Whether it tells what happened, or more of it."""
        return self.intent in REPORTING or self.intent == "add_information"

    @property
    def alarms(self) -> bool:
        """Whether it is about danger or suicide in a way that the API has not answered yet."""
        return self.intent in ALARMING and self.sure and not self.card_shown

    @property
    def sure(self) -> bool:
        return self.confidence >= SURE

    @property
    def card_shown(self) -> bool:
        """Whether the API has answered this message with the 999 or crisis card."""
        safety = self.metadata.get("safety") or {}
        return "card" in (safety.get("danger"), safety.get("suicide"))

    @property
    def returned(self) -> bool:
        """Whether the person comes back with it: after a pause, by a code, or from talking with an officer."""
        return bool(self.metadata.get("returned"))

    @property
    def flags(self) -> set[str]:
        """What the safety layer saw, and danger or suicide where this message speaks of them."""
        safety = self.metadata.get("safety") or {}
        flags = set(safety.get("flags") or [])
        flags.update(kind for kind in ("danger", "suicide") if safety.get(kind) == "card")
        if self.alarms:
            flags.add(ALARMING[self.intent])
        return flags

    def values(self, entity: str) -> list[str]:
        """What was found of one kind, in the order of the text, each once."""
        found = [str(item["value"]) for item in self.entities if item.get("entity") == entity]
        return list(dict.fromkeys(found))

    def places_named(self) -> list[str]:
        """The places of a message by a name of theirs as it stands alone: "Caerfyrddin" of "yng Nghaerfyrddin"."""
        named = []
        for item in self.entities:
            if item.get("entity") != "place" or "start" not in item:
                continue
            words = self.text[item["start"] : item["end"]]
            # A place that has a name in either language is given with both, Welsh first.
            names = str(item["value"]).split(" / ")
            in_language = names[-1] if self.language == "en" else names[0]
            said = {name.casefold() for name in names}
            named.append(words if words.casefold() in said else in_language)
        return list(dict.fromkeys(named))

    def quoted(self, entity: str) -> list[str]:
        """The person's own words for what was found of one kind."""
        return [
            self.text[item["start"] : item["end"]]
            for item in self.entities
            if item.get("entity") == entity and "start" in item
        ]

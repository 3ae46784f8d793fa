"""What the rules compare: what was told, what is stored, and which conversation in the database is whose."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.chaos.ledger import Ledger, Story
from tests.chaos.stored import Row, Stored, markers_in

Findings = Iterator[str]


@dataclass(frozen=True)
class Evidence:
    """Both sides. `conversations` are the ids by the people's names."""

    ledger: Ledger
    stored: Stored
    conversations: dict[str, Any]

    def cases_of(self, story: Story) -> list[Row]:
        own = self.conversations.get(story.name)
        return [case for case in self.stored.tables["cases"] if case["conversation_id"] == own]

    @classmethod
    def of(cls, ledger: Ledger, stored: Stored) -> "Evidence":
        return cls(ledger, stored, _conversations(ledger, stored))


def _conversations(ledger: Ledger, stored: Stored) -> dict[str, Any]:
    """By the people's names, the conversation that holds what they said."""
    by_text = {
        row["text"]: row["conversation_id"]
        for row in stored.tables["messages"]
        if row["sender"] == "victim" and markers_in(row["text"])
    }
    found = {}
    for story in ledger.stories:
        for said in story.said:
            if said.marker is not None and said.text in by_text:
                found[story.name] = by_text[said.text]
                break
    return found

"""Finds the entities of a message; made at training from the lexicons, then independent of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.components.lexicons import Entry, finders, lexicon_entries, place_entries, read_mapping
from bot.components.patterns import finders_from
from bot.components.phrases import Found, Meaning
from bot.components.text import fold

_FILE = "entities.json"


@dataclass
class EntityFinder:
    """All lexicons, shapes and time expressions together."""

    entries: list[Entry]
    patterns: dict[str, Any]

    def __post_init__(self) -> None:
        self._finders = finders(self.entries)
        self._shapes, self._times = finders_from(self.patterns)

    def find(self, text: str) -> list[Found]:
        """Everything found, by position. Nothing is found inside a phone number, address or reference."""
        shapes = list(self._shapes.find(text))
        found = [
            candidate
            for candidate in self._candidates(text)
            if not any(
                candidate.start < shape.end and shape.start < candidate.end for shape in shapes
            )
        ]
        return sorted(
            [*shapes, *found], key=lambda item: (item.start, item.end, item.meaning.entity)
        )

    def _candidates(self, text: str) -> Iterator[Found]:
        for finder in self._finders.values():
            yield from finder.find(text)
        yield from self._times.find(text)

    @property
    def places(self) -> dict[str, str]:
        """Every surface form of a place, casefolded, with the canonical name."""
        forms: dict[str, str] = {}
        for entry in self.entries:
            if entry.meaning.entity == "place":
                forms.setdefault(entry.phrase.casefold(), entry.meaning.value)
                forms.setdefault(fold(entry.phrase), entry.meaning.value)
        return forms

    def save(self, directory: Path) -> None:
        content = {
            "entries": [[entry.phrase, *asdict(entry.meaning).values()] for entry in self.entries],
            "patterns": self.patterns,
        }
        (directory / _FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> EntityFinder:
        content = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        entries = [Entry(phrase, Meaning(*meaning)) for phrase, *meaning in content["entries"]]
        return cls(entries, content["patterns"])


def entity_finder_from(data: Path) -> EntityFinder:
    """Generates the finder from data/entities and data/places."""
    patterns = read_mapping(data / "entities" / "patterns.yml")
    entries = [*lexicon_entries(data / "entities"), *place_entries(data / "places")]
    return EntityFinder(entries, patterns)

"""Telephone numbers and services: dated data that the force checks, never code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from api.words import LANGUAGES, Language

SERVICES_DIR = Path(__file__).parent.parent / "data" / "services"


@dataclass(frozen=True)
class Entry:
    """A service as officers see it. `fresh` is whether the force has checked it lately enough."""

    name: str
    number: str
    hours: str
    source: str
    verified_on: date | None
    fresh: bool


class ServicesDirectory:
    """The numbers in force, as words for either language, and the services that people are told of."""

    def __init__(
        self,
        numbers: Mapping[str, str | Mapping[str, str]],
        services: list[Mapping[str, Any]] | None = None,
        checked_for_days: int = 0,
    ) -> None:
        self._numbers = numbers
        self._services = services or []
        self._check_lasts = timedelta(days=checked_for_days)

    @classmethod
    def load_newest(cls, directory: Path = SERVICES_DIR) -> "ServicesDirectory":
        """The directory with the latest date in its file name."""
        content = yaml.safe_load(max(directory.glob("*.yml")).read_text())
        return cls(content["numbers"], content.get("services"), content.get("checked_for_days", 0))

    def entries(self, language: Language, today: date) -> list[Entry]:
        """The services, those first that the force has to check."""
        numbers = self.numbers(language)
        entries = [
            Entry(
                name=_said(service["name"], language),
                number=numbers[service["number"]],
                hours=_said(service["hours"], language),
                source=service["source"],
                verified_on=(checked := service.get("verified_on")),
                fresh=checked is not None and today - checked <= self._check_lasts,
            )
            for service in self._services
        ]
        return sorted(entries, key=lambda entry: entry.fresh)

    def numbers(self, language: Language) -> dict[str, str]:
        return {name: _said(number, language) for name, number in self._numbers.items()}

    def facts(self) -> dict[Language, dict[str, str]]:
        """The numbers as `api.words.Words` takes them."""
        return {language: self.numbers(language) for language in LANGUAGES}


def _said(words: str | Mapping[str, str], language: Language) -> str:
    return words if isinstance(words, str) else words[language]

"""Telephone numbers and services: dated data that the force checks, never code."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from api.words import LANGUAGES, Language

SERVICES_DIR = Path(__file__).parent.parent / "data" / "services"


class ServicesDirectory:
    """The numbers in force, as words for either language."""

    def __init__(self, numbers: Mapping[str, str | Mapping[str, str]]) -> None:
        self._numbers = numbers

    @classmethod
    def load_newest(cls, directory: Path = SERVICES_DIR) -> "ServicesDirectory":
        """The directory with the latest date in its file name."""
        newest = max(directory.glob("*.yml"))
        return cls(yaml.safe_load(newest.read_text())["numbers"])

    def numbers(self, language: Language) -> dict[str, str]:
        return {
            name: number if isinstance(number, str) else number[language]
            for name, number in self._numbers.items()
        }

    def facts(self) -> dict[Language, dict[str, str]]:
        """The numbers as `api.words.Words` takes them."""
        return {language: self.numbers(language) for language in LANGUAGES}

"""Words that people read, Welsh beside English, loaded from a YAML file of `key: {cy: …, en: …}`.

Where a language is not known yet, both are said, Welsh first (the active offer).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml

Language = Literal["cy", "en"]
SpokenLanguage = Literal["cy", "en", "cy+en"]
LANGUAGES: tuple[Language, ...] = ("cy", "en")


class WordsIncomplete(ValueError):
    """A phrase lacks one of its languages."""


class Words:
    """A catalogue of phrases with `{placeholders}`.

    `facts` fill placeholders that differ by language and change with time, such as telephone numbers.
    """

    def __init__(
        self,
        phrases: Mapping[str, Mapping[str, str]],
        facts: Mapping[Language, Mapping[str, str]] | None = None,
    ) -> None:
        for key, phrase in phrases.items():
            if set(phrase) != set(LANGUAGES):
                raise WordsIncomplete(f"{key} must have exactly cy and en")
        self.phrases = phrases
        self._facts = facts or {"cy": {}, "en": {}}

    @classmethod
    def load(
        cls, *paths: Path, facts: Mapping[Language, Mapping[str, str]] | None = None
    ) -> "Words":
        """The phrases of one or several files. Raises WordsIncomplete, or ValueError for a key told twice."""
        phrases: dict[str, Mapping[str, str]] = {}
        for path in paths:
            for key, phrase in yaml.safe_load(path.read_text()).items():
                if key in phrases:
                    raise ValueError(f"{key} stands in two files of words")
                phrases[key] = phrase
        return cls(phrases, facts)

    def say(self, key: str, language: SpokenLanguage, **values: object) -> str:
        """The phrase in a language, or in both with Welsh first. Raises KeyError for an unknown key.

        A value that is said differently in the two languages is given as `{"cy": …, "en": …}`.
        """
        if language == "cy+en":
            return f"{self._fill(key, 'cy', values)}\n\n{self._fill(key, 'en', values)}"
        return self._fill(key, language, values)

    def _fill(self, key: str, language: Language, values: Mapping[str, object]) -> str:
        own = {
            name: value[language] if isinstance(value, Mapping) else value
            for name, value in values.items()
        }
        return self.phrases[key][language].format(**{**self._facts[language], **own})


def spoken(language: str | None) -> SpokenLanguage:
    """What to speak to somebody whose language may not be known yet."""
    return "cy" if language == "cy" else "en" if language == "en" else "cy+en"

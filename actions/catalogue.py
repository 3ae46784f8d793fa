"""The words of bot/domain for actions that put messages together, and the choices that a question offers.

Rasa speaks the plain questions itself; both read the same catalogue.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

Button = dict[str, str]


class Catalogue:
    """Responses by name and language ("cy", "en", or None for a language not known yet)."""

    def __init__(
        self, responses: Mapping[str, Any], facts: Mapping[str, str | Mapping[str, str]]
    ) -> None:
        self._variations = {
            name: {_language_of(variation): variation for variation in variations}
            for name, variations in responses.items()
        }
        self._facts = facts

    @classmethod
    def load(cls, root: Path) -> "Catalogue":
        """The responses of a checkout, with the telephone numbers in force."""
        responses: dict[str, Any] = {}
        for path in sorted((root / "bot" / "domain" / "responses").glob("*.yml")):
            responses.update(yaml.safe_load(path.read_text())["responses"])
        newest = max((root / "data" / "services").glob("*.yml"))
        return cls(responses, yaml.safe_load(newest.read_text())["numbers"])

    def __contains__(self, name: str) -> bool:
        return name in self._variations

    def say(self, name: str, language: str | None, **values: str) -> str:
        """The text of a response with its placeholders filled. Raises KeyError for an unknown name."""
        if language is None:
            # Some numbers are said differently in the two languages, so each half is filled apart.
            welsh, english = self.say(name, "cy", **values), self.say(name, "en", **values)
            return welsh if welsh == english else f"{welsh}\n\n{english}"
        text: str = self._variations[name][language]["text"]
        facts = {
            key: fact if isinstance(fact, str) else fact[language]
            for key, fact in self._facts.items()
        }
        return text.format(**{**facts, **values})

    def buttons(self, name: str, language: str | None) -> list[Button]:
        """The choices of a question, as Rasa has buttons."""
        return [dict(button) for button in self._variations[name][language].get("buttons", [])]

    def labels(self, name: str) -> list[set[str]]:
        """For each choice of a question, everything that it is called in any language."""
        variations = [variation.get("buttons", []) for variation in self._variations[name].values()]
        return [
            {button[key] for button in same for key in ("title", "payload")}
            for same in zip(*variations, strict=True)
        ]


def _language_of(variation: Mapping[str, Any]) -> str | None:
    conditions = variation.get("condition", [])
    return next((item["value"] for item in conditions if item["name"] == "language"), None)

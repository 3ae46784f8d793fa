"""The words of bot/domain for actions that put messages together, and the choices that a question offers.

Rasa speaks the plain questions itself; both read the same catalogue.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from actions.policy import policy_in_force

Button = dict[str, str]
# By question and choice, what people say for it in place of its button.
Spoken = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]


class Catalogue:
    """Responses by name and language ("cy", "en", or None for a language not known yet)."""

    def __init__(
        self,
        responses: Mapping[str, Any],
        facts: Mapping[str, str | Mapping[str, str]],
        spoken: Mapping[str, Any] | None = None,
    ) -> None:
        self._variations = {
            name: {_language_of(variation): variation for variation in variations}
            for name, variations in responses.items()
        }
        self._facts = facts
        self._spoken: Spoken = (spoken or {}).get("choices", {})
        self._numbers = {
            plain(word): number
            for words_in_order in (spoken or {}).get("numbers", {}).values()
            for number, words in enumerate(words_in_order, start=1)
            for word in words
        }

    @classmethod
    def load(cls, root: Path) -> "Catalogue":
        """The responses of a checkout, with the telephone numbers in force and how long drafts are kept."""
        responses: dict[str, Any] = {}
        for path in sorted((root / "bot" / "domain" / "responses").glob("*.yml")):
            responses.update(yaml.safe_load(path.read_text())["responses"])
        newest = max((root / "data" / "services").glob("*.yml"))
        spoken = yaml.safe_load((root / "data" / "spoken_choices.yml").read_text())
        kept = policy_in_force()["drafts"]
        hours = max(kept["web_hours"], kept["sms_hours"])
        facts = yaml.safe_load(newest.read_text())["numbers"]
        return cls(responses, {**facts, "draft_hours": str(hours)}, spoken)

    def __contains__(self, name: str) -> bool:
        return name in self._variations

    def names(self) -> list[str]:
        """Every response there is."""
        return sorted(self._variations)

    def say(self, name: str, language: str | None, **values: str | Mapping[str, str]) -> str:
        """The text of a response with its placeholders filled. Raises KeyError for an unknown name.

        A value that is said differently in the two languages is given as `{"cy": …, "en": …}`.
        """
        if language is None:
            # Some numbers are said differently in the two languages, so each half is filled apart.
            welsh, english = self.say(name, "cy", **values), self.say(name, "en", **values)
            return welsh if welsh == english else f"{welsh}\n\n{english}"
        text: str = self._variations[name][language]["text"]
        return text.format(
            **{
                key: value if isinstance(value, str) else value[language]
                for key, value in {**self._facts, **values}.items()
            }
        )

    def buttons(self, name: str, language: str | None) -> list[Button]:
        """The choices of a question, as Rasa has buttons."""
        return [dict(button) for button in self._variations[name][language].get("buttons", [])]

    def labels(self, name: str) -> list[set[str]]:
        """For each choice of a question, everything that its button is called in any language."""
        variations = [variation.get("buttons", []) for variation in self._variations[name].values()]
        return [
            {button[key] for button in same for key in ("title", "payload")}
            for same in zip(*variations, strict=True)
        ]

    def spoken(self, slot: str, code: str) -> set[str]:
        """What people say for a choice, in either language, made plain."""
        by_language = self._spoken.get(slot, {}).get(code, {})
        return {plain(words) for words_of in by_language.values() for words in words_of}

    def number(self, word: str) -> int | None:
        """The number that a plain word names: "dau", "the second"."""
        return self._numbers.get(word)


def plain(text: str) -> str:
    """Text without case, accents, apostrophes and punctuation, for comparing what was said."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return " ".join(re.sub(r"[^\w/ ]", " ", re.sub(r"['’‘`]", "", bare)).split())


def _language_of(variation: Mapping[str, Any]) -> str | None:
    conditions = variation.get("condition", [])
    return next((item["value"] for item in conditions if item["name"] == "language"), None)

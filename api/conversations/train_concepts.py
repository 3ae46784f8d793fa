"""The words of data/safety/concepts.yml in all their forms, as messages have them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from api.conversations.mutations import mutated
from api.conversations.safety_concepts import PAST
from api.conversations.safety_features import plain

_SHORTEST_MUTATED: Final = 4
_PAST_ENDINGS: Final = ("odd", "ais", "es", "on", "wyd", "som")
# What follows a vowel without a space once the apostrophe is gone: "bwrw'r drws", "nhw'n".
_CLINGING: Final = ("r", "n")
_CY_VOWELS: Final = "aeiouwy"
_EN_VOWELS: Final = "aeiou"


def read_concepts(path: Path) -> dict[str, Any]:
    """`forms`: every form of every word or phrase with its concepts; `fillers`: words that mean nothing here."""
    content: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    fillers = content.pop("fillers")
    forms: dict[str, list[str]] = {}
    for name, words in content.items():
        for form, past in (*_welsh(words["cy"]), *_english(words["en"])):
            concepts = name.split("+")
            if past and not name.endswith(PAST):
                concepts[-1] += PAST
            forms.setdefault(form, concepts)
    listed = [word for language in ("cy", "en") for word in fillers[language].split()]
    return {"forms": forms, "fillers": sorted(set(listed) - forms.keys())}


def mutations_of(word: str) -> set[str]:
    """A Welsh word with every initial mutation it can have; short words only as they are."""
    return mutated(word) if len(word) >= _SHORTEST_MUTATED else {word}


def _welsh(listed: str) -> Iterator[tuple[str, bool]]:
    """Each form, and whether it is past."""
    for entry in listed.split():
        word = plain(entry)
        if entry.endswith("-"):
            for ending in _PAST_ENDINGS:
                yield from ((form, True) for form in sorted(mutations_of(word[:-1] + ending)))
        elif "_" in entry:
            yield word.replace("_", " "), False
        else:
            for form in sorted(mutations_of(word)):
                yield form, False
                if form and form[-1] in _CY_VOWELS and len(form) >= _SHORTEST_MUTATED:
                    yield from ((form + clinging, False) for clinging in _CLINGING)


def _english(listed: str) -> Iterator[tuple[str, bool]]:
    """Each form, and whether it is past."""
    for entry in listed.split():
        word = plain(entry.rstrip("~"))
        if not entry.endswith("~"):
            yield word.replace("_", " "), False
            continue
        yield word, False
        if re.search(f"[^{_EN_VOWELS}]y$", word):
            yield from (
                (word[:-1] + "ies", False),
                (word + "ing", False),
                (word[:-1] + "ied", True),
            )
        elif word.endswith("e"):
            yield from ((word + "s", False), (word[:-1] + "ing", False), (word + "d", True))
        else:
            stem = word + word[-1] if entry.endswith("~~") else word
            yield from ((word + "s", False), (word + "es", False))
            yield from ((stem + "ing", False), (stem + "ed", True))

"""The words of data/concepts in all their forms, as messages have them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from bot.words.concepts import PAST
from bot.words.mutations import mutated_forms

_SHORTEST_MUTATED: Final = 4
_PAST_ENDINGS: Final = ("odd", "ais", "es", "on", "wyd", "som")
_SHORTEST_OWNER: Final = 3
_EN_VOWELS: Final = "aeiou"


def read_concepts(folder: Path) -> dict[str, Any]:
    """`forms`: every form of every word or phrase with its concepts; `fillers`: words that mean nothing here.

    A word as it is listed comes before what rules make of another one: "more" is not the nasal mutation of "bore".
    """
    content: dict[str, dict[str, str]] = {}
    # This loader makes strings and mappings only, so that every word is a word, "no" and "on" too.
    for path in sorted(folder.glob("*.yml")):
        listed_here = yaml.load(path.read_bytes(), Loader=yaml.CBaseLoader)  # noqa: S506
        for name, words in listed_here.items():
            listed_before = content.setdefault(name, {"cy": "", "en": ""})
            for language, more in words.items():
                listed_before[language] += f" {more}"
    fillers = content.pop("fillers")
    listed = {word for language in ("cy", "en") for word in fillers[language].split()}
    forms: dict[str, list[str]] = {}
    made: dict[str, list[str]] = {}
    for name, words in content.items():
        for form, past, as_listed in (*_welsh(words["cy"]), *_english(words["en"])):
            concepts = name.split("+")
            if past and not name.endswith(PAST):
                concepts[-1] += PAST
            (forms if as_listed else made).setdefault(form, concepts)
    for form, concepts in made.items():
        if form not in listed:
            forms.setdefault(form, concepts)
    return {"forms": forms, "fillers": sorted(listed - forms.keys())}


def mutations_of(word: str) -> frozenset[str]:
    """A Welsh word with every initial mutation it can have; short words only as they are."""
    return mutated_forms(word) if len(word) >= _SHORTEST_MUTATED else frozenset({word})


def _welsh(listed: str) -> Iterator[tuple[str, bool, bool]]:
    """Each form, whether it is past, and whether it stands in the list so."""
    for entry in listed.split():
        if entry.endswith("-"):
            for ending in _PAST_ENDINGS:
                for form in sorted(mutations_of(entry[:-1] + ending)):
                    yield form, True, False
        elif "_" in entry:
            yield entry.replace("_", " "), False, True
        else:
            yield entry, False, True
            for form in sorted(mutations_of(entry)):
                yield form, False, False


def _english(listed: str) -> Iterator[tuple[str, bool, bool]]:
    """Each form, whether it is past, and whether it stands in the list so."""
    for entry in listed.split():
        word = entry.rstrip("~")
        if not entry.endswith("~"):
            yield word.replace("_", " "), False, True
            if "_" not in word and len(word) >= _SHORTEST_OWNER and word[-1] != "s":
                # "the neighbour's", without its apostrophe, and more than one of them.
                yield word + "s", False, False
            continue
        yield word, False, True
        if re.search(f"[^{_EN_VOWELS}]y$", word):
            made = ((word[:-1] + "ies", False), (word + "ing", False), (word[:-1] + "ied", True))
        elif word.endswith("e"):
            made = ((word + "s", False), (word[:-1] + "ing", False), (word + "d", True))
        else:
            stem = word + word[-1] if entry.endswith("~~") else word
            made = ((word + "s", False), (word + "es", False), (stem + "ing", False))
            yield stem + "ed", True, False
        yield from ((form, past, False) for form, past in made)

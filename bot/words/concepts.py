"""What the words of a message mean, the same in Welsh and English and in every dialect of either.

"Ma' fe'n bwrw fi", "mae o'n fy nharo i" and "he's hitting me" become nearly the same concepts, so that a model knows
in one language what it learnt in the other. Of a word without a concept only its form is left: past or not. Words
that only hold a sentence together are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

# The end of a sentence, and a mark of quotation.
END: Final = "."
QUOTE: Final = '"'
PAST: Final = "<"
GOING_ON: Final = "_ing"
ANYTHING: Final = "_"
SIGNS: Final = (END, QUOTE, PAST, GOING_ON, ANYTHING)

_PAST_ENDINGS: Final = ("odd", "wyd", "ed")
_SHORTEST_PAST: Final = 5
_SHORTEST_GOING_ON: Final = 6
# What follows a vowel without a space once the apostrophe is gone: "bwrw'r drws", "nhw'n", "dorri'i fraich".
_CLINGING: Final = "rniuw"
_VOWELS: Final = "aeiouwy"
_SHORTEST_CLUNG_TO: Final = 3
_Phrase = tuple[list[str], tuple[int, ...]]
# How many words not met before are remembered.
_REMEMBERED: Final = 20_000


class Concepts:
    """Finds concepts, as numbers from 1, in tokens; the longest phrase that a token begins wins."""

    def __init__(self, forms: Mapping[str, Sequence[str]], fillers: Sequence[str]) -> None:
        self._listed = {"forms": forms, "fillers": fillers}
        names = sorted({name for found in forms.values() for name in found} | set(SIGNS))
        self.names = ["", *names]
        self.numbers: dict[str, int] = {name: number for number, name in enumerate(names, 1)}
        self._words: dict[str, tuple[int, ...]] = dict.fromkeys(fillers, ())
        self._phrases: dict[str, dict[str, list[_Phrase]]] = {}
        for form, found in forms.items():
            words, numbers = form.split(), tuple(self.numbers[name] for name in found)
            if len(words) == 1:
                self._words[form] = numbers
            else:
                by_second = self._phrases.setdefault(words[0], {})
                by_second.setdefault(words[1], []).append((words, numbers))
        for by_second in self._phrases.values():
            for phrases in by_second.values():
                phrases.sort(key=lambda phrase: -len(phrase[0]))
        self._room = len(self._words) + _REMEMBERED

    def of(self, tokens: Sequence[str]) -> tuple[list[int], list[int]]:
        """The concepts in their order, and of each the token it begins at."""
        found: list[int] = []
        places: list[int] = []
        words, phrases = self._words, self._phrases
        after_phrase = 0
        for place, (token, following) in enumerate(pairwise((*tokens, ""))):
            if place < after_phrase:
                continue
            numbers = words.get(token)
            if token in phrases and following in phrases[token]:
                for phrase, meant in phrases[token][following]:
                    if tokens[place : place + len(phrase)] == phrase:
                        numbers, after_phrase = meant, place + len(phrase)
                        break
            if numbers is None:
                numbers = self._of_new(token)
            for number in numbers:
                found.append(number)
                places.append(place)
        return found, places

    def as_json(self) -> Mapping[str, Any]:
        """What it was made of, to be kept in a model."""
        return self._listed

    def named(self, tokens: Sequence[str]) -> list[tuple[str, int]]:
        """The names of the concepts in their order, and of each the token it begins at."""
        found, places = self.of(tokens)
        return [(self.names[number], place) for number, place in zip(found, places, strict=True)]

    def _of_new(self, token: str) -> tuple[int, ...]:
        """Of a token that is not listed, remembered: those of the word to which something clings, or by its form."""
        word = token[:-1]
        clings = len(word) >= _SHORTEST_CLUNG_TO and word[-1] in _VOWELS and token[-1] in _CLINGING
        numbers = self._words.get(word) if clings else None
        if numbers is None:
            numbers = self._by_form(token)
        if len(self._words) < self._room:
            self._words[token] = numbers
        return numbers

    def _by_form(self, token: str) -> tuple[int, ...]:
        if token in (END, QUOTE):
            sign = token
        elif len(token) >= _SHORTEST_PAST and token.endswith(_PAST_ENDINGS):
            sign = PAST
        elif len(token) >= _SHORTEST_GOING_ON and token.endswith("ing"):
            sign = GOING_ON
        else:
            sign = ANYTHING
        return (self.numbers[sign],)

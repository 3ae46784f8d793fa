"""Finds known phrases in a text: the lexicons and the gazetteer, word by word, longest match first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.components.text import fold, fold_in_place
from bot.words.mutations import mutate, mutated_forms

# Hyphens separate here ("Pen-y-bont", "Pen y Bont"), apostrophes do not ("St David's").
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
# What clings to the end of a word in both languages: "Llanelli'n", "bws'ma", "neighbour's".
_CLITIC = re.compile(r"'[^\W_]+$")


@dataclass(frozen=True)
class Meaning:
    """What a phrase stands for. A `cased` phrase counts only where it is written with a capital."""

    entity: str
    value: str
    cased: bool = False


@dataclass(frozen=True)
class Found:
    """A meaning and where it stands in the text."""

    meaning: Meaning
    start: int
    end: int


@dataclass
class _Node:
    after: dict[str, _Node] = field(default_factory=dict)
    meaning: Meaning | None = None


class PhraseFinder:
    """All phrases of one kind, as a tree of words; finding is linear in the length of the text."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, phrase: str, meaning: Meaning) -> None:
        """Adds a phrase as it stands; the first meaning given to a phrase stays."""
        node = self._root
        for word in _WORD.findall(fold(phrase)):
            node = node.after.setdefault(word.replace("'", ""), _Node())
        if node is not self._root and node.meaning is None:
            node.meaning = meaning

    def find(self, text: str) -> Iterator[Found]:
        """The longest phrases in the text, from left to right, without overlaps."""
        plain = fold_in_place(text)
        words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(plain)]
        at = 0
        while at < len(words):
            longest, size = self._longest(words, at, text)
            if longest is None:
                at += 1
                continue
            yield longest
            at += size

    def _longest(
        self, words: list[tuple[str, int, int]], at: int, text: str
    ) -> tuple[Found | None, int]:
        node, best, size = self._root, None, 0
        for here in range(at, len(words)):
            word, start, end = words[here]
            follower = node.after.get(word.replace("'", ""))
            if follower is None:
                clitic = _CLITIC.search(word)
                if clitic is None:
                    break
                end = start + clitic.start()
                follower = node.after.get(word[: clitic.start()].replace("'", ""))
                if follower is None:
                    break
            node = follower
            begins = words[at][1]
            meaning = node.meaning
            if meaning is not None and not (meaning.cased and not text[begins].isupper()):
                best, size = Found(meaning, begins, end), here - at + 1
            if end != words[here][2]:
                break
        return best, size


def welsh_forms(phrase: str) -> Iterable[str]:
    """A Welsh phrase with its first word in every mutation, with and without a leading article."""
    article, space, rest = phrase.partition(" ")
    if article.casefold() in ("y", "yr") and space:
        yield phrase
        phrase = rest
    first, space, rest = phrase.partition(" ")
    for form in sorted(mutated_forms(first)):
        yield f"{form}{space}{rest}"


def welsh_frames(phrase: str, frames: Iterable[str]) -> Iterable[str]:
    """A Welsh phrase in each frame: "fy {nasal}" makes "fy mrawd" of "brawd", and "fy mab" of "mab"."""
    first, space, rest = phrase.partition(" ")
    ending = f"{space}{rest}"
    forms = {
        "radical": phrase,
        "soft": (mutate(first, "soft") or first) + ending,
        "nasal": (mutate(first, "nasal") or first) + ending,
    }
    for frame in frames:
        yield frame.format_map(forms)

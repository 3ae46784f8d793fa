"""The sparse features of a message: what the linear model sees of it.

Features come in blocks. Each block is weighted by rarity (tf-idf) and brought to length one on its own,
so that the hundreds of character n-grams of a sentence do not drown its ten words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bot.components.lemmas import Lemmas
from bot.components.text import Token
from bot.words.concepts import ANYTHING, SIGNS, Concepts
from bot.words.mutations import mutation_key

Floats = npt.NDArray[np.float64]

# Weight of each block in the whole; chosen by cross-validation on the training data (tests/benchmarks).
BLOCK_WEIGHTS: Mapping[str, float] = {
    "words": 0.4,
    "characters": 1.0,
    "lemmas": 0.7,
    "pairs": 0.4,
    "whole": 0.5,
    "length": 0.3,
    "mentions": 0.3,
    "concepts": 0.6,
    "beginnings": 0.5,
}
# Seen once, letters or several words together teach nothing that the words do not.
_TWICE = 2
_WHOLE_MESSAGE_WORDS = 4
_SHORTEST_CONTENT_WORD = 4
_BEGINNING = 3


def _ngrams(forms: Sequence[str], shortest: int, longest: int) -> Iterator[str]:
    for size in range(shortest, longest + 1):
        for at in range(len(forms) - size + 1):
            yield " ".join(forms[at : at + size])


def _character_ngrams(forms: Sequence[str], shortest: int, longest: int) -> Iterator[str]:
    for form in forms:
        padded = f" {form} "
        for size in range(shortest, longest + 1):
            if len(padded) <= size:
                yield padded
                break
            for at in range(len(padded) - size + 1):
                yield padded[at : at + size]


def _distant_pairs(forms: Sequence[str]) -> Iterator[str]:
    """Two words with one or two others between them: "dwi * moyn", "dwi * * moyn"."""
    for at, form in enumerate(forms):
        for other in forms[at + 2 : at + 4]:
            yield f"{form} {other}"


def _near(concepts: Sequence[str]) -> Iterator[str]:
    """Concepts alone, beside each other, and with one other between them."""
    for concept, one_on, two_on in zip_longest(concepts, concepts[1:], concepts[2:]):
        if concept != ANYTHING:
            yield concept
        if one_on and {concept, one_on} != {ANYTHING}:
            yield f"{concept} {one_on}"
        if two_on and ANYTHING not in (concept, two_on):
            yield f"{concept} * {two_on}"


def blocks_of(
    tokens: Sequence[Token], lemmas: Lemmas, concepts: Concepts, mentions: Sequence[str]
) -> dict[str, list[str]]:
    """The raw features of some tokens, by block; `mentions` are the kinds of things that they mention."""
    forms = [token.form for token in tokens]
    lemma_lists = [lemmas.of(form) for form in forms]
    keys = [mutation_key(form) for form in forms]
    named = concepts.named(forms)
    meant: dict[int, list[str]] = {}
    for name, place in named:
        if name not in SIGNS:
            meant.setdefault(place, []).append(name)
    first_lemmas = [found[0] for found in lemma_lists]
    others = [lemma for found in lemma_lists for lemma in found[1:]]
    whole = [f"^{' '.join(first_lemmas[:size])}" for size in (1, 2, 3) if len(forms) >= size]
    whole.extend(f"{' '.join(first_lemmas[-size:])}$" for size in (1, 2) if len(forms) >= size)
    if len(forms) <= _WHOLE_MESSAGE_WORDS:
        whole.append(f"={' '.join(forms)}")
    return {
        "words": list(_ngrams(forms, 1, 2)),
        "characters": list(_character_ngrams(keys, 1, 5)),
        "lemmas": [*_ngrams(first_lemmas, 1, 2), *others],
        "pairs": list(_distant_pairs(first_lemmas)),
        "whole": whole,
        "length": [str(min(8, len(forms).bit_length()))],
        "mentions": list(mentions),
        "concepts": list(_near([name for name, _ in named])),
        "beginnings": [key[:_BEGINNING] for key in keys if len(key) > _BEGINNING],
        "content": [
            " ".join({form, *found, *meant.get(place, ())})
            for place, (form, found) in enumerate(zip(forms, lemma_lists, strict=True))
            if len(form) >= _SHORTEST_CONTENT_WORD and form.isalpha()
        ],
    }


def novelty(example: Mapping[str, list[str]], known: Container[str]) -> float:
    """The share of a message's content words that training saw in no form and no other word for: 0 to 1."""
    content = example["content"]
    if not content:
        return 0.0
    new = sum(not any(part in known for part in word.split()) for word in content)
    return new / len(content)


@dataclass
class Vocabulary:
    """Numbers the features that training saw, and turns raw features into weighted vectors."""

    weights: Mapping[str, float] = field(default_factory=lambda: dict(BLOCK_WEIGHTS))
    index: dict[str, dict[str, int]] = field(default_factory=dict)
    rarity: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def size(self) -> int:
        return len(self.rarity)

    def __contains__(self, word: object) -> bool:
        """Whether training saw this word, lemma or concept."""
        return any(word in self.index[block] for block in ("words", "lemmas", "concepts"))

    def fit(self, examples: Sequence[Mapping[str, list[str]]]) -> sparse.csr_matrix:
        """Learns the features of the examples and returns their vectors, one row each."""
        seen: dict[str, Counter[str]] = {block: Counter() for block in self.weights}
        for example in examples:
            for block, counts in seen.items():
                counts.update(set(example[block]))
        number = 0
        rarity: list[float] = []
        for block, counts in seen.items():
            names = sorted(
                name
                for name, count in counts.items()
                if count >= _TWICE or not (block == "characters" or " " in name)
            )
            self.index[block] = {name: number + at for at, name in enumerate(names)}
            rarity.extend(math.log((1 + len(examples)) / (1 + counts[name])) + 1 for name in names)
            number += len(names)
        self.rarity = np.asarray(rarity)
        return self.vectors(examples)

    def vector(self, example: Mapping[str, list[str]]) -> tuple[npt.NDArray[np.intp], Floats]:
        """Indices and values of one example; the whole vector has length one, or no entries."""
        indices: list[npt.NDArray[np.intp]] = []
        values: list[Floats] = []
        for block, weight in self.weights.items():
            known = self.index[block]
            counts = Counter(at for name in example[block] if (at := known.get(name)) is not None)
            if not counts:
                continue
            where = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
            value = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
            value = (1 + np.log(value)) * self.rarity[where]
            indices.append(where)
            values.append(value * (weight / math.sqrt(value @ value)))
        if not indices:
            return np.zeros(0, dtype=np.intp), np.zeros(0)
        joined = np.concatenate(values)
        return np.concatenate(indices), joined / math.sqrt(joined @ joined)

    def vectors(self, examples: Sequence[Mapping[str, list[str]]]) -> sparse.csr_matrix:
        """The vectors of many examples as rows of one matrix."""
        rows = [self.vector(example) for example in examples]
        pointers = np.cumsum([0, *(len(where) for where, _ in rows)])
        return sparse.csr_matrix(
            (
                np.concatenate([value for _, value in rows]),
                np.concatenate([where for where, _ in rows]),
                pointers,
            ),
            shape=(len(rows), self.size),
        )

    def as_json(self) -> dict[str, Any]:
        """What to write to a file, beside `rarity`; blocks keep their order of names."""
        return {
            "weights": dict(self.weights),
            "names": {block: list(names) for block, names in self.index.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], rarity: Floats) -> Vocabulary:
        index: dict[str, dict[str, int]] = {}
        number = 0
        for block in data["weights"]:
            names = data["names"][block]
            index[block] = {name: number + at for at, name in enumerate(names)}
            number += len(names)
        return cls(dict(data["weights"]), index, rarity)

"""Two linear models over one message, one for each risk, as sums over tables of numbers.

What stands next to what is a number of 64 bits: the kind of feature, and the numbers of its tokens, shapes, concepts or
groups. All of a message are looked up at once, so the time hardly depends on the length of the message. What stands in
a token's features does not depend on what follows, so a stretch of a message is worth the sum of its tokens.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from api.conversations.safety_features import Hit, letters_of, shape_of
from bot.words.concepts import ANYTHING, END, Concepts

Numbers = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Narrow = npt.NDArray[np.float32]

# The kinds of features, in the four highest bits of a key; what is numbered 0 is not known and makes no feature.
TWO, THREE, AROUND, SHAPES_2, SHAPES_3, SHAPES_4 = 1, 2, 3, 4, 5, 6
CONCEPT, NEAR, NEXT, THREE_NEAR = 7, 8, 9, 10
BEFORE_GROUP, AFTER_GROUP, GROUPS = 11, 12, 13
KIND_BITS: Final = 60

_NEAR_CONCEPTS: Final = 4
_FOLLOWS_CLOSELY: Final = 2
_MOST_FOLLOWERS: Final = 5
_REMEMBERED: Final = 8192
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_ROOM: Final = 3


class Numbering:
    """Which number every token, shape and concept has, and the keys of what stands together in a message."""

    def __init__(
        self, tokens: Sequence[str], shapes: Sequence[str], frequent: Sequence[str], means: Concepts
    ) -> None:
        self.tokens = {token: number for number, token in enumerate(tokens, 1)}
        self._shapes = {shape: number for number, shape in enumerate(shapes, 1)}
        self._frequent = frozenset(frequent)
        self._concepts = means
        self._end = means.numbers[END]
        self._anything = means.numbers[ANYTHING]
        self._shape_of_number = np.array(
            [0, *(self._shape(token) for token in tokens)], dtype=np.int64
        )

    def of(self, tokens: Sequence[str]) -> Numbers:
        number_of = self.tokens.get
        return np.array([number_of(token, 0) for token in tokens], dtype=np.int64)

    def by_token(self, tokens: Sequence[str], numbers: Numbers) -> Keys:
        """A row for each kind of feature of neighbours, a column for each token; 0 where there is none."""
        shapes = self._shape_of_number[numbers]
        for place in np.flatnonzero(numbers == 0).tolist():
            shapes[place] = self._shape(tokens[place])
        one, two = _earlier(numbers, 1), _earlier(numbers, 2)
        shape_1, shape_2, shape_3 = (_earlier(shapes, back) for back in (1, 2, 3))
        return np.stack(
            [
                _key(TWO, 20, one, numbers),
                _key(THREE, 20, two, one, numbers),
                _key(AROUND, 20, two, numbers),
                _key(SHAPES_2, 15, shape_1, shapes),
                _key(SHAPES_3, 15, shape_2, shape_1, shapes),
                _key(SHAPES_4, 15, shape_3, shape_2, shape_1, shapes),
            ]
        )

    def by_concept(self, tokens: Sequence[str]) -> tuple[Keys, Numbers]:
        """A row for each kind of feature of concepts, a column for each concept, and the concepts' tokens."""
        found, places = self._concepts.of(tokens)
        concepts = np.array(found, dtype=np.int64)
        order = np.arange(len(concepts))
        # What nobody has a concept for says nothing, alone or with the end of a sentence: a name, a street, a slip.
        silent = (concepts == self._anything) | (concepts == self._end)
        last_end = np.maximum.accumulate(np.where(concepts == self._end, order, -1))
        rows = [_key(CONCEPT, 20, concepts) * ~silent]
        for back in range(1, _NEAR_CONCEPTS + 1):
            earlier = _earlier(concepts, back)
            near = _key(NEAR, 20, np.minimum(earlier, concepts), np.maximum(earlier, concepts))
            near[silent & _earlier(silent, back)] = 0
            if back > 1:
                # What is near is near within one sentence.
                near[last_end > order - back] = 0
            rows.append(near)
        one, two = _earlier(concepts, 1), _earlier(concepts, 2)
        both_silent = silent & _earlier(silent, 1)
        rows.append(_key(NEXT, 20, one, concepts) * ~both_silent)
        three = np.sort(np.stack([two, one, concepts]), axis=0)
        rows.append(_key(THREE_NEAR, 20, *three) * ~(both_silent & _earlier(silent, 2)))
        return np.stack(rows), np.array(places, dtype=np.int64)

    def _shape(self, token: str) -> int:
        return self._shapes.get(shape_of(token, self._frequent), 0)


def by_hit(numbers: Numbers, hits: "Hits") -> tuple[Keys, Numbers]:
    """A row for each kind of feature of groups found, a column for each, and the tokens they begin at."""
    groups = hits.groups + 1
    before = np.where(hits.starts > 0, numbers[hits.starts - 1], 0)
    within = np.minimum(hits.ends, len(numbers) - 1)
    after = np.where(hits.ends < len(numbers), numbers[within], 0)
    rows = [_key(BEFORE_GROUP, 20, before, groups), _key(AFTER_GROUP, 20, groups, after)]
    for ahead in range(1, _MOST_FOLLOWERS + 1):
        later, start = _later(groups, ahead), _later(hits.starts, ahead)
        row = _key(GROUPS, 20, groups, later)
        row[(start < hits.ends) | (start > hits.ends + _FOLLOWS_CLOSELY)] = 0
        rows.append(row)
    return np.stack(rows), hits.starts


class Hits:
    """The groups found in a message as columns, each group by its place in `names`."""

    def __init__(self, found: Sequence[Hit], names: Mapping[str, int]) -> None:
        self.found = found
        self.starts = np.array([hit.start for hit in found], dtype=np.int64)
        self.ends = np.array([hit.end for hit in found], dtype=np.int64)
        self.groups = np.array([names[hit.group] for hit in found], dtype=np.int64)

    def within(self, starts: Numbers, ends: Numbers, names: int) -> npt.NDArray[np.float64]:
        """For each stretch which groups stand wholly in it, as ones."""
        present = np.zeros((len(starts), names))
        inside = (self.starts >= starts[:, None]) & (self.ends <= ends[:, None])
        stretch, which = np.nonzero(inside)
        present[stretch, self.groups[which]] = 1.0
        return present


class KeyTable:
    """Weights of keys, looked up many at once: an open-addressed table that is at most a third full."""

    def __init__(self, keys: Keys, weights: Narrow) -> None:
        self._shift = np.uint64(64 - (_ROOM * (len(keys) + 1)).bit_length())
        self._mask = np.int64((1 << (64 - int(self._shift))) - 1)
        # The entry past the last stands for "nothing": no key is 0, and its weights are 0.
        self._keys = np.append(keys, np.uint64(0))
        self._weights = np.vstack([weights, np.zeros((1, weights.shape[1]), weights.dtype)])
        self._nothing = len(keys)
        self._table = np.full(int(self._mask) + 1, self._nothing, dtype=np.int32)
        waiting = np.arange(len(keys), dtype=np.int32)
        slots = self._slots(keys)
        while len(waiting):
            free = self._table[slots] == self._nothing
            self._table[slots[free]] = waiting[free]
            placed = self._table[slots] == waiting
            waiting, slots = waiting[~placed], (slots[~placed] + 1) & self._mask

    def weights(self, keys: Keys) -> Narrow:
        """Of each key its weights, of an unknown key zeros."""
        slots = self._slots(keys)
        found = self._table[slots]
        missed = np.flatnonzero((self._keys[found] != keys) & (found != self._nothing))
        while len(missed):
            slots[missed] = (slots[missed] + 1) & self._mask
            found[missed] = self._table[slots[missed]]
            at = found[missed]
            missed = missed[(self._keys[at] != keys[missed]) & (at != self._nothing)]
        return self._weights[found]

    def _slots(self, keys: Keys) -> Numbers:
        return ((keys * _SPREAD) >> self._shift).astype(np.int64)


class LinearModel:
    """What every token of a message, and every stretch of it, is worth for each risk."""

    def __init__(self, data: Mapping[str, Any], means: Concepts, groups: Sequence[str]) -> None:
        self.numbering = Numbering(data["tokens"], data["shapes"], data["frequent"], means)
        self.groups = {name: place for place, name in enumerate(groups)}
        self._bias = np.array(data["bias"])
        self._token_worths = unpacked(data["token_worths"], "<f4").reshape(-1, 2).astype(np.float64)
        self._letters: dict[str, Sequence[float]] = data["letters"]
        self._of_groups = (
            unpacked(data["group_weights"], "<f4")
            .reshape(2, len(groups), len(groups))
            .astype(np.float64)
        )
        weights = unpacked(data["weights"], "<f4").reshape(-1, 2)
        self._table = KeyTable(unpacked(data["keys"], "<u8").astype(np.uint64), weights)
        self._of_unknown = lru_cache(maxsize=_REMEMBERED)(self._weigh_letters)

    def worths(self, tokens: Sequence[str], hits: Hits) -> Floats:
        """What each token adds to the scores, with all that ends with it; a column for each risk."""
        numbers = self.numbering.of(tokens)
        worths = self._token_worths[numbers]
        for place in np.flatnonzero(numbers == 0).tolist():
            worths[place] = self._of_unknown(tokens[place])
        neighbours = self.numbering.by_token(tokens, numbers)
        concepts, at = self.numbering.by_concept(tokens)
        of_hits, starts = by_hit(numbers, hits) if hits.found else (_NO_KEYS, _NO_PLACES)
        parts = (neighbours, concepts, of_hits)
        found = self._table.weights(np.concatenate([part.ravel() for part in parts]))
        first, second = neighbours.size, neighbours.size + concepts.size
        worths += found[:first].reshape(*neighbours.shape, 2).sum(axis=0)
        np.add.at(worths, at, found[first:second].reshape(*concepts.shape, 2).sum(axis=0))
        if hits.found:
            np.add.at(worths, starts, found[second:].reshape(*of_hits.shape, 2).sum(axis=0))
        return worths

    def scores(
        self, worths: Floats, hits: Hits, stretches: Sequence[tuple[int, int]]
    ) -> tuple[Floats, Floats]:
        """Of each stretch its scores, a column for each risk, and which groups stand in it, as ones."""
        starts, ends = np.array(stretches, dtype=np.int64).T
        sums = np.vstack([np.zeros((1, 2)), np.cumsum(worths, axis=0)])
        present = hits.within(starts, ends, len(self.groups))
        of_groups = np.stack([((present @ w) * present).sum(axis=1) for w in self._of_groups], 1)
        lengths = np.sqrt(ends - starts)[:, None]
        return self._bias + (sums[ends] - sums[starts] + of_groups) / lengths, present

    def weight_of_group(self, group: str, risk: int) -> float:
        place = self.groups[group]
        return float(self._of_groups[risk, place, place])

    def _weigh_letters(self, token: str) -> tuple[float, float]:
        found = [self._letters[part] for part in letters_of(token) if part in self._letters]
        return sum(weight[0] for weight in found), sum(weight[1] for weight in found)


def packed(numbers: npt.NDArray[Any], kind: str) -> str:
    """Numbers as text for an artefact in JSON."""
    return b64encode(np.ascontiguousarray(numbers, dtype=kind).tobytes()).decode("ascii")


def unpacked(text: str, kind: str) -> npt.NDArray[Any]:
    return np.frombuffer(b64decode(text), dtype=kind)


def _key(kind: int, bits: int, *parts: Numbers) -> Keys:
    """One key a column; 0 where a part is not known."""
    key, known = parts[0], parts[0] > 0
    for part in parts[1:]:
        key = (key << bits) | part
        known &= part > 0
    return (key.view(np.uint64) | np.uint64(kind << KIND_BITS)) * known


def _earlier(numbers: Numbers, back: int) -> Numbers:
    """What stood so many places before; 0 at the beginning."""
    shifted = np.zeros_like(numbers)
    shifted[back:] = numbers[: len(numbers) - back] if back < len(numbers) else 0
    return shifted


def _later(numbers: Numbers, ahead: int) -> Numbers:
    """What stands so many places after; 0 at the end."""
    return _earlier(numbers[::-1], ahead)[::-1]


_NO_KEYS: Final = np.zeros((0, 0), dtype=np.uint64)
_NO_PLACES: Final = np.zeros(0, dtype=np.int64)

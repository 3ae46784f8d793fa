"""What the safety model sees in a message, the same in training and in use.

A message becomes tokens without diacritics and apostrophes ("dw i'n", "dwin"), with marks where sentences and
quotations end. Every token brings itself, its letters in groups (so that misspelt and mutated words are still
known), its neighbours, and the shape of the sentence around it: the commonest words as they are, of all others only
how they end ("they ~ed the ~or" is past, "they are ~ng the ~or" is now). What stands in a token's features does not
depend on what follows, so a stretch of a message is worth the sum of its tokens.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

LONGEST_TEXT: Final = 4000
LONGEST_ANSWER: Final = 120
LONGEST_TOKEN: Final = 24
WHOLE_UP_TO_TOKENS: Final = 60
WINDOW_TOKENS: Final = 40
FOLLOWS_CLOSELY: Final = 2

END: Final = "."
QUOTE: Final = '"'

_PLAIN: Final = str.maketrans(
    "âêîôûŵŷáàéèíìóòúùẃẁýỳäëïöüÿ’‘`´“”«»",
    "aeiouwyaaeeiioouuwwyyaeiouy''''\"\"\"\"",
)
_TOKEN: Final = re.compile(r"[^\W_]+|[.!?\n]+|\"")
_LENGTHENED: Final = re.compile(r"([^\W\d_])\1{2,}")
_LETTERS: Final = (2, 3, 4, 5)
_ENDING: Final = 2


def plain(text: str) -> str:
    """Small letters without diacritics and apostrophes; letters drawn out ("helllp") said twice."""
    lowered = text[:LONGEST_TEXT].lower().translate(_PLAIN)
    return _LENGTHENED.sub(r"\1\1", lowered.replace("'", ""))


def as_answer(text: str) -> str:
    """A short message as it is compared with the answers that are offered: plain words, no signs."""
    return " ".join(re.findall(r"[^\W_]+", plain(text[:LONGEST_ANSWER])))


def tokens_of(text: str) -> list[str]:
    """Tokens with an END before the first and after every sentence."""
    tokens = [END]
    for match in _TOKEN.finditer(plain(text)):
        token = match.group()
        if token[0] in ".!?\n":
            if tokens[-1] != END:
                tokens.append(END)
        else:
            tokens.append(token[:LONGEST_TOKEN])
    if tokens[-1] != END:
        tokens.append(END)
    return tokens


def windows_of(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """The stretches judged: the whole of a short message; of a long one, sentences with their neighbours.

    One sentence alone says most clearly what it says; what belongs together may stand in two or three.
    """
    length = len(tokens)
    if length <= WHOLE_UP_TO_TOKENS:
        return [(0, length)]
    ends = [index for index, token in enumerate(tokens) if token == END]
    windows: list[tuple[int, int]] = []
    covered = 0
    for number, (start, end) in enumerate(pairwise(ends), 1):
        if end - start > WINDOW_TOKENS:
            # A sentence without end is read in overlapping parts.
            parts = range(start, end - WINDOW_TOKENS // 2, WINDOW_TOKENS // 2)
            windows += [(part, min(part + WINDOW_TOKENS, end + 1)) for part in parts]
            continue
        windows.append((start, end + 1))
        last = ends[bisect_right(ends, start + WINDOW_TOKENS, number) - 1]
        if last > max(covered, end):
            windows.append((start, last + 1))
            covered = last
    return windows


def token_features(token: str) -> Iterator[str]:
    """A token alone: itself, and groups of two to five of its letters."""
    yield token
    if token in (END, QUOTE):
        return
    marked = f"<{token}>"
    for size in _LETTERS:
        for start in range(len(marked) - size + 1):
            yield "~" + marked[start : start + size]


def shape_of(token: str, frequent: Collection[str]) -> str:
    """A common word itself, of any other its ending."""
    return token if token in frequent else "~" + token[-_ENDING:]


def neighbour_features(tokens: Sequence[str], shapes: Sequence[str], index: int) -> tuple[str, ...]:
    """The token at `index` with one and two before it, and the shapes of two to four."""
    if index == 0:
        return ()
    two, shape_two = f"{tokens[index - 1]} {tokens[index]}", f"{shapes[index - 1]} {shapes[index]}"
    if index == 1:
        return two, f"^{shape_two}"
    before, shape_before = tokens[index - 2], shapes[index - 2]
    found = (
        two,
        f"{before} {two}",
        f"{before} _ {tokens[index]}",
        f"^{shape_two}",
        f"^{shape_before} {shape_two}",
    )
    return found if index == 2 else (*found, f"^{shapes[index - 3]} {shape_before} {shape_two}")


class Hit(NamedTuple):
    """A group of the lexicon found in tokens[start:end]."""

    start: int
    end: int
    group: str


class Lexicon:
    """Finds the lexicon's groups in tokens, with a look-up for every length of phrase that a token begins."""

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self._groups: dict[tuple[str, ...], list[str]] = {}
        self._lengths: dict[str, list[int]] = {}
        for group, entries in groups.items():
            for entry in entries:
                phrase = tuple(entry.split())
                self._groups.setdefault(phrase, []).append(group)
                lengths = self._lengths.setdefault(phrase[0], [])
                if len(phrase) not in lengths:
                    lengths.append(len(phrase))

    def hits(self, tokens: Sequence[str]) -> list[Hit]:
        return [
            Hit(index, index + length, group)
            for index, token in enumerate(tokens)
            for length in self._lengths.get(token, ())
            for group in self._groups.get(tuple(tokens[index : index + length]), ())
        ]


def hit_features(tokens: Sequence[str], hits: Sequence[Hit], number: int) -> Iterator[str]:
    """A group found, with the word on either side of it and the groups that follow closely."""
    hit = hits[number]
    if hit.start > 0:
        yield f"@{tokens[hit.start - 1]}>{hit.group}"
    if hit.end < len(tokens):
        yield f"@{hit.group}>{tokens[hit.end]}"
    for later in hits[number + 1 :]:
        if later.start > hit.end + FOLLOWS_CLOSELY:
            break
        if later.start >= hit.end:
            yield f"@{hit.group}>>{later.group}"


def group_features(groups: Collection[str]) -> Iterator[str]:
    """The groups found in a stretch and every pair of them."""
    ordered = sorted(groups)
    for index, group in enumerate(ordered):
        yield f"@{group}"
        for other in ordered[index + 1 :]:
            yield f"@{group}&{other}"


def features_of(tokens: Sequence[str], frequent: Collection[str], hits: Sequence[Hit]) -> list[str]:
    """All features of a message read as one stretch, for training."""
    shapes = [shape_of(token, frequent) for token in tokens]
    features: list[str] = []
    for index, token in enumerate(tokens):
        features += token_features(token)
        features += neighbour_features(tokens, shapes, index)
    for number in range(len(hits)):
        features += hit_features(tokens, hits, number)
    features += group_features({hit.group for hit in hits})
    return features

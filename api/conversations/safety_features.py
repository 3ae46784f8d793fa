"""What the safety model sees in a message, the same in training and in use.

A message becomes tokens without diacritics and apostrophes ("dw i'n", "dwin"), with marks where sentences and
quotations end. Every token brings itself, its letters in groups (so that misspelt and mutated words are still
known) and its neighbours. What a token is worth does not depend on the window it is read in, so that running sums
give the score of every window in one pass.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

LONGEST_TEXT: Final = 4000
LONGEST_TOKEN: Final = 24
WHOLE_UP_TO_TOKENS: Final = 40
LONG_SENTENCE_TOKENS: Final = 20
SLIDING_TOKENS: Final = 14
SLIDING_STEP: Final = 4

END: Final = "."
QUOTE: Final = '"'

_PLAIN: Final = str.maketrans(
    "âêîôûŵŷáàéèíìóòúùẃẁýỳäëïöüÿ’‘`´“”«»",
    "aeiouwyaaeeiioouuwwyyaeiouy''''\"\"\"\"",
)
_TOKEN: Final = re.compile(r"[^\W_]+|[.!?\n]+|\"")
_LENGTHENED: Final = re.compile(r"([^\W\d_])\1{2,}")


def plain(text: str) -> str:
    """Small letters without diacritics and apostrophes; letters drawn out ("helllp") said twice."""
    lowered = text[:LONGEST_TEXT].lower().translate(_PLAIN)
    return _LENGTHENED.sub(r"\1\1", lowered.replace("'", ""))


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
    """The stretches scored: the whole when short, every sentence, every two, and parts of long sentences."""
    length = len(tokens)
    ends = [index for index, token in enumerate(tokens) if token == END]
    windows: list[tuple[int, int]] = [(0, length)] if length <= WHOLE_UP_TO_TOKENS else []
    for number in range(len(ends) - 1):
        start, end = ends[number], ends[number + 1] + 1
        windows.append((start, end))
        if number + 2 < len(ends) and ends[number + 2] - start <= WHOLE_UP_TO_TOKENS:
            windows.append((start, ends[number + 2] + 1))
        if end - start > LONG_SENTENCE_TOKENS:
            windows += [
                (part, min(part + SLIDING_TOKENS, end))
                for part in range(start, end - SLIDING_TOKENS + SLIDING_STEP, SLIDING_STEP)
            ]
    return list(dict.fromkeys(windows)) or [(0, length)]


def token_features(token: str) -> Iterator[str]:
    """A token alone: itself, and groups of three to five of its letters."""
    yield token
    if token in (END, QUOTE):
        return
    marked = f"<{token}>"
    for size in (3, 4, 5):
        for start in range(len(marked) - size + 1):
            yield "~" + marked[start : start + size]


def pair_feature(tokens: Sequence[str], index: int) -> str:
    return f"{tokens[index - 1]} {tokens[index]}"


def triple_features(tokens: Sequence[str], index: int) -> tuple[str, str]:
    first, second, third = tokens[index - 2 : index + 1]
    return f"{first} {second} {third}", f"{first} _ {third}"


class Hit(NamedTuple):
    """A group of the lexicon found in tokens[start:end]."""

    start: int
    end: int
    group: str


class Lexicon:
    """Finds the lexicon's groups in tokens, with one look-up for every token that begins a phrase."""

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._stems: list[tuple[str, str]] = []
        for group, entries in groups.items():
            for entry in entries:
                if entry.endswith("*"):
                    self._stems.append((entry[:-1], group))
                else:
                    phrase = tuple(entry.split())
                    self._phrases.setdefault(phrase[0], []).append((phrase, group))

    def hits(self, tokens: Sequence[str]) -> list[Hit]:
        hits: list[Hit] = []
        for index, token in enumerate(tokens):
            for phrase, group in self._phrases.get(token, ()):
                end = index + len(phrase)
                if len(phrase) == 1 or tuple(tokens[index:end]) == phrase:
                    hits.append(Hit(index, end, group))
            for stem, group in self._stems:
                if token.startswith(stem):
                    hits.append(Hit(index, index + 1, group))
        return hits


def group_features(groups: Collection[str]) -> Iterator[str]:
    """The groups found in a window and every pair of them."""
    ordered = sorted(groups)
    for index, group in enumerate(ordered):
        yield f"@{group}"
        for other in ordered[index + 1 :]:
            yield f"@{group}&{other}"


def features_of(tokens: Sequence[str], groups: Collection[str]) -> list[str]:
    """All features of one window, for training."""
    features = [feature for token in tokens for feature in token_features(token)]
    features += [pair_feature(tokens, index) for index in range(1, len(tokens))]
    for index in range(2, len(tokens)):
        features += triple_features(tokens, index)
    features += group_features(groups)
    return features

"""What the safety model sees in a message, the same in training and in use.

A message becomes tokens without diacritics and apostrophes ("dw i'n", "dwin"), with marks where sentences and
quotations end. Every token brings itself and its letters in groups, so that misspelt and mutated words are still
known; groups of words are found among the tokens. What stands next to what is in `safety_model.py`, what means the
same in `bot/words/concepts.py`.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from bot.words.concepts import END, QUOTE

LONGEST_TEXT: Final = 4000
LONGEST_ANSWER: Final = 120
LONGEST_TOKEN: Final = 24
WHOLE_UP_TO_TOKENS: Final = 60
WINDOW_TOKENS: Final = 40

_PLAIN: Final = tuple(
    zip(
        "âêîôûŵŷáàéèíìóòúùẃẁýỳäëïöüÿ’‘`´“”«»",
        "aeiouwyaaeeiioouuwwyyaeiouy''''\"\"\"\"",
        strict=True,
    )
)
_TOKEN: Final = re.compile(r"[^\W_]+|[.!?\n]+|\"")
_LAST_SIGN: Final = ord("9")
_LENGTHENED: Final = re.compile(r"([^\W\d_])\1{2,}")
_ENDS: Final = ".!?\n"
_SIGNS: Final = '.!?\n"'
_LETTERS: Final = (2, 3, 4, 5)
_ENDING: Final = 2
_NUMBER: Final = "~0"
# Numbers that people send for help, the key held too long or too short among them.
_CALL: Final = re.compile(r"9{2,}|112|911|101")


def plain(text: str) -> str:
    """Small letters without diacritics and apostrophes; letters drawn out ("helllp") said twice."""
    lowered = text[:LONGEST_TEXT].lower()
    if not lowered.isascii():
        # One search for each sign costs a tenth of what `translate` does.
        for sign, letter in _PLAIN:
            lowered = lowered.replace(sign, letter)
    lowered = lowered.replace("'", "")
    return _LENGTHENED.sub(r"\1\1", lowered) if _draws_out(lowered) else lowered


def _draws_out(text: str) -> bool:
    """Whether three characters in a row are the same, and no sign or space: a quick look before the exact one."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    same = codes[1:] == codes[:-1]
    return bool((same[1:] & same[:-1] & (codes[2:] > _LAST_SIGN)).any())


def as_answer(text: str) -> str:
    """A short message as it is compared with the answers that are offered: plain words, no signs."""
    return " ".join(re.findall(r"[^\W_]+", plain(text[:LONGEST_ANSWER])))


def pieces_of(text: str) -> list[str]:
    """The words and signs of a message, plain and in their order."""
    return _TOKEN.findall(plain(text))


def words_of(pieces: Sequence[str]) -> list[str]:
    return [piece for piece in pieces if piece[0] not in _SIGNS]


def tokens_of(pieces: Sequence[str]) -> list[str]:
    """Tokens with an END before the first and after every sentence."""
    tokens = [END]
    after_end = True
    for piece in pieces:
        if piece[0] not in _ENDS:
            tokens.append(piece if len(piece) <= LONGEST_TOKEN else piece[:LONGEST_TOKEN])
            after_end = False
        elif not after_end:
            tokens.append(END)
            after_end = True
    if not after_end:
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


def letters_of(token: str) -> list[str]:
    """Groups of two to five letters of a token, with its edges marked; none of a sign or a number.

    Digits in common say nothing: a code or a telephone number that ends as "999!!11" does is no cry for help.
    """
    if token in (END, QUOTE) or token.isdigit():
        return []
    marked = f"<{token}>"
    return [
        marked[start : start + size] for size in _LETTERS for start in range(len(marked) - size + 1)
    ]


def is_plain_number(token: str) -> bool:
    """A number of several digits that is no call for help: it says what every other says, whatever it once stood with.

    One digit is often a word ("2 many", "4 me").
    """
    return len(token) > 1 and token.isdigit() and _CALL.fullmatch(token) is None


def shape_of(token: str, frequent: Collection[str]) -> str:
    """A common word and a call for help itself; of another word its ending, of another number only that it is one."""
    if token in frequent or _CALL.fullmatch(token):
        return token
    return _NUMBER if token.isdigit() else "~" + token[-_ENDING:]


class Hit(NamedTuple):
    """A group of the lexicon found in tokens[start:end]."""

    start: int
    end: int
    group: str


class Lexicon:
    """Finds the lexicon's groups in tokens: words at once, and the phrases that a token begins."""

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self._words: dict[str, list[str]] = {}
        self._phrases: dict[str, dict[str, list[tuple[list[str], str]]]] = {}
        for group, entries in groups.items():
            for entry in entries:
                words = entry.split()
                if len(words) == 1:
                    self._words.setdefault(entry, []).append(group)
                else:
                    by_second = self._phrases.setdefault(words[0], {})
                    by_second.setdefault(words[1], []).append((words, group))

    def hits(self, tokens: Sequence[str]) -> list[Hit]:
        """In the order of the tokens they begin at."""
        found: list[Hit] = []
        single, phrases = self._words, self._phrases
        for start, (token, following) in enumerate(pairwise((*tokens, ""))):
            if token in single:
                found += [Hit(start, start + 1, group) for group in single[token]]
            if token in phrases and following in phrases[token]:
                for words, group in phrases[token][following]:
                    end = start + len(words)
                    if tokens[start:end] == words:
                        found.append(Hit(start, end, group))
        return found

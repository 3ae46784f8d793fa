"""Cuts a message into the words, sentences and windows that everything else here reads."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# People write at most this much in one message (the door refuses more); anything beyond is not read.
LONGEST_TEXT = 4_000

_WORD = re.compile(r"[^\W_]+(?:['\-][^\W_]+)*'?|[?!]+|[^\w\s]")
_SENTENCE_END = re.compile(r"[.!?;\n]+\s*|\s+-+\s+|,\s+(?=(?:ond|but|and|a|ac)\s)")
_THREE_OR_MORE = re.compile(r"([^\W\d_])\1{2,}")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'"})


@dataclass(frozen=True)
class Token:
    """One word or mark: its folded form, where it stands in the text, and how it is written."""

    form: str
    start: int
    end: int
    written: str = ""

    @property
    def is_word(self) -> bool:
        return self.form[0].isalnum()


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """The text in lower case, without diacritics and with plain apostrophes; idempotent."""
    if text.isascii():
        return text.lower().replace("`", "'")
    plain = unicodedata.normalize("NFD", text.casefold().translate(_APOSTROPHES))
    return "".join(char for char in plain if not unicodedata.combining(char))


def fold_in_place(text: str) -> str:
    """The text folded sign by sign: as long as the original, so that positions stay true."""
    return "".join(map(_fold_sign, text[:LONGEST_TEXT]))


@lru_cache(maxsize=4_096)
def _fold_sign(sign: str) -> str:
    folded = fold(sign)
    return folded if len(folded) == 1 else sign


@lru_cache(maxsize=65_536)
def word_form(word: str) -> str:
    """One spelling for what people write in several: "Dwi’n", "dwi'n" and "dwin" are the same word."""
    return _THREE_OR_MORE.sub(r"\1", fold(word)).replace("'", "") or "'"


def tokenise(text: str) -> list[Token]:
    """The words and marks of a text in order; offsets refer to the text as given."""
    same_length = text[:LONGEST_TEXT].translate(_APOSTROPHES)
    return [
        Token(word_form(match.group()), match.start(), match.end(), match.group())
        for match in _WORD.finditer(same_length)
    ]


def windows(
    tokens: list[Token], text: str, longest: int = 30, overlap: int = 10
) -> list[list[Token]]:
    """The sentences of a text, those longer than `longest` words cut into overlapping windows.

    A text of one short sentence gives one window: the whole text.
    """
    ends = [match.end() for match in _SENTENCE_END.finditer(text[:LONGEST_TEXT])]
    sentences: list[list[Token]] = [[]]
    boundary = iter([*ends, len(text) + 1])
    end = next(boundary)
    for token in tokens:
        while token.start >= end:
            end = next(boundary)
            if sentences[-1]:
                sentences.append([])
        sentences[-1].append(token)
    found: list[list[Token]] = []
    for sentence in sentences:
        if len(sentence) <= longest:
            found.append(sentence)
            continue
        step = longest - overlap
        found.extend(sentence[at : at + longest] for at in range(0, len(sentence) - overlap, step))
    return [window for window in found if any(token.is_word for token in window)]

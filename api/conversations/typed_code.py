"""A code to come back by, found in what a person typed: beside the word for it, or standing alone.

Whatever else has digits is told and not typed: telephone numbers, accounts and web addresses are evidence, and
stay letter for letter. So the word has to stand close, and the number has to be as long as a code, give or take a slip.
"""

import re
from dataclasses import dataclass
from typing import Final

HIDDEN: Final = "••••"
_LENGTHS: Final = range(11, 14)
# A whole number, however it is grouped.
_NUMBER: Final = re.compile(r"(?<![\w+])\+?[0-9](?:[ .\-–]{0,2}[0-9])*(?!\w)")
_WRITTEN_TOGETHER: Final = re.compile(r"\S+")
_OF_AN_ADDRESS: Final = re.compile(r"[/@?&]\w|[A-Za-z]\.[A-Za-z]")

# "God" is a mutated "cod" after a few words only; "post code" and "country code" are other things.
_THE_CODE: Final = (
    r"(?:(?:\A|[.,;:!?()\"“‘\n]\s*|\b(?:my|the|a|this|that|your|new|old|same|return|is|have|had|got|use|with|and|or"
    r"|here|hi|hello|try|fy|y|yr|eich|yw|mae|i|chi|o|gyda|dyma|hen|un|a|ac|neu|helo|shwmae)\s+|['’]r\s+)"
    r"(?:code|cod|nghod|chod)"
    r"|(?:\b(?:fy|y|yr|i|chi|mae|dyma|hen|un)\s+|['’]r\s+)god)\b"
)
# What may stand between the word and the number.
_BETWEEN: Final = (
    r"(?:[\s:,=#\"'“”‘’()\-–]|\bno\.|\b(?:is|was|are|it|it['’]?s|number|no|here|i|you|have|had|got|gave|me|given|this"
    r"|that|from (?:before|last time)|to (?:come|get) back|yw|ydy|ydi|oedd|hwn|hon|dyma|rhif|gyda|gen|gennyf|fi|chi"
    r"|ges|gefais|cefais|o['’]r blaen|i ddod yn ôl)\b){0,16}"
)
_NAMED_BEFORE: Final = re.compile(rf"{_THE_CODE}{_BETWEEN}\Z", re.IGNORECASE)
_NAMED_AFTER: Final = re.compile(
    r"\A[\s)\"'”’]*"
    r"(?:is(?:\s+(?:my|the|your))?\s+code\b(?!\s+(?:for|of|to)\b)"
    r"|(?:yw|ydy|ydi)(?:(?:\s+(?:y|fy|eich))?\s+|['’]r\s+)(?:cod|nghod)\b(?!\s+(?:post|gwlad|ardal|ffôn)\b)"
    r"|\(?(?:(?:my|the|fy|y)\s+)?(?:code|cod|nghod)\b\s*(?:[.,;:!?)\n]|\Z))",
    re.IGNORECASE,
)
# Nothing that names a code is longer.
_CLOSE: Final = 120
# Words around a code that say nothing besides.
_AROUND: Final = re.compile(
    r"\b(?:code|cod|god|nghod|chod|my|the|is|it'?s|here|i|have|a|this|hi|hello|helo|shwmae|please|plis"
    r"|fy|y|yr|yw|ydy|dyma|mae|gen|gyda|'?da|fi|hwn)\b|\W",
    re.IGNORECASE,
)
# Where a number that stands alone can be nothing else.
_NOTHING_ASKED: Final = (None, "account")


@dataclass(frozen=True)
class TypedCode:
    """A code in a message: its digits, the message without them, whether it says nothing else, and whether it
    is called a code."""

    digits: str
    hidden: str
    alone: bool
    named: bool


def code_in(words: str, open_question: str | None) -> TypedCode | None:
    """The code that a message gives, right or wrong; None where it gives none."""
    for found in _NUMBER.finditer(_without_addresses(words)):
        number = found.group()
        if number.startswith(("+", "0")) or len(_digits(number)) not in _LENGTHS:
            continue
        named = _is_named(words, found)
        if named or (words.strip(" .") == number and open_question in _NOTHING_ASKED):
            return _taken(words, number, named=named)
    return None


def _taken(words: str, number: str, *, named: bool) -> TypedCode:
    digits = _digits(number)
    hidden = _NUMBER.sub(
        lambda each: HIDDEN if _digits(each.group()) == digits else each.group(), words
    )
    alone = not _AROUND.sub("", hidden)
    return TypedCode(digits, HIDDEN if alone else hidden, alone, named)


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _without_addresses(words: str) -> str:
    """The words with every web address made unreadable, and everything else in its place."""
    return _WRITTEN_TOGETHER.sub(
        lambda each: (
            "/" * len(each.group()) if _OF_AN_ADDRESS.search(each.group()) else each.group()
        ),
        words,
    )


def _is_named(words: str, number: re.Match[str]) -> bool:
    before = words[max(0, number.start() - _CLOSE) : number.start()]
    after = words[number.end() : number.end() + _CLOSE]
    return bool(_NAMED_BEFORE.search(before) or _NAMED_AFTER.search(after))

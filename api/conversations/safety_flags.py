"""Softer signs for the case, by pattern: a child, an adult at risk, domestic abuse, a sexual offence, a threat to life.

Every pattern begins at the beginning of a word. What its first word may begin with is read from the pattern once, and
it is tried only at words that begin so; the flags are those that searching the whole text would find.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from re import _constants as codes
from re import _parser as parser
from typing import Any, Final

_BEGINNING: Final = 3
_MOST_BEGINNINGS: Final = 4000


class FlagFinder:
    """Which flags a message shows."""

    def __init__(
        self, flags: Mapping[str, Sequence[str]], not_a_flag: Mapping[str, Sequence[str]]
    ) -> None:
        self._by_beginning: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for flag, patterns in flags.items():
            for pattern in patterns:
                compiled = re.compile(pattern)
                for beginning in beginnings_of(pattern):
                    self._by_beginning.setdefault(beginning, []).append((flag, compiled))
        self._patterns = {
            flag: [re.compile(p) for p in patterns] for flag, patterns in flags.items()
        }
        self._not_a_flag = {
            flag: re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
            for flag, patterns in not_a_flag.items()
        }

    def find(self, words: Sequence[str]) -> frozenset[str]:
        """From the plain words of a message in their order."""
        text = " ".join(words)
        found: set[str] = set()
        by_beginning = self._by_beginning
        place = 0
        for word in words:
            beginning = word[:_BEGINNING]
            if beginning in by_beginning:
                for flag, pattern in by_beginning[beginning]:
                    if flag not in found and pattern.match(text, place):
                        found.add(flag)
            place += len(word) + 1
        return frozenset(flag for flag in found if not self._means_nothing(flag, text))

    def _means_nothing(self, flag: str, words: str) -> bool:
        """Whether a flag is found only in words that never mean it."""
        meant_otherwise = self._not_a_flag.get(flag)
        if meant_otherwise is None:
            return False
        read = meant_otherwise.sub(" ", words)
        return not any(pattern.search(read) for pattern in self._patterns[flag])


def beginnings_of(pattern: str) -> set[str]:
    """What a word may begin with at which the pattern matches: three letters, or a whole shorter word.

    Raises ValueError for a pattern that does not begin with a word or could begin with almost any.
    """
    parsed = list(parser.parse(pattern))
    if not parsed or parsed[0] != (codes.AT, codes.AT_BOUNDARY):
        raise ValueError(f"a flag's pattern must begin with \\b: {pattern}")
    found = _extended({""}, parsed[1:])
    cut = {beginning.split(" ")[0] for beginning in found}
    if any(not beginning for beginning in cut):
        raise ValueError(f"a flag's pattern must begin with a word: {pattern}")
    return cut


def _extended(before: set[str], parts: Iterable[tuple[Any, Any]]) -> set[str]:
    """Every beginning so far with what these parts add, until it has a word or three letters."""
    beginnings = before
    for code, argument in parts:
        if all(_complete(beginning) for beginning in beginnings):
            break
        done = {beginning for beginning in beginnings if _complete(beginning)}
        open_ = beginnings - done
        beginnings = done | _one(open_, code, argument)
        if len(beginnings) > _MOST_BEGINNINGS:
            raise ValueError("a flag's pattern begins in too many ways")
    return beginnings


def _one(open_: set[str], code: Any, argument: Any) -> set[str]:
    if code is codes.LITERAL:
        return {beginning + chr(argument) for beginning in open_}
    if code is codes.AT or code is codes.ASSERT_NOT or code is codes.ASSERT:
        # At the end of a word nothing of it can follow; other looks round take no letters.
        ends = code is codes.AT and argument is codes.AT_BOUNDARY
        return {beginning + " " for beginning in open_} if ends else open_
    if code is codes.BRANCH:
        return set().union(*(_extended(open_, way) for way in argument[1]))
    if code is codes.SUBPATTERN:
        return _extended(open_, argument[-1])
    if code is codes.MAX_REPEAT:
        least, most, repeated = argument
        reached = open_ if least == 0 else set()
        current = open_
        for times in range(1, min(most, _BEGINNING + 1) + 1):
            current = _extended(current, repeated)
            if times >= least:
                reached = reached | current
        return reached
    if code is codes.IN:
        return {beginning + letter for beginning in open_ for letter in _letters(argument)}
    raise ValueError(f"a flag's pattern begins with something unexpected: {code}")


def _letters(choices: Iterable[tuple[Any, Any]]) -> set[str]:
    found: set[str] = set()
    for code, argument in choices:
        if code is codes.LITERAL:
            found.add(chr(argument))
        elif code is codes.RANGE:
            found |= {chr(number) for number in range(argument[0], argument[1] + 1)}
        elif (code, argument) == (codes.CATEGORY, codes.CATEGORY_WORD):
            found |= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
        else:
            raise ValueError(f"a flag's pattern begins with something unexpected: {code}")
    return found


def _complete(beginning: str) -> bool:
    return len(beginning) >= _BEGINNING or " " in beginning

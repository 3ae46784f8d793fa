"""Softer signs for the case, by pattern: a child, an adult at risk, domestic abuse, a sexual offence, a threat to life.

All patterns are looked for at once, in time that grows with the length of the message and with nothing else (RE2).
"""

from collections.abc import Mapping, Sequence

import re2


class FlagFinder:
    """Which flags a message shows. Raises re2.error for a pattern that RE2 does not read, one that looks ahead."""

    def __init__(
        self, flags: Mapping[str, Sequence[str]], not_a_flag: Mapping[str, Sequence[str]]
    ) -> None:
        self._patterns = re2.Set.SearchSet()
        self._flags: list[str] = []
        for flag, patterns in flags.items():
            for pattern in patterns:
                self._patterns.Add(pattern)
                self._flags.append(flag)
        self._patterns.Compile()
        self._not_a_flag = {
            flag: re2.compile("|".join(f"(?:{pattern})" for pattern in patterns))
            for flag, patterns in not_a_flag.items()
        }

    def find(self, words: Sequence[str]) -> frozenset[str]:
        """From the plain words of a message in their order."""
        text = " ".join(words)
        return frozenset(flag for flag in self._found(text) if not self._means_nothing(flag, text))

    def _found(self, text: str) -> set[str]:
        return {self._flags[place] for place in self._patterns.Match(text) or ()}

    def _means_nothing(self, flag: str, text: str) -> bool:
        """Whether a flag is found only in words that never mean it."""
        never_meant = self._not_a_flag.get(flag)
        return never_meant is not None and flag not in self._found(never_meant.sub(" ", text))

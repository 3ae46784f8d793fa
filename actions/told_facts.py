"""Who did it, and who saw it or what shows it, where the account says so by itself (data/told_facts.yml)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import yaml

from actions.catalogue import plain
from actions.config import ROOT
from actions.told_risk import is_denied, thoughts_in
from actions.turn import Turn

# How much of a thought is quoted.
LONGEST_QUOTE = 200


def note_who_and_evidence(slots: dict[str, Any], turn: Turn) -> None:
    """Fill what a message says already, in its own words. Nothing that was answered is changed."""
    # Whoever tells of somebody else may mean them: "two men were attacked".
    if slots.get("who") is None and slots.get("route") in (None, "victim"):
        named = list(dict.fromkeys(_found("who", turn.text)))
        slots["who"] = ", ".join(named)[:LONGEST_QUOTE] or None
    if slots.get("evidence") is None:
        said = [thought.strip() for thought in thoughts_in(turn.text) if _shows(thought)]
        slots["evidence"] = "; ".join(said)[:LONGEST_QUOTE] or None


def _shows(thought: str) -> bool:
    return any(_found("evidence", thought)) and not is_denied(plain(thought))


def _found(fact: str, text: str) -> Iterator[str]:
    """The words as they were written that say a fact."""
    words = [(word, bare) for word in text.split() if (bare := plain(word))]
    line, starts = "", []
    for _, bare in words:
        starts.append(len(line))
        line += f"{bare} "
    for pattern in _patterns()[fact]:
        for match in pattern.finditer(line):
            first = max(index for index, start in enumerate(starts) if start <= match.start())
            last = max(index for index, start in enumerate(starts) if start < match.end())
            yield " ".join(word for word, _ in words[first : last + 1]).strip(" .,;:!?")


@cache
def _patterns() -> Mapping[str, Sequence[re.Pattern[str]]]:
    content = yaml.safe_load((ROOT / "data" / "told_facts.yml").read_text(encoding="utf-8"))
    return {
        fact: [re.compile(rf"\b{each}\b") for patterns in by_language.values() for each in patterns]
        for fact, by_language in content.items()
    }

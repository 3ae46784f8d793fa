"""What the account tells of risk without being asked, by the word lists of data/risk_words.yml."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from actions.catalogue import plain
from actions.config import ROOT
from actions.risk_plan import RISK_PREFIX
from actions.turn import Turn

# Where a thought ends, as far as a denial in it reaches.
_END_OF_THOUGHT = re.compile(r"[.,;:!?\n]+|\b(?:but|and then|ond|wedyn)\b", re.IGNORECASE)

_STAR = "þ"


def note_risk(slots: dict[str, Any], turn: Turn) -> None:
    """Answer the questions about risk that a message answers by itself. Nothing that was answered is changed."""
    for code in _words()["told"]:
        if slots.get(RISK_PREFIX + code) is not None or not _is_of_victim(code, slots):
            continue
        answer = told(code, turn)
        if answer is not None:
            slots[RISK_PREFIX + code] = answer
    for code, flags in _words()["flags"].items():
        if slots.get(RISK_PREFIX + code) is None and turn.flags & set(flags):
            slots[RISK_PREFIX + code] = "yes"


def told(code: str, turn: Turn) -> str | None:
    """The answer that a message clearly gives to one question, or None."""
    for answer, by_language in _words()["told"].get(code, {}).items():
        patterns = [_pattern(phrase) for phrases in by_language.values() for phrase in phrases]
        for thought in map(plain, thoughts_in(turn.text)):
            if any(pattern.search(thought) and _is_meant(pattern, thought) for pattern in patterns):
                return str(answer)
    return None


def told_outright(slot: str, turn: Turn) -> str | None:
    """The answer to a question about risk in words of one's own, or None.

    "Every night" says more than yes, and "I'm terrified" is an answer where fear is asked about.
    """
    if not slot.startswith(RISK_PREFIX) or "?" in turn.text:
        return None
    return told(slot.removeprefix(RISK_PREFIX), turn)


def forget_what_was_told_of_the_writer(slots: dict[str, Any]) -> None:
    """Where it happened to somebody else, what the writer said of themselves is not the victim's."""
    for code in _words()["of_the_writer"]:
        slots[RISK_PREFIX + code] = None


def _is_of_victim(code: str, slots: Mapping[str, Any]) -> bool:
    return slots.get("route") in (None, "victim") or code not in _words()["of_the_writer"]


def thoughts_in(text: str) -> Iterator[str]:
    """The parts of a text as far as a denial in them reaches, as they were written."""
    return (part for part in _END_OF_THOUGHT.split(text) if part.strip())


def is_denied(thought: str) -> bool:
    """Whether a plain thought denies, doubts or supposes what it says."""
    return _denial().search(thought) is not None


def _is_meant(pattern: re.Pattern[str], thought: str) -> bool:
    """Whether nothing around the phrase denies it. "Can't sleep" is no denial: it is the phrase."""
    return not is_denied(pattern.sub(" ", thought))


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    # A letter that no phrase has stands for the star while the rest is made plain.
    letters = re.escape(plain(phrase.replace("*", _STAR))).replace(_STAR, r"\w*")
    return re.compile(rf"\b{letters}\b")


@cache
def _denial() -> re.Pattern[str]:
    words = [plain(word) for listed in _words()["not_told"].values() for word in listed]
    return re.compile(rf"\b(?:{'|'.join(words)})\b")


@cache
def _words() -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load((ROOT / "data" / "risk_words.yml").read_text())
    return content

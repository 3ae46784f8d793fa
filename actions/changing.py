"""Naming an answer in order to change it: "change where", "newid pryd ddigwyddodd e"."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from actions.catalogue import plain
from actions.memory import reopen
from actions.questions import (
    ASIDES,
    BY_SLOT,
    CHOICE_OF_SUPPORT,
    CONTACT_DETAILS,
    PARTS,
    Question,
)
from actions.turn import Turn

Slots = dict[str, Any]
# Longer messages tell something, and only speak of changing.
LONGEST_NAMING = 12
# Answers that bring others with them, besides the parts of the report that the review offers.
_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "route": PARTS["people"],
    "contact_method": ("contact_method", *CONTACT_DETAILS, *CHOICE_OF_SUPPORT),
}


class AnswerNames:
    """What people call the answers of a report, as data/answer_names.yml has it."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._verbs = {plain(verb) for words in content["verbs"].values() for verb in words}
        self._before = {plain(word) for words in content["before"].values() for word in words}
        self._names = sorted(
            (
                (plain(name), answer)
                for answer, by_language in content["answers"].items()
                for names in by_language.values()
                for name in names
            ),
            key=lambda pair: -len(pair[0]),
        )

    @classmethod
    def load(cls, root: Path) -> "AnswerNames":
        return cls(yaml.safe_load((root / "data" / "answer_names.yml").read_text()))

    @property
    def answers(self) -> set[str]:
        """The answers that have a name."""
        return {answer for _, answer in self._names}

    def wanted(self, text: str) -> str | None:
        """The answer that a message asks to change; None where it does not ask to change one."""
        words = plain(text).split()
        if len(words) > LONGEST_NAMING:
            return None
        for at, word in enumerate(words):
            if word in self._verbs:
                return self.named(" ".join(words[at + 1 :]))
            if word not in self._before:
                return None
        return None

    def named(self, text: str) -> str | None:
        """The answer that a text names, by its longest name."""
        said = f" {plain(text)} "
        return next((answer for name, answer in self._names if f" {name} " in said), None)


def answer_to_change(
    names: AnswerNames, question: Question, turn: Turn, slots: Mapping[str, Any]
) -> tuple[str, ...] | None:
    """What is to be asked again because the message names it; None where nothing answered is named."""
    if question.slot in ASIDES:
        return None
    answer = names.wanted(turn.text)
    if answer is None and question.slot == "change" and turn.words <= LONGEST_NAMING // 2:
        answer = names.named(turn.text)
    if answer is None:
        return None
    if answer in ("contact_phone", "contact_email") and not BY_SLOT[answer].applies(dict(slots)):
        # There was no number to change; another means may be what is wanted.
        answer = "contact_method"
    parts = _TOGETHER.get(answer) or PARTS.get(answer) or (answer,)
    answered = any(slots.get(slot) is not None for slot in parts)
    return parts if answered else None


def open_again(slots: Slots, parts: tuple[str, ...]) -> None:
    """Have the named answers asked again, and the review after them."""
    reopen(slots, (*parts, "change"))
    slots["unclear"] = 0
    slots["answered"] = [slot for slot in slots.get("answered") or [] if slot not in parts]

"""Sees danger and suicide in a message, in Welsh and English, before and beside everything else.

It runs on every message, whatever the state of the conversation and whether or not Rasa is there. A trained linear
model weighs the words, the letters, the order and the known groups of words of a message; of a long message, of every
stretch of it. `card` means show the card and raise the alert; `soft` means show the card only, because the model is
unsure or because words of risk are there but past, denied, quoted or a figure of speech. Time grows in line with the
length of the message, which is read up to a fixed length.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from api.conversations.safety_features import (
    Lexicon,
    as_answer,
    pieces_of,
    tokens_of,
    windows_of,
    words_of,
)
from api.conversations.safety_flags import FlagFinder
from api.conversations.safety_model import Floats, Hits, LinearModel
from bot.words.concepts import Concepts
from channels.written import as_read

Level = Literal["none", "soft", "card"]
RISKS: Final = ("danger", "suicide")
ARTEFACT: Final = "safety.json"

_REASONS: Final = 4


@dataclass(frozen=True)
class SafetyAssessment:
    """What one message says about risk to life.

    `reasons` names the scores, the word groups and the words that weighed most, never more of what the person wrote;
    they are kept with the case and never logged.
    """

    danger: Level
    suicide: Level
    flags: frozenset[str]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Stretch:
    """A part of the message, the groups of words found in it, and its scores for RISKS."""

    start: int
    end: int
    groups: frozenset[str]
    scores: tuple[float, float]


@dataclass(frozen=True)
class _Reading:
    """A message as the model reads it; `best` is the stretch with the highest score for each of RISKS."""

    tokens: list[str]
    hits: Hits
    worths: Floats
    best: tuple[_Stretch, _Stretch]


class SafetyLayer:
    """Judges messages; a pure function of the message once loaded."""

    def __init__(self, artefact: dict[str, Any]) -> None:
        lexicon = artefact["lexicon"]
        self._lexicon = Lexicon(lexicon)
        concepts = Concepts(artefact["concepts"]["forms"], artefact["concepts"]["fillers"])
        self._groups = sorted(lexicon)
        self._model = LinearModel(artefact["model"], concepts, self._groups)
        self._thresholds: dict[str, dict[str, float]] = artefact["thresholds"]
        self._mentions = {risk: frozenset(artefact["mentions"][risk]) for risk in RISKS}
        self._answers = frozenset(artefact["answers"])
        self._flags = FlagFinder(artefact["flags"], artefact["not_a_flag"])

    @classmethod
    def load(cls, model_dir: Path) -> "SafetyLayer":
        return cls(json.loads((model_dir / ARTEFACT).read_text(encoding="utf-8")))

    def assess(self, text: str) -> SafetyAssessment:
        text = as_read(text)
        pieces = pieces_of(text)
        flags = self._flags.find(words_of(pieces))
        if as_answer(text) in self._answers:
            # A button's own words answer a question, whatever they would mean in a sentence.
            return SafetyAssessment("none", "none", flags, ())
        if not pieces:
            # A picture alone says nothing that a model of words could weigh.
            return SafetyAssessment("none", "none", frozenset(), ())
        read = self._read(tokens_of(pieces))
        levels = [
            self._level(name, stretch.scores[risk], stretch.groups)
            for risk, (name, stretch) in enumerate(zip(RISKS, read.best, strict=True))
        ]
        if levels == ["card", "card"]:
            # One card is certain to be shown: the other needs to be clear, or danger would always look like despair.
            weaker = min((0, 1), key=lambda risk: read.best[risk].scores[risk])
            if read.best[weaker].scores[weaker] < self._thresholds[RISKS[weaker]]["beside"]:
                levels[weaker] = "soft"
        reasons: list[str] = []
        for risk, name in enumerate(RISKS):
            if levels[risk] != "none":
                reasons.append(f"{name}:{levels[risk]}:{read.best[risk].scores[risk]:.1f}")
                reasons += self._telling_groups(read, risk)
                reasons += _telling_words(read, risk)
        reasons += [f"flag:{flag}" for flag in sorted(flags)]
        return SafetyAssessment(levels[0], levels[1], flags, tuple(dict.fromkeys(reasons)))

    def scores(self, text: str) -> tuple[float, float]:
        """The highest score for each of RISKS, for choosing thresholds."""
        best = self._read(tokens_of(pieces_of(text))).best
        return best[0].scores[0], best[1].scores[1]

    def _read(self, tokens: list[str]) -> _Reading:
        hits = Hits(self._lexicon.hits(tokens), self._model.groups)
        worths = self._model.worths(tokens, hits)
        stretches = windows_of(tokens)
        scores, present = self._model.scores(worths, hits, stretches)

        def best(risk: int) -> _Stretch:
            at = int(scores[:, risk].argmax())
            groups = frozenset(self._groups[place] for place in np.flatnonzero(present[at]))
            return _Stretch(*stretches[at], groups, (float(scores[at, 0]), float(scores[at, 1])))

        return _Reading(tokens, hits, worths, (best(0), best(1)))

    def _telling_groups(self, read: _Reading, risk: int) -> list[str]:
        """The groups of a stretch that speak most for the risk, and the words found: "weapon=knife"."""
        stretch = read.best[risk]
        inside = [h for h in read.hits.found if stretch.start <= h.start and h.end <= stretch.end]
        inside.sort(key=lambda hit: -self._model.weight_of_group(hit.group, risk))
        return [f"{h.group}={' '.join(read.tokens[h.start : h.end])}" for h in inside[:_REASONS]]

    def _level(self, risk: str, score: float, groups: frozenset[str]) -> Level:
        limits = self._thresholds[risk]
        if score >= limits["card"]:
            return "card"
        if score >= limits["soft"]:
            return "soft"
        # Plain words of risk still show where help is, even where the model believes them denied or told.
        return "none" if groups.isdisjoint(self._mentions[risk]) else "soft"


def _telling_words(read: _Reading, risk: int) -> list[str]:
    """The words of a stretch that speak most for the risk, each with its part of the score."""
    stretch = read.best[risk]
    parts: Sequence[float] = read.worths[:, risk] / np.sqrt(stretch.end - stretch.start)
    inside = range(stretch.start, stretch.end)
    strongest = sorted(inside, key=lambda index: -parts[index])[:_REASONS]
    return [f"{read.tokens[i]}{parts[i]:+.1f}" for i in strongest if parts[i] > 0]

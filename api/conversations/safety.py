"""Sees danger and suicide in a message, in Welsh and English, before and beside everything else.

It runs on every message, whatever the state of the conversation and whether or not Rasa is there. A trained linear
model weighs the words, the letters, the order and the known groups of words of a message; of a long message, of every
stretch of it. `card` means show the card and raise the alert; `soft` means show the card only, because the model is
unsure or because words of risk are there but past, denied, quoted or a figure of speech. Time grows in line with the
length of the message, which is read up to a fixed length.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import sqrt
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from api.conversations.safety_features import (
    LONGEST_TEXT,
    Hit,
    Lexicon,
    as_answer,
    group_features,
    hit_features,
    neighbour_features,
    plain,
    shape_of,
    token_features,
    tokens_of,
    windows_of,
)
from channels.written import as_read

Level = Literal["none", "soft", "card"]
# What each token of a message adds to the score of either risk.
Worths = tuple[list[float], list[float]]
RISKS: Final = ("danger", "suicide")
ARTEFACT: Final = "safety.json"

_REMEMBERED: Final = 8192
_REASONS: Final = 4
_NOTHING: Final = (0.0, 0.0)


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


class _Window(NamedTuple):
    """A stretch of the message, the groups found in it, and its score for each of RISKS."""

    start: int
    end: int
    groups: frozenset[str]
    scores: tuple[float, float]


class SafetyLayer:
    """Judges messages; a pure function of the message once loaded."""

    def __init__(self, artefact: dict[str, Any]) -> None:
        self._lexicon = Lexicon(artefact["lexicon"])
        self._model = _LinearModel(artefact["model"])
        self._thresholds: dict[str, dict[str, float]] = artefact["thresholds"]
        self._mentions = {risk: frozenset(artefact["mentions"][risk]) for risk in RISKS}
        self._answers = frozenset(artefact["answers"])
        self._flags = {
            flag: [re.compile(pattern) for pattern in patterns]
            for flag, patterns in artefact["flags"].items()
        }
        self._not_a_flag = {
            flag: re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
            for flag, patterns in artefact["not_a_flag"].items()
        }

    @classmethod
    def load(cls, model_dir: Path) -> "SafetyLayer":
        return cls(json.loads((model_dir / ARTEFACT).read_text(encoding="utf-8")))

    def assess(self, text: str) -> SafetyAssessment:
        text = as_read(text)
        if as_answer(text) in self._answers:
            # A button's own words answer a question, whatever they would mean in a sentence.
            return SafetyAssessment("none", "none", self._find_flags(text), ())
        tokens = tokens_of(text)
        if not tokens:
            # A picture alone says nothing that a model of words could weigh.
            return SafetyAssessment("none", "none", frozenset(), ())
        hits = self._lexicon.hits(tokens)
        worths = self._model.worths(tokens, hits)
        windows = self._model.windows(tokens, hits, worths)
        best = [max(windows, key=lambda window: window.scores[risk]) for risk in (0, 1)]
        levels = [
            self._level(RISKS[risk], best[risk].scores[risk], best[risk].groups) for risk in (0, 1)
        ]
        if levels == ["card", "card"]:
            # One card is certain to be shown: the other needs to be clear, or danger would always look like despair.
            weaker = min((0, 1), key=lambda risk: best[risk].scores[risk])
            if best[weaker].scores[weaker] < self._thresholds[RISKS[weaker]]["beside"]:
                levels[weaker] = "soft"
        reasons: list[str] = []
        for risk, name in enumerate(RISKS):
            if levels[risk] != "none":
                reasons.append(f"{name}:{levels[risk]}:{best[risk].scores[risk]:.1f}")
                reasons += self._model.telling_groups(tokens, hits, best[risk], risk)
                reasons += _telling_words(tokens, worths[risk], best[risk])
        flags = self._find_flags(text)
        reasons += [f"flag:{flag}" for flag in sorted(flags)]
        return SafetyAssessment(levels[0], levels[1], flags, tuple(dict.fromkeys(reasons)))

    def scores(self, text: str) -> tuple[float, float]:
        """The highest score for each of RISKS, for choosing thresholds."""
        tokens = tokens_of(text)
        hits = self._lexicon.hits(tokens)
        worths = self._model.worths(tokens, hits)
        windows = self._model.windows(tokens, hits, worths)
        return max(w.scores[0] for w in windows), max(w.scores[1] for w in windows)

    def _level(self, risk: str, score: float, groups: frozenset[str]) -> Level:
        limits = self._thresholds[risk]
        if score >= limits["card"]:
            return "card"
        if score >= limits["soft"]:
            return "soft"
        # Plain words of risk still show where help is, even where the model believes them denied or told.
        return "none" if groups.isdisjoint(self._mentions[risk]) else "soft"

    def _find_flags(self, text: str) -> frozenset[str]:
        words = " ".join(re.findall(r"[^\W_]+", plain(text)))[:LONGEST_TEXT]
        found: set[str] = set()
        for flag, patterns in self._flags.items():
            read = self._not_a_flag[flag].sub(" ", words) if flag in self._not_a_flag else words
            if any(pattern.search(read) for pattern in patterns):
                found.add(flag)
        return frozenset(found)


class _LinearModel:
    """Two logistic regressions over the same features, one for each of RISKS."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._bias: list[float] = data["bias"]
        self._weights: dict[str, Sequence[float]] = data["weights"]
        self._frequent = frozenset(data["frequent"])
        self._of_token = lru_cache(maxsize=_REMEMBERED)(self._weigh_token)
        self._of_groups = lru_cache(maxsize=_REMEMBERED)(self._weigh_groups)

    def windows(self, tokens: Sequence[str], hits: Sequence[Hit], worths: Worths) -> list[_Window]:
        """Every stretch of the message with its scores, in its order."""
        sums = [list(accumulate(worths[risk], initial=0.0)) for risk in (0, 1)]
        starts = [hit.start for hit in hits]
        windows: list[_Window] = []
        for start, end in windows_of(tokens):
            inside = hits[bisect_left(starts, start) : bisect_left(starts, end)]
            groups = frozenset(hit.group for hit in inside if hit.end <= end)
            of_groups, length = self._of_groups(groups), sqrt(end - start)
            danger, suicide = (
                self._bias[risk] + (sums[risk][end] - sums[risk][start] + of_groups[risk]) / length
                for risk in (0, 1)
            )
            windows.append(_Window(start, end, groups, (danger, suicide)))
        return windows

    def telling_groups(
        self, tokens: Sequence[str], hits: Sequence[Hit], window: _Window, risk: int
    ) -> list[str]:
        """The groups of a stretch that speak most for the risk, and the words found: "weapon=knife"."""
        inside = [hit for hit in hits if window.start <= hit.start and hit.end <= window.end]
        inside.sort(key=lambda hit: -self._weights.get(f"@{hit.group}", _NOTHING)[risk])
        return [f"{hit.group}={' '.join(tokens[hit.start : hit.end])}" for hit in inside[:_REASONS]]

    def worths(self, tokens: Sequence[str], hits: Sequence[Hit]) -> Worths:
        """What each token adds to the scores, with all that ends with it."""
        weights = self._weights
        shapes: list[str] = []
        danger: list[float] = []
        suicide: list[float] = []
        for index, token in enumerate(tokens):
            shape, first, second = self._of_token(token)
            shapes.append(shape)
            for feature in neighbour_features(tokens, shapes, index):
                weight = weights.get(feature)
                if weight is not None:
                    first += weight[0]
                    second += weight[1]
            danger.append(first)
            suicide.append(second)
        for number, hit in enumerate(hits):
            for feature in hit_features(tokens, hits, number):
                weight = weights.get(feature)
                if weight is not None:
                    danger[hit.start] += weight[0]
                    suicide[hit.start] += weight[1]
        return danger, suicide

    def _weigh_token(self, token: str) -> tuple[str, float, float]:
        found = [self._weights.get(feature, _NOTHING) for feature in token_features(token)]
        return (
            shape_of(token, self._frequent),
            sum(weight[0] for weight in found),
            sum(weight[1] for weight in found),
        )

    def _weigh_groups(self, groups: frozenset[str]) -> tuple[float, float]:
        found = [self._weights.get(feature, _NOTHING) for feature in group_features(groups)]
        return sum(weight[0] for weight in found), sum(weight[1] for weight in found)


def _telling_words(tokens: Sequence[str], worths: Sequence[float], window: _Window) -> list[str]:
    """The words of a stretch that speak most for the risk, each with its part of the score."""
    length = sqrt(window.end - window.start)
    inside = range(window.start, window.end)
    strongest = sorted(inside, key=lambda index: -worths[index])[:_REASONS]
    return [f"{tokens[i]}{worths[i] / length:+.1f}" for i in strongest if worths[i] > 0]

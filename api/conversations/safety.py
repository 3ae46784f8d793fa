"""Sees danger and suicide in a message, in Welsh and English, before and beside everything else.

It runs on every message, whatever the state of the conversation and whether or not Rasa is there. Rules over groups
of words and a trained linear model judge every stretch of the message; the stronger answer counts. `card` means
show the card and raise the alert; `soft` means show the card only, because the words are there but may be past,
denied, quoted or a figure of speech. Time grows in line with the length of the message, which is read up to a fixed
length.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from api.conversations.safety_features import (
    LONGEST_TEXT,
    Hit,
    Lexicon,
    group_features,
    pair_feature,
    plain,
    token_features,
    tokens_of,
    triple_features,
    windows_of,
)

Level = Literal["none", "soft", "card"]
RISKS: Final = ("danger", "suicide")
ARTEFACT: Final = "safety.json"

_LEVELS: Final[dict[str, int]] = {"none": 0, "soft": 1, "card": 2}
_REMEMBERED_TOKENS: Final = 8192
_REASONS: Final = 4


@dataclass(frozen=True)
class SafetyAssessment:
    """What one message says about risk to life.

    `reasons` names rules, word groups and the matched words, never more of what the person wrote; they are kept with
    the case and never logged.
    """

    danger: Level
    suicide: Level
    flags: frozenset[str]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Rule:
    name: str
    risk: str
    level: Level
    all: frozenset[str]
    any: frozenset[str]
    none: frozenset[str]

    def holds(self, groups: frozenset[str]) -> bool:
        return (
            self.all <= groups
            and (not self.any or not self.any.isdisjoint(groups))
            and self.none.isdisjoint(groups)
        )


@dataclass(frozen=True)
class _Cap:
    """Words that take a risk back ("I'm not in danger"): a stretch with them says `soft` at most.

    The cap is lifted where one of `unless` stands beside them, in words of its own ("…, but he's at the door").
    """

    name: str
    risk: str
    unless: frozenset[str]


class _Window(NamedTuple):
    start: int
    end: int
    groups: frozenset[str]
    capped: frozenset[str]


class SafetyLayer:
    """Judges messages; a pure function of the message once loaded."""

    def __init__(self, artefact: dict[str, Any]) -> None:
        self._lexicon = Lexicon(artefact["lexicon"])
        self._models = {risk: _LinearModel(artefact["models"][risk]) for risk in RISKS}
        self._thresholds: dict[str, dict[str, float]] = artefact["thresholds"]
        self._rules = [
            _Rule(
                rule["id"],
                risk,
                rule[risk],
                frozenset(rule.get("all", ())),
                frozenset(rule.get("any", ())),
                frozenset(rule.get("none", ())),
            )
            for rule in artefact["rules"]
            for risk in RISKS
            if risk in rule
        ]
        self._caps = [
            _Cap(cap["group"], cap["risk"], frozenset(cap["unless"])) for cap in artefact["caps"]
        ]
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
        tokens = tokens_of(text)
        hits = self._lexicon.hits(tokens)
        windows = self._windows(tokens, hits)
        levels: dict[str, Level] = {}
        scores: dict[str, float] = {}
        reasons: list[str] = []
        for risk in RISKS:
            levels[risk], scores[risk], why = self._judge(risk, tokens, hits, windows)
            reasons += why
        if all(level == "card" for level in levels.values()):
            # One card is certain to be shown: the other needs to be clear, or danger would always look like despair.
            weaker = min(RISKS, key=lambda risk: scores[risk])
            if scores[weaker] < self._thresholds[weaker]["beside"]:
                levels[weaker] = "soft"
                reasons.append(f"{weaker}:beside-a-clearer-risk")
        flags = self._find_flags(text)
        reasons += [f"flag:{flag}" for flag in sorted(flags)]
        return SafetyAssessment(levels["danger"], levels["suicide"], flags, tuple(reasons))

    def scores(self, text: str) -> dict[str, float]:
        """The highest score of the model alone, for choosing thresholds and for the report."""
        tokens = tokens_of(text)
        windows = self._windows(tokens, self._lexicon.hits(tokens))
        return {risk: self._models[risk].best(risk, tokens, windows)[0][0] for risk in RISKS}

    def _windows(self, tokens: Sequence[str], hits: Sequence[Hit]) -> list[_Window]:
        windows: list[_Window] = []
        starts = [hit.start for hit in hits]
        for start, end in windows_of(tokens):
            nearby = hits[bisect_left(starts, start) : bisect_left(starts, end)]
            inside = [hit for hit in nearby if hit.end <= end]
            groups = frozenset(hit.group for hit in inside)
            capped = frozenset(
                cap.risk for cap in self._caps if cap.name in groups and _is_capped(cap, inside)
            )
            windows.append(_Window(start, end, groups, capped))
        return windows

    def _judge(
        self, risk: str, tokens: Sequence[str], hits: Sequence[Hit], windows: Sequence[_Window]
    ) -> tuple[Level, float, list[str]]:
        level: Level = "none"
        reasons: list[str] = []
        (highest, anywhere), (free, window) = self._models[risk].best(risk, tokens, windows)
        limits = self._thresholds[risk]
        if free >= limits["card"]:
            level = "card"
            reasons.append(f"{risk}:model:{free:.1f}")
            reasons += _words_of_groups(tokens, hits, window, None)
        elif highest >= limits["soft"] and anywhere.groups:
            # Where no known word stands, letters alone are no reason to show anything.
            level = "soft"
            reasons.append(f"{risk}:model-soft:{highest:.1f}")
            reasons += _words_of_groups(tokens, hits, anywhere, None)
        for rule in self._rules:
            if rule.risk != risk or _LEVELS[rule.level] < max(1, _LEVELS[level]):
                continue
            held = [window for window in windows if rule.holds(window.groups)]
            if not held:
                continue
            uncapped = next((window for window in held if risk not in window.capped), None)
            found = uncapped or held[0]
            believed = uncapped is not None and free >= limits["rule"]
            reached: Level = rule.level if believed else "soft"
            if _LEVELS[reached] >= _LEVELS[level]:
                level = reached
                reasons.append(f"{risk}:{rule.name}")
                reasons += _words_of_groups(tokens, hits, found, rule.all | rule.any)
        return level, free, list(dict.fromkeys(reasons))

    def _find_flags(self, text: str) -> frozenset[str]:
        words = " ".join(re.findall(r"[^\W_]+", plain(text)))[:LONGEST_TEXT]
        found: set[str] = set()
        for flag, patterns in self._flags.items():
            read = self._not_a_flag[flag].sub(" ", words) if flag in self._not_a_flag else words
            if any(pattern.search(read) for pattern in patterns):
                found.add(flag)
        return frozenset(found)


class _LinearModel:
    """A logistic regression whose score of any stretch of tokens is a difference of running sums."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._bias = float(data["bias"])
        self._weights: dict[str, float] = data["weights"]
        self._of_token = lru_cache(maxsize=_REMEMBERED_TOKENS)(self._weigh_token)
        self._of_groups = lru_cache(maxsize=_REMEMBERED_TOKENS)(self._weigh_groups)

    def best(
        self, risk: str, tokens: Sequence[str], windows: Sequence[_Window]
    ) -> tuple[tuple[float, _Window], tuple[float, _Window]]:
        """The highest score and its window: of all windows, and of those where the risk is not capped."""
        weights = self._weights
        ones = [0.0]
        pairs = [0.0, 0.0]
        triples = [0.0, 0.0, 0.0]
        for index, token in enumerate(tokens):
            ones.append(ones[-1] + self._of_token(token))
            if index > 0:
                pairs.append(pairs[-1] + weights.get(pair_feature(tokens, index), 0.0))
            if index > 1:
                three, around = triple_features(tokens, index)
                triples.append(triples[-1] + weights.get(three, 0.0) + weights.get(around, 0.0))
        highest = free = (float("-inf"), windows[0])
        for window in windows:
            start, end = window.start, window.end
            score = self._bias + ones[end] - ones[start] + self._of_groups(window.groups)
            if end - start > 1:
                score += pairs[end] - pairs[start + 1]
            if end - start > 2:
                score += triples[end] - triples[start + 2]
            if score > highest[0]:
                highest = (score, window)
            if score > free[0] and risk not in window.capped:
                free = (score, window)
        return highest, free

    def _weigh_token(self, token: str) -> float:
        return sum(self._weights.get(feature, 0.0) for feature in token_features(token))

    def _weigh_groups(self, groups: frozenset[str]) -> float:
        return sum(self._weights.get(feature, 0.0) for feature in group_features(groups))


def _is_capped(cap: _Cap, hits: Sequence[Hit]) -> bool:
    """Whether nothing in `unless` is said outside the words of the cap."""
    spans = [(hit.start, hit.end) for hit in hits if hit.group == cap.name]
    return not any(
        hit.group in cap.unless
        and all(hit.end <= start or end <= hit.start for start, end in spans)
        for hit in hits
    )


def _words_of_groups(
    tokens: Sequence[str], hits: Sequence[Hit], window: _Window, groups: frozenset[str] | None
) -> list[str]:
    """Which words of the window stand for which group: "weapon=knife"."""
    return [
        f"{hit.group}={' '.join(tokens[hit.start : hit.end])}"
        for hit in hits
        if window.start <= hit.start
        and hit.end <= window.end
        and (groups is None or hit.group in groups)
    ][:_REASONS]

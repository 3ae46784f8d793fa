"""From the text of a message to its intents: closed answers first, then the trained model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.components.features import blocks_of
from bot.components.lemmas import Lemmas
from bot.components.linear import LinearModel
from bot.components.text import tokenise

Ranking = list[tuple[str, float]]


@dataclass
class Understanding:
    """Everything that training made for intents; `rank` is a pure function once loaded."""

    model: LinearModel
    lemmas: Lemmas

    def rank(self, text: str, language: str | None = None) -> Ranking:
        """The intents by falling confidence. `language` is that of the conversation, where known."""
        probabilities = self.model.probabilities(blocks_of(tokenise(text), self.lemmas, []))
        order = probabilities.argsort()[::-1]
        return [(self.model.intents[at], float(probabilities[at])) for at in order]

    def save(self, directory: Path) -> None:
        self.model.save(directory)
        (directory / "lemmas.json").write_text(
            json.dumps(self.lemmas.table, ensure_ascii=False), encoding="utf-8"
        )

    @classmethod
    def load(cls, directory: Path) -> Understanding:
        lemmas = json.loads((directory / "lemmas.json").read_text(encoding="utf-8"))
        return cls(LinearModel.load(directory), Lemmas(lemmas))


def train_understanding(examples: Sequence[tuple[str, str]]) -> Understanding:
    """Trains on (text, intent) pairs; the same pairs in the same order give the same model."""
    tokens = [tokenise(text) for text, _ in examples]
    lemmas = Lemmas.full().restricted_to({token.form for found in tokens for token in found})
    features = [blocks_of(found, lemmas, []) for found in tokens]
    return Understanding(LinearModel.fit(features, [intent for _, intent in examples]), lemmas)

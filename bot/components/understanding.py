"""From the text of a message to its intents: closed answers first, then the trained model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.components.entities import EntityFinder
from bot.components.features import Floats, blocks_of
from bot.components.lemmas import Lemmas
from bot.components.linear import LinearModel
from bot.components.phrases import Found
from bot.components.text import Token, tokenise, windows
from bot.components.yes_no import YesNo, is_sign
from bot.words.concepts import Concepts

Ranking = list[tuple[str, float]]

# How sure a decision of the closed grammar is; the rest is shared as the model would.
_CERTAIN = 0.98
# A single word of the other language, or an answer with a doubt in it: enough to ask again, no more.
_DOUBTFUL = 0.6
# How much the sentences of a long message count beside the whole, and when one of them alone decides.
_SENTENCES = 0.4
_URGENT = ("danger_now", "suicide_or_self_harm")
_SURE_OF_DANGER = 0.9


@dataclass
class Understanding:
    """Everything that training made for intents; `rank` is a pure function once loaded."""

    model: LinearModel
    lemmas: Lemmas
    concepts: Concepts
    yes_no: YesNo

    def rank(self, text: str, found: Sequence[Found], language: str | None = None) -> Ranking:
        """The intents by falling confidence.

        `found` are the entities of the text; `language` is that of the conversation, where known.
        An answer with a doubt, a question or a contradiction in it is never ranked first as a yes.
        """
        tokens = tokenise(text)
        probabilities = self._probabilities(text, tokens, found)
        probabilities = self._with_closed_answers(probabilities, tokens, language)
        order = probabilities.argsort()[::-1]
        return [(self.model.intents[at], float(probabilities[at])) for at in order]

    def _probabilities(self, text: str, tokens: list[Token], found: Sequence[Found]) -> Floats:
        """What the model says of the whole, helped by what it says of each sentence.

        In a long account one sentence may carry the danger: a sentence that is all but certain of it
        decides, as the priorities of the contract have it.
        """
        whole = self.model.scores(self.blocks(tokens, found))
        sentences = windows(tokens, text)
        if len(sentences) < 2:
            return self.model.probabilities(whole)
        parts = []
        for sentence in sentences:
            inside = [
                item
                for item in found
                if sentence[0].start <= item.start and item.end <= sentence[-1].end
            ]
            parts.append(self.model.scores(self.blocks(sentence, inside)))
        probabilities = self.model.probabilities(whole + _SENTENCES * np.mean(parts, axis=0))
        for intent in _URGENT:
            at = self.model.intents.index(intent) if intent in self.model.intents else None
            if at is None or probabilities.argmax() == at:
                continue
            surest = max(float(self.model.probabilities(part)[at]) for part in parts)
            if surest >= _SURE_OF_DANGER:
                return self._raised(probabilities, intent, _DOUBTFUL)
        return probabilities

    def blocks(self, tokens: Sequence[Token], found: Sequence[Found]) -> dict[str, list[str]]:
        """The features of some tokens and of what was found in them."""
        return blocks_of(tokens, self.lemmas, self.concepts, mentions_of(found))

    def _with_closed_answers(
        self, probabilities: Floats, tokens: list[Token], language: str | None
    ) -> Floats:
        if not any(token.is_word or is_sign(token.form) for token in tokens):
            asks = any("?" in token.form for token in tokens)
            return self._raised(probabilities, "repeat", _CERTAIN if asks else _DOUBTFUL)
        if self.yes_no.is_foreign(tokens, language):
            return self._raised(probabilities, "unsure", _DOUBTFUL)
        answer = self.yes_no.read(tokens, language)
        if answer is not None:
            return self._raised(
                probabilities, answer, _DOUBTFUL if answer == "unsure" else _CERTAIN
            )
        if self.model.intents[int(probabilities.argmax())] == "affirm" and self.yes_no.doubts(
            tokens, language
        ):
            return self._raised(self._without(probabilities, "affirm"), "unsure", _DOUBTFUL)
        return probabilities

    def _raised(self, probabilities: Floats, intent: str, confidence: float) -> Floats:
        """The intent at this confidence, and what remains in the proportions of the others."""
        if intent not in self.model.intents:
            return probabilities
        at = self.model.intents.index(intent)
        rest = 1.0 - probabilities[at]
        raised = probabilities * ((1.0 - confidence) / rest if rest > 0 else 0.0)
        raised[at] = confidence
        return np.asarray(raised)

    def _without(self, probabilities: Floats, intent: str) -> Floats:
        remaining = probabilities.copy()
        remaining[self.model.intents.index(intent)] = 0.0
        return np.asarray(remaining / remaining.sum())

    def save(self, directory: Path) -> None:
        self.model.save(directory)
        content = {
            "lemmas": self.lemmas.table,
            "concepts": self.concepts.as_json(),
            "yes_no": self.yes_no.as_json(),
        }
        (directory / "language.json").write_text(
            json.dumps(content, ensure_ascii=False), encoding="utf-8"
        )

    @classmethod
    def load(cls, directory: Path) -> Understanding:
        content = json.loads((directory / "language.json").read_text(encoding="utf-8"))
        return cls(
            LinearModel.load(directory),
            Lemmas(content["lemmas"]),
            Concepts(**content["concepts"]),
            YesNo(**content["yes_no"]),
        )


def mentions_of(found: Sequence[Found]) -> list[str]:
    """What kinds of things a message mentions, whatever the words and the language."""
    mentions: list[str] = []
    for item in found:
        mentions.append(item.meaning.entity)
        if item.meaning.entity in ("strand", "incident_type", "relation", "place_type"):
            mentions.append(f"{item.meaning.entity}={item.meaning.value}")
    return mentions or ["nothing"]


def train_understanding(
    examples: Sequence[tuple[str, str]],
    entities: EntityFinder,
    yes_no: YesNo,
    concepts: Concepts,
) -> Understanding:
    """Trains on (text, intent) pairs; the same pairs in the same order give the same model."""
    tokens = [tokenise(text) for text, _ in examples]
    lemmas = Lemmas.full().restricted_to({token.form for found in tokens for token in found})
    features = [
        blocks_of(found, lemmas, concepts, mentions_of(entities.find(text)))
        for found, (text, _) in zip(tokens, examples, strict=True)
    ]
    return Understanding(
        LinearModel.fit(features, [intent for _, intent in examples]), lemmas, concepts, yes_no
    )

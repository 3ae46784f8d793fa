"""A linear intent model over sparse features, with confidence that means what it says.

Training uses scikit-learn; what is kept is one matrix, its offsets and a vocabulary, in formats that
cannot carry code (JSON and plain numpy arrays). Prediction needs numpy only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bot.components.calibration import Floats, Labels, fit_calibration, probabilities
from bot.components.features import Vocabulary, novelty
from bot.components.machines import train_machines

_FOLDS = 4
# So many held-out examples say enough: with many examples not every fold need be rehearsed.
_ENOUGH = 4_000
# Examples that stand together in a file are often variations of one idea: folds take runs of this length.
_RUN = 5

# Everything nobody thought of is `out_of_scope`: it gains when a message speaks in words that training never saw.
# By how much, in logarithms of odds, was chosen by cross-validation over topics.
_REST = "out_of_scope"
_NOVELTY = 2.5

Example = Mapping[str, list[str]]


def _for_novelty(intents: Sequence[str]) -> Floats:
    """What a message of nothing but new words adds to each intent."""
    return np.asarray([_NOVELTY if intent == _REST else 0.0 for intent in intents])


def folds_by_run(intents: Sequence[str], folds: int = _FOLDS) -> Labels:
    """The fold of each example: neighbours within an intent share a fold, folds are spread evenly."""
    seen: dict[str, int] = {}
    numbers = []
    for intent in intents:
        at = seen.get(intent, 0)
        seen[intent] = at + 1
        numbers.append((at // _RUN) % folds)
    return np.asarray(numbers, dtype=np.intp)


def _as_new(held_out: sparse.csr_matrix, trained: sparse.csr_matrix) -> sparse.csr_matrix:
    """Held-out vectors as a vocabulary without them would make them: of length one, in its features only."""
    from sklearn.preprocessing import normalize

    known = np.zeros(trained.shape[1])
    known[trained.indices] = 1.0
    return normalize(sparse.csr_matrix(held_out @ sparse.diags(known)))


def _rehearsals(intents: Sequence[str]) -> list[tuple[Labels, Labels]]:
    """Which examples to learn and which to ask, fold after fold, until enough are asked."""
    folds = folds_by_run(intents)
    chosen: list[tuple[Labels, Labels]] = []
    asked = 0
    for fold in range(_FOLDS):
        held_out = np.flatnonzero(folds == fold)
        if not len(held_out) or asked >= _ENOUGH:
            break
        chosen.append((np.flatnonzero(folds != fold), held_out))
        asked += len(held_out)
    return chosen


def _new_to(examples: Sequence[Example], learnt: Labels, asked: Labels) -> list[float]:
    """How much of each example asked is in words that those learnt do not have."""
    words = {part for at in learnt for word in examples[at]["content"] for part in word.split()}
    return [novelty(examples[at], words) for at in asked]


@dataclass
class LinearModel:
    """Intents, in alphabetical order, and how strongly each feature speaks for them."""

    intents: list[str]
    vocabulary: Vocabulary
    matrix: npt.NDArray[np.float16]
    offsets: Floats

    @classmethod
    def fit(cls, examples: Sequence[Example], intents: Sequence[str]) -> LinearModel:
        """Trains on the examples; machines are mixed, and confidence calibrated, on parts held out.

        A mix of linear machines is one linear machine: what is kept is one matrix.
        """
        names = sorted(set(intents))
        labels = np.searchsorted(names, intents)
        vocabulary = Vocabulary()
        vectors = vocabulary.fit(examples)
        rehearsals = _rehearsals(intents)
        parts = [(vectors[learnt], labels[learnt]) for learnt, _ in rehearsals]
        *rehearsed, final = train_machines([*parts, (vectors, labels)], names)
        scores, new = [], []
        for (learnt, asked), machines in zip(rehearsals, rehearsed, strict=True):
            unseen = _as_new(vectors[asked], vectors[learnt])
            scores.append(np.stack([machine.scores(unseen) for machine in machines]))
            new += _new_to(examples, learnt, asked)
        calibration = fit_calibration(
            np.concatenate(scores, axis=1),
            np.concatenate([labels[asked] for _, asked in rehearsals]),
            np.outer(new, _for_novelty(names)),
        )
        matrix = np.zeros((len(names), vectors.shape[1]), dtype=np.float32)
        offsets = calibration.starts.copy()
        for strength, machine in zip(calibration.strengths, final, strict=True):
            for intent, group in enumerate(machine.group_of):
                matrix[intent] += strength * machine.weights[group]
                offsets[intent] += strength * machine.offsets[group]
        return cls(names, vocabulary, np.ascontiguousarray(matrix.T, dtype=np.float16), offsets)

    def scores(self, example: Example) -> Floats:
        """The logarithm of the odds of each intent, in the order of `intents`, but for a common term."""
        where, values = self.vocabulary.vector(example)
        scores = values @ self.matrix[where].astype(np.float64) + self.offsets
        return np.asarray(scores + _for_novelty(self.intents) * novelty(example, self.vocabulary))

    def probabilities(self, scores: Floats) -> Floats:
        """How probable each intent is, given scores; they sum to one."""
        return probabilities(scores)

    def save(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        description = {
            "intents": self.intents,
            "vocabulary": self.vocabulary.as_json(),
        }
        (directory / "model.json").write_text(
            json.dumps(description, ensure_ascii=False), encoding="utf-8"
        )
        # Rasa packs a model as small as can be: seven seconds for these numbers, and next to none once they are packed.
        np.savez_compressed(
            directory / "weights.npz",
            matrix=self.matrix,
            offsets=self.offsets,
            rarity=self.vocabulary.rarity,
        )

    @classmethod
    def load(cls, directory: Path) -> LinearModel:
        description = json.loads((directory / "model.json").read_text(encoding="utf-8"))
        with np.load(directory / "weights.npz", allow_pickle=False) as arrays:
            vocabulary = Vocabulary.from_json(description["vocabulary"], arrays["rarity"])
            return cls(
                description["intents"],
                vocabulary,
                arrays["matrix"],
                arrays["offsets"],
            )

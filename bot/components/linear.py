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


def _rehearsed(
    examples: Sequence[Example], vectors: sparse.csr_matrix, labels: Labels, names: Sequence[str]
) -> tuple[Floats, Labels, Floats]:
    """Scores by machine, example and intent of machines not trained on the examples; their labels; their novelty."""
    folds = folds_by_run([names[label] for label in labels])
    scores: list[Floats] = []
    tried: list[int] = []
    new: list[float] = []
    for fold in range(_FOLDS):
        learnt = np.flatnonzero(folds != fold).tolist()
        asked = np.flatnonzero(folds == fold).tolist()
        if not asked or len(tried) >= _ENOUGH:
            break
        unseen = _as_new(vectors[asked], vectors[learnt])
        # One after the other: liblinear draws its chance from one generator for the whole process.
        machines = train_machines(vectors[learnt], labels[learnt], names)
        scores.append(np.stack([machine.scores(unseen) for machine in machines]))
        words = {part for at in learnt for word in examples[at]["content"] for part in word.split()}
        new.extend(novelty(examples[at], words) for at in asked)
        tried.extend(asked)
    return np.concatenate(scores, axis=1), labels[tried], np.asarray(new)


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
        scores, truth, new = _rehearsed(examples, vectors, labels, names)
        calibration = fit_calibration(scores, truth, np.outer(new, _for_novelty(names)))
        matrix = np.zeros((len(names), vectors.shape[1]), dtype=np.float32)
        offsets = calibration.starts.copy()
        for strength, machine in zip(
            calibration.strengths, train_machines(vectors, labels, names), strict=True
        ):
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
        np.savez(
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

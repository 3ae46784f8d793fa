"""A linear intent model over sparse features, with confidence that means what it says.

Training uses scikit-learn; what is kept is one matrix, a vocabulary and three numbers, in formats that
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

from bot.components.calibration import Calibration, fit_calibration
from bot.components.features import Floats, Vocabulary, novelty

_SEED = 20_261_101
_FOLDS = 4
# Inverse strength of regularisation, chosen by cross-validation (tests/benchmarks).
_PENALTY = 2.0
_TOLERANCE = 0.03
_NEVER = -10.0
# Examples that stand together in a file are often variations of one idea: folds take runs of this length.
_RUN = 5

# Everything nobody thought of is `out_of_scope`. No training data covers that, so it starts ahead by a little, and
# by more when a message speaks in words that training never saw. Both chosen by cross-validation over topics.
_REST = "out_of_scope"
_RESERVE = 0.05
_NOVELTY = 0.5

Example = Mapping[str, list[str]]


def decision_matrix(
    vectors: sparse.csr_matrix, labels: npt.NDArray[np.intp], intents: int
) -> tuple[Floats, Floats]:
    """Weights (features x intents) and offsets of one-against-rest support vector machines.

    An intent without examples here, as may happen on a part of the data, never wins.
    """
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=_PENALTY, tol=_TOLERANCE, random_state=_SEED).fit(vectors, labels)
    coefficients, constants = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        coefficients = np.vstack([-coefficients, coefficients])
        constants = np.concatenate([-constants, constants])
    matrix = np.zeros((vectors.shape[1], intents))
    offsets = np.full(intents, _NEVER)
    matrix[:, machine.classes_] = coefficients.T
    offsets[machine.classes_] = constants
    return matrix, offsets


def _beyond(intents: Sequence[str], strength: float) -> Floats:
    """This strength for the intent that takes the rest, nothing for the others."""
    return np.asarray([strength if intent == _REST else 0.0 for intent in intents])


def folds_by_run(intents: Sequence[str], folds: int = _FOLDS) -> npt.NDArray[np.intp]:
    """The fold of each example: neighbours within an intent share a fold, folds are spread evenly."""
    seen: dict[str, int] = {}
    numbers = []
    for intent in intents:
        at = seen.get(intent, 0)
        seen[intent] = at + 1
        numbers.append((at // _RUN) % folds)
    return np.asarray(numbers, dtype=np.intp)


@dataclass
class LinearModel:
    """Intents, in alphabetical order, and how strongly each feature speaks for them."""

    intents: list[str]
    vocabulary: Vocabulary
    matrix: npt.NDArray[np.float16]
    offsets: Floats
    calibration: Calibration

    @classmethod
    def fit(cls, examples: Sequence[Example], intents: Sequence[str]) -> LinearModel:
        """Trains on the examples; confidence is calibrated on a quarter held out."""
        names = sorted(set(intents))
        numbers = np.searchsorted(names, intents)
        vocabulary = Vocabulary()
        vectors = vocabulary.fit(examples)
        held_out = folds_by_run(intents) == 0
        # One after the other: liblinear draws its chance from one generator for the whole process.
        rehearsed, offsets = decision_matrix(vectors[~held_out], numbers[~held_out], len(names))
        scores = vectors[held_out] @ rehearsed + offsets
        known = {
            part
            for at in np.flatnonzero(~held_out).tolist()
            for word in examples[at]["content"]
            for part in word.split()
        }
        new = np.array([novelty(examples[at], known) for at in np.flatnonzero(held_out).tolist()])
        scores += np.outer(new, _beyond(names, _NOVELTY)) + _beyond(names, _RESERVE)
        calibration = fit_calibration(scores, numbers[held_out])
        matrix, offsets = decision_matrix(vectors, numbers, len(names))
        return cls(
            names,
            vocabulary,
            matrix.astype(np.float16),
            offsets + _beyond(names, _RESERVE),
            calibration,
        )

    def scores(self, example: Example) -> Floats:
        """How strongly an example speaks for each intent, in the order of `intents`."""
        where, values = self.vocabulary.vector(example)
        scores = values @ self.matrix[where].astype(np.float64) + self.offsets
        return np.asarray(
            scores + _beyond(self.intents, _NOVELTY) * novelty(example, self.vocabulary)
        )

    def probabilities(self, scores: Floats) -> Floats:
        """How probable each intent is, given scores; they sum to one."""
        return self.calibration.probabilities(scores)

    def save(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        description = {
            "intents": self.intents,
            "calibration": self.calibration.as_json(),
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
                Calibration(**description["calibration"]),
            )

"""The linear machines of the intent model: one for whole names of intents, two for words of the names.

Twenty examples of "ask_privacy" say little of what asking is like; all of "ask_" together say more. So beside
the machine that knows intents stand one that knows the word a name begins with, and one the word it ends with.
Training uses scikit-learn; what comes out is plain numbers.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bot.components.features import Floats

Labels = npt.NDArray[np.intp]
Part = tuple[sparse.csr_matrix, Labels]

_SEED = 20_261_101
# Inverse strengths of regularisation, chosen by cross-validation (tests/benchmarks). The first sets all intents
# against each other, which is best for the whole name and, with few classes, takes a fraction of the time.
_WHOLE: dict[str, Any] = {"C": 1.5, "tol": 0.3, "multi_class": "crammer_singer"}
_WORD: dict[str, Any] = {"C": 1.0, "tol": 0.3}
_NEVER = -3.0
# With fewer examples it takes longer to start processes than to train.
_WORTH_PROCESSES = 10_000

_NAMES: tuple[tuple[Callable[[str], str], dict[str, Any]], ...] = (
    (str, _WHOLE),
    (lambda name: name.split("_")[0], _WORD),
    (lambda name: name.split("_")[-1], _WORD),
)


@dataclass(frozen=True)
class Machine:
    """How strongly each feature speaks for each group of intents, and which group an intent is of."""

    weights: Floats
    offsets: Floats
    group_of: Labels

    def scores(self, vectors: sparse.csr_matrix) -> Floats:
        """The scores of examples (rows) for intents (columns)."""
        return np.asarray((vectors @ self.weights.T + self.offsets)[:, self.group_of])


def train_machines(parts: Sequence[Part], intents: Sequence[str]) -> list[list[Machine]]:
    """Of each part of the data its machines: for whole names, first words and last words.

    A part is vectors and their labels, which are places in `intents`. A group without examples, as may happen on a
    part of the data, all but never wins. The same parts give the same machines, however many processors share the work.
    """
    namings = [
        (*np.unique([name(intent) for intent in intents], return_inverse=True), settings)
        for name, settings in _NAMES
    ]
    jobs = [
        (vectors, group_of[labels], len(groups), settings)
        for vectors, labels in parts
        for groups, group_of, settings in namings
    ]
    if sum(len(labels) for _, labels in parts) < _WORTH_PROCESSES:
        fitted = [_trained(*job) for job in jobs]
    else:
        # Processes, not threads: liblinear draws its chance from one generator for the whole process. They are
        # started afresh, because the threads of Rasa would not survive a fork.
        with ProcessPoolExecutor(
            min(len(jobs), os.cpu_count() or 1), get_context("spawn")
        ) as processes:
            fitted = [each.result() for each in [processes.submit(_trained, *job) for job in jobs]]
    trained = iter(fitted)
    return [[Machine(*next(trained), group_of) for _, group_of, _ in namings] for _ in parts]


def _trained(
    vectors: sparse.csr_matrix, labels: Labels, groups: int, settings: dict[str, Any]
) -> tuple[Floats, Floats]:
    """Weights (groups x features) and offsets of the groups."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    weights = np.zeros((groups, vectors.shape[1]))
    offsets = np.full(groups, _NEVER)
    found = np.unique(labels)
    if len(found) == 1:
        offsets[found] = 0.0
        return weights, offsets
    machine = LinearSVC(random_state=_SEED, **settings)
    with warnings.catch_warnings():
        # Of Crammer and Singer's kind liblinear reports no count of iterations: scikit-learn reads noise.
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine.fit(vectors, labels)
    coefficients, constants = machine.coef_, machine.intercept_
    if len(found) == 2:
        coefficients = np.vstack([-coefficients, coefficients])
        constants = np.concatenate([-constants, constants])
    weights[found] = coefficients
    offsets[found] = constants
    return weights, offsets

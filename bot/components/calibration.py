"""Turns the scores of a classifier into probabilities, by temperature scaling on unseen folds."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """A softmax at one temperature: it never changes the order of the scores."""

    temperature: float = 1.0

    def probabilities(self, scores: Floats) -> Floats:
        scaled = scores / self.temperature
        raised = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=-1, keepdims=True))

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def log_loss(calibration: Calibration, scores: Floats, truth: npt.NDArray[np.intp]) -> float:
    """The mean surprise at the truth: lower is better calibrated."""
    chosen = calibration.probabilities(scores)[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def fit_calibration(scores: Floats, truth: npt.NDArray[np.intp]) -> Calibration:
    """The temperature under which held-out scores are least surprised by the truth."""
    candidates = [Calibration(float(value)) for value in np.geomspace(0.02, 5.0, 120)]
    return min(candidates, key=lambda candidate: log_loss(candidate, scores, truth))

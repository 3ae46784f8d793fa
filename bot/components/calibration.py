"""Turns the scores of several machines into probabilities that mean what they say.

How much each machine counts, and what start each intent has, is what surprises least on examples that the
machines were not trained on. So the training data itself decides: where names of intents say little, the
machines for their words hardly count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]

# How far starts are believed to lie from nothing before any example is seen; chosen by cross-validation.
_SPREAD = 0.5


@dataclass(frozen=True)
class Calibration:
    """A strength, never below nothing, for each machine, and a start for each intent."""

    strengths: Floats
    starts: Floats

    def mixed(self, scores: Floats) -> Floats:
        """From scores by machine, example and intent to the logarithms of odds."""
        return np.asarray(np.tensordot(self.strengths, scores, axes=1) + self.starts)


def probabilities(logits: Floats) -> Floats:
    """Probabilities that sum to one, in the order of the logits."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def surprise(logits: Floats, truth: Labels) -> float:
    """The mean surprise at the truth: lower is better calibrated."""
    chosen = probabilities(logits)[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def fit_calibration(scores: Floats, truth: Labels, known: Floats | float = 0.0) -> Calibration:
    """The calibration under which held-out scores, with `known` logits added, are least surprised.

    A logistic regression with few numbers to find: convex, so there is one answer.
    """
    from scipy.optimize import minimize

    machines, examples, intents = scores.shape
    right = np.zeros((examples, intents))
    right[np.arange(examples), truth] = 1.0

    def calibration(numbers: Floats) -> Calibration:
        return Calibration(numbers[:machines], numbers[machines:])

    def cost(numbers: Floats) -> tuple[float, Floats]:
        now = calibration(numbers)
        logits = now.mixed(scores) + known
        wrong = (probabilities(logits) - right) / examples
        unlikely = now.starts / (_SPREAD**2 * examples)
        slopes = [np.tensordot(scores, wrong, axes=2), wrong.sum(axis=0) + unlikely]
        return surprise(logits, truth) + float(now.starts @ unlikely) / 2, np.concatenate(slopes)

    start = np.concatenate([np.ones(machines), np.zeros(intents)])
    bounds = [(0.0, None)] * machines + [(None, None)] * intents
    return calibration(minimize(cost, start, jac=True, bounds=bounds, method="L-BFGS-B").x)

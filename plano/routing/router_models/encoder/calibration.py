"""From scores to probabilities. A score means another thing in every config: four vague routes are like everything.

The weights come with the vectors of a few hundred prompts that are nobody's (`background.npy`). How like those are to a
route set gives the set's scale; the probability that a prompt is in scope is a logistic function of its best score, of
that score on the set's scale, and of the distance to the second. `bench/routing/calibrate.py` fits the coefficients.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FEATURES: Final = ("score", "above", "margin", "rank")
#: How quickly the others of a set are less probable than its best: the temperature of training.
_TEMPERATURE: Final = 0.05


class Coefficients(NamedTuple):
    """Of the logistic function: one number, and one for each of `FEATURES`."""

    intercept: float
    weights: tuple[float, ...]


#: Where `router.json` has none: a score alone, as the training's threshold has it.
UNCALIBRATED: Final = Coefficients(-9.0, (20.0, 0.0, 0.0, 0.0))


def coefficients(facts: dict[str, Any]) -> Coefficients:
    """Out of `router.json`. Raises `KeyError`, `TypeError` or `ValueError`."""
    told = facts.get("calibration")
    if told is None:
        return UNCALIBRATED
    return Coefficients(float(told["intercept"]), tuple(float(told[name]) for name in FEATURES))


class Scale(NamedTuple):
    """How like a route set is to prompts that are nobody's: their best scores, in rising order."""

    mean: float
    deviation: float
    bests: Array

    def features(self, best: float, second: float) -> tuple[float, ...]:
        """In the order of `FEATURES`."""
        above = (best - self.mean) / self.deviation
        rank = float(np.searchsorted(self.bests, best)) / max(1, len(self.bests))
        return best, above, best - second, rank


def scale(background: Array) -> Scale:
    """(prompts, routes), the scores of the background prompts."""
    if not len(background):
        return Scale(0.2, 0.1, np.zeros(0, np.float32))
    bests = np.sort(background.max(1))
    return Scale(float(bests.mean()), max(float(bests.std()), 1e-3), bests)


def probabilities(scores: Sequence[float], own: Scale, fitted: Coefficients) -> tuple[float, ...]:
    """Scores of one prompt -> for each route the probability that the prompt is its."""
    best, second = max(scores), sorted(scores)[-2] if len(scores) > 1 else own.mean
    logit = fitted.intercept + sum(map(float.__mul__, fitted.weights, own.features(best, second)))
    in_scope = 1 / (1 + math.exp(-max(-40.0, min(40.0, logit))))
    return tuple(in_scope * math.exp((score - best) / _TEMPERATURE) for score in scores)

"""From scores to probabilities. A score means another thing in every config: a vague route is like everything.

The weights come with the vectors of a few hundred prompts that are nobody's (`background.npy`). What a route scores
with those it scores by being vague: half of what it has more of that than the other routes is taken off. How like the
set is to them gives its scale. The probability that a prompt is in scope is a logistic function of its best score, and
of that score on the set's scale; `bench/routing/calibrate.py` fits the coefficients.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FEATURES: Final = ("score", "above")
#: How much of a route's vagueness is taken off. Best of 0, 1/4 .. 1 on route sets of three writers and on others'.
_TAKEN_OFF: Final = 0.5
#: How quickly the others of a set are less probable than its best: the temperature of training.
_TEMPERATURE: Final = 0.05


class Coefficients(NamedTuple):
    """Of the logistic function: a number alone, and one for each of `FEATURES`."""

    intercept: float
    score: float
    above: float


#: Where `router.json` has none: a score alone, with the training's threshold.
UNCALIBRATED: Final = Coefficients(-9.0, 20.0, 0.0)


def coefficients(facts: dict[str, Any]) -> Coefficients:
    """Out of `router.json`. Raises `KeyError`, `TypeError` or `ValueError`."""
    told = facts.get("calibration")
    if told is None:
        return UNCALIBRATED
    return Coefficients(*(float(told[name]) for name in Coefficients._fields))


class Scale:
    """What a route set scores with prompts that are nobody's: (prompts, routes)."""

    def __init__(self, background: Array) -> None:
        if not len(background):
            background = np.zeros((1, background.shape[1]), np.float32)
        vague = background.mean(0)
        self._off: Array = _TAKEN_OFF * (vague - vague.mean())
        bests = (background - self._off).max(1)
        self._mean, self._deviation = float(bests.mean()), max(float(bests.std()), 0.02)

    def settled(self, scores: Array) -> Array:
        """(prompts, routes) without what is due to a route's vagueness."""
        found: Array = scores - self._off
        return found

    def above(self, score: float) -> float:
        """How many deviations a score is above what nobody's prompts have."""
        return (score - self._mean) / self._deviation


def probabilities(settled: list[float], scale: Scale, fitted: Coefficients) -> tuple[float, ...]:
    """Settled scores of one prompt -> for each route the probability that the prompt is its."""
    best = max(settled)
    logit = fitted.intercept + fitted.score * best + fitted.above * scale.above(best)
    in_scope = 1 / (1 + math.exp(-max(-40.0, min(40.0, logit))))
    return tuple(in_scope * math.exp((score - best) / _TEMPERATURE) for score in settled)

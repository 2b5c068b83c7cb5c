"""From scores to probabilities. A score means another thing in every config.

The probability that a prompt is in scope is a logistic function of its best score. How steep that is and where it
begins depends on the set: on what prompts score with it that are nobody's (the weights come with the vectors of a few
hundred, `background.npy`), on how many phrases its routes have (the greatest of many is greater), and on how like its
routes are to each other. `bench/routing/calibrate.py` fits the coefficients.
"""

from __future__ import annotations

import math
from operator import mul
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .scoring import RouteVectors

Array = NDArray[np.float32]

#: How quickly the others of a set are less probable than its best: the temperature of training.
_TEMPERATURE: Final = 0.05
#: For sets unlike all that was fitted on: the score that is as likely in scope as not, and the least steepness.
_LOWEST, _HIGHEST, _FLATTEST = 0.15, 0.75, 5.0


class Coefficients(NamedTuple):
    """Of the logistic function: a number alone, and one for each of `Scale.features`."""

    intercept: float
    score: float
    above: float
    phrases: float
    likeness: float
    score_phrases: float
    score_likeness: float


#: Where `router.json` has none: a score alone, with the training's threshold.
UNCALIBRATED: Final = Coefficients(-9.0, 20.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def coefficients(facts: dict[str, Any]) -> Coefficients:
    """Out of `router.json`. Raises `KeyError`, `TypeError` or `ValueError`."""
    told = facts.get("calibration")
    if told is None:
        return UNCALIBRATED
    return Coefficients(*(float(told[name]) for name in Coefficients._fields))


class Scale:
    """What scores of a route set mean. `background`: the vectors of prompts that are nobody's, at least one."""

    def __init__(self, routes: RouteVectors, background: Array, fitted: Coefficients = UNCALIBRATED) -> None:
        bests = routes.scores(background).max(1)
        self._mean, self._deviation = float(bests.mean()), max(float(bests.std()), 0.02)
        self._phrases, self._likeness = routes.phrases, routes.likeness
        at_0, at_1 = (fitted.intercept + sum(map(mul, fitted[1:], self.features(best))) for best in (0.0, 1.0))
        self._slope = max(at_1 - at_0, _FLATTEST)
        self._middle = min(max(-at_0 / self._slope, _LOWEST), _HIGHEST)

    def features(self, best: float) -> tuple[float, ...]:
        """What the probability depends on, in the order of `Coefficients`; linear in `best`."""
        above = (best - self._mean) / self._deviation
        return best, above, self._phrases, self._likeness, best * self._phrases, best * self._likeness

    def in_scope(self, best: float) -> float:
        """The probability that a prompt whose best score this is belongs to one of the set's routes."""
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, self._slope * (best - self._middle)))))


def probabilities(scores: list[float], scale: Scale) -> tuple[float, ...]:
    """Scores of one prompt -> for each route the probability that the prompt is its."""
    best = max(scores)
    in_scope = scale.in_scope(best)
    return tuple(in_scope * math.exp((score - best) / _TEMPERATURE) for score in scores)

"""Scores of routes: how like a prompt is to what a route says of itself. Vectors have length one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .route_texts import RouteTexts

Array = NDArray[np.float32]


def texts_in_order(routes: Sequence[RouteTexts]) -> list[str]:
    """The texts whose vectors `RouteVectors` wants."""
    return [text for route in routes for text in (route.whole, *route.phrases, *route.examples)]


class RouteVectors:
    """The vectors of a route set: (texts, width), those of one kind together, so that a score is one product."""

    def __init__(self, routes: Sequence[RouteTexts], vectors: Array) -> None:
        wholes: list[Array] = []
        phrases: list[Array] = []
        examples: list[Array] = []
        self._phrase_starts: list[int] = []
        self._example_starts: list[int] = []
        self._with_examples: list[int] = []  # Places of routes.
        at = 0
        for number, route in enumerate(routes):
            wholes.append(vectors[at])
            self._phrase_starts.append(len(phrases))
            phrases.extend(vectors[at + 1 : at + 1 + len(route.phrases)])
            at += 1 + len(route.phrases)
            if route.examples:
                self._with_examples.append(number)
                self._example_starts.append(len(examples))
                examples.extend(vectors[at : at + len(route.examples)])
                at += len(route.examples)
        #: Mean logarithm of how many phrases a route has; mean cosine of a route with the one most like it.
        self.phrases = float(np.mean([np.log(len(route.phrases)) for route in routes]))
        self.likeness = _likeness(np.asarray(wholes, dtype=np.float32))
        self._wholes = len(wholes)
        self._all = np.ascontiguousarray([*wholes, *phrases, *examples, *self._centroids(examples)], dtype=np.float32)
        self._phrases_end = len(wholes) + len(phrases)
        self._examples_end = self._phrases_end + len(examples)

    def _centroids(self, examples: list[Array]) -> list[Array]:
        ends = [*self._example_starts[1:], len(examples)]
        means = [np.mean(examples[first:last], 0) for first, last in zip(self._example_starts, ends, strict=False)]
        return [mean / max(float(np.linalg.norm(mean)), 1e-12) for mean in means]

    def scores(self, prompts: Array) -> Array:
        """(prompts, width) -> (prompts, routes): half the likeness to the whole, half the greatest to a phrase.

        With many examples: half the likeness to their middle, a quarter each the greatest to a phrase and to one.
        """
        like: Any = prompts @ self._all.T
        phrases = np.maximum.reduceat(like[:, self._wholes : self._phrases_end], self._phrase_starts, axis=1)
        found: Array = 0.5 * like[:, : self._wholes] + 0.5 * phrases
        if self._with_examples:
            nearest = np.maximum.reduceat(
                like[:, self._phrases_end : self._examples_end], self._example_starts, axis=1
            )
            own = self._with_examples
            found[:, own] = 0.25 * phrases[:, own] + 0.25 * nearest + 0.5 * like[:, self._examples_end :]
        return found


def _likeness(wholes: Array) -> float:
    if len(wholes) < 2:
        return 0.0
    like = wholes @ wholes.T
    np.fill_diagonal(like, -1)
    return float(like.max(1).mean())


def blended(newest: Array, earlier: Array) -> Array:
    """Half and half, of length one."""
    both = newest + earlier
    found: Array = both / max(float(np.linalg.norm(both)), 1e-12)
    return found

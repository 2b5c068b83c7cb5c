"""The order in which a route's models are tried: as declared, the cheapest first, or the fastest first."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, Protocol

#: Requests may bring routes of their own.
_MOST_REMEMBERED: Final = 1024


class Figures(Protocol):
    """What models are compared by, less is better. `version` changes whenever a figure may have."""

    @property
    def version(self) -> int: ...

    def figure(self, model: str) -> float | None:
        """By full name; None is unknown."""


def ranked(models: tuple[str, ...], figure: Callable[[str], float | None]) -> tuple[str, ...]:
    """Ascending; equal ones stay as they were, unknown ones come last, as they were."""
    found = {model: figure(model) for model in models}
    return tuple(sorted(models, key=lambda model: math.inf if (known := found[model]) is None else known))


class Ranking:
    """Orders the models of routes. `figures`: preference (`cheapest`) -> what it goes by."""

    __slots__ = ("_figures", "_orders")

    def __init__(self, figures: Mapping[str, Figures]) -> None:
        self._figures = dict(figures)
        self._orders: dict[tuple[str, tuple[str, ...]], tuple[int, tuple[str, ...]]] = {}

    def ordered(self, models: tuple[str, ...], prefer: str) -> tuple[str, ...]:
        """The full names of a route in the order to try them; as they are where `prefer` is none of the figures."""
        figures = self._figures.get(prefer)
        if figures is None or len(models) < 2:
            return models
        version = figures.version
        known = self._orders.get((prefer, models))
        if known is not None and known[0] == version:
            return known[1]
        if known is None and len(self._orders) >= _MOST_REMEMBERED:
            self._orders.clear()
        order = ranked(models, figures.figure)
        self._orders[prefer, models] = (version, order)
        return order

    def figure(self, model: str, prefer: str) -> float | None:
        """What a model is compared by, to tell people; None where nothing is known."""
        figures = self._figures.get(prefer)
        return None if figures is None else figures.figure(model)

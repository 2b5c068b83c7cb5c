"""Which of several targets that serve the same model is asked first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from plano.resilience.target_state import TargetState

_EVEN: Final = 1.0


def in_order_of_choice(states: Sequence[TargetState], now: float, chance: Callable[[], float], turn: int) -> list[int]:
    """The indexes of the targets, the one to ask first at the head; those that rest come last.

    By weight at random where any weight is not 1; otherwise the least busy first, equally busy ones in turn.
    """
    places = list(range(len(states)))
    if any(state.weight != _EVEN for state in states):
        # Sorting by u^(1/w) draws without replacement in proportion to the weights (Efraimidis and Spirakis, 2006).
        rank = {place: -(chance() ** (1.0 / states[place].weight)) for place in places}
    else:
        rank = {place: float(states[place].running) for place in places}
    return sorted(
        places,
        key=lambda place: (states[place].available_at() > now, rank[place], (place - turn) % len(places)),
    )

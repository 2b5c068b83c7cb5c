"""When a second target is asked because the first is late, and how often at most."""

from __future__ import annotations

from collections import deque
from typing import Final

from plano.config.resilience import Hedge

_REMEMBERED: Final = 200
#: A percentile of fewer says nothing.
_FEWEST: Final = 20


class HedgeBudget:
    """Kept per failover list: the first good events of the last exchanges, and how many of them were hedged."""

    def __init__(self, hedge: Hedge) -> None:
        self._hedge = hedge
        self._latencies: deque[float] = deque(maxlen=_REMEMBERED)
        self._hedged: deque[bool] = deque(maxlen=_REMEMBERED)
        self._delay_s: float | None = None
        self._until_sorted = 0

    def delay_s(self) -> float | None:
        """How long to wait for the first target; None when it is not known yet what late is."""
        if self._hedge.after_ms is not None:
            return self._hedge.after_ms / 1000
        if len(self._latencies) < _FEWEST or self._hedge.after_p is None:
            return None
        if self._until_sorted <= 0 or self._delay_s is None:
            ordered = sorted(self._latencies)
            self._delay_s = ordered[min(int(len(ordered) * self._hedge.after_p / 100), len(ordered) - 1)]
            self._until_sorted = _FEWEST
        return self._delay_s

    def may_hedge(self) -> bool:
        """Whether one more hedge keeps within the share of the exchanges it is meant for."""
        return sum(self._hedged) + 1 <= max(1.0, self._hedge.max_share * (len(self._hedged) + 1))

    def note(self, *, hedged: bool, first_good_s: float | None) -> None:
        """An exchange has had its first good event so many seconds after it was asked, or never (None)."""
        self._hedged.append(hedged)
        self._until_sorted -= 1
        if first_good_s is not None:
            self._latencies.append(first_good_s)

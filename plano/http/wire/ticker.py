"""One coarse timer for thousands of connections: each is asked at every tick whether its time has come.

Arming and cancelling a timer per exchange would cost more than all the checks: a tick reads one attribute or two.
"""

from __future__ import annotations

from typing import Protocol


class Ticking(Protocol):
    """Something with deadlines of its own."""

    def tick(self, now: float) -> None:
        """`now`: seconds on the monotonic clock."""
        ...


class Ticker:
    """The set of everything that wants to be ticked. Whoever owns the loop calls `tick` every `interval_s`."""

    __slots__ = ("members",)

    def __init__(self) -> None:
        self.members: set[Ticking] = set()

    @property
    def interval_s(self) -> float:
        """Seconds to the next tick: 50 ms, more when there is much to ask (at most about 1 % of a core)."""
        return 0.05 + len(self.members) / 40_000

    def tick(self, now: float) -> None:
        """Ask everything. What goes wrong with one member is raised when the others have been asked."""
        problem: Exception | None = None
        for member in tuple(self.members):
            try:
                member.tick(now)
            except Exception as error:
                problem = error
        if problem is not None:
            raise problem

"""A clock that moves only when a test says so."""

from __future__ import annotations


class FakeClock:
    """Implements `plano.clock.Clock`; both faces move together."""

    __slots__ = ("_monotonic_s", "_unix_s")

    def __init__(self, *, monotonic_s: float = 1000.0, unix_s: float = 1_760_000_000.0) -> None:
        self._monotonic_s = monotonic_s
        self._unix_s = unix_s

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def unix_s(self) -> float:
        return self._unix_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` (not negative) pass."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self._monotonic_s += seconds
        self._unix_s += seconds

    def __repr__(self) -> str:
        return f"FakeClock(monotonic_s={self._monotonic_s!r}, unix_s={self._unix_s!r})"

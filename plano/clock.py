"""Time as an object, so that tests own it.

A room that needs the time is handed a `Clock`; nothing below `run/` reads the operating system's clock itself.
"""

from __future__ import annotations

import time
from typing import Final, Protocol

LOG_EVERY_S: Final = 60.0


class Clock(Protocol):
    """Where a room reads the time."""

    def monotonic_s(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        ...

    def unix_s(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z, for what people read."""
        ...


class SystemClock:
    """The operating system's clock."""

    __slots__ = ()

    monotonic_s = staticmethod(time.monotonic)
    unix_s = staticmethod(time.time)


class LogInterval:
    """Lets one log line through per `LOG_EVERY_S`; the first at once."""

    __slots__ = ("_clock", "_next_s")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next_s = float("-inf")

    def due(self) -> bool:
        now_s = self._clock.monotonic_s()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + LOG_EVERY_S
        return True

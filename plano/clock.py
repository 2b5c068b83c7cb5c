"""Time as an object, so that tests own it.

A room that needs the time is handed a `Clock`; nothing below `run/` reads the operating system's clock itself.
"""

from __future__ import annotations

import time
from typing import Protocol


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

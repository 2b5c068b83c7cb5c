"""What a hook has cost so far, for people who ask."""

from __future__ import annotations


class HookCost:
    """Counted over the life of a worker; times in seconds. `failures` are those the plugin is to blame for."""

    __slots__ = ("calls", "failures", "total_s", "worst_s")

    def __init__(self) -> None:
        self.calls = 0
        self.failures = 0
        self.total_s = 0.0
        self.worst_s = 0.0

    def note(self, seconds: float) -> None:
        """One more call."""
        self.calls += 1
        self.add(seconds)

    def add(self, seconds: float) -> None:
        """More time of a call: what an answer's filter takes belongs to the hook it came from."""
        self.total_s += seconds
        if seconds > self.worst_s:
            self.worst_s = seconds

"""What a hook has cost so far, for people who ask."""

from __future__ import annotations

from msgspec import Struct


class StepCost(Struct, frozen=True, kw_only=True):
    """What one hook of a plugin has cost a worker so far; `failures` are those the plugin is to blame for."""

    plugin: str
    hook: str
    calls: int = 0
    total_s: float = 0.0
    worst_s: float = 0.0
    failures: int = 0


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

    def facts(self, plugin: str, hook: str) -> StepCost:
        """What there is to tell."""
        return StepCost(
            plugin=plugin,
            hook=hook,
            calls=self.calls,
            total_s=self.total_s,
            worst_s=self.worst_s,
            failures=self.failures,
        )

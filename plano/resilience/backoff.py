"""The growing wait before a target or provider is asked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from plano.config.resilience import Backoff as BackoffConfig

Relation = Literal["same_model", "same_provider", "global"]


class Backoff(Struct, frozen=True):
    """Exponential, with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"). Times in seconds."""

    base_s: float = 0.1
    most_s: float = 5.0
    has_jitter: bool = True
    relation: Relation = "same_provider"

    @classmethod
    def of_config(cls, config: BackoffConfig | None) -> Backoff:
        """What a policy says; its defaults when it says nothing."""
        if config is None:
            return cls()
        relation: Relation = "global" if config.apply_to == "all_retries" else config.apply_to
        return cls(config.base_ms / 1000, config.max_ms / 1000, config.jitter, relation)

    def wait_s(self, repetition: int, chance: Callable[[], float]) -> float:
        """Before the `repetition`th time (from 0) the same is asked again; `chance` gives 0 to 1."""
        limit = min(self.base_s * 2.0 ** min(repetition, 32), self.most_s)
        return limit * chance() if self.has_jitter else limit

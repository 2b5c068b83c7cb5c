"""A retry policy made ready: which rule holds for an outcome."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from plano.config.resilience import Hedge, LatencyRule, OnStreamFailure, RetryAfterRule, RetryPolicy
from plano.resilience.backoff import Backoff
from plano.resilience.outcome import Outcome

#: `listed`: in the order of the list, whatever the provider; pools are asked so.
Order = Literal["same_model", "same_provider", "different_provider", "listed"]
#: Waited at most for a target that rests, when the exchange has no deadline, in seconds.
LONGEST_WAIT_S: Final = 60.0


class Rule(NamedTuple):
    """`max_attempts`: calls in all; None is as many as there are targets. `is_listed`: the policy names the status."""

    order: Order
    max_attempts: int | None
    is_listed: bool = False


class FailurePolicy:
    """What an exchange does when an attempt fails. `hedge` and `latency` are None when they are off."""

    def __init__(
        self,
        otherwise: Rule,
        on_stream_failure: OnStreamFailure = "replay",
        *,
        on_status: dict[int, Rule] | None = None,
        on_timeout: Rule | None = None,
        backoff: Backoff | None = None,
        retry_after: RetryAfterRule | None = None,
        latency: LatencyRule | None = None,
        hedge: Hedge | None = None,
        max_duration_s: float | None = None,
        fallback_models: tuple[str, ...] = (),
    ) -> None:
        self.otherwise = otherwise
        self.on_stream_failure = on_stream_failure
        self.backoff = Backoff() if backoff is None else backoff
        self.retry_after = RetryAfterRule() if retry_after is None else retry_after
        self.latency = latency
        self.hedge = hedge
        self.max_duration_s = max_duration_s
        self.fallback_models = fallback_models
        self._on_status = {} if on_status is None else on_status
        self._on_timeout = otherwise if on_timeout is None else on_timeout

    @classmethod
    def of_config(cls, config: RetryPolicy, on_stream_failure: OnStreamFailure) -> FailurePolicy:
        """A provider's `retry_policy`; `on_stream_failure` is its listener's."""
        otherwise = Rule(config.default_strategy, config.default_max_attempts)

        def rule(strategy: Order | None, max_attempts: int | None, *, is_listed: bool) -> Rule:
            return Rule(strategy or otherwise.order, max_attempts or config.default_max_attempts, is_listed)

        on_status: dict[int, Rule] = {}
        for row in config.on_status_codes:
            for codes in map(_codes, row.codes):
                for code in codes:
                    on_status.setdefault(code, rule(row.strategy, row.max_attempts, is_listed=True))
        timeout = config.on_timeout
        return cls(
            otherwise,
            config.on_stream_failure or on_stream_failure,
            on_status=on_status,
            on_timeout=None if timeout is None else rule(timeout.strategy, timeout.max_attempts, is_listed=True),
            backoff=Backoff.of_config(config.backoff),
            retry_after=config.retry_after_handling,
            latency=config.on_high_latency,
            hedge=config.hedge,
            max_duration_s=None if config.max_retry_duration_ms is None else config.max_retry_duration_ms / 1000,
            fallback_models=config.fallback_models,
        )

    @classmethod
    def of_max_retries(cls, retries: int, on_stream_failure: OnStreamFailure) -> FailurePolicy:
        """A listener's `max_retries`: the same model again."""
        return cls(Rule("same_model", retries + 1), on_stream_failure)

    @classmethod
    def of_pool(cls, on_stream_failure: OnStreamFailure) -> FailurePolicy:
        """The models of a route, or the rows of one model, without a policy: each once."""
        return cls(Rule("listed", None), on_stream_failure)

    def rule(self, outcome: Outcome) -> Rule:
        """The rule that holds for an outcome."""
        if outcome.kind in ("timeout", "unreachable", "protocol"):
            return self._on_timeout
        return self._on_status.get(outcome.status, self.otherwise)


def _codes(code: int | str) -> range:
    if isinstance(code, int):
        return range(code, code + 1)
    first, _, last = code.partition("-")
    return range(int(first), int(last) + 1)

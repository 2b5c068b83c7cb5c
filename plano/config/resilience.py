"""`retry_policy` and `circuit_breaker`: what happens when a provider fails."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .values import Count

OnStreamFailure = Literal["error", "replay", "continue"]
Strategy = Literal["same_model", "same_provider", "different_provider"]
Attempts = Annotated[int, Meta(ge=1, le=100)]
StatusCode = Annotated[int, Meta(ge=100, le=599)]
CodeRange = Annotated[str, Meta(pattern=r"^[1-5]\d\d-[1-5]\d\d$", extra={"words": "a range such as 500-504"})]


class StatusCodeRule(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What to do on some status codes; the first rule that lists a code decides."""

    codes: Annotated[
        tuple[StatusCode | CodeRange, ...],
        Meta(min_length=1, description='Status codes and ranges: 429, "500-504".'),
    ]
    strategy: Annotated[Strategy | None, Meta(description="Left out: `default_strategy`.")] = None
    max_attempts: Annotated[
        Attempts | None,
        Meta(description="Calls in all, the first included. Left out: `default_max_attempts`."),
    ] = None


class TimeoutRule(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What to do when a provider does not answer in time, or cannot be reached."""

    strategy: Annotated[Strategy | None, Meta(description="Left out: `default_strategy`.")] = None
    max_attempts: Annotated[
        Attempts | None,
        Meta(description="Calls in all, the first included. Left out: `default_max_attempts`."),
    ] = None


class LatencyRule(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When an answer counts as slow. It is still delivered, but its model is left alone for a while."""

    threshold_ms: Annotated[int, Meta(ge=1, description="From how many milliseconds an answer is slow.")]
    measure: Annotated[Literal["ttfb", "total"], Meta(description="Time to the first byte, or to the last.")] = "ttfb"
    min_triggers: Annotated[int, Meta(ge=1, description="How many slow answers it takes.")] = 1
    trigger_window_seconds: Annotated[
        Count | None, Meta(description="Within how many seconds; needed when `min_triggers` is above 1.")
    ] = None
    strategy: Annotated[Strategy | None, Meta(description="Left out: `default_strategy`.")] = None
    max_attempts: Annotated[
        Attempts | None,
        Meta(description="Calls in all, the first included. Left out: `default_max_attempts`."),
    ] = None
    block_duration_seconds: Annotated[int, Meta(ge=1, description="How long the model is left alone.")] = 300
    scope: Annotated[
        Literal["model", "provider"],
        Meta(description="Whether the model is left alone, or its whole provider."),
    ] = "model"
    apply_to: Annotated[
        Literal["global", "request"], Meta(description="For every exchange, or only for the one that met it.")
    ] = "global"


class Backoff(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The growing wait before a target is asked again."""

    apply_to: Annotated[
        Literal["same_model", "same_provider", "global", "all_retries"],
        Meta(description="Which attempts wait; `all_retries` is another word for `global`."),
    ] = "same_provider"
    base_ms: Annotated[int, Meta(ge=1, description="Upper limit of the first wait; it doubles each time.")] = 100
    max_ms: Annotated[int, Meta(ge=1, description="Upper limit of every wait.")] = 5000
    jitter: Annotated[bool, Meta(description="Wait a random part of the limit, so that clients spread.")] = True


class RetryAfterRule(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a provider's `Retry-After` is honoured."""

    scope: Annotated[
        Literal["model", "provider"], Meta(description="Whether the model rests, or its whole provider.")
    ] = "model"
    apply_to: Annotated[
        Literal["global", "request"], Meta(description="For every exchange, or only for the one that met it.")
    ] = "global"
    max_retry_after_seconds: Annotated[int, Meta(ge=1, description="A longer `Retry-After` is cut to this.")] = 300


class Hedge(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Asking a second target while the first is still silent; exactly one of `after_ms` and `after_p` says when."""

    after_ms: Annotated[
        Count | None, Meta(description="The second is asked when the first has been silent this many milliseconds.")
    ] = None
    after_p: Annotated[
        Annotated[int, Meta(ge=50, le=99)] | None,
        Meta(description="The same, after this percentile of the target's recent times until content: 95."),
    ] = None
    max_share: Annotated[
        float,
        Meta(gt=0, le=1, description="At most this part of the requests is sent twice: what hedging may cost."),
    ] = 0.05


class CircuitBreaker(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When a target that keeps failing is left alone, and how it comes back: one request tries it first."""

    enabled: Annotated[bool, Meta(description="Whether there is one.")] = True
    failures: Annotated[int, Meta(ge=1, le=1000, description="How many failures open it.")] = 10
    window: Annotated[
        int, Meta(ge=1, le=1000, description="Among how many of the last requests these failures are counted.")
    ] = 12
    open_seconds: Annotated[
        float,
        Meta(gt=0, le=86400, description="How long the target is left alone; twice as long each time in a row."),
    ] = 10
    max_open_seconds: Annotated[
        float, Meta(gt=0, le=86400, description="The longest time a target is left alone.")
    ] = 30


class RetryPolicy(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What happens when this provider fails. Without one, its error is passed on and nobody else is asked."""

    fallback_models: Annotated[tuple[str, ...], Meta(description="Full model names to try instead, in order.")] = ()
    default_strategy: Annotated[
        Strategy,
        Meta(description="Whom to ask next; a provider is what stands before the first slash of a model."),
    ] = "different_provider"
    default_max_attempts: Annotated[Attempts, Meta(description="Calls in all for one request, the first included.")] = 2
    on_status_codes: Annotated[
        tuple[StatusCodeRule, ...],
        Meta(description="Rules for some status codes; the first that fits decides."),
    ] = ()
    on_timeout: Annotated[TimeoutRule | None, Meta(description="A rule for timeouts and failed connections.")] = None
    on_high_latency: Annotated[LatencyRule | None, Meta(description="A rule for slow answers.")] = None
    backoff: Annotated[Backoff | None, Meta(description="The wait before a target is asked again.")] = None
    retry_after_handling: Annotated[
        RetryAfterRule | None, Meta(description="How `Retry-After` is honoured; it always is.")
    ] = None
    max_retry_duration_ms: Annotated[
        Count | None, Meta(description="No further attempt starts this long after the first failure.")
    ] = None
    on_stream_failure: Annotated[
        OnStreamFailure | None,
        Meta(description="What happens to a stream that breaks off. Left out: the listener's `on_stream_failure`."),
    ] = None
    hedge: Annotated[Hedge | None, Meta(description="Ask a second target when the first is slow. Left out: never.")] = (
        None
    )

"""How long each stage of an attempt may take: what a row of `model_providers` says, or else its listener."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from plano.config.listeners import SharedListenerKeys
from plano.config.models import ModelProvider
from plano.config.values import Duration

FOR_EVER: Final = float("inf")
#: For the head of a response, where neither `response_head_timeout` nor a shorter `timeout` is set, in seconds.
DEFAULT_HEAD_S: Final = 300.0
#: For the first token of a stream, where another target could be asked instead, in seconds.
DEFAULT_TOKEN_S: Final = 60.0


class Timers(Struct, frozen=True):
    """Seconds: to connect (None: what the dialer allows), from the request to the response head and to the first token
    of a stream (`guarded_token_s`: where somebody else could be asked), between two pieces of a response, and for an
    attempt as a whole.
    """

    connect_s: float | None
    head_s: float
    token_s: float
    guarded_token_s: float
    idle_s: float
    attempt_s: float


def total_s(listener: SharedListenerKeys) -> float:
    """For a whole exchange."""
    return FOR_EVER if listener.timeout is None else float(listener.timeout)


def timers_of(listener: SharedListenerKeys, row: ModelProvider) -> Timers:
    """The timers of an attempt at a row."""
    token = _first(row.first_token_timeout, listener.first_token_timeout)
    return Timers(
        connect_s=_first(row.connect_timeout, listener.connect_timeout),
        head_s=_first(row.response_head_timeout, listener.response_head_timeout)
        or min(total_s(listener), DEFAULT_HEAD_S),
        token_s=token or FOR_EVER,
        guarded_token_s=token or DEFAULT_TOKEN_S,
        idle_s=_first(row.idle_timeout, listener.idle_timeout) or FOR_EVER,
        attempt_s=_first(row.timeout) or FOR_EVER,
    )


def _first(*durations: Duration | None) -> float | None:
    return next((float(duration) for duration in durations if duration is not None), None)

"""What an outcome means: who is to blame, what it says about the target, and whether another one may be asked."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from plano.errors import Blame
from plano.resilience.outcome import Outcome

Action = Literal["fine", "final", "if_listed", "another"]
Harm = Literal["none", "failure", "cool", "bench_key"]


class Verdict(Struct, frozen=True):
    """`action`: `final` is the client's answer whatever the policy says, `if_listed` unless it lists the status.

    `harm`: what is held against the target: nothing, a failure (its breaker counts), a rest (it asked for one), or its
    key is of no use for a while.
    """

    blame: Blame
    action: Action
    harm: Harm


_FINE: Final = Verdict("provider", "fine", "none")
_OURS: Final = Verdict("plano", "final", "none")
_CLIENTS: Final = Verdict("client", "final", "none")
_ASKED_WRONGLY: Final = Verdict("client", "if_listed", "none")
_KEY: Final = Verdict("policy", "if_listed", "bench_key")
_EMPTY: Final = Verdict("policy", "another", "bench_key")
_BUSY: Final = Verdict("provider", "another", "cool")
_BROKEN: Final = Verdict("provider", "another", "failure")
_NETWORK: Final = Verdict("network", "another", "failure")
_NOBODYS: Final = Verdict("plano", "another", "none")

#: The request itself is refused: every provider would, or should not be asked to think otherwise.
REFUSALS: Final = frozenset(
    (
        "context_length_exceeded",
        "string_above_max_length",
        "request_too_large",
        "content_filter",
        "content_policy_violation",
        "content_policy",
        "moderation_blocked",
        "cyber_policy_violation",
    )
)
#: Nothing left to pay with: waiting will not help, another key may.
QUOTA: Final = frozenset(
    ("insufficient_quota", "billing_error", "billing_not_active", "billing_hard_limit_reached", "quota_exceeded")
)


def judge(outcome: Outcome) -> Verdict:
    """The verdict on an outcome, whatever the policy."""
    if outcome.kind == "fine":
        return _FINE
    if outcome.kind == "own":
        return _OURS
    if outcome.kind == "unreachable":
        return _NETWORK
    if outcome.kind == "protocol":
        return _NOBODYS if outcome.word == "answers_differ" else _BROKEN
    if outcome.kind == "timeout":
        return _BROKEN
    return _judge_status(outcome.status, outcome.word)


def _judge_status(status: int, word: str) -> Verdict:
    if status < 400:
        return _FINE
    if status < 500 and word in REFUSALS:
        return _CLIENTS
    if word in QUOTA and status == 429:
        return _EMPTY  # Told as a 429, it is tried elsewhere as every 429 is.
    if status in (401, 402, 403) or word in QUOTA:
        return _KEY
    if status == 429:
        return _BUSY
    return _BROKEN if status >= 500 else _ASKED_WRONGLY


def is_quota(outcome: Outcome) -> bool:
    """The key is not wrong, but nothing is left to pay with."""
    return outcome.word in QUOTA or outcome.status == 402

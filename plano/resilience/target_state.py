"""How one target is doing: its breaker, its rests, and the key it shares with others."""

from __future__ import annotations

from collections import deque
from typing import Final, Literal

from msgspec import Struct

from plano.config.resilience import LatencyRule
from plano.resilience.breaker import Breaker, BreakerSettings
from plano.resilience.outcome import Outcome
from plano.resilience.verdict import Verdict, is_quota

#: How long a key is left alone that was refused, or has nothing left to pay with, in seconds.
KEY_REST_S: Final = 30.0
QUOTA_REST_S: Final = 300.0


StateWord = Literal["ok", "slow", "cooling", "half-open", "key benched", "open"]


class TargetFacts(Struct, frozen=True):
    """For people. `state`: ok, cooling, key benched, slow, open, half-open; `seconds_left` of it.

    `failures` among the last attempts; `last_error` is the last one's, empty when there was none.
    """

    name: str
    model: str
    state: StateWord
    seconds_left: float
    failures: int
    running: int
    last_error: str


class KeyState:
    """One account's key, and the targets that are asked with it."""

    __slots__ = ("benched_until", "users")

    def __init__(self) -> None:
        self.benched_until = 0.0
        self.users: set[TargetState] = set()

    def bench(self, until: float) -> None:
        """Leave it alone until then."""
        self.benched_until = until
        for user in self.users:
            user.is_clear = False


class TargetState:
    """`is_clear`: nothing is amiss and nothing needs to be told of; attempts look at it first, and mostly only at it.

    Time is monotonic seconds. `running` counts the attempts under way.
    """

    __slots__ = (
        "_breaker",
        "_key",
        "_slow",
        "cooled_until",
        "is_clear",
        "last_error",
        "model",
        "name",
        "prefix",
        "running",
        "slow_until",
        "weight",
    )

    def __init__(self, name: str, model: str, prefix: str, weight: float, settings: BreakerSettings, key: KeyState):
        self.name = name
        self.model = model
        self.prefix = prefix
        self.weight = weight
        self.running = 0
        self.is_clear = not key.benched_until
        self.last_error = ""
        self.cooled_until = 0.0
        self.slow_until = 0.0
        self._breaker = Breaker(settings)
        self._key = key
        key.users.add(self)
        self._slow: deque[float] = deque()

    def available_at(self) -> float:
        """From when on it may be asked."""
        return max(self._breaker.available_at(), self.cooled_until, self.slow_until, self._key.benched_until)

    def rests_until(self) -> float:
        """Until when it must not be asked even if nobody else is left: it asked for that itself, or it is down.

        Slowness and a refused key are reasons to ask others first; as the last one left it may as well be asked.
        """
        return max(self._breaker.available_at(), self.cooled_until)

    def is_open(self, now: float) -> bool:
        """It has failed too often, and nobody, or somebody else, may try it now."""
        return self._breaker.available_at() > now

    def begin(self, now: float) -> None:
        """An attempt begins."""
        self.running += 1
        if not self.is_clear:
            self._breaker.begin(now)

    def give_up(self) -> None:
        """An attempt ended without a verdict: its client left, or another one was first."""
        self._breaker.give_up()

    def succeeded(self, now: float) -> None:
        """An attempt was fine; need not be called while `is_clear`."""
        self._breaker.succeeded()
        self._key.benched_until = 0.0
        self._look(now)

    def failed(self, outcome: Outcome, verdict: Verdict, now: float) -> None:
        """An attempt was not; rests for the provider's sake are `cool`'s."""
        if verdict.harm == "none":
            self._breaker.give_up()
            return
        self.is_clear = False
        self.last_error = outcome.error_type
        if verdict.harm == "bench_key":
            self._key.bench(now + (QUOTA_REST_S if is_quota(outcome) else KEY_REST_S))
        elif verdict.harm == "failure" or outcome.retry_after_s is None:
            self._breaker.failed(now)

    def cool(self, until: float) -> None:
        """Leave it alone until then."""
        self.cooled_until = max(self.cooled_until, until)
        self.is_clear = False

    def note_slow(self, rule: LatencyRule, now: float) -> bool:
        """An answer was slow. True when that was once too often: leave it, or its provider, alone."""
        window_s = float(rule.trigger_window_seconds or 0)
        self._slow.append(now)
        while len(self._slow) > rule.min_triggers or (window_s and now - self._slow[0] > window_s):
            self._slow.popleft()
        if len(self._slow) < rule.min_triggers:
            return False
        self._slow.clear()
        return True

    def leave_slow(self, until: float) -> None:
        """Leave it alone until then, for being slow."""
        self.slow_until = max(self.slow_until, until)
        self.is_clear = False

    def forget(self) -> None:
        """It is asked no more."""
        self._key.users.discard(self)

    def facts(self, now: float) -> TargetFacts:
        state, until = self._worst(now)
        return TargetFacts(
            self.name,
            self.model,
            state,
            max(until - now, 0.0),
            self._breaker.failures,
            self.running,
            self.last_error,
        )

    def _worst(self, now: float) -> tuple[StateWord, float]:
        if now < self._key.benched_until:
            return "key benched", self._key.benched_until
        breaker = self._breaker.state(now)
        if breaker != "closed":
            return breaker, self._breaker.open_until
        if now < self.cooled_until:
            return "cooling", self.cooled_until
        return ("slow", self.slow_until) if now < self.slow_until else ("ok", now)

    def _look(self, now: float) -> None:
        self.is_clear = self._breaker.is_clean and now >= max(self.cooled_until, self.slow_until)

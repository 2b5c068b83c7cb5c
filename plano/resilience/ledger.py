"""What one exchange has tried, and who is asked next."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Literal

from msgspec import Struct

from plano.resilience.outcome import Outcome
from plano.resilience.policy import LONGEST_WAIT_S, FailurePolicy, Order
from plano.resilience.verdict import Verdict

Reason = Literal["final", "max_attempts_reached", "providers_exhausted", "budget_exhausted", "deadline"]


class Entry(Struct, frozen=True):
    """A target on the list of an exchange. `is_sibling`: it serves the very model that was asked for."""

    key: Hashable
    full_name: str
    prefix: str
    is_sibling: bool


class Tried(Struct, frozen=True):
    """One attempt that failed. Times in monotonic seconds."""

    entry: Entry
    outcome: Outcome
    verdict: Verdict
    began_at: float
    ended_at: float


class Ask(Struct, frozen=True):
    """Ask this target next, after waiting so many seconds."""

    entry: Entry
    wait_s: float


class Stop(Struct, frozen=True):
    """Ask nobody else. `retry_after_s`: when a target will be available again, if that is known."""

    reason: Reason
    retry_after_s: float | None = None


class Ledger:
    """One exchange's. `deadline` is a moment of the clock that `now` is read from; `chance` gives 0 to 1.

    `available_at(key)` says from which moment on a target may be asked: one that has passed means now.
    """

    def __init__(
        self,
        policy: FailurePolicy,
        entries: tuple[Entry, ...],
        *,
        deadline: float,
        available_at: Callable[[Hashable], float],
        chance: Callable[[], float],
    ) -> None:
        self.tried: list[Tried] = []
        self._policy = policy
        self.entries = entries
        self._deadline = deadline
        self._available_at = available_at
        self._chance = chance

    def failed(self, tried: Tried) -> None:
        """Note an attempt that failed."""
        self.tried.append(tried)

    @property
    def distinct(self) -> int:
        """How many targets were asked."""
        return len({tried.entry.key for tried in self.tried})

    def next(self, now: float) -> Ask | Stop:
        """Who is asked next, as the last failure and the policy want it."""
        reason = self._reason_to_stop(now)
        if reason is not None:
            return Stop(reason, self._soonest(self.entries, now))
        wanted = self._wanted()
        for entry in wanted:
            if self._available_at(entry.key) <= now:
                return self._ask(entry, now)
        if wanted:
            # Nobody is left who could be asked at once: only now is it worth waiting.
            soonest = min(wanted, key=lambda entry: self._available_at(entry.key))
            return self._ask(soonest, now)
        return Stop("providers_exhausted", self._soonest(self.entries, now))

    def _reason_to_stop(self, now: float) -> Reason | None:
        if now >= self._deadline:
            return "deadline"
        if not self.tried:
            return None
        last = self.tried[-1]
        rule = self._policy.rule(last.outcome)
        action = last.verdict.action
        if action == "final" or (action == "if_listed" and not (rule.is_listed or self._has_another_key(last))):
            return "final"
        if rule.max_attempts is not None and len(self.tried) >= rule.max_attempts:
            return "max_attempts_reached"
        if self._policy.max_duration_s is not None and now - self.tried[0].ended_at >= self._policy.max_duration_s:
            return "budget_exhausted"
        return None

    def _has_another_key(self, last: Tried) -> bool:
        """A refused key says nothing about the other keys of a pool, nor about the other models of a route."""
        if last.verdict.harm != "bench_key":
            return False
        untried = self._untried()
        return bool(untried) if self._policy.otherwise.order == "listed" else any(e.is_sibling for e in untried)

    def _untried(self) -> list[Entry]:
        asked = {tried.entry.key for tried in self.tried}
        return [entry for entry in self.entries if entry.key not in asked]

    def _wanted(self) -> list[Entry]:
        """The targets that may be asked next, the most wanted first."""
        untried = self._untried()
        if not self.tried:
            return untried
        last = self.tried[-1]
        return self._ordered(self._policy.rule(last.outcome).order, untried, last)

    def _ordered(self, order: Order, untried: list[Entry], last: Tried) -> list[Entry]:
        is_key = last.verdict.harm == "bench_key"
        again = [] if is_key else [last.entry]
        if order == "listed":
            return untried
        if order == "same_model":
            return [entry for entry in untried if entry.full_name == last.entry.full_name] + again
        if order == "same_provider":
            return [entry for entry in untried if entry.prefix == last.entry.prefix]
        if len(self.entries) == 1:
            return again
        failed = {tried.entry.prefix for tried in self.tried}

        def distance(entry: Entry) -> int:
            if is_key and entry.is_sibling:
                return 0
            return 2 if entry.prefix in failed else 1

        return sorted(untried, key=distance)

    def _ask(self, entry: Entry, now: float) -> Ask | Stop:
        rest_s = max(self._available_at(entry.key) - now, 0.0)
        wait_s = max(rest_s, self._backoff_s(entry))
        most_s = self._policy.max_duration_s
        if most_s is not None and self.tried and now + wait_s - self.tried[0].ended_at >= most_s:
            return Stop("budget_exhausted", rest_s or None)
        has_deadline = self._deadline != float("inf")
        if now + wait_s >= self._deadline or (rest_s > LONGEST_WAIT_S and not has_deadline):
            return Stop("providers_exhausted" if rest_s else "deadline", rest_s or None)
        return Ask(entry, wait_s)

    def _backoff_s(self, entry: Entry) -> float:
        backoff = self._policy.backoff
        if backoff.relation == "global":
            before = len(self.tried)
        elif backoff.relation == "same_model":
            before = sum(tried.entry.full_name == entry.full_name for tried in self.tried)
        else:
            before = sum(tried.entry.prefix == entry.prefix for tried in self.tried)
        return backoff.wait_s(before - 1, self._chance) if before else 0.0

    def _soonest(self, entries: tuple[Entry, ...], now: float) -> float | None:
        """Seconds until the first of the targets that rest is available; None when none rests."""
        rests = [at - now for at in (self._available_at(entry.key) for entry in entries) if at > now]
        return min(rests, default=None)

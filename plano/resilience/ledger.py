"""What one exchange has tried, and who is asked next."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Literal

from msgspec import Struct

from plano.resilience.outcome import Outcome
from plano.resilience.policy import LONGEST_WAIT_S, FailurePolicy, Order, Rule
from plano.resilience.verdict import Verdict

Reason = Literal["final", "max_attempts_reached", "providers_exhausted", "budget_exhausted", "deadline"]


class Entry(Struct, frozen=True):
    """A target on the list of an exchange.

    `is_sibling`: it serves the very model that was asked for; `is_fallback`: the policy names it.
    """

    key: Hashable
    full_name: str
    prefix: str
    is_sibling: bool
    is_fallback: bool = False


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
    `rests_until(key)` is the same for a target that nobody is left beside; `is_open(key, now)`: its breaker is open.
    """

    def __init__(
        self,
        policy: FailurePolicy,
        entries: tuple[Entry, ...],
        *,
        deadline: float,
        available_at: Callable[[Hashable], float],
        rests_until: Callable[[Hashable], float],
        is_open: Callable[[Hashable, float], bool],
        chance: Callable[[], float],
    ) -> None:
        self.tried: list[Tried] = []
        self._policy = policy
        self.entries = entries
        self._first_prefix = entries[0].prefix if entries else ""
        self._deadline = deadline
        self._available_at = available_at
        self._rests_until = rests_until
        self._is_open = is_open
        self._chance = chance

    def failed(self, tried: Tried) -> None:
        """Note an attempt that failed."""
        self.tried.append(tried)

    def leave_out(self, key: Hashable) -> None:
        """This target is not to be asked, and has not been."""
        self.entries = tuple(entry for entry in self.entries if entry.key != key)

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
        # Nobody is left who is in good health: only now is it worth waiting. A breaker is not waited for: all who did
        # would come at once.
        closed = [entry for entry in wanted if not self._is_open(entry.key, now)]
        if not closed:
            return self._spare(now) or Stop("providers_exhausted", self._soonest(self.entries, now))
        step = self._ask(min(closed, key=lambda entry: max(self._rests_until(entry.key), now)), now)
        return step if isinstance(step, Ask) else self._spare(now) or step

    def _spare(self, now: float) -> Ask | Stop | None:
        """A fallback in place of the one model a strategy keeps to, when that one cannot be asked (in time)."""
        if self._rule().order != "same_model":
            return None
        named = (entry for entry in self._untried() if entry.is_fallback and self._available_at(entry.key) <= now)
        return next((self._ask(entry, now) for entry in named), None)

    def _rule(self) -> Rule:
        """The rule for the last failure; before there is one, what holds otherwise."""
        return self._policy.rule(self.tried[-1].outcome) if self.tried else self._policy.otherwise

    def _reason_to_stop(self, now: float) -> Reason | None:
        if now >= self._deadline:
            return "deadline"
        if not self.tried:
            return None
        last = self.tried[-1]
        rule = self._rule()
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
            return self._at_first(untried)
        return self._ordered(self._rule().order, untried, self.tried[-1])

    def _at_first(self, untried: list[Entry]) -> list[Entry]:
        """Who may be asked in place of a first target that rests."""
        order = self._rule().order
        if order == "same_model":
            return [entry for entry in untried if entry.is_sibling]
        if order == "same_provider":
            return [entry for entry in untried if entry.prefix == self._first_prefix]
        return untried

    def _ordered(self, order: Order, untried: list[Entry], last: Tried) -> list[Entry]:
        is_key = last.verdict.harm == "bench_key"
        again = [] if is_key else [last.entry]
        if order == "listed":
            return untried
        if order == "same_model":
            fallback = [entry for entry in untried if entry.is_fallback]
            if fallback and self._is_last():
                return fallback  # Or nobody would ever ask those it names.
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

    def _is_last(self) -> bool:
        """Whether the next attempt is the last the policy allows."""
        most = self._rule().max_attempts
        return most is not None and len(self.tried) + 1 >= most

    def _ask(self, entry: Entry, now: float) -> Ask | Stop:
        rest_s = max(self._rests_until(entry.key) - now, 0.0)
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
        rests = [at - now for at in (self._rests_until(entry.key) for entry in entries) if at > now]
        return min(rests, default=None)

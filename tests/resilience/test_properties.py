"""Random courses of events against what must always hold."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable

import pytest

from plano.config.resilience import RetryPolicy, StatusCodeRule, TimeoutRule
from plano.resilience.breaker import BreakerSettings
from plano.resilience.ledger import Ask, Entry, Ledger, Stop, Tried
from plano.resilience.outcome import Outcome
from plano.resilience.policy import LONGEST_WAIT_S, FailurePolicy
from plano.resilience.target_state import TargetState
from plano.resilience.target_states import TargetRow, TargetStates
from plano.resilience.verdict import judge

STRATEGIES = ("same_model", "same_provider", "different_provider")
OUTCOMES = (
    *(Outcome("status", code) for code in (400, 401, 403, 404, 429, 500, 502, 503, 504, 529)),
    Outcome("status", 429, retry_after_s=2.0),
    Outcome("status", 503, retry_after_s=100.0),
    Outcome("status", 429, word="insufficient_quota"),
    Outcome("status", 400, word="context_length_exceeded"),
    *(Outcome("timeout", phase=phase) for phase in ("connect", "head", "first_token", "idle")),
    Outcome("unreachable"),
    Outcome("protocol"),
)


class World:
    """Targets with real states, and a clock that only waiting and attempts move."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.now = 1000.0
        states = TargetStates()
        prefixes = "ab" if chance.random() < 0.5 else "abc"
        names = [f"{chance.choice(prefixes)}/{number % 3}" for number in range(chance.randint(1, 6))]
        self.states: dict[Hashable, TargetState] = {}
        entries = []
        for number, name in enumerate(names):
            settings = BreakerSettings(failures=chance.randint(1, 4), window=6, open_s=5.0)
            row = TargetRow(str(number), number, name[0], 1.0, settings)
            self.states[number] = states.of(row, name)
            entries.append(Entry(number, name, name[0], name == names[0]))
        self.entries = tuple(entries)
        self.registry = states
        self.deadline = self.now + chance.choice((0.5, 30.0, float("inf")))
        self.policy = self.some_policy()

    def some_policy(self) -> FailurePolicy:
        chance = self.chance
        kind = chance.random()
        if kind < 0.15:
            return FailurePolicy.of_pool("replay")
        if kind < 0.3:
            return FailurePolicy.of_max_retries(chance.randint(1, 4), "replay")
        return FailurePolicy.of_config(
            RetryPolicy(
                default_strategy=chance.choice(STRATEGIES),  # type: ignore[arg-type]
                default_max_attempts=chance.randint(1, 6),
                on_status_codes=(
                    StatusCodeRule(
                        codes=(401, "429-503"),
                        strategy=chance.choice(STRATEGIES),  # type: ignore[arg-type]
                        max_attempts=chance.randint(1, 5),
                    ),
                ),
                on_timeout=TimeoutRule(max_attempts=chance.randint(1, 5)),
                max_retry_duration_ms=chance.choice((None, 3000)),
            ),
            "replay",
        )

    def available_at(self, key: Hashable) -> float:
        return self.states[key].available_at()

    def ledger(self) -> Ledger:
        return Ledger(
            self.policy,
            self.entries,
            deadline=self.deadline,
            available_at=self.available_at,
            rests_until=lambda key: self.states[key].rests_until(),
            is_open=lambda key, now: self.states[key].is_open(now),
            chance=self.chance.random,
        )

    def attempt(self, entry: Entry) -> Tried:
        state, outcome = self.states[entry.key], self.chance.choice(OUTCOMES)
        began_at = self.now
        state.begin(self.now)
        self.now += self.chance.random()
        verdict = judge(outcome)
        state.failed(outcome, verdict, self.now)
        state.running -= 1
        if verdict.action == "another" and outcome.retry_after_s is not None:
            self.registry.cool(state, self.now + outcome.retry_after_s, whole_provider=False)
        return Tried(entry, outcome, verdict, began_at, self.now)


def exchange(world: World) -> None:
    """One exchange that fails to its end, watched."""
    ledger, policy = world.ledger(), world.policy
    for _ in range(60):
        step = ledger.next(world.now)
        if isinstance(step, Stop):
            return
        check(world, ledger, step)
        world.now += step.wait_s
        ledger.failed(world.attempt(step.entry))
    raise AssertionError(f"it never ends: {policy.otherwise}")


def check(world: World, ledger: Ledger, step: Ask) -> None:
    tried, policy = ledger.tried, world.policy
    assert world.now + step.wait_s < world.deadline
    assert not world.states[step.entry.key].is_open(world.now)
    rest_s = world.states[step.entry.key].rests_until() - world.now
    assert world.deadline != float("inf") or rest_s <= LONGEST_WAIT_S
    if rest_s > 0:  # Everybody else who might be asked rests, too.
        order = policy.rule(tried[-1].outcome).order if tried else policy.otherwise.order
        last = tried[-1].entry if tried else world.entries[0]
        asked = {one.entry.key for one in tried}
        for other in world.entries:
            may = other.key not in asked
            if order == "same_provider":
                may = may and other.prefix == last.prefix
            if order == "same_model":
                may = may and other.full_name == last.full_name
            assert not may or world.available_at(other.key) > world.now
    if not tried:
        return
    last = tried[-1]
    rule = policy.rule(last.outcome)
    assert last.verdict.action != "final"
    assert rule.max_attempts is None or len(tried) < rule.max_attempts
    if policy.max_duration_s is not None:
        assert world.now + step.wait_s - tried[0].ended_at < policy.max_duration_s
    if Counter(one.entry.key for one in tried)[step.entry.key]:
        assert rule.order == "same_model" or len(world.entries) == 1
        assert step.entry.key == last.entry.key


@pytest.mark.parametrize("seed", range(400))
def test_whatever_happens_the_rules_hold(seed: int) -> None:
    world = World(random.Random(seed))
    for _ in range(8):
        exchange(world)
        world.deadline = max(world.deadline, world.now + 1.0)
        world.now += world.chance.choice((0.0, 1.0, 30.0))

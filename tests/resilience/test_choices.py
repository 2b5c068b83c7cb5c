"""Backoff, pools and hedging: the parts that chance or load decides."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from plano.config.resilience import Backoff as BackoffConfig
from plano.config.resilience import Hedge
from plano.resilience.backoff import Backoff
from plano.resilience.breaker import BreakerSettings
from plano.resilience.hedging import HedgeBudget
from plano.resilience.pools import in_order_of_choice
from plano.resilience.target_state import KeyState, TargetState


def state(weight: float = 1.0, running: int = 0) -> TargetState:
    made = TargetState("name", "a/m", "a", weight, BreakerSettings(), KeyState())
    made.running = running
    return made


def test_backoff_doubles_up_to_its_limit_and_jitter_takes_any_part_of_it() -> None:
    still = Backoff.of_config(BackoffConfig(base_ms=100, max_ms=500, jitter=False))
    assert [still.wait_s(number, lambda: 0.5) for number in range(4)] == [0.1, 0.2, 0.4, 0.5]
    assert Backoff.of_config(None).wait_s(1, lambda: 0.5) == 0.1
    assert Backoff().wait_s(1000, lambda: 1.0) == 5.0


def test_the_least_busy_of_equals_is_asked() -> None:
    states = [state(running=2), state(running=0), state(running=1)]
    assert in_order_of_choice(states, 0.0, random.random, turn=0) == [1, 2, 0]


def test_equally_busy_ones_are_asked_in_turn() -> None:
    states = [state(), state(), state()]
    assert [in_order_of_choice(states, 0.0, random.random, turn)[0] for turn in range(4)] == [0, 1, 2, 0]


def test_weights_are_shares() -> None:
    chance = random.Random(7).random
    states = [state(weight=3.0), state(weight=1.0)]
    first = Counter(in_order_of_choice(states, 0.0, chance, turn)[0] for turn in range(4000))
    assert first[0] / first[1] == pytest.approx(3.0, rel=0.1)


@pytest.mark.parametrize("weight", [1.0, 5.0])
def test_one_that_rests_is_asked_last(weight: float) -> None:
    resting = state(weight=weight)
    resting.cool(10.0)
    assert in_order_of_choice([resting, state(running=9)], 5.0, random.random, 0) == [1, 0]


def test_a_hedge_waits_as_long_as_it_is_told() -> None:
    assert HedgeBudget(Hedge(after_ms=250)).delay_s() == 0.25


def test_a_percentile_needs_something_to_go_by() -> None:
    budget = HedgeBudget(Hedge(after_p=95))
    assert budget.delay_s() is None
    for number in range(100):
        budget.note(hedged=False, first_good_s=number / 100)
    assert budget.delay_s() == pytest.approx(0.95, abs=0.03)


def test_no_more_than_the_share_is_hedged() -> None:
    budget = HedgeBudget(Hedge(after_ms=1, max_share=0.1))
    hedged = 0
    for _ in range(1000):
        may = budget.may_hedge()
        hedged += may
        budget.note(hedged=may, first_good_s=0.1)
    assert 80 <= hedged <= 101

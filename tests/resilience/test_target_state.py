"""Rests, benched keys and slow answers of targets."""

from __future__ import annotations

import pytest

from plano.config.resilience import LatencyRule
from plano.resilience.breaker import BreakerSettings
from plano.resilience.outcome import Outcome
from plano.resilience.target_state import KEY_REST_S, QUOTA_REST_S, TargetState
from plano.resilience.target_states import TargetRow, TargetStates
from plano.resilience.verdict import judge


def row(name: str, prefix: str = "openai", account: int = 1) -> TargetRow:
    return TargetRow(name, account, prefix, 1.0, BreakerSettings(failures=2, window=4))


@pytest.fixture
def states() -> TargetStates:
    return TargetStates()


def failed(state: TargetState, outcome: Outcome, now: float = 0.0) -> None:
    state.begin(now)
    state.failed(outcome, judge(outcome), now)
    state.running -= 1


def test_what_never_failed_is_clear(states: TargetStates) -> None:
    state = states.of(row("a"), "openai/m")
    assert state.is_clear
    assert state.available_at() == 0.0
    assert states.of(row("a"), "openai/m") is state


@pytest.mark.parametrize(
    ("outcome", "rest_s"),
    [(Outcome("status", 401), KEY_REST_S), (Outcome("status", 429, word="insufficient_quota"), QUOTA_REST_S)],
)
def test_a_bad_key_is_benched_for_all_its_models_and_no_other_key(
    states: TargetStates, outcome: Outcome, rest_s: float
) -> None:
    one, same_key = states.of(row("a"), "openai/m"), states.of(row("a"), "openai/n")
    other_key = states.of(row("b", account=2), "openai/m")
    failed(one, outcome, now=5.0)
    assert [state.available_at() for state in (one, same_key, other_key)] == [5.0 + rest_s, 5.0 + rest_s, 0.0]
    assert [state.is_clear for state in (one, same_key, other_key)] == [False, False, True]
    assert not states.of(row("a"), "openai/new").is_clear
    assert one.facts(6.0).state == "key benched"
    assert one.facts(6.0).last_error == outcome.error_type


def test_a_rest_is_kept_and_forgotten_after_a_success(states: TargetStates) -> None:
    state = states.of(row("a"), "openai/m")
    states.cool(state, 10.0, whole_provider=False)
    assert (state.is_clear, state.available_at(), state.facts(4.0).state) == (False, 10.0, "cooling")
    state.begin(11.0)
    state.succeeded(11.0)
    assert state.is_clear


def test_a_rest_may_be_the_whole_providers(states: TargetStates) -> None:
    one, same, other = (states.of(row(name, prefix), "m") for name, prefix in (("a", "x"), ("b", "x"), ("c", "y")))
    states.cool(one, 10.0, whole_provider=True)
    assert [state.available_at() for state in (one, same, other)] == [10.0, 10.0, 0.0]


def test_a_429_that_asks_for_no_rest_counts_as_a_failure(states: TargetStates) -> None:
    state = states.of(row("a"), "openai/m")
    for _ in range(2):
        failed(state, Outcome("status", 429))
    assert state.facts(0.0).state == "open"


def test_a_client_error_counts_for_nothing(states: TargetStates) -> None:
    state = states.of(row("a"), "openai/m")
    for _ in range(9):
        failed(state, Outcome("status", 400))
    assert state.is_clear


def test_slow_answers_block_a_target_when_there_are_enough_of_them(states: TargetStates) -> None:
    rule = LatencyRule(threshold_ms=1, min_triggers=2, trigger_window_seconds=10, block_duration_seconds=60)
    state = states.of(row("a"), "openai/m")
    states.note_slow(state, rule, 0.0)
    states.note_slow(state, rule, 11.0)
    assert state.is_clear
    states.note_slow(state, rule, 12.0)
    assert (state.available_at(), state.facts(13.0).state) == (72.0, "slow")


def test_a_slow_answer_may_block_a_provider_or_only_its_own_exchange(states: TargetStates) -> None:
    one, same = states.of(row("a"), "openai/m"), states.of(row("b"), "openai/n")
    states.note_slow(one, LatencyRule(threshold_ms=1, apply_to="request"), 0.0)
    assert one.is_clear
    states.note_slow(one, LatencyRule(threshold_ms=1, scope="provider"), 0.0)
    assert not one.is_clear
    assert not same.is_clear


def test_models_that_clients_invent_do_not_fill_the_memory(states: TargetStates) -> None:
    troubled = states.of(row("a"), "openai/troubled")
    states.cool(troubled, 99.0, whole_provider=False)
    for number in range(5000):
        states.of(row("a"), f"openai/{number}")
    assert len(states.facts(0.0)) <= 4096
    assert states.of(row("a"), "openai/troubled") is troubled

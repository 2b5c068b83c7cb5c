"""plano's own record of response times."""

from __future__ import annotations

import pytest

from plano.routing.own_latency import OwnLatency
from plano.routing.ranking import Ranking
from plano.testing.clock import FakeClock

A_WHILE_S = 7200.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def own(clock: FakeClock) -> OwnLatency:
    return OwnLatency(clock.monotonic_s)


def test_a_model_that_was_never_asked_is_unknown(own: OwnLatency) -> None:
    own.note("a", 1.0)
    assert (own.latency("a"), own.latency("b")) == (1.0, None)


def test_new_measurements_outweigh_old_ones(own: OwnLatency) -> None:
    for _ in range(50):
        own.note("a", 1.0)
    for _ in range(50):
        own.note("a", 3.0)
    assert own.latency("a") == pytest.approx(3.0, rel=0.1)


def test_a_single_slow_answer_is_not_the_whole_truth(own: OwnLatency) -> None:
    for _ in range(50):
        own.note("a", 1.0)
    own.note("a", 10.0)
    assert own.latency("a") == pytest.approx(1.9, rel=0.05)


def test_small_changes_do_not_change_orders(own: OwnLatency) -> None:
    own.note("a", 1.0)
    version = own.version
    for seconds in (1.05, 0.96, 1.08, 0.95):
        own.note("a", seconds)
    assert (own.version, own.latency("a")) == (version, 1.0)


def test_a_noticeable_change_has_another_version(own: OwnLatency) -> None:
    own.note("a", 1.0)
    version = own.version
    own.note("a", 2.0)
    assert own.version != version


def test_a_slow_model_gets_another_chance_after_a_while(own: OwnLatency, clock: FakeClock) -> None:
    ranking = Ranking({"fastest": own})
    own.note("slow", 8.0)
    own.note("quick", 1.0)
    assert ranking.ordered(("slow", "quick"), "fastest") == ("quick", "slow")
    clock.advance(A_WHILE_S)
    own.note("quick", 1.0)
    assert ranking.ordered(("slow", "quick"), "fastest") == ("slow", "quick")


@pytest.mark.parametrize(("seconds", "first"), [(8.0, "quick"), (0.5, "slow")])
def test_after_that_chance_the_new_measurement_counts(
    own: OwnLatency, clock: FakeClock, seconds: float, first: str
) -> None:
    for _ in range(20):
        own.note("slow", 8.0)
    clock.advance(A_WHILE_S)
    own.note("quick", 1.0)
    own.note("slow", seconds)
    assert Ranking({"fastest": own}).ordered(("slow", "quick"), "fastest")[0] == first


def test_a_short_silence_changes_nothing(own: OwnLatency, clock: FakeClock) -> None:
    own.note("a", 1.0)
    clock.advance(10)
    assert own.latency("a") == 1.0


def test_models_that_clients_invent_do_not_pile_up(own: OwnLatency, clock: FakeClock) -> None:
    for number in range(4100):
        clock.advance(0.001)
        own.note(f"m{number}", 1.0)
    assert own.latency("m0") is None
    assert own.latency("m4099") == 1.0


def test_an_answer_without_any_delay_is_no_fault(own: OwnLatency) -> None:
    own.note("a", 0.0)
    own.note("a", 0.0)
    assert own.latency("a") == 0.0

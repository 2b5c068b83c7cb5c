"""The breaker's states, one after the other."""

from __future__ import annotations

from plano.resilience.breaker import Breaker, BreakerSettings

SETTINGS = BreakerSettings(failures=3, window=5, open_s=10.0, most_open_s=25.0)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker(SETTINGS)
    for _ in range(3):
        breaker.failed(now)
    return breaker


def test_a_new_breaker_is_closed_and_clean() -> None:
    breaker = Breaker(SETTINGS)
    assert breaker.is_clean
    assert (breaker.state(0.0), breaker.available_at()) == ("closed", 0.0)


def test_it_opens_at_the_last_failure_allowed() -> None:
    breaker = Breaker(SETTINGS)
    breaker.failed(0.0)
    breaker.failed(0.0)
    assert breaker.state(0.0) == "closed"
    breaker.failed(1.0)
    assert (breaker.state(1.0), breaker.available_at()) == ("open", 11.0)


def test_failures_beyond_the_window_are_forgotten() -> None:
    breaker = Breaker(SETTINGS)
    breaker.failed(0.0)
    breaker.failed(0.0)
    for _ in range(4):
        breaker.succeeded()
    breaker.failed(0.0)
    assert breaker.state(0.0) == "closed"
    assert breaker.failures == 1
    for _ in range(5):
        breaker.succeeded()
    assert breaker.is_clean


def test_half_open_lets_one_attempt_through() -> None:
    breaker = opened()
    assert breaker.state(10.0) == "half-open"
    assert breaker.available_at() <= 10.0
    breaker.begin(10.0)
    assert breaker.available_at() == 20.0


def test_a_probe_that_is_fine_closes_it() -> None:
    breaker = opened()
    breaker.begin(10.0)
    breaker.succeeded()
    assert (breaker.state(10.0), breaker.is_clean, breaker.failures) == ("closed", True, 0)


def test_a_probe_that_fails_opens_it_for_longer_up_to_a_limit() -> None:
    breaker = opened()
    waits = []
    now = 10.0
    for _ in range(4):
        breaker.begin(now)
        breaker.failed(now)
        waits.append(breaker.available_at() - now)
        now = breaker.available_at()
    assert waits == [20.0, 25.0, 25.0, 25.0]


def test_a_probe_whose_client_left_is_given_back() -> None:
    breaker = opened()
    breaker.begin(10.0)
    breaker.give_up()
    assert breaker.available_at() <= 10.0


def test_what_began_before_it_opened_does_not_open_it_again() -> None:
    breaker = opened()
    breaker.failed(5.0)
    assert breaker.available_at() == 10.0


def test_it_can_be_turned_off() -> None:
    breaker = Breaker(BreakerSettings(failures=0, window=5))
    for _ in range(50):
        breaker.failed(0.0)
    assert breaker.state(0.0) == "closed"

"""Sessions that keep their model."""

from __future__ import annotations

from plano.routing.affinity import Affinity, Session
from plano.routing.candidates import Decision
from plano.testing.clock import FakeClock
from tests.routing.test_model_names import names

NAMES = names("openai/a", "openai/b")
A, B = (Decision(NAMES.resolve(name).candidates, "", "r", "route") for name in ("openai/a", "openai/b"))


def session(name: str, tenant: str = "", api_key: str = "") -> Session:
    return Session(tenant, api_key, name)


def test_a_session_keeps_what_it_was_first_given() -> None:
    affinity = Affinity(FakeClock().monotonic_s)
    assert affinity.find(session("s"), 60) is None
    affinity.keep(session("s"), A, 60, 10)
    pin = affinity.find(session("s"), 60)
    assert pin is not None
    assert (pin.models, pin.route) == (("openai/a",), "r")


def test_a_session_that_was_quiet_too_long_is_a_new_one() -> None:
    clock = FakeClock()
    affinity = Affinity(clock.monotonic_s)
    affinity.keep(session("s"), A, 60, 10)
    for _ in range(3):
        clock.advance(59)
        assert affinity.find(session("s"), 60) is not None
    clock.advance(60)
    assert affinity.find(session("s"), 60) is None
    assert len(affinity) == 0


def test_sessions_of_others_are_other_sessions() -> None:
    affinity = Affinity(FakeClock().monotonic_s)
    affinity.keep(session("s", "acme", "ci"), A, 60, 10)
    for other in (session("s"), session("s", "acme"), session("s", "", "ci"), session("s:ci", "acme")):
        assert affinity.find(other, 60) is None


def test_the_one_not_used_for_longest_goes_first() -> None:
    affinity = Affinity(FakeClock().monotonic_s)
    for name in ("1", "2", "3"):
        affinity.keep(session(name), A, 60, 3)
    affinity.find(session("1"), 60)
    affinity.keep(session("4"), B, 60, 3)
    assert [name for name in "1234" if affinity.find(session(name), 60)] == ["1", "3", "4"]

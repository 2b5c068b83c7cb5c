"""What a listener takes on at a time, and what is said of the rest."""

from __future__ import annotations

import logging
import resource
from collections.abc import Callable

import pytest

from plano.config.listeners import ModelListener
from plano.errors import Overloaded, TooManyRequests
from plano.http.server.caps import RESERVED_FILES, CapNumbers, Caps, Room, cap_numbers, share_of


class Later:
    """Stands for the loop's `call_later`."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, delay_s: float, callback: Callable[[], None]) -> None:
        self.waiting.append((delay_s, callback))

    def run(self) -> None:
        waiting, self.waiting = self.waiting, []
        for _, callback in waiting:
            callback()


def caps(later: Later | None = None, most: int = 100, **numbers: int) -> Caps:
    return Caps("main", CapNumbers(**numbers), Room(most), later or Later())


# Requests.


def test_as_many_requests_run_as_the_cap_says() -> None:
    full = caps(requests=2)
    full.enter("a")
    full.enter("b")
    with pytest.raises(Overloaded) as raised:
        full.enter("c")
    assert (raised.value.status, raised.value.retry_after_s) == (503, 1.0)
    full.leave("a")
    full.enter("c")
    assert (full.requests, full.by_client, full.refused) == (2, {"b": 1, "c": 1}, 1)


def test_one_client_runs_as_many_as_its_cap_says_and_others_too() -> None:
    full = caps(requests_per_client=2)
    for client in ("a", "a", "b"):
        full.enter(client)
    with pytest.raises(TooManyRequests) as raised:
        full.enter("a")
    assert (raised.value.status, raised.value.code, raised.value.retry_after_s) == (429, "too_many_requests", 1.0)
    full.enter("b")
    full.leave("a")
    full.enter("a")


def test_a_greedy_client_is_told_that_it_is_greedy_when_all_is_taken() -> None:
    full = caps(requests=2, requests_per_client=2)
    full.enter("a")
    full.enter("a")
    with pytest.raises(TooManyRequests):
        full.enter("a")
    with pytest.raises(Overloaded):
        full.enter("b")


def test_nothing_is_remembered_of_clients_that_have_nothing_running() -> None:
    some = caps(requests_per_client=3)
    for number in range(50):
        some.enter(str(number))
        some.leave(str(number))
    with pytest.raises(Overloaded):
        caps(requests=0).enter("a")
    assert (some.requests, some.by_client) == (0, {})


def test_what_runs_counts_under_new_numbers() -> None:
    some = caps(requests=5)
    for _ in range(3):
        some.enter("a")
    some.change("renamed", CapNumbers(requests=2, requests_per_client=2))
    with pytest.raises(TooManyRequests):
        some.enter("a")
    with pytest.raises(Overloaded):
        some.enter("b")
    some.leave("a")
    some.leave("a")
    some.enter("b")
    some.change("renamed", CapNumbers())
    assert not some.limits_requests
    some.leave("a")
    some.leave("b")
    assert (some.requests, some.by_client) == (0, {})


# Connections.


def test_connections_have_a_cap_of_their_own() -> None:
    full = caps(connections=2)
    for _ in range(2):
        assert full.has_room()
        full.opened()
    assert not full.has_room()
    full.closed()
    assert full.has_room()


def test_listeners_without_a_cap_share_what_the_process_has() -> None:
    room = Room(3)
    one, other, capped = (Caps("x", CapNumbers(connections=most), room, Later()) for most in (None, None, 1))
    one.opened()
    other.opened()
    capped.opened()
    assert [some.has_room() for some in (one, other, capped)] == [False, False, False]
    capped.closed()
    assert [some.has_room() for some in (one, other, capped)] == [True, True, True]


def test_half_of_the_open_files_are_for_providers() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    try:
        assert Room().most == (1024 - RESERVED_FILES) // 2
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


# Shares.


@pytest.mark.parametrize(("cap", "workers", "share"), [(10, 1, 10), (10, 4, 3), (8, 4, 2), (1, 4, 1), (None, 4, None)])
def test_a_share_is_rounded_up(cap: int | None, workers: int, share: int | None) -> None:
    assert share_of(cap, workers) == share


def test_every_cap_of_a_listener_is_divided() -> None:
    listener = ModelListener(
        name="main", max_connections=100, max_concurrent_requests=10, max_concurrent_requests_per_client=3
    )
    assert cap_numbers(listener, 4) == CapNumbers(25, 3, 1)
    assert cap_numbers(ModelListener(name="main"), 4) == CapNumbers()


# The log.


def test_overload_is_one_line_a_second_with_counts(caplog: pytest.LogCaptureFixture) -> None:
    later = Later()
    full = caps(later, requests=0, requests_per_client=1)
    with caplog.at_level(logging.WARNING, "plano.http"):
        for _ in range(300):
            with pytest.raises(Overloaded):
                full.enter("a")
        full.turned_away()
        assert [delay for delay, _ in later.waiting] == [1.0]
        later.run()
        assert later.waiting == []
        full.turned_away()
        later.run()
    assert [record.message for record in caplog.records] == [
        "listener main is over its caps; refused: 300 requests (max_concurrent_requests), "
        "1 connections (max_connections)",
        "listener main is over its caps; refused: 1 connections (max_connections)",
    ]
    assert full.refused == 302

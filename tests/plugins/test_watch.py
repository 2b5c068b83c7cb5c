"""What interrupts hooks that do not return, with several in one process as after a reload."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from plano.plugins.watch import HookEscapes, HookHangs, Watch

LIMIT_S = 0.05


@contextmanager
def watching(*, count: int = 1) -> Iterator[list[Watch]]:
    watches = [Watch(LIMIT_S) for _ in range(count)]
    for watch in watches:
        watch.start()
    try:
        yield watches
    finally:
        for watch in watches:
            watch.stop()


def loops() -> None:
    while True:
        pass


def backtracks() -> None:
    re.match(r"(a+)+b", "a" * 60)


@pytest.mark.parametrize("hang", [lambda: time.sleep(60), loops, backtracks], ids=["sleep", "loop", "regex"])
def test_what_does_not_return_is_interrupted(hang: Callable[[], object]) -> None:
    with watching() as (watch,), pytest.raises(HookHangs):
        watch.call(hang)


def test_what_returns_in_time_is_left_alone() -> None:
    with watching() as (watch,):
        assert watch.call(lambda *given: sum(given), 1, 2) == 3
        time.sleep(LIMIT_S * 3)  # As long as a hook that hangs, but nobody's hook.


def test_a_plugin_that_catches_everything_once_is_interrupted_again() -> None:
    caught = []

    def stubborn() -> None:
        try:
            loops()
        except BaseException as error:
            caught.append(type(error))
        loops()

    with watching() as (watch,), pytest.raises(HookHangs):
        watch.call(stubborn)
    assert caught == [HookHangs]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1), (1, 2, 0)])
def test_whoever_stops_leaves_the_others_watched(order: tuple[int, ...]) -> None:
    """A reload starts the plugins of the new config before those of the old one are gone."""
    with watching(count=3) as watches:
        left = set(range(3))
        for place in order:
            watches[place].stop()
            left.discard(place)
            for other in left:
                with pytest.raises(HookHangs):
                    watches[other].call(loops)


def test_in_a_thread_nobody_watches_and_nothing_breaks() -> None:
    def elsewhere() -> None:
        with watching() as (watch,):
            results.append(watch.call(lambda: "fine"))

    results: list[str] = []
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert results == ["fine"]


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), GeneratorExit()])
def test_what_would_end_more_than_a_hook_is_a_fault_of_the_hook(error: BaseException) -> None:
    def call() -> None:
        raise error

    with pytest.raises(HookEscapes, match=type(error).__name__):
        Watch().call(call)


def test_a_process_that_ends_while_somebody_watches_ends_well() -> None:
    code = "from plano.plugins.watch import Watch\nWatch(0.001).start()\nfor _ in range(10**6): pass"
    done = subprocess.run([sys.executable, "-c", code], timeout=60)
    assert done.returncode == 0

"""What interrupts hooks that do not return, with several in one process as after a reload."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from plano.plugins.watch import HookEscapes, HookHangs, Watch, WatchedSteps

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


@pytest.mark.parametrize("waits_first", [False, True])
def test_what_an_async_hook_does_between_two_waits_is_interrupted(waits_first: bool) -> None:
    async def hook() -> None:
        if waits_first:
            await asyncio.sleep(0)
        time.sleep(1.0)  # noqa: ASYNC251  # That it blocks is the point.

    with watching() as (watch,), pytest.raises(HookHangs):
        asyncio.run(scene(watch, hook()))


async def scene(watch: Watch, work: Coroutine[Any, Any, Any]) -> Any:
    return await WatchedSteps(watch, work)


def test_an_async_hook_that_waits_has_all_its_time_and_may_be_cancelled() -> None:
    seen: list[str] = []
    timed_out = asyncio.Event()

    async def hook() -> str:
        try:
            async with asyncio.timeout(0.2):
                await asyncio.Event().wait()
        except TimeoutError:
            seen.append("its own timeout")
            timed_out.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
        with suppress(ValueError):
            await failing()
        return await asyncio.sleep(0, "done")

    async def failing() -> None:
        await asyncio.sleep(0)
        raise ValueError

    async def cancelled(watch: Watch) -> Any:
        task = asyncio.create_task(scene(watch, hook()))
        await timed_out.wait()
        task.cancel()
        return await task

    with watching() as (watch,):
        assert asyncio.run(cancelled(watch)) == "done"
    assert seen == ["its own timeout", "cancelled"]


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

"""What interrupts hooks that do not return, with several in one process as after a reload."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any

import pytest

from plano.plugins.watch import HookEscapes, HookHangs, Watch, WatchedSteps

LIMIT_S = 0.05


@pytest.fixture(autouse=True)
def _left_as_it_was() -> Iterator[None]:
    # Whatever a defect leaves behind, the signal must not end the tests.
    former = signal.signal(signal.SIGALRM, lambda number, frame: None)
    yield
    signal.signal(signal.SIGALRM, former)


def hangs(watch: Watch) -> bool:
    """Whether a hook that hangs is interrupted."""
    try:
        watch.call(time.sleep, 1.0)
    except HookHangs:
        return True
    return False


@pytest.mark.parametrize("waits_first", [False, True])
def test_what_an_async_hook_does_between_two_waits_is_interrupted(waits_first: bool) -> None:
    async def hook() -> None:
        if waits_first:
            await asyncio.sleep(0)
        time.sleep(1.0)  # noqa: ASYNC251  # That it blocks is the point.

    watch = Watch(LIMIT_S)
    watch.start()
    try:
        with pytest.raises(HookHangs):
            asyncio.run(scene(watch, hook()))
    finally:
        watch.stop()


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

    watch = Watch(LIMIT_S)
    watch.start()
    try:
        assert asyncio.run(cancelled(watch)) == "done"
    finally:
        watch.stop()
    assert seen == ["its own timeout", "cancelled"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1), (1, 2, 0)])
def test_whoever_stops_leaves_the_others_their_signal(order: tuple[int, ...]) -> None:
    first = signal.getsignal(signal.SIGALRM)
    watches = [Watch(LIMIT_S) for _ in range(3)]
    for watch in watches:
        watch.start()
    left = set(range(3))
    for place in order:
        watches[place].stop()
        left.discard(place)
        assert all(hangs(watches[other]) for other in left)
    assert signal.getsignal(signal.SIGALRM) is first


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), GeneratorExit()])
def test_what_would_end_more_than_a_hook_is_a_fault_of_the_hook(error: BaseException) -> None:
    def call() -> None:
        raise error

    with pytest.raises(HookEscapes, match=type(error).__name__):
        Watch().call(call)

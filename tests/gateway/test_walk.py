"""Walks and signals: an exchange's coroutine driven by callbacks, without a task."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import Any

import pytest

from tests.twins import both_builds


async def end_of(walk: Any) -> None:
    """Let the loop turn until the walk is over: nobody announces it."""
    for _ in range(100_000):
        if walk.is_over:
            return
        await asyncio.sleep(0)
    raise AssertionError("the walk did not end")


@both_builds("walk")
def test_a_walk_runs_to_its_first_wait_at_once_and_goes_on_when_signalled(build: ModuleType) -> None:
    signal, said = build.Signal(), []

    async def walk() -> None:
        said.append("began")
        said.append(await signal)
        said.append("ended")

    going = build.Walk(walk())
    going.start()
    assert said == ["began"]
    assert not signal.done()
    signal.set_result(42)
    assert said == ["began", 42, "ended"]  # When `set_result` returns, the waiter has gone on.
    assert signal.done()
    assert going.is_over


@both_builds("walk")
def test_a_signal_that_has_come_is_not_waited_for(build: ModuleType) -> None:
    signal, said = build.Signal(), []
    signal.set_result("x")

    async def walk() -> None:
        said.append(await signal)
        said.append(await signal)

    build.Walk(walk()).start()
    assert said == ["x", "x"]


@both_builds("walk")
@pytest.mark.parametrize("is_early", [True, False])
def test_an_exception_is_raised_where_it_is_waited_for(build: ModuleType, is_early: bool) -> None:
    signal, said = build.Signal(), []

    async def walk() -> None:
        try:
            await signal
        except ValueError as error:
            said.append(error)

    going, error = build.Walk(walk()), ValueError("x")
    if is_early:
        signal.set_exception(error)
    going.start()
    if not is_early:
        signal.set_exception(error)
    assert said == [error]
    assert going.is_over


@both_builds("walk")
def test_a_chain_of_waits_runs_through_when_each_is_over_already(build: ModuleType) -> None:
    signals, said = [build.Signal() for _ in range(200)], []

    async def walk() -> None:
        for number, signal in enumerate(signals):
            said.append((number, await signal))

    going = build.Walk(walk())
    going.start()
    for number in reversed(range(1, 200)):
        signals[number].set_result(-number)
    assert said == []
    signals[0].set_result(0)
    assert said == [(number, -number) for number in range(200)]
    assert going.is_over


@both_builds("walk")
def test_cancelling_raises_where_the_walk_waits(build: ModuleType) -> None:
    signal, said = build.Signal(), []

    async def walk() -> None:
        try:
            await signal
        except asyncio.CancelledError:
            said.append("cancelled")
            raise
        finally:
            said.append("finally")

    going = build.Walk(walk())
    going.start()
    going.cancel()
    assert said == ["cancelled", "finally"]
    assert going.is_over
    signal.set_result(1)  # Too late, and nobody's business.
    going.cancel()
    assert said == ["cancelled", "finally"]


@both_builds("walk")
def test_a_walk_may_survive_its_cancelling(build: ModuleType) -> None:
    first, second, said = build.Signal(), build.Signal(), []

    async def walk() -> None:
        try:
            await first
        except asyncio.CancelledError:
            said.append(await second)

    going = build.Walk(walk())
    going.start()
    going.cancel()
    assert not going.is_over
    second.set_result("on")
    assert said == ["on"]
    assert going.is_over


@both_builds("walk")
def test_a_cancel_from_inside_comes_at_the_next_wait(build: ModuleType) -> None:
    signal, said = build.Signal(), []
    walks: list[Any] = []

    async def walk() -> None:
        walks[0].cancel()
        said.append("still here")
        try:
            await signal
        except asyncio.CancelledError:
            said.append("cancelled")

    walks.append(build.Walk(walk()))
    walks[0].start()
    assert said == ["still here", "cancelled"]
    assert walks[0].is_over


@both_builds("walk")
def test_a_cancel_from_inside_without_another_wait_is_forgotten(build: ModuleType) -> None:
    walks: list[Any] = []

    async def walk() -> None:
        walks[0].cancel()

    walks.append(build.Walk(walk()))
    walks[0].start()
    assert walks[0].is_over


@both_builds("walk")
def test_a_walk_waits_for_futures_and_tasks_too(build: ModuleType) -> None:
    said = []

    async def dial() -> str:
        await asyncio.sleep(0)
        return "dialed"

    async def failing() -> None:
        raise OSError("refused")

    async def walk(loop: asyncio.AbstractEventLoop, signal: Any) -> None:
        said.append(await loop.create_task(dial()))
        try:
            await loop.create_task(failing())
        except OSError as error:
            said.append(str(error))
        said.append(await signal)

    async def main() -> None:
        signal = build.Signal()
        loop = asyncio.get_running_loop()
        going = build.Walk(walk(loop, signal))
        going.start()
        assert said == []
        loop.call_later(0.001, signal.set_result, "signalled")
        await end_of(going)

    asyncio.run(main())
    assert said == ["dialed", "refused", "signalled"]


@both_builds("walk")
def test_cancelling_a_walk_cancels_the_future_it_waits_for(build: ModuleType) -> None:
    said = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        async def walk() -> None:
            try:
                await future
            except asyncio.CancelledError:
                said.append("cancelled")
                raise

        going = build.Walk(walk())
        going.start()
        going.cancel()
        going.cancel()
        await end_of(going)
        assert future.cancelled()

    asyncio.run(main())
    assert said == ["cancelled"]


@both_builds("walk")
def test_a_future_that_is_done_as_the_walk_is_cancelled_does_not_bring_it_back(build: ModuleType) -> None:
    said = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        async def walk() -> None:
            try:
                await future
                said.append("went on")
            except asyncio.CancelledError:
                said.append("cancelled")

        going = build.Walk(walk())
        going.start()
        future.set_result(None)
        going.cancel()
        await end_of(going)

    asyncio.run(main())
    assert said == ["cancelled"]


@both_builds("walk")
def test_a_signal_works_in_a_task_only_by_way_of_a_walk(build: ModuleType) -> None:
    async def waits(signal: Any) -> None:
        await signal

    async def main() -> None:
        task = asyncio.create_task(waits(build.Signal()))
        with pytest.raises(RuntimeError):
            await task

    asyncio.run(main())

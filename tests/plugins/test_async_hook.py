"""Hooks that wait: within their time, cancelled with their client, and watched while they do not wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import pytest

from plano.plugins import async_hook
from plano.plugins.async_hook import AsyncHook, HookTimeout
from plano.plugins.watch import HookEscapes, HookHangs, Watch

LIMIT_S = 0.05


def run(work: Coroutine[Any, Any, Any], timeout_s: float = 5.0, watch: Watch | None = None) -> Any:
    async def scene() -> Any:
        found = await AsyncHook(watch or Watch(), work, timeout_s)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        return found

    return asyncio.run(scene())


async def never() -> None:
    await asyncio.Event().wait()


def test_what_it_returns_and_raises_comes_through() -> None:
    async def returns() -> str:
        return await asyncio.sleep(0, "done")

    async def raises() -> None:
        await asyncio.sleep(0)
        raise ValueError("x")

    assert run(returns()) == "done"
    with pytest.raises(ValueError, match="x"):
        run(raises())


def test_whoever_never_waits_needs_no_timer() -> None:
    async def scene() -> None:
        async def at_once() -> int:
            return 7

        hook = AsyncHook(Watch(), at_once(), 5.0)
        assert await hook == 7
        assert hook._timer is None

    asyncio.run(scene())


def test_its_time_is_limited() -> None:
    with pytest.raises(HookTimeout, match=r"longer than 0\.01 s"):
        run(never(), 0.01)


def test_it_may_clean_up_when_its_time_is_over() -> None:
    seen: list[str] = []

    async def cleans_up() -> None:
        try:
            await never()
        finally:
            await asyncio.sleep(0.001)
            seen.append("clean")

    with pytest.raises(HookTimeout):
        run(cleans_up(), 0.01)
    assert seen == ["clean"]


@pytest.mark.parametrize("last", [asyncio.CancelledError, BaseException])
def test_whoever_goes_on_all_the_same_is_closed(last: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(async_hook, "GRACE_S", 0.01)

    async def stubborn() -> None:
        for _ in range(4):  # For ever, it would not even go when it is collected.
            with suppress(last):
                await never()

    with pytest.raises(HookTimeout):
        run(stubborn(), 0.01)


def test_a_timeout_of_its_own_is_its_own() -> None:
    async def patient() -> str:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await never()
        return await asyncio.sleep(0, "went on")

    assert run(patient()) == "went on"


def test_something_cancelled_inside_is_its_fault() -> None:
    async def inside() -> None:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    with pytest.raises(HookTimeout, match="was cancelled"):
        run(inside())


@pytest.mark.parametrize("swallows", [False, True])
def test_a_client_that_leaves_takes_it_along(swallows: bool) -> None:
    async def scene() -> None:
        waiting = asyncio.Event()

        async def work() -> str:
            waiting.set()
            try:
                await never()
            except asyncio.CancelledError:
                if not swallows:
                    raise
            return "done"

        async def exchange() -> Any:
            return await AsyncHook(Watch(), work(), 5.0)

        task = asyncio.create_task(exchange())
        await waiting.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            assert await task == "done"
        assert task.cancelled() != swallows

    asyncio.run(scene())


@pytest.mark.parametrize("error", [SystemExit(), KeyboardInterrupt()])
@pytest.mark.parametrize("waits_first", [False, True])
def test_it_cannot_end_the_loop(error: BaseException, waits_first: bool) -> None:
    async def ends() -> None:
        if waits_first:
            await asyncio.sleep(0)
        raise error

    with pytest.raises(HookEscapes, match=type(error).__name__):
        run(ends())


@pytest.mark.parametrize("waits_first", [False, True])
def test_what_it_does_between_two_waits_is_interrupted(waits_first: bool) -> None:
    async def blocks() -> None:
        if waits_first:
            await asyncio.sleep(0)
        time.sleep(60)  # noqa: ASYNC251  # That it blocks is the point.

    watch = Watch(LIMIT_S)
    watch.start()
    try:
        with pytest.raises(HookHangs):
            run(blocks(), watch=watch)
    finally:
        watch.stop()

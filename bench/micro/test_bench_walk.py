"""What drives an exchange's coroutine, beside what asyncio would charge for the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import uvloop

from bench.micro.builds import Build
from bench.micro.cases import OPERATIONS, bench


@bench("drive a coroutine with two waits by a walk", "walk")
def test_bench_walk(build: Build) -> Callable[[], object]:
    module = build("gateway.walk")
    walk_class, signal_class = module.Walk, module.Signal
    done = []

    async def two_waits(first: Any, second: Any) -> None:
        await first
        await second
        done.append(1)

    def run() -> int:
        done.clear()
        for _ in range(OPERATIONS):
            first, second = signal_class(), signal_class()
            walk_class(two_waits(first, second)).start()
            first.set_result(None)
            second.set_result(None)
        return len(done)

    assert run() == OPERATIONS
    return run


@bench("for comparison: the same by an asyncio task and futures on uvloop")
def test_bench_task(build: Build) -> Iterator[Callable[[], object]]:
    loop = uvloop.new_event_loop()
    done = []

    async def two_waits(first: Any, second: Any) -> None:
        await first
        await second
        done.append(1)

    async def all_of_them() -> None:
        for _ in range(OPERATIONS):
            first, second = loop.create_future(), loop.create_future()
            task = loop.create_task(two_waits(first, second))
            loop.call_soon(first.set_result, None)
            loop.call_soon(second.set_result, None)
            await task

    def run() -> int:
        done.clear()
        loop.run_until_complete(all_of_them())
        return len(done)

    assert run() == OPERATIONS
    assert asyncio.isfuture(loop.create_future())
    yield run
    loop.close()


@bench("for comparison: one callback through uvloop's queue")
def test_bench_call_soon(build: Build) -> Iterator[Callable[[], object]]:
    loop = uvloop.new_event_loop()
    left = SimpleNamespace(count=0)

    def next_one() -> None:
        left.count -= 1
        if left.count:
            loop.call_soon(next_one)
        else:
            loop.stop()

    def run() -> int:
        left.count = OPERATIONS
        loop.call_soon(next_one)
        loop.run_forever()
        return int(left.count)

    assert run() == 0
    yield run
    loop.close()

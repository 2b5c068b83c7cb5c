from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from plano.plugins.hook_plan import Step
from plano.plugins.observers import ObserverFacts, Observers
from plano.plugins.trial import trial_exchange
from plano.testing.clock import FakeClock

PATIENCE_S = 10.0


def step(call: Callable[..., Any], plugin: str = "watcher") -> Step:
    return Step(plugin, "post_response", call, asyncio.iscoroutinefunction(call))


def running(*steps: Step, limit: int = 8, clock: FakeClock | None = None) -> Observers:
    observers = Observers(steps, clock=clock or FakeClock(), limit=limit)
    observers.start()
    return observers


def offer(observers: Observers, count: int) -> list[str]:
    names = [f"req-{number}" for number in range(count)]
    for name in names:
        observers.offer(trial_exchange(request_id=name).record)
    return names


async def until(reached: Callable[[], bool]) -> None:
    """Let others run until it is so; threads cannot set the loop's events."""
    async with asyncio.timeout(PATIENCE_S):
        while not reached():  # noqa: ASYNC110
            await asyncio.sleep(0)


def collectors() -> list[tuple[Callable[..., Any], list[str]]]:
    """A plain and an async observer with the list each writes to."""
    plain_seen: list[str] = []
    async_seen: list[str] = []

    def plain(record: Any) -> None:
        plain_seen.append(record.request_id)

    async def asynchronous(record: Any) -> None:
        await asyncio.sleep(0)
        async_seen.append(record.request_id)

    return [(plain, plain_seen), (asynchronous, async_seen)]


def test_every_record_reaches_every_hook_in_order() -> None:
    (plain, plain_seen), (asynchronous, async_seen) = collectors()

    async def scene() -> None:
        observers = running(step(plain, "a"), step(asynchronous, "b"))
        names = offer(observers, 5)
        await observers.stop(PATIENCE_S)
        assert plain_seen == async_seen == names
        assert observers.facts() == (ObserverFacts("a", 5, 0, 0, False), ObserverFacts("b", 5, 0, 0, False))

    asyncio.run(scene())


def test_a_plain_hook_runs_on_another_thread_so_that_it_may_block() -> None:
    async def scene() -> None:
        client_served = threading.Event()
        seen: list[object] = []

        def blocking(record: Any) -> None:
            # Only the event loop sets it: on the loop's own thread this would wait in vain.
            seen.append(
                (client_served.wait(PATIENCE_S), threading.current_thread() is threading.main_thread())
            )

        observers = running(step(blocking))
        offer(observers, 1)
        client_served.set()
        await observers.stop(PATIENCE_S)
        assert seen == [(True, False)]

    asyncio.run(scene())


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_what_does_not_fit_in_the_queue_is_dropped_counted_and_logged_once_a_minute(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        busy, release = threading.Event(), threading.Event()
        async_release = asyncio.Event()

        def plain(record: Any) -> None:
            busy.set()
            release.wait(PATIENCE_S)

        async def asynchronous(record: Any) -> None:
            busy.set()
            await async_release.wait()

        observers = running(step(plain if kind == "plain" else asynchronous), limit=2)
        offer(observers, 1)
        await until(busy.is_set)
        offer(observers, 6)  # Two fit, four do not.
        assert [facts.dropped for facts in observers.facts()] == [4]
        release.set()
        async_release.set()
        await observers.stop(PATIENCE_S)
        assert observers.facts() == (ObserverFacts("watcher", 3, 0, 4, False),)

    asyncio.run(scene())
    assert [record.getMessage() for record in caplog.records] == [
        "plugin watcher: post_response too slow, 1 records dropped"
    ]


def test_a_slow_hook_loses_only_its_own_records() -> None:
    async def scene() -> None:
        release = threading.Event()
        (_, _), (asynchronous, seen) = collectors()

        def stuck(record: Any) -> None:
            release.wait(PATIENCE_S)

        observers = running(step(stuck, "stuck"), step(asynchronous, "quick"), limit=3)
        names = offer(observers, 3)
        await until(lambda: len(seen) == 3)
        names += offer(observers, 3)
        release.set()
        await observers.stop(PATIENCE_S)
        assert seen == names

    asyncio.run(scene())


@pytest.mark.parametrize("kind", ["plain", "async"])
@pytest.mark.parametrize("error", [ValueError, SystemExit, asyncio.CancelledError])
def test_a_hook_that_always_fails_is_switched_off_after_five_records(
    kind: str, error: type[BaseException]
) -> None:
    async def scene() -> None:
        def plain(record: Any) -> None:
            raise error

        async def asynchronous(record: Any) -> None:
            raise error

        observers = running(step(plain if kind == "plain" else asynchronous), limit=20)
        offer(observers, 8)
        await observers.stop(PATIENCE_S)
        assert observers.facts() == (ObserverFacts("watcher", 5, 5, 0, True),)

    asyncio.run(scene())


def test_a_hook_that_is_switched_off_gets_nothing_and_drops_nothing() -> None:
    async def scene() -> None:
        async def failing(record: Any) -> None:
            raise ValueError

        observers = running(step(failing), limit=5)
        offer(observers, 5)
        await until(lambda: observers.facts()[0].switched_off)
        offer(observers, 50)
        assert observers.facts() == (ObserverFacts("watcher", 5, 5, 0, True),)
        await observers.stop(PATIENCE_S)

    asyncio.run(scene())


def test_a_plain_hook_that_returns_a_coroutine_counts_as_failed() -> None:
    async def forgotten(record: Any) -> None: ...

    async def scene() -> None:
        observers = running(step(lambda record: forgotten(record)))
        offer(observers, 1)
        await observers.stop(PATIENCE_S)
        assert observers.facts() == (ObserverFacts("watcher", 1, 1, 0, False),)

    asyncio.run(scene())


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_stopping_does_not_wait_longer_than_told_for_a_hook_that_hangs(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()

    async def scene() -> None:
        def plain(record: Any) -> None:
            release.wait(PATIENCE_S)

        async def asynchronous(record: Any) -> None:
            await asyncio.Event().wait()

        observers = running(step(plain if kind == "plain" else asynchronous))
        offer(observers, 1)
        await observers.stop(0.01)

    asyncio.run(scene())
    release.set()
    assert caplog.messages == ["plugin watcher: post_response did not finish in time"]


def test_stopping_what_was_never_started_is_nothing() -> None:
    asyncio.run(Observers((step(print),), clock=FakeClock()).stop(PATIENCE_S))


def test_a_hook_that_hangs_does_not_keep_the_process_alive() -> None:
    scene = """
import asyncio, threading
from plano.plugins.hook_plan import Step
from plano.plugins.observers import Observers
from plano.plugins.trial import trial_exchange
from plano.testing.clock import FakeClock

async def scene():
    entered = asyncio.Event()
    loop = asyncio.get_running_loop()
    def hang(record):
        loop.call_soon_threadsafe(entered.set)
        threading.Event().wait()
    observers = Observers((Step("hang", "post_response", hang, False),), clock=FakeClock())
    observers.start()
    observers.offer(trial_exchange().record)
    await entered.wait()
    await observers.stop(0.01)

asyncio.run(scene())
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", scene], timeout=PATIENCE_S, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"plugin hang: post_response did not finish in time\n")

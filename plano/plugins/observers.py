"""Runs `post_response` hooks off the request's path.

Every implementation has its own bounded queue and its own runner, so a slow one loses its own records only. A
plain function runs on a daemon thread and may block; `async def` runs as a task on the worker's event loop.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import queue
import threading
from collections.abc import Iterable
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from plano.clock import Clock, LogInterval
from plano.plugins.batches import TaskBatches, ThreadBatches
from plano.plugins.deciding import cancelled_from_outside, refuse_coroutine
from plano.plugins.exporter import Exporter
from plano.plugins.fault_count import FaultCount
from plano.plugins.hook_plan import Step

if TYPE_CHECKING:
    from plano.exchange import Record

log: Final = logging.getLogger("plano.plugins")

QUEUE_LIMIT: Final = 1024


class ObserverFacts(Struct, frozen=True):
    """What one observing hook has done so far; `dropped` records never reached it."""

    plugin: str
    calls: int
    failures: int
    dropped: int
    switched_off: bool


class _Runner(Protocol):
    """Where one implementation runs; `put` answers False when there is no room."""

    def start(self) -> None: ...

    def put(self, record: Record) -> bool: ...

    async def stop(self, within_s: float) -> None: ...


class Observers:
    """All `post_response` hooks and exporters of one worker; false when there are none."""

    __slots__ = ("_observers", "_running")

    def __init__(
        self,
        steps: tuple[Step, ...],
        *,
        clock: Clock,
        limit: int = QUEUE_LIMIT,
        exporters: Iterable[tuple[str, Exporter]] = (),
    ) -> None:
        """`exporters` come with the names of their plugins; they are observers that get several records at once."""
        self._observers = (
            *(_observer(step, clock, limit) for step in steps),
            *(_exporter(plugin, exporter, clock) for plugin, exporter in exporters),
        )
        self._running = False

    def __bool__(self) -> bool:
        return bool(self._observers)

    def start(self) -> None:
        """Start threads and tasks; needs the running event loop."""
        self._running = True
        for observer in self._observers:
            observer.runner.start()

    def offer(self, record: Record) -> None:
        """Hand over a finished record, on the event loop; returns at once and never raises."""
        for observer in self._observers:
            observer.offer(record)

    async def stop(self, within_s: float) -> None:
        """Let the hooks see what is queued, for at most `within_s` seconds together; the rest is dropped."""
        if not self._running:
            return
        self._running = False
        await asyncio.gather(*(observer.runner.stop(within_s) for observer in self._observers))

    def facts(self) -> tuple[ObserverFacts, ...]:
        """Counters per implementation, in calling order."""
        return tuple(observer.facts() for observer in self._observers)


class _Observer:
    """One implementation: its queue's gate and its counters."""

    __slots__ = ("_dropped", "_faults", "_interval", "_step", "runner")

    def __init__(self, step: Step, faults: FaultCount, runner: _Runner, clock: Clock) -> None:
        self._step = step
        self._faults = faults
        self._interval = LogInterval(clock)
        self._dropped = 0
        self.runner = runner

    def offer(self, record: Record) -> None:
        if self._faults.switched_off or self.runner.put(record):
            return
        self._dropped += 1
        if self._interval.due():
            name = (self._step.plugin, self._step.hook)
            log.warning("plugin %s: %s too slow, %d records dropped", *name, self._dropped)

    def facts(self) -> ObserverFacts:
        faults = self._faults
        return ObserverFacts(self._step.plugin, faults.calls, faults.failures, self._dropped, faults.switched_off)


def _observer(step: Step, clock: Clock, limit: int) -> _Observer:
    faults = FaultCount(step, clock)
    kind = _TaskRunner if step.awaits else _ThreadRunner
    return _Observer(step, faults, kind(step, faults, limit), clock)


def _exporter(plugin: str, exporter: Exporter, clock: Clock) -> _Observer:
    awaits = inspect.iscoroutinefunction(exporter.export)
    step = Step(plugin, f"exporter {exporter.name}", exporter.export, awaits)
    faults = FaultCount(step, clock)
    kind = TaskBatches if awaits else ThreadBatches
    return _Observer(step, faults, kind(step, exporter, faults), clock)


class _ThreadRunner:
    """A plain function on a thread of its own: it may block without a client noticing."""

    def __init__(self, step: Step, faults: FaultCount, limit: int) -> None:
        self._step = step
        self._faults = faults
        self._limit = limit
        self._records: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._abandoned = False

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._finished = asyncio.Event()
        # A daemon: a hook that hangs must not keep the process alive.
        threading.Thread(target=self._run, name=f"plano-{self._step.plugin}", daemon=True).start()

    def put(self, record: Record) -> bool:
        if self._records.qsize() >= self._limit:
            return False
        self._records.put(record)
        return True

    async def stop(self, within_s: float) -> None:
        self._records.put(None)
        try:
            async with asyncio.timeout(within_s):
                await self._finished.wait()
        except TimeoutError:
            self._abandoned = True
            log.warning("plugin %s: post_response did not finish in time", self._step.plugin)

    def _run(self) -> None:
        while (record := self._records.get()) is not None and not self._abandoned:
            if not self._faults.switched_off:
                self._observe(record)
        with suppress(RuntimeError):  # The loop is closed: nobody waits for this thread any more.
            self._loop.call_soon_threadsafe(self._finished.set)

    def _observe(self, record: Record) -> None:
        began = perf_counter()
        try:
            refuse_coroutine(self._step.call(record))
        except BaseException as error:  # SystemExit too: it would end the thread without a word.
            self._faults.failed(error)
        else:
            self._faults.succeeded()
        self._step.cost.note(perf_counter() - began)


class _TaskRunner:
    """An `async def` implementation as one task on the worker's loop."""

    def __init__(self, step: Step, faults: FaultCount, limit: int) -> None:
        self._step = step
        self._faults = faults
        self._records: asyncio.Queue[Record] = asyncio.Queue(limit)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"plano-{self._step.plugin}")

    def put(self, record: Record) -> bool:
        if self._records.full():
            return False
        self._records.put_nowait(record)
        return True

    async def stop(self, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                await self._records.join()
        except TimeoutError:
            log.warning("plugin %s: post_response did not finish in time", self._step.plugin)
        self._task.cancel()
        await asyncio.wait((self._task,), timeout=within_s)

    async def _run(self) -> None:
        while True:
            record = await self._records.get()
            if not self._faults.switched_off:
                await self._observe(record)
            self._records.task_done()

    async def _observe(self, record: Record) -> None:
        began = perf_counter()
        try:
            await self._step.call(record)
        except (Exception, SystemExit) as error:
            self._faults.failed(error)
        except asyncio.CancelledError as error:
            if cancelled_from_outside():
                raise
            self._faults.failed(error)
        else:
            self._faults.succeeded()
        self._step.cost.note(perf_counter() - began)

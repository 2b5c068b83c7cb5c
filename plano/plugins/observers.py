"""Runs `post_response` hooks off the request's path.

Every implementation has its own bounded queue and its own runner, so a slow one loses its own records only. A
plain function runs on a daemon thread and may block; `async def` runs as a task on the worker's event loop.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from plano.clock import Clock, LogInterval
from plano.plugins.batches import Pace, TaskBatches, ThreadBatches
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
    return _running(step, Pace(limit), clock)


def _exporter(plugin: str, exporter: Exporter, clock: Clock) -> _Observer:
    awaits = inspect.iscoroutinefunction(exporter.export)
    step = Step(plugin, f"exporter {exporter.name}", exporter.export, awaits)
    return _running(step, Pace(exporter.queue_size, exporter.batch_size, exporter.wait_s), clock)


def _running(step: Step, pace: Pace, clock: Clock) -> _Observer:
    faults = FaultCount(step, clock)
    kind = TaskBatches if step.awaits else ThreadBatches
    return _Observer(step, faults, kind(step, pace, faults), clock)

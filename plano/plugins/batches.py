"""Runs whoever observes: records wait in a bounded queue, and are given in batches, or one by one.

What is plain has a daemon thread and may block; `async def` is a task on the worker's event loop.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from contextlib import suppress
from time import perf_counter
from typing import Any, Final

from msgspec import Struct

from plano.exchange import Record
from plano.plugins.deciding import cancelled_from_outside, refuse_coroutine
from plano.plugins.fault_count import FaultCount
from plano.plugins.hook_plan import Step

log: Final = logging.getLogger("plano.plugins")


class Pace(Struct, frozen=True):
    """So many records may wait, so many are given at once, and the first of them waits `wait_s` for the others.

    `batch_size` 0: each by itself, and not in a list.
    """

    queue_size: int
    batch_size: int = 0
    wait_s: float = 0.0


class Batches:
    """What both kinds have in common."""

    def __init__(self, step: Step, pace: Pace, faults: FaultCount) -> None:
        self._step = step
        self._pace = pace
        self._faults = faults

    def _given(self, batch: list[Record]) -> Any:
        """What is observed."""
        return batch if self._pace.batch_size else batch[0]

    def _tell_unfinished(self) -> None:
        log.warning("plugin %s: %s did not finish in time", self._step.plugin, self._step.hook)


class ThreadBatches(Batches):
    """A plain function on a thread of its own."""

    def __init__(self, step: Step, pace: Pace, faults: FaultCount) -> None:
        super().__init__(step, pace, faults)
        self._records: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._abandoned = False

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._finished = asyncio.Event()
        # A daemon: whoever hangs must not keep the process alive.
        threading.Thread(target=self._run, name=f"plano-{self._step.plugin}", daemon=True).start()

    def put(self, record: Record) -> bool:
        if self._records.qsize() >= self._pace.queue_size:
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
            self._tell_unfinished()

    def _run(self) -> None:
        is_last = False
        while not is_last and not self._abandoned:
            batch, is_last = self._collected()
            if batch and not self._faults.switched_off:
                self._give(batch)
        with suppress(RuntimeError):  # The loop is closed: nobody waits for this thread any more.
            self._loop.call_soon_threadsafe(self._finished.set)

    def _collected(self) -> tuple[list[Record], bool]:
        """A batch, and whether it is the last."""
        first = self._records.get()
        if first is None:
            return [], True
        batch = [first]
        ends_at = time.monotonic() + self._pace.wait_s
        while len(batch) < self._pace.batch_size:
            try:
                record = self._records.get(timeout=max(ends_at - time.monotonic(), 0.0))
            except queue.Empty:
                break
            if record is None:
                return batch, True
            batch.append(record)
        return batch, False

    def _give(self, batch: list[Record]) -> None:
        began = perf_counter()
        try:
            refuse_coroutine(self._step.call(self._given(batch)))
        except BaseException as error:  # SystemExit too: it would end the thread without a word.
            self._faults.failed(error)
        else:
            self._faults.succeeded()
        self._step.cost.note(perf_counter() - began)


class TaskBatches(Batches):
    """An `async def` as one task on the worker's loop."""

    def __init__(self, step: Step, pace: Pace, faults: FaultCount) -> None:
        super().__init__(step, pace, faults)
        #: `put` bounds it, so that there is always room for the word that no more will come.
        self._records: asyncio.Queue[Record | None] = asyncio.Queue()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"plano-{self._step.plugin}")

    def put(self, record: Record) -> bool:
        if self._records.qsize() >= self._pace.queue_size:
            return False
        self._records.put_nowait(record)
        return True

    async def stop(self, within_s: float) -> None:
        self._records.put_nowait(None)
        _, unfinished = await asyncio.wait((self._task,), timeout=within_s)
        if unfinished:
            self._tell_unfinished()
            self._task.cancel()
            await asyncio.wait((self._task,), timeout=within_s)

    async def _run(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = await self._collected()
            if batch and not self._faults.switched_off:
                await self._give(batch)

    async def _collected(self) -> tuple[list[Record], bool]:
        """A batch, and whether it is the last."""
        first = await self._records.get()
        if first is None:
            return [], True
        batch = [first]
        if self._pace.batch_size < 2:
            return batch, False
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.wait_s):
                while len(batch) < self._pace.batch_size:
                    record = await self._records.get()
                    if record is None:
                        return batch, True
                    batch.append(record)
        return batch, False

    async def _give(self, batch: list[Record]) -> None:
        began = perf_counter()
        try:
            await self._step.call(self._given(batch))
        except (Exception, SystemExit) as error:
            self._faults.failed(error)
        except asyncio.CancelledError as error:
            if cancelled_from_outside():
                raise
            self._faults.failed(error)
        else:
            self._faults.succeeded()
        self._step.cost.note(perf_counter() - began)

"""Runs exporters: records are collected until there are enough, or the first has waited long enough.

A plain `export` has a daemon thread and may block; `async def` is a task on the worker's event loop.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from contextlib import suppress
from typing import Final

from plano.exchange import Record
from plano.plugins.deciding import cancelled_from_outside, refuse_coroutine
from plano.plugins.exporter import Exporter
from plano.plugins.fault_count import FaultCount
from plano.plugins.hook_plan import Step

log: Final = logging.getLogger("plano.plugins")


class ThreadBatches:
    """A plain `export` on a thread of its own."""

    def __init__(self, step: Step, exporter: Exporter, faults: FaultCount) -> None:
        self._step = step
        self._exporter = exporter
        self._faults = faults
        self._records: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._abandoned = False

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._finished = asyncio.Event()
        # A daemon: an exporter that hangs must not keep the process alive.
        threading.Thread(target=self._run, name=f"plano-{self._exporter.name}", daemon=True).start()

    def put(self, record: Record) -> bool:
        if self._records.qsize() >= self._exporter.queue_size:
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
            _tell_unfinished(self._step)

    def _run(self) -> None:
        is_last = False
        while not is_last and not self._abandoned:
            batch, is_last = self._collected()
            if batch and not self._faults.switched_off:
                self._export(batch)
        with suppress(RuntimeError):  # The loop is closed: nobody waits for this thread any more.
            self._loop.call_soon_threadsafe(self._finished.set)

    def _collected(self) -> tuple[list[Record], bool]:
        """A batch, and whether it is the last."""
        first = self._records.get()
        if first is None:
            return [], True
        batch = [first]
        ends_at = time.monotonic() + self._exporter.wait_s
        while len(batch) < self._exporter.batch_size:
            try:
                record = self._records.get(timeout=max(ends_at - time.monotonic(), 0.0))
            except queue.Empty:
                break
            if record is None:
                return batch, True
            batch.append(record)
        return batch, False

    def _export(self, batch: list[Record]) -> None:
        try:
            refuse_coroutine(self._step.call(batch))
        except BaseException as error:  # SystemExit too: it would end the thread without a word.
            self._faults.failed(error)
        else:
            self._faults.succeeded()


class TaskBatches:
    """An `async def export` as one task on the worker's loop."""

    def __init__(self, step: Step, exporter: Exporter, faults: FaultCount) -> None:
        self._step = step
        self._exporter = exporter
        self._faults = faults
        #: `put` bounds it, so that there is always room for the word that no more will come.
        self._records: asyncio.Queue[Record | None] = asyncio.Queue()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"plano-{self._exporter.name}")

    def put(self, record: Record) -> bool:
        if self._records.qsize() >= self._exporter.queue_size:
            return False
        self._records.put_nowait(record)
        return True

    async def stop(self, within_s: float) -> None:
        self._records.put_nowait(None)
        _, unfinished = await asyncio.wait((self._task,), timeout=within_s)
        if unfinished:
            _tell_unfinished(self._step)
            self._task.cancel()
            await asyncio.wait((self._task,), timeout=within_s)

    async def _run(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = await self._collected()
            if batch and not self._faults.switched_off:
                await self._export(batch)

    async def _collected(self) -> tuple[list[Record], bool]:
        """A batch, and whether it is the last."""
        first = await self._records.get()
        if first is None:
            return [], True
        batch = [first]
        with suppress(TimeoutError):
            async with asyncio.timeout(self._exporter.wait_s):
                while len(batch) < self._exporter.batch_size:
                    record = await self._records.get()
                    if record is None:
                        return batch, True
                    batch.append(record)
        return batch, False

    async def _export(self, batch: list[Record]) -> None:
        try:
            await self._step.call(batch)
        except (Exception, SystemExit) as error:
            self._faults.failed(error)
        except asyncio.CancelledError as error:
            if cancelled_from_outside():
                raise
            self._faults.failed(error)
        else:
            self._faults.succeeded()


def _tell_unfinished(step: Step) -> None:
    log.warning("plugin %s: %s did not finish in time", step.plugin, step.hook)

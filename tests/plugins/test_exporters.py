"""Exporters, on a thread and as a task."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from plano.plugin_api import Exporter, Record, hookimpl, trial_exchange
from plano.plugins.fault_count import FAILURES_IN_A_ROW
from plano.plugins.observers import Observers
from plano.testing.clock import FakeClock
from tests.plugins.support import found, load, problems_of

NEVER_S = 600.0


def record(number: int) -> Record:
    return trial_exchange(request_id=f"req-{number}").record


def as_declared(awaits: bool, export: Callable[[Sequence[Record]], None]) -> Callable[[Sequence[Record]], Any]:
    async def waits(records: Sequence[Record]) -> None:
        export(records)

    return waits if awaits else export


def observers(exporter: Exporter) -> Observers:
    return Observers((), clock=FakeClock(), exporters=(("archive", exporter),))


@pytest.mark.parametrize("awaits", [True, False])
def test_records_come_in_batches_in_order_and_the_rest_at_the_stop(awaits: bool) -> None:
    async def scene() -> None:
        batches: list[list[str]] = []
        export = as_declared(awaits, lambda records: batches.append([one.request_id for one in records]))
        running = observers(Exporter(name="pile", export=export, batch_size=4, wait_s=NEVER_S))
        running.start()
        for number in range(10):
            running.offer(record(number))
        await running.stop(10)
        assert [len(batch) for batch in batches] == [4, 4, 2]
        assert [name for batch in batches for name in batch] == [f"req-{number}" for number in range(10)]
        (facts,) = running.facts()
        assert (facts.plugin, facts.calls, facts.failures, facts.dropped) == ("archive", 3, 0, 0)

    asyncio.run(scene())


@pytest.mark.parametrize("awaits", [True, False])
def test_a_record_does_not_wait_for_a_full_batch(awaits: bool) -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        arrived: asyncio.Future[int] = loop.create_future()

        def export(records: Sequence[Record]) -> None:
            loop.call_soon_threadsafe(arrived.set_result, len(records))

        running = observers(Exporter(name="pile", export=as_declared(awaits, export), wait_s=0.0))
        running.start()
        running.offer(record(0))
        assert await asyncio.wait_for(arrived, 10) == 1
        await running.stop(10)

    asyncio.run(scene())


@pytest.mark.parametrize("awaits", [True, False])
def test_what_does_not_fit_into_the_queue_is_dropped_and_counted(
    awaits: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        got: list[str] = []
        export = as_declared(awaits, lambda records: got.extend(one.request_id for one in records))
        running = observers(Exporter(name="pile", export=export, batch_size=2, queue_size=2))
        for number in range(5):
            running.offer(record(number))
        running.start()
        await running.stop(10)
        assert got == ["req-0", "req-1"]
        assert running.facts()[0].dropped == 3

    asyncio.run(scene())
    assert "plugin archive: exporter pile too slow, 1 records dropped" in caplog.text


@pytest.mark.parametrize("awaits", [True, False])
def test_an_exporter_that_keeps_failing_is_switched_off(awaits: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        def export(records: Sequence[Record]) -> None:
            raise SystemExit("no disk")

        running = observers(Exporter(name="pile", export=as_declared(awaits, export), batch_size=1))
        running.start()
        for number in range(FAILURES_IN_A_ROW + 3):
            running.offer(record(number))
        await running.stop(10)
        (facts,) = running.facts()
        assert (facts.calls, facts.failures, facts.switched_off) == (FAILURES_IN_A_ROW, FAILURES_IN_A_ROW, True)

    asyncio.run(scene())
    assert "plugin archive: exporter pile switched off after 5 failures in a row" in caplog.text


@pytest.mark.parametrize("awaits", [True, False])
def test_an_exporter_that_hangs_does_not_keep_the_stop_waiting(
    awaits: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        if awaits:

            async def export(records: Sequence[Record]) -> None:
                await asyncio.Event().wait()
        else:

            def export(records: Sequence[Record]) -> None:  # type: ignore[misc]
                threading.Event().wait()

        running = observers(Exporter(name="pile", export=export))
        running.start()
        running.offer(record(0))
        await running.stop(0.05)

    asyncio.run(scene())
    assert "plugin archive: exporter pile did not finish in time" in caplog.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "an exporter needs a name"),
        ({"export": "out"}, "`export` cannot be called"),
        ({"batch_size": 0}, "batch_size is at least 1"),
        ({"batch_size": 9, "queue_size": 8}, "at most queue_size"),
        ({"wait_s": -1}, "wait_s is between 0 and 3600"),
    ],
)
def test_an_exporter_that_could_not_run_stops_the_start(given: dict[str, Any], said: str) -> None:
    class Gives:
        @hookimpl
        def exporters(self) -> list[Exporter]:
            return [Exporter(**{"name": "pile", "export": print, **given})]

    (problem,) = problems_of(found("archive", Gives))
    assert problem.startswith("plugin 'archive' of dist-archive 1.0: exporters failed")
    assert said in problem


def test_two_exporters_of_one_name_stop_the_start() -> None:
    class Gives:
        @hookimpl
        def exporters(self) -> list[Exporter]:
            return [Exporter(name="pile", export=print)]

    class GivesToo(Gives):
        pass

    assert load(found("a", Gives)).exporters[0][0] == "a"
    (problem,) = problems_of(found("a", Gives), found("b", GivesToo))
    assert "the exporter 'pile' is already registered by plugin" in problem

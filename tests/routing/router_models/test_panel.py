"""Questions asked on the loop and judged on threads: batches, deadlines, shedding, failures, the end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from plano.intent import FAILED, SHED, TOO_LATE
from plano.routing.router_models.panel import Panel, PanelLimits, Unjudged
from plano.testing.clock import FakeClock


class Bench:
    """A judge of numbers that can be held up; it notes its batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.is_busy = threading.Event()

    def __call__(self, questions: list[int]) -> list[int]:
        self.batches.append(questions)
        self.is_busy.set()
        assert self.goes_on.wait(10)
        if 13 in questions:
            raise ArithmeticError("thirteen")
        return [question * 2 for question in questions]

    async def hold(self, panel: Panel[int, int]) -> asyncio.Future[int]:
        """Keep the only thread busy with question 0 until `goes_on` is set."""
        self.goes_on.clear()
        self.is_busy.clear()
        held = panel.ask(0)
        await asyncio.get_running_loop().run_in_executor(None, self.is_busy.wait, 10)
        return held


PATIENT = PanelLimits(deadline_s=60.0)


def run(
    scenario: Callable[[Panel[int, int], Bench], Coroutine[Any, Any, None]],
    limits: PanelLimits = PATIENT,
    weight: Callable[[int], float] = lambda _: 1.0,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> Panel[int, int]:
    bench = Bench()
    panel: Panel[int, int] = Panel(bench, monotonic_s, limits, weight)

    async def scene() -> None:
        panel.start()
        try:
            await scenario(panel, bench)
        finally:
            bench.goes_on.set()
            await panel.stop()

    asyncio.run(scene())
    return panel


async def reason_of(future: asyncio.Future[int]) -> str:
    with pytest.raises(Unjudged) as found:
        await future
    return found.value.reason


def test_every_question_gets_its_own_answer() -> None:
    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        asked = [panel.ask(number) for number in range(12)]
        assert [await one for one in asked] == [number * 2 for number in range(12)]

    counts = run(scenario, PanelLimits(threads=2, deadline_s=60)).counts
    assert (counts.asked, counts.judged) == (12, 12)


def test_what_gathers_while_the_thread_is_busy_is_judged_together() -> None:
    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        held = await bench.hold(panel)
        asked = [panel.ask(number) for number in range(1, 7)]
        bench.goes_on.set()
        await held
        for one in asked:
            await one
        assert [len(batch) for batch in bench.batches] == [1, 4, 2]

    assert run(scenario, PanelLimits(deadline_s=60, most_at_once=4)).counts.batches == 3


def test_a_batch_is_of_like_weight_and_not_too_heavy() -> None:
    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        held = await bench.hold(panel)
        asked = [panel.ask(number) for number in (100, 3, 90, 1, 2)]
        bench.goes_on.set()
        for one in (held, *asked):
            await one
        assert bench.batches == [[0], [100, 90], [3, 2, 1]]

    run(scenario, PanelLimits(deadline_s=60, most_weight=190), weight=float)


def test_a_full_queue_sheds_at_once() -> None:
    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        held = await bench.hold(panel)
        waiting = [panel.ask(1), panel.ask(2)]
        assert await reason_of(panel.ask(3)) == SHED
        bench.goes_on.set()
        assert [await one for one in (held, *waiting)] == [0, 2, 4]
        assert await panel.ask(3) == 6

    counts = run(scenario, PanelLimits(deadline_s=60, most_waiting=3)).counts
    assert (counts.asked, counts.judged, counts.shed) == (5, 4, 1)


def test_who_waits_too_long_is_told_while_the_thread_is_still_busy() -> None:
    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        held = await bench.hold(panel)
        late = panel.ask(1)
        assert await reason_of(late) == TOO_LATE
        assert await reason_of(held) == TOO_LATE
        bench.goes_on.set()
        assert await panel.run(lambda: 5) == 5
        assert bench.batches == [[0]]

    assert run(scenario, PanelLimits(deadline_s=0.02)).counts.too_late == 2


def test_what_cannot_be_in_time_is_not_begun() -> None:
    clock = FakeClock()

    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        held = await bench.hold(panel)
        clock.advance(30.0)
        bench.goes_on.set()
        await held  # One question takes 30 s, as far as anybody knows.
        held = await bench.hold(panel)
        old, new = panel.ask(1), None
        clock.advance(40.0)
        new = panel.ask(2)
        bench.goes_on.set()
        await new
        assert bench.batches[2] == [2]
        old.cancel()

    run(scenario, PATIENT, monotonic_s=clock.monotonic_s)


def test_a_question_nobody_waits_for_is_not_judged() -> None:
    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        held = await bench.hold(panel)
        gone, stays = panel.ask(1), panel.ask(2)
        gone.cancel()
        bench.goes_on.set()
        assert [await held, await stays] == [0, 4]
        assert bench.batches == [[0], [2]]

    assert run(scenario).counts.left == 1


def test_an_answer_for_somebody_who_left_meanwhile_breaks_nothing() -> None:
    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        held = await bench.hold(panel)
        held.cancel()
        bench.goes_on.set()
        assert await panel.ask(4) == 8

    run(scenario)


def test_an_exception_fails_its_batch_alone() -> None:
    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        with pytest.raises(Unjudged, match="ArithmeticError: thirteen") as found:
            await panel.ask(13)
        assert found.value.reason == FAILED
        assert await panel.ask(14) == 28

    counts = run(scenario).counts
    assert (counts.failed, counts.judged) == (1, 1)


def test_too_few_answers_are_a_failure() -> None:
    async def scene() -> None:
        panel: Panel[int, int] = Panel(lambda _: [], time.monotonic, PATIENT)
        panel.start()
        assert await reason_of(panel.ask(1)) == FAILED
        await panel.stop()

    asyncio.run(scene())


@pytest.mark.parametrize("error", [KeyError("weights"), Unjudged(FAILED, "no")])
def test_other_work_fails_as_it_raises(error: Exception) -> None:
    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        def work() -> None:
            raise error

        with pytest.raises(type(error)):
            await panel.run(work)
        assert await panel.run(threading.get_ident) != threading.get_ident()

    run(scenario)


def test_questions_come_between_long_works() -> None:
    async def scenario(panel: Panel[int, int], bench: Bench) -> None:
        held = await bench.hold(panel)
        batches_before: list[int] = []
        works = [panel.run(lambda: batches_before.append(len(bench.batches))) for _ in range(3)]
        question = panel.ask(1)
        bench.goes_on.set()
        for one in (held, *works, question):
            await one
        assert batches_before == [1, 2, 2]

    run(scenario)


def test_the_end_sheds_what_waits_and_leaves_no_thread() -> None:
    async def scene() -> None:
        bench = Bench()
        panel: Panel[int, int] = Panel(bench, time.monotonic, PATIENT, name="leaving")
        panel.start()
        held = await bench.hold(panel)
        waiting, work = panel.ask(1), panel.run(lambda: None)
        asyncio.get_running_loop().call_later(0.01, bench.goes_on.set)
        await panel.stop()
        assert await reason_of(waiting) == SHED
        with pytest.raises(Unjudged):
            await work
        assert await held == 0
        assert await reason_of(panel.ask(2)) == SHED
        assert [thread for thread in threading.enumerate() if thread.name.startswith("leaving")] == []

    asyncio.run(scene())

"""A router model in service: loading, time limits, faults."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from plano.errors import RouterUnusable
from plano.intent import Judgement, Route, RouteSet, Said
from plano.routing.router import PATIENCE_S, Router
from plano.testing.clock import FakeClock

ROUTES = RouteSet((Route("a", "all of a"),))
SAID = (Said("user", "a?"),)
A = Judgement("a", 0.9, (0.9,), "matched")


class Model:
    """Answers by what it is given; `gate` holds its loading up."""

    def __init__(self, answer: Callable[[], Awaitable[Judgement]], gate: asyncio.Event | None = None) -> None:
        self._answer = answer
        self._gate = gate
        self.prepared: list[RouteSet] = []
        self.known: Judgement | None = None
        self.fault: Exception | None = None
        self.is_stopped = False

    async def start(self) -> None:
        if self._gate is not None:
            await self._gate.wait()
        if self.fault is not None:
            raise self.fault

    async def prepare(self, routes: RouteSet) -> None:
        self.prepared.append(routes)

    def recall(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement | None:
        return self.known

    async def judge(self, said: tuple[Said, ...], routes: RouteSet) -> Judgement:
        return await self._answer()

    async def stop(self) -> None:
        self.is_stopped = True


async def at_once() -> Judgement:
    return A


async def never() -> Judgement:
    return await asyncio.get_running_loop().create_future()


async def broken() -> Judgement:
    raise ValueError("no such tensor\nwith the whole prompt")


def router(model: Model, timeout_s: float = 5.0) -> Router:
    return Router("test", model, timeout_s, FakeClock())


def test_a_judgement_passes() -> None:
    async def scene() -> None:
        serving = router(Model(at_once))
        assert await serving.judge(SAID, ROUTES) is A
        assert serving.counts == {"matched": 1}

    asyncio.run(scene())


def test_what_is_known_needs_no_task() -> None:
    async def scene() -> None:
        model = Model(never)
        model.known = A
        serving = router(model)
        await serving.prepare(ROUTES)
        judging = serving.judge(SAID, ROUTES)
        with pytest.raises(StopIteration) as caught:
            judging.send(None)
        assert caught.value.value is A

    asyncio.run(scene())


def test_nobody_is_asked_where_nothing_was_said() -> None:
    async def scene() -> None:
        judgement = await router(Model(broken)).judge((), ROUTES)
        assert (judgement.route, judgement.reason) == (None, "nothing_said")

    asyncio.run(scene())


def test_a_model_that_hangs_is_left() -> None:
    async def scene() -> None:
        began = asyncio.get_running_loop().time()
        judgement = await router(Model(never), 0.01 - PATIENCE_S).judge(SAID, ROUTES)
        assert (judgement.route, judgement.reason) == (None, "too_late")
        assert asyncio.get_running_loop().time() - began < 1
        await asyncio.sleep(0)  # What was left ends in its own time.
        assert [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "judgement"] == []

    asyncio.run(scene())


def test_a_client_that_leaves_takes_its_question_along() -> None:
    async def scene() -> None:
        serving = router(Model(never))
        await serving.prepare(ROUTES)
        asking = asyncio.ensure_future(serving.judge(SAID, ROUTES))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert serving.counts == {}

    asyncio.run(scene())


def test_a_model_that_fails_is_no_match_and_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        clock = FakeClock()
        serving = Router("test", Model(broken), 5.0, clock)
        with caplog.at_level(logging.WARNING, "plano.routing"):
            for _ in range(3):
                judgement = await serving.judge(SAID, ROUTES)
                assert (judgement.route, judgement.reason) == (None, "failed")
            clock.advance(61)
            await serving.judge(SAID, ROUTES)
        assert [record.getMessage() for record in caplog.records] == [
            f"the test router gives no answer (so far: {count} failed): ValueError: no such tensor" for count in (1, 4)
        ]

    asyncio.run(scene())


def test_requests_wait_while_it_is_loaded() -> None:
    async def scene() -> None:
        gate = asyncio.Event()
        model = Model(at_once, gate)
        serving = router(model)
        serving.begin(ROUTES)
        assert serving.is_loading
        asking = [asyncio.ensure_future(serving.judge(SAID, ROUTES)) for _ in range(3)]
        await asyncio.sleep(0)
        asking[0].cancel()
        gate.set()
        assert await asking[1] is A
        assert await asking[2] is A
        assert not serving.is_loading
        assert model.prepared == [ROUTES]

    asyncio.run(scene())


@pytest.mark.parametrize("wrong", [None, Judgement("b"), Judgement("a", 2.0), Judgement("a", 0.5, (0.1, 0.2))])
def test_what_is_no_judgement_of_these_routes_is_a_fault(wrong: Judgement) -> None:
    async def answer() -> Judgement:
        return wrong

    async def scene() -> None:
        judgement = await router(Model(answer)).judge(SAID, ROUTES)
        assert (judgement.route, judgement.reason) == (None, "failed")

    asyncio.run(scene())


def test_one_that_cannot_be_loaded_never_matches(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        model = Model(at_once)
        model.fault = OSError("no folder")
        serving = router(model)
        with pytest.raises(RouterUnusable, match="OSError: no folder"):
            await serving.prepare(ROUTES)
        assert not serving.is_loading
        judgement = await serving.judge(SAID, ROUTES)
        assert (judgement.reason, judgement.detail) == ("failed", "OSError: no folder")

    asyncio.run(scene())


def test_other_routes_are_prepared_without_loading_again() -> None:
    async def scene() -> None:
        model = Model(at_once)
        serving = router(model)
        await serving.prepare(ROUTES)
        await serving.prepare(RouteSet(()))
        assert [len(routes) for routes in model.prepared] == [1, 0]
        await serving.stop()
        assert model.is_stopped

    asyncio.run(scene())

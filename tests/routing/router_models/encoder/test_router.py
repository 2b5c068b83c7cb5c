"""The encoder as a router model: judged on a thread, remembered on the loop, never later than promised."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from plano.dialects.said import Said
from plano.gateway.walk import Walk
from plano.intent import (
    MATCHED,
    NO_MATCH,
    NOTHING_SAID,
    SHED,
    TOO_LATE,
    UNREADABLE,
    Judgement,
    Route,
    RouterTools,
    RouteSet,
)
from plano.routing.router_models.encoder.folder import DamagedWeights
from plano.routing.router_models.encoder.router import KIND, EncoderRouter, EncoderSettings

ROUTES = RouteSet((Route("code", "write code, fix the bug"), Route("translation", "translate this text to german")))
OTHERS = RouteSet((Route("food", "cook soup"), Route("poems", "a poem about the sea")))


async def nobody(model: str, body: bytes, timeout_s: float) -> bytes:
    raise AssertionError("the encoder asks nobody")


def run(
    folder: Path,
    scenario: Callable[[EncoderRouter], Coroutine[Any, Any, None]],
    *,
    timeout: float = 30.0,
    threshold: float = 0.5,
    queue: int = 256,
    threads: int = 1,
) -> None:
    settings = EncoderSettings(folder=str(folder), timeout=timeout, threshold=threshold, queue=queue, threads=threads)

    async def scene() -> None:
        router = KIND.build(settings, RouterTools(nobody, time.monotonic))
        assert isinstance(router, EncoderRouter)
        await router.start()
        try:
            await router.prepare(ROUTES)
            await scenario(router)
        finally:
            await router.stop()

    asyncio.run(scene())


def asks(text: str, *before: str) -> tuple[Said, ...]:
    return tuple(Said("user", one) for one in (*before, text))


async def occupied(router: EncoderRouter) -> threading.Event:
    """The only thread is busy until the event is set."""
    is_busy, goes_on = threading.Event(), threading.Event()

    def work() -> None:
        is_busy.set()
        assert goes_on.wait(10)

    router._panel.run(work)
    await asyncio.get_running_loop().run_in_executor(None, is_busy.wait, 10)
    return goes_on


@pytest.mark.parametrize("threads", [1, 2])
def test_the_route_that_says_the_same_is_found(folder: Path, threads: int) -> None:
    async def scenario(router: EncoderRouter) -> None:
        for text, wanted in (("write code", "code"), ("translate this text to german", "translation")):
            found = await router.judge(asks(text), ROUTES)
            assert (found.route, found.reason, found.is_remembered) == (wanted, MATCHED, False)
            assert found.score == max(found.scores)
            assert len(found.scores) == 2

    run(folder, scenario, threads=threads)


def test_what_was_asked_before_is_remembered_for_its_routes_alone(folder: Path) -> None:
    async def scenario(router: EncoderRouter) -> None:
        first = await router.judge(asks("fix the bug"), ROUTES)
        again = await router.judge(asks("fix the bug"), RouteSet(ROUTES.routes))
        other = await router.judge(asks("fix the bug"), OTHERS)
        assert (first.route, first.score, first.scores) == (again.route, again.score, again.scores)
        assert [one.is_remembered for one in (first, again, other)] == [False, True, False]
        assert router.counts.asked == 2

    run(folder, scenario)


def test_below_the_threshold_there_is_no_match_and_it_says_how_near_it_was(folder: Path) -> None:
    async def scenario(router: EncoderRouter) -> None:
        found = await router.judge(asks("write code"), ROUTES)
        assert (found.route, found.reason) == (None, NO_MATCH)
        assert found.detail.startswith("code is the nearest with ")
        lenient = RouteSet((Route("code", "write code, fix the bug", threshold=0.1), *ROUTES.routes[1:]))
        assert (await router.judge(asks("write code"), lenient)).route == "code"

    run(folder, scenario, threshold=1.0)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ((), NOTHING_SAID),
        ((Said("assistant", "write code"),), NOTHING_SAID),
        (asks("  "), NOTHING_SAID),
        (asks("?\u200b"), NOTHING_SAID),
        (asks("Придумай сказку"), UNREADABLE),
    ],
)
def test_what_cannot_be_judged_is_not_asked(folder: Path, said: tuple[Said, ...], reason: str) -> None:
    async def scenario(router: EncoderRouter) -> None:
        found = await router.judge(said, ROUTES)
        assert (found.route, found.reason) == (None, reason)
        assert router.counts.asked == 0

    run(folder, scenario)


def test_a_short_turn_is_judged_with_those_before(folder: Path) -> None:
    async def scenario(router: EncoderRouter) -> None:
        alone = await router.judge(asks("short please"), ROUTES)
        after = await router.judge(asks("short please", "translate this text to german"), ROUTES)
        assert after.scores[1] / after.scores[0] > alone.scores[1] / alone.scores[0]

    run(folder, scenario)


def test_routes_nobody_prepared_are_read_when_they_are_asked_about(folder: Path) -> None:
    many = RouteSet(tuple(Route(f"{number} soup", f"cook {number}, long {number}, more") for number in range(3)))

    async def scenario(router: EncoderRouter) -> None:
        assert (await router.judge(asks("cook soup"), OTHERS)).route == "food"
        assert len((await router.judge(asks("cook 2"), many)).scores) == 3

    run(folder, scenario)


def test_nobody_waits_longer_than_the_timeout(folder: Path) -> None:
    async def scenario(router: EncoderRouter) -> None:
        goes_on = await occupied(router)
        found = await router.judge(asks("write code"), ROUTES)
        assert (found.route, found.reason) == (None, TOO_LATE)
        goes_on.set()

    run(folder, scenario, timeout=0.02)


def test_a_full_queue_is_no_match_at_once(folder: Path) -> None:
    async def scenario(router: EncoderRouter) -> None:
        goes_on = await occupied(router)
        waiting = asyncio.ensure_future(router.judge(asks("write code"), ROUTES))
        await asyncio.sleep(0)
        assert (await router.judge(asks("fix the bug"), ROUTES)).reason == SHED
        goes_on.set()
        assert (await waiting).route == "code"

    run(folder, scenario, queue=1)


@pytest.mark.parametrize("text", ["write code \ud800", "\x00 write code", "write code " * 9999])
def test_odd_texts_are_texts(folder: Path, text: str) -> None:
    async def scenario(router: EncoderRouter) -> None:
        assert (await router.judge(asks(text), ROUTES)).route == "code"

    run(folder, scenario)


def test_judging_needs_no_task(folder: Path) -> None:
    async def scenario(router: EncoderRouter) -> None:
        found: asyncio.Future[Judgement] = asyncio.get_running_loop().create_future()

        async def walk(answer: Awaitable[Judgement]) -> None:
            found.set_result(await answer)

        Walk(walk(router.judge(asks("cook soup"), OTHERS))).start()
        assert (await found).route == "food"

    run(folder, scenario)


def test_a_client_that_leaves_takes_its_question_along(folder: Path) -> None:
    async def scenario(router: EncoderRouter) -> None:
        goes_on = await occupied(router)

        async def ask() -> None:
            await router.judge(asks("write code"), ROUTES)

        walk = Walk(ask())
        walk.start()
        walk.cancel()
        goes_on.set()
        assert (await router.judge(asks("fix the bug"), ROUTES)).route == "code"
        assert (router.counts.left, router.counts.judged) == (1, 1)

    run(folder, scenario)


def test_damaged_weights_stop_the_start(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "weights")
    (tmp_path / "weights" / "background.npy").write_bytes(b"")

    async def scenario(router: EncoderRouter) -> None:
        raise AssertionError("started")

    with pytest.raises(DamagedWeights, match=r"background\.npy"):
        run(tmp_path / "weights", scenario)

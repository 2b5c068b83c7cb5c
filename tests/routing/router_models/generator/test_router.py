"""The generator as a router model: loaded and asked on its thread, never in the way of a request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from plano.config.values import dec_hook
from plano.dialects.said import Said
from plano.intent import FAILED, MATCHED, NO_MATCH, NOTHING_SAID, SHED, TOO_LATE, Route, RouterTools, RouteSet
from plano.routing.router_models.generator.decoder import CannotLoad
from plano.routing.router_models.generator.router import GENERATOR, GeneratorRouter, GeneratorSettings, judged
from tests.routing.router_models.route_sets import SEED, route_set

ASKED = (Said("user", "Write a function"),)


async def nobody(model: str, body: bytes, timeout_s: float) -> bytes:
    raise AssertionError("a local model asks nobody")


def router(folder: Path, **settings: Any) -> GeneratorRouter:
    given = {"folder": str(folder), "context_length": 2048, "timeout": "60s", **settings}
    read = msgspec.convert(given, GENERATOR.settings, dec_hook=dec_hook)
    made = GENERATOR.build(read, RouterTools(ask=nobody, monotonic_s=time.monotonic))
    assert isinstance(made, GeneratorRouter)
    return made


def run(made: GeneratorRouter, story: Callable[[GeneratorRouter], Awaitable[None]]) -> None:
    async def scene() -> None:
        try:
            await made.start()
            await story(made)
        finally:
            await made.stop()

    asyncio.run(scene())


def test_a_question_is_judged_and_recalled(folder: Path) -> None:
    async def story(made: GeneratorRouter) -> None:
        await made.prepare(RouteSet(()))
        await made.prepare(SEED)
        assert made.recall(ASKED, SEED) is None
        first = await made.judge(ASKED, SEED)
        assert first.reason in (MATCHED, NO_MATCH)
        assert len(first.scores) == len(SEED)
        assert first.score == max(first.scores)
        again = made.recall((*ASKED, Said("assistant", "Let me see")), SEED)
        assert again is not None
        assert (again.route, again.scores, again.is_remembered) == (first.route, first.scores, True)
        assert made.recall(ASKED, route_set("other", "routes")) is None
        assert (await made.judge((), SEED)).reason == NOTHING_SAID
        assert made.counts.judged == 1

    run(router(folder), story)


def test_routes_that_come_with_a_request_are_judged_too(folder: Path) -> None:
    async def story(made: GeneratorRouter) -> None:
        judgement = await made.judge(ASKED, route_set("one", "two", "three"))
        assert len(judgement.scores) == 3
        too_many = await made.judge(ASKED, route_set(*map(str, range(3000))))
        assert (too_many.route, too_many.reason) == (None, FAILED)
        assert "3000 routes need 3001" in too_many.detail

    run(router(folder), story)


def test_who_comes_too_late_or_to_a_full_house_goes_unrouted(folder: Path) -> None:
    async def story(made: GeneratorRouter) -> None:
        asked = [asyncio.ensure_future(made.judge((Said("user", f"{n}"),), SEED)) for n in range(5)]
        reasons = [(await one).reason for one in asked]
        assert reasons.count(SHED) == 3
        assert set(reasons) <= {SHED, TOO_LATE}
        assert made.recall((Said("user", "0"),), SEED) is None

    run(router(folder, timeout=1e-6, queue=2), story)


def test_a_folder_without_a_decoder_stops_the_start(tmp_path: Path) -> None:
    async def story(made: GeneratorRouter) -> None:
        raise AssertionError("it started")

    with pytest.raises(CannotLoad, match=r"holds no model\.bin"):
        run(router(tmp_path), story)


@pytest.mark.parametrize(
    "settings", [{}, {"folder": ""}, {"folder": "x", "template": "jinja"}, {"folder": "x", "threads": 0}]
)
def test_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(settings, GeneratorSettings, dec_hook=dec_hook)


@pytest.mark.parametrize(
    ("shares", "own", "threshold", "route"),
    [
        ((0.6, 0.1, 0.3), None, None, "complex_reasoning"),
        ((0.1, 0.5, 0.4), None, None, "code_generation"),
        ((0.3, 0.3, 0.4), None, None, None),
        ((0.4, 0.1, 0.4), None, None, None),
        ((0.6, 0.1, 0.3), None, 0.7, None),
        ((0.3, 0.1, 0.6), None, 0.2, "complex_reasoning"),
        ((0.6, 0.1, 0.3), 0.5, 0.7, "complex_reasoning"),
        ((0.6, 0.1, 0.3), 0.9, None, None),
    ],
)
def test_a_route_needs_more_than_none_or_its_threshold(
    shares: tuple[float, ...], own: float | None, threshold: float | None, route: str | None
) -> None:
    routes = RouteSet(tuple(Route(one.name, one.description, threshold=own) for one in SEED.routes))
    judgement = judged(shares, routes, threshold)
    assert (judgement.route, judgement.reason) == (route, MATCHED if route else NO_MATCH)
    assert (judgement.score, judgement.scores) == (max(shares[:-1]), shares[:-1])
    assert ("is the nearest" in judgement.detail) == (route is None)

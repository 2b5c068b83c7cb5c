"""Figures are kept up to date beside the requests, whatever their sources do."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from plano.config.routing import CostSource, LatencySource, MetricsSource
from plano.providers.prices import Price
from plano.routing.metrics_refresh import ModelMetrics
from plano.routing.own_latency import OwnLatency
from plano.testing.clock import FakeClock

from .catalog_server import Answer, CatalogServer

MODELS = ("openai/gpt-4o", "openai/gpt-4o-mini")
CHEAPEST_FIRST = MODELS[::-1]
PROMETHEUS = (
    b'{"status": "success", "data": {"resultType": "vector", "result": ['
    b'{"metric": {"model_name": "openai/gpt-4o"}, "value": [1, "0.9"]},'
    b'{"metric": {"model_name": "gpt-4o-mini"}, "value": [1, "0.2"]}]}}'
)


def catalog(mini: float = 0.15) -> Answer:
    costs = {"gpt-4o": {"input": 2.5, "output": 10}, "gpt-4o-mini": {"input": mini, "output": 0.6}}
    models = {model: {"cost": cost} for model, cost in costs.items()}
    return Answer(msgspec.json.encode({"openai": {"models": models}}))


class Waits:
    """Stands for `asyncio.sleep`: a test sees how long is waited for, and ends the wait."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.begun: asyncio.Queue[float] = asyncio.Queue()
        self.running: list[tuple[float, asyncio.Future[None]]] = []

    async def __call__(self, seconds: float) -> None:
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.running.append((seconds, end))
        self.begun.put_nowait(seconds)
        await end

    async def next(self) -> float:
        """Until a source has been read and waits again; how long it is about to wait."""
        async with asyncio.timeout(10):
            return await self.begun.get()

    def over(self) -> None:
        """Let the time pass that everybody waits for."""
        self.clock.advance(max(seconds for seconds, _ in self.running))
        for _, end in self.running:
            end.set_result(None)
        self.running.clear()


class Scene:
    def __init__(self, *sources: MetricsSource, **more: Any) -> None:
        self.clock = more.pop("clock", None) or FakeClock()
        self.waits = Waits(self.clock)
        self.own = OwnLatency(self.clock.monotonic_s)
        self.metrics = ModelMetrics(
            sources, self.own, clock=self.clock, wait=self.waits, **{"chance": lambda: 0.5, **more}
        )

    def cheapest(self) -> tuple[str, ...]:
        return self.metrics.ranking.ordered(MODELS, "cheapest")

    def fastest(self) -> tuple[str, ...]:
        return self.metrics.ranking.ordered(MODELS, "fastest")


def prices_at(server: CatalogServer, **more: Any) -> CostSource:
    return CostSource(provider="models.dev", url=server.url, **more)


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scene())


def test_models_are_ordered_as_soon_as_prices_are_known(server: CatalogServer) -> None:
    server.answer = catalog()

    async def scene() -> None:
        it = Scene(prices_at(server))
        assert it.cheapest() == MODELS
        await it.metrics.start()
        assert await it.waits.next() == 3600
        assert it.cheapest() == CHEAPEST_FIRST
        assert it.metrics.prices.of("openai/gpt-4o") == Price(2.5, 10)
        (facts,) = it.metrics.facts()
        assert (facts.title, facts.models, facts.age_s, facts.last_error) == ("prices of models.dev", 4, 0, "")
        await it.metrics.stop()

    play(scene)


def test_new_prices_change_the_order(server: CatalogServer) -> None:
    server.answer = catalog()

    async def scene() -> None:
        it = Scene(prices_at(server, refresh_interval=60))
        await it.metrics.start()
        assert await it.waits.next() == 60
        assert it.cheapest() == CHEAPEST_FIRST
        server.answer = catalog(mini=99)
        it.waits.over()
        await it.waits.next()
        assert it.cheapest() == MODELS
        await it.metrics.stop()

    play(scene)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Answer(status=500), "the server answers with status 500"),
        (Answer(b"<html>"), "it is not a JSON object of vendors"),
        (Answer(b"{}"), "it has no price of any model"),
    ],
    ids=["500", "html", "empty"],
)
def test_a_failure_keeps_the_last_prices_and_is_tried_again_soon(
    server: CatalogServer, trouble: Answer, words: str
) -> None:
    server.answer = catalog()

    async def scene() -> None:
        it = Scene(prices_at(server))
        await it.metrics.start()
        await it.waits.next()
        server.answer = trouble
        waited = []
        for _ in range(12):
            it.waits.over()
            waited.append(await it.waits.next())
        assert waited == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
        assert it.cheapest() == CHEAPEST_FIRST
        (facts,) = it.metrics.facts()
        assert (facts.last_error, facts.models, facts.age_s) == (words, 4, 3600 + sum(waited[:-1]))
        server.answer = catalog(mini=99)
        it.waits.over()
        assert await it.waits.next() == 3600
        assert it.cheapest() == MODELS
        (facts,) = it.metrics.facts()
        assert (facts.last_error, facts.age_s) == ("", 0)
        await it.metrics.stop()

    play(scene)


def test_a_source_that_fails_from_the_start_leaves_the_declared_order(server: CatalogServer) -> None:
    server.answer = Answer(status=404)

    async def scene() -> None:
        it = Scene(prices_at(server))
        await it.metrics.start()
        assert await it.waits.next() == 5
        assert it.cheapest() == MODELS
        assert it.metrics.facts()[0].age_s is None
        server.answer = catalog()
        it.waits.over()
        assert await it.waits.next() == 3600
        assert it.cheapest() == CHEAPEST_FIRST
        await it.metrics.stop()

    play(scene)


def test_failures_are_logged_once_a_minute(server: CatalogServer, caplog: pytest.LogCaptureFixture) -> None:
    server.answer = Answer(status=503)
    caplog.set_level(logging.INFO, "plano.routing")

    async def scene() -> None:
        it = Scene(prices_at(server, refresh_interval=20))
        await it.metrics.start()
        await it.waits.next()
        for _ in range(6):  # 5, 10, 20, 20 ... seconds.
            it.waits.over()
            await it.waits.next()
        for answer in (catalog(), catalog(), Answer(status=500), catalog()):
            server.answer = answer
            it.waits.over()
            await it.waits.next()
        await it.metrics.stop()

    play(scene)
    texts = [record.getMessage() for record in caplog.records]
    failure = "prices of models.dev cannot be read: the server answers with status 503; there are none so far"
    assert texts == [
        "models keep their declared order until prices of models.dev are read",
        failure,
        failure,
        "prices of models.dev: 4 names, 0 entries skipped",
        "prices of models.dev cannot be read: the server answers with status 500; the last ones are 20 s old",
        "prices of models.dev: 4 names, 0 entries skipped",
    ]
    assert server.url not in caplog.text


def test_aliases_of_nothing_are_logged(server: CatalogServer, caplog: pytest.LogCaptureFixture) -> None:
    server.answer = catalog()

    async def scene() -> None:
        it = Scene(prices_at(server, model_aliases={"openai/o99": "x/y"}))
        await it.metrics.start()
        await it.waits.next()
        await it.metrics.stop()

    play(scene)
    assert "prices of models.dev: not in it: openai/o99" in caplog.text


def test_a_silent_server_delays_neither_start_nor_stop(server: CatalogServer) -> None:
    arrived = threading.Event()

    def silent(_: str) -> Answer:
        arrived.set()
        server.released.wait()
        return catalog()

    server.answer = silent

    async def scene() -> None:
        it = Scene(prices_at(server))
        async with asyncio.timeout(5):
            await it.metrics.start()
            await asyncio.to_thread(arrived.wait, 5)
            assert it.cheapest() == MODELS
            await it.metrics.stop()

    play(scene)
    assert server.asked == ["/"]
    # Python waits at exit for every thread that is no daemon.
    assert {thread.daemon for thread in threading.enumerate() if thread.name == "plano-metrics"} == {True}


def test_what_nobody_expected_is_one_more_failure() -> None:
    async def scene() -> None:
        it = Scene(CostSource(provider="file", path="a\0b"))
        await it.metrics.start()
        assert await it.waits.next() == 5
        assert it.metrics.facts()[0].last_error == "ValueError"
        await it.metrics.stop()

    play(scene)


@pytest.mark.parametrize(("chance", "wanted"), [(0.0, 54.0), (0.5, 60.0), (1.0, 66.0)])
def test_instances_do_not_keep_step(server: CatalogServer, chance: float, wanted: float) -> None:
    server.answer = catalog()

    async def scene() -> None:
        it = Scene(prices_at(server, refresh_interval=60), chance=lambda: chance)
        await it.metrics.start()
        assert await it.waits.next() == pytest.approx(wanted)
        await it.metrics.stop()

    play(scene)


def test_of_several_sources_of_prices_the_earlier_wins(server: CatalogServer, tmp_path: Path) -> None:
    server.answer = catalog()
    path = tmp_path / "prices.json"
    path.write_text('{"openai/gpt-4o": {"input": 0.1, "output": 0.1}}')

    async def scene() -> None:
        it = Scene(CostSource(provider="file", path=str(path)), prices_at(server))
        await it.metrics.start()
        await it.waits.next()
        await it.waits.next()
        assert it.cheapest() == MODELS
        assert it.metrics.prices.of("openai/gpt-4o-mini") == Price(0.15, 0.6)
        await it.metrics.stop()

    play(scene)


def test_prometheus_says_who_is_fast(server: CatalogServer) -> None:
    server.answer = Answer(PROMETHEUS)

    async def scene() -> None:
        it = Scene(LatencySource(provider="prometheus", url=server.url, query="q"))
        it.own.note("openai/gpt-4o", 0.001)
        assert it.fastest() == MODELS
        await it.metrics.start()
        assert await it.waits.next() == 60
        assert it.fastest() == MODELS[::-1]
        assert it.metrics.ranking.figure("openai/gpt-4o-mini", "fastest") == 0.2
        await it.metrics.stop()

    play(scene)


def test_without_it_planos_own_record_does() -> None:
    it = Scene()
    it.own.note("openai/gpt-4o", 0.9)
    it.own.note("openai/gpt-4o-mini", 0.2)
    assert it.fastest() == MODELS[::-1]
    assert it.metrics.facts() == ()


def test_a_reload_keeps_what_is_known_of_a_source_that_stays(server: CatalogServer) -> None:
    server.answer = catalog()

    async def scene() -> None:
        first = Scene(prices_at(server))
        await first.metrics.start()
        await first.waits.next()
        first.clock.advance(600)
        second = Scene(prices_at(server), before=first.metrics, clock=first.clock)
        assert second.cheapest() == CHEAPEST_FIRST
        await second.metrics.start()
        await first.metrics.stop()
        assert await second.waits.next() == 3000
        assert second.metrics.facts()[0].age_s == 600
        await second.metrics.stop()

    play(scene)
    assert server.asked == ["/"]


@pytest.mark.parametrize("changes", [{"refresh_interval": 60}, {"tls_ca_path": "/x"}], ids=["interval", "authorities"])
def test_a_reload_reads_a_source_that_has_changed(server: CatalogServer, changes: dict[str, Any]) -> None:
    server.answer = catalog()
    of_all = {name: value for name, value in changes.items() if name == "tls_ca_path"}
    of_one = {name: value for name, value in changes.items() if name not in of_all}

    async def scene() -> None:
        first = Scene(prices_at(server))
        await first.metrics.start()
        await first.waits.next()
        second = Scene(prices_at(server, **of_one), before=first.metrics, clock=first.clock, **of_all)
        assert second.cheapest() == MODELS
        await first.metrics.stop()
        await second.metrics.start()
        assert await second.waits.next() == of_one.get("refresh_interval", 3600)
        assert second.cheapest() == CHEAPEST_FIRST
        await second.metrics.stop()

    play(scene)


def test_a_reload_reads_files_again(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("openai/gpt-4o: {input: 1, output: 1}\n")
    source = CostSource(provider="file", path=str(path))

    async def scene() -> None:
        first = Scene(source)
        await first.metrics.start()
        await first.waits.next()
        path.write_text("openai/gpt-4o: {input: 2, output: 2}\n")
        second = Scene(source, before=first.metrics, clock=first.clock)
        assert second.metrics.prices.of("openai/gpt-4o") == Price(1, 1)
        await first.metrics.stop()
        await second.metrics.start()
        await second.waits.next()
        assert second.metrics.prices.of("openai/gpt-4o") == Price(2, 2)
        await second.metrics.stop()

    play(scene)

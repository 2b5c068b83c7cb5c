"""Prices and response times, kept up to date beside the requests: no request ever waits for a source."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from msgspec import Struct

from plano.clock import Clock, LogInterval
from plano.config.routing import CostSource, MetricsSource
from plano.http.client.proxy import ProxySettings
from plano.providers.prices import PriceTable
from plano.routing.metrics_sources import CannotRead, Reading, Source, source_of
from plano.routing.own_latency import OwnLatency
from plano.routing.ranking import Figures, Ranking

log: Final = logging.getLogger("plano.routing")

#: After a failure a source is asked again so soon, then after twice as long, up to its own interval.
RETRY_S: Final = 5.0
#: A source may take this long altogether, with the lookup of its name, which nothing else limits.
PATIENCE_S: Final = 60.0
#: Instances that were started together should not ask together for ever.
JITTER: Final = 0.1


class SourceFacts(Struct, frozen=True):
    """How a source is doing. `models`: names it has figures for; `age_s`: since it was last read without fault."""

    title: str
    models: int
    skipped: int
    age_s: float | None
    last_error: str


class _Known:
    """What is known from one source."""

    __slots__ = ("due_at", "error", "failures", "log_interval", "read_at", "reading", "source")

    def __init__(self, source: Source, clock: Clock) -> None:
        self.source = source
        self.reading: Reading | None = None
        self.read_at: float | None = None
        self.error = ""
        self.failures = 0
        self.due_at = float("-inf")
        self.log_interval = LogInterval(clock)


class _Prices:
    """Figures for `cheapest`: the sum of both prices."""

    def __init__(self) -> None:
        self.table = PriceTable()
        self.version = 0

    def figure(self, model: str) -> float | None:
        price = self.table.of(model)
        return None if price is None else price.total


class _Latencies:
    """Figures for `fastest` from Prometheus, by full name or, for a server's own metrics, the id behind the prefix."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}
        self.version = 0

    def figure(self, model: str) -> float | None:
        found = self.figures.get(model)
        return self.figures.get(model.partition("/")[2]) if found is None else found


class ModelMetrics:
    """What is known of the models of one config. Until a source has been read, models keep their declared order.

    `ranking` orders models. A source that fails keeps what it said last. `own` is the record to go by where there is
    no source of response times. `tls_ca_path` and `proxies` are those of the providers. `before` is of the config
    before: what it knows of a source that is still there need not be read anew. `wait` waits so many seconds, `chance`
    gives 0 to 1.
    """

    def __init__(
        self,
        sources: tuple[MetricsSource, ...],
        own: OwnLatency,
        *,
        clock: Clock,
        tls_ca_path: str | None = None,
        proxies: ProxySettings | None = None,
        before: ModelMetrics | None = None,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._now = clock.monotonic_s
        self._wait = wait
        self._chance = chance
        self._tasks: list[asyncio.Task[None]] = []
        self._ca_path = tls_ca_path
        self._known: list[_Known] = [
            _Known(source_of(row, tls_ca_path=tls_ca_path, proxies=proxies), clock) for row in sources
        ]
        if before is not None and before._ca_path == tls_ca_path:
            self._inherit(before._known)
        self._prices = _Prices()
        self._latencies = _Latencies()
        has_times = any(not isinstance(source, CostSource) for source in sources)
        fastest: Figures = self._latencies if has_times else own
        self.ranking = Ranking({"cheapest": self._prices, "fastest": fastest})
        self._publish()

    @property
    def prices(self) -> PriceTable:
        """As they are now; do not keep it."""
        return self._prices.table

    def facts(self) -> tuple[SourceFacts, ...]:
        """One per source, in the order of the config."""
        return tuple(self._facts(known) for known in self._known)

    async def start(self) -> None:
        """Begin to read at once, and wait for nothing."""
        unread = [known.source.title for known in self._known if known.reading is None]
        if unread:
            log.info("models keep their declared order until %s are read", " and ".join(unread))
        self._tasks = [asyncio.create_task(self._keep(known)) for known in self._known]

    async def stop(self) -> None:
        """Read no more. A thread that is still reading is left behind."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _keep(self, known: _Known) -> None:
        while True:
            wait_s = known.due_at - self._now()
            if wait_s > 0:
                await self._wait(wait_s)
            await self._read(known)
            known.due_at = self._now() + self._interval_s(known)

    def _interval_s(self, known: _Known) -> float:
        interval_s = float(known.source.config.refresh_interval)
        if known.failures:
            interval_s = min(interval_s, RETRY_S * 2.0 ** min(known.failures - 1, 20))
        return interval_s * (1 + JITTER * (2 * self._chance() - 1))

    async def _read(self, known: _Known) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                reading = await _on_a_thread(lambda: known.source.read(known.reading))
        except CannotRead as error:
            self._failed(known, str(error))
        except TimeoutError:
            self._failed(known, "it takes too long")
        except Exception as error:
            # Whatever a source says, the next reading takes place.
            self._failed(known, type(error).__name__)
        else:
            self._succeeded(known, reading)

    def _failed(self, known: _Known, error: str) -> None:
        known.failures += 1
        known.error = error
        if known.log_interval.due():
            age_s = self._age_s(known)
            last = "there are none so far" if age_s is None else f"the last ones are {age_s:.0f} s old"
            log.warning("%s cannot be read: %s; %s", known.source.title, error, last)

    def _succeeded(self, known: _Known, reading: Reading | None) -> None:
        is_news = known.read_at is None or known.failures > 0
        known.failures = 0
        known.error = ""
        known.read_at = self._now()
        if reading is not None:
            known.reading = reading
            self._publish()
        if is_news and known.reading is not None:
            facts = self._facts(known)
            log.info("%s: %d names, %d entries skipped", facts.title, facts.models, facts.skipped)
            if known.reading.idle_aliases:
                log.warning("%s: not in it: %s", facts.title, ", ".join(known.reading.idle_aliases))

    def _inherit(self, before: list[_Known]) -> None:
        for known in self._known:
            same = next((one for one in before if one.source.config == known.source.config), None)
            if same is not None:
                known.reading, known.read_at = same.reading, same.read_at
                known.error, known.failures = same.error, same.failures
                known.due_at = float("-inf") if known.source.read_is_cheap else same.due_at

    def _publish(self) -> None:
        readings = [known.reading for known in self._known if known.reading is not None]
        self._prices.table = PriceTable(tuple(reading.prices for reading in readings))
        self._latencies.figures = next((reading.figures for reading in readings if reading.figures), {})
        self._prices.version += 1
        self._latencies.version += 1

    def _age_s(self, known: _Known) -> float | None:
        return None if known.read_at is None else self._now() - known.read_at

    def _facts(self, known: _Known) -> SourceFacts:
        reading = known.reading
        models, skipped = (0, 0) if reading is None else (reading.names, reading.skipped)
        return SourceFacts(known.source.title, models, skipped, self._age_s(known), known.error)


async def _on_a_thread(read: Callable[[], Reading | None]) -> Reading | None:
    """A daemon, and no executor: Python would wait for those at exit, as long as a server is slow."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Reading | None] = loop.create_future()

    def finish(reading: Reading | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(reading)
        else:
            done.set_exception(error)

    def run() -> None:
        reading, fault = None, None
        try:
            reading = read()
        except Exception as error:
            fault = error
        with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            loop.call_soon_threadsafe(finish, reading, fault)

    threading.Thread(target=run, name="plano-metrics", daemon=True).start()
    return await done

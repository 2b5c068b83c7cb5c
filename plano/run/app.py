"""The composition root: the only place that knows every room.

Built from a config, started, stopped; nothing here is global, two apps fit in one process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from plano.clock import Clock, SystemClock
from plano.config.document import Config
from plano.config.listeners import Listener as ListenerConfig
from plano.exchange import Record
from plano.gateway.pipeline import Pipeline
from plano.gateway.plan import compile_plans
from plano.gateway.request_ids import RequestIds
from plano.http.client.dialer import Dialer
from plano.http.client.pool import Pool
from plano.http.server.listener import Listener, ListenerSettings
from plano.http.wire.head import RequestHead
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker
from plano.plugins.loader import LoadedPlugins, load_plugins
from plano.plugins.observers import Observers
from plano.telemetry.access_log import AccessLog

log: Final = logging.getLogger("plano.run")

#: How often batched log lines are written, in seconds.
FLUSH_INTERVAL_S: Final = 0.2
#: How long busy exchanges may go on after a stop was asked for, in seconds.
SHUTDOWN_GRACE_S: Final = 30.0
#: How long cut exchanges may take to tell their clients, in seconds.
_LAST_WORDS_S: Final = 1.0


class CannotListen(Exception):
    """A listener's address cannot be had; the message names both."""


class App:
    """One gateway: listeners, their pipelines, the provider connections they share."""

    def __init__(
        self,
        config: Config,
        *,
        log_dir: Path | None = None,
        clock: Clock | None = None,
        plugins: LoadedPlugins | None = None,
    ) -> None:
        """Raises `ConfigProblems` or `PluginLoadError`; nothing is opened but log files."""
        self.clock: Clock = SystemClock() if clock is None else clock
        self.started_unix_s = self.clock.unix_s()
        self.plugins = load_plugins(config.plugins) if plugins is None else plugins
        self.plans = compile_plans(config, self.plugins.plan, started_unix_s=self.started_unix_s)
        self.listeners: list[Listener] = []
        self.pipelines: list[Pipeline] = []
        self.ticker = Ticker()
        self.observers = Observers(self.plugins.plan.post_response, clock=self.clock)
        self.access_log = None if log_dir is None else AccessLog(log_dir / "access_llm.log")
        self._config = config
        self._timers: list[asyncio.TimerHandle] = []

    async def start(self) -> None:
        """Open every listener. Raises `CannotListen` or `PluginLoadError`; nothing stays open then."""
        loop = asyncio.get_running_loop()
        await self.plugins.start()
        self.observers.start()
        dialer = Dialer(*_dialer_settings(self._config))
        outbox = Outbox(loop.call_soon)
        self.pool = Pool(dialer, self.ticker, outbox, self.clock.monotonic_s)
        request_ids = RequestIds()
        for plan, listener in zip(self.plans, self._config.listeners, strict=True):
            pipeline = Pipeline(
                plan, self.pool, loop=loop, clock=self.clock, request_ids=request_ids, settle=self._settle()
            )
            self.pipelines.append(pipeline)
            self.listeners.append(
                Listener(
                    _listener_settings(listener),
                    handle=pipeline.begin,
                    refusal=pipeline.refusal,
                    ticker=self.ticker,
                    outbox=outbox,
                    loop=loop,
                )
            )
        await self._bind()
        self._every(lambda: self.ticker.interval_s, lambda: self.ticker.tick(self.clock.monotonic_s()))
        if self.access_log is not None:
            self._every(lambda: FLUSH_INTERVAL_S, self.access_log.flush)

    async def stop(self, grace_s: float = SHUTDOWN_GRACE_S) -> None:
        """Accept no more, let busy exchanges finish within the grace, tell the rest, close everything."""
        for listener, pipeline in zip(self.listeners, self.pipelines, strict=True):
            pipeline.is_draining = True
            listener.stop_accepting()
            listener.drain()
        self.pool.close()
        deadline = self.clock.monotonic_s() + grace_s
        if await self._wait_for_exchanges(grace_s):
            self.cut()
            await self._wait_for_exchanges(_LAST_WORDS_S)
        # An exchange is over when its answer is written, not when a slow client has taken it.
        left_s = max(deadline - self.clock.monotonic_s(), _LAST_WORDS_S)
        await asyncio.gather(*(listener.wait_closed(left_s) for listener in self.listeners))
        for listener in self.listeners:
            listener.abort()
        for connection in tuple(self.pool.open):
            connection.abort()
        for timer in self._timers:
            timer.cancel()
        await self.observers.stop(_LAST_WORDS_S)
        if self.access_log is not None:
            self.access_log.close()

    def cut(self) -> None:
        """Tell the clients of all busy exchanges that it is over, now."""
        for pipeline in self.pipelines:
            pipeline.cut()

    def running(self) -> int:
        """Exchanges under way."""
        return sum(len(pipeline.running) for pipeline in self.pipelines)

    async def _bind(self) -> None:
        for listener in self.listeners:
            try:
                await listener.start()
            except OSError as error:
                for opened in self.listeners:
                    opened.stop_accepting()
                settings = listener.settings
                raise CannotListen(
                    f"listener {settings.name!r} cannot listen on {settings.address}:{settings.port}: "
                    f"{error.strerror or error}"
                ) from None
            log.info(
                "listener %s is open on %s:%s",
                listener.settings.name,
                listener.settings.address,
                listener.port,
            )

    async def _wait_for_exchanges(self, limit_s: float) -> int:
        deadline = self.clock.monotonic_s() + limit_s
        for pipeline in self.pipelines:
            if pipeline.running:
                idle = asyncio.Event()
                pipeline.on_idle = idle.set
                with suppress(TimeoutError):
                    await asyncio.wait_for(idle.wait(), max(0.0, deadline - self.clock.monotonic_s()))
        return self.running()

    def _settle(self) -> Callable[[Record, RequestHead], None]:
        """What is done with a finished record; nothing for what nobody wants."""
        observes = bool(self.plugins.plan.post_response)
        access_log = self.access_log
        if access_log is None:
            return (lambda record, head: self.observers.offer(record)) if observes else _nothing
        if not observes:
            return access_log.add
        return partial(self._log_and_offer, access_log)

    def _log_and_offer(self, access_log: AccessLog, record: Record, head: RequestHead) -> None:
        access_log.add(record, head)
        self.observers.offer(record)

    def _every(self, interval_s: Callable[[], float], action: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        place = len(self._timers)

        def run() -> None:
            self._timers[place] = loop.call_later(interval_s(), run)
            action()

        self._timers.append(loop.call_later(interval_s(), run))


def _nothing(record: Record, head: RequestHead) -> None:
    """Nobody wants finished records."""


def _listener_settings(listener: ListenerConfig) -> ListenerSettings:
    return ListenerSettings(
        name=listener.name,
        address=listener.address,
        port=listener.port,
        max_header_bytes=listener.max_header_bytes,
        max_body_bytes=listener.max_body_bytes,
        request_timeout_s=float(listener.request_timeout),
        keepalive_timeout_s=float(listener.keepalive_timeout),
        write_timeout_s=float(listener.idle_timeout),
    )


def _dialer_settings(config: Config) -> tuple[float, str | None]:
    overrides = config.overrides
    if overrides is None:
        return 5.0, None
    return float(overrides.upstream_connect_timeout), overrides.upstream_tls_ca_path

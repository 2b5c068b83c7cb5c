"""The composition root: the only place that knows every room.

Built from a config, started, given other configs while it runs, stopped. Nothing here is global, two apps fit in one
process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from socket import socket
from typing import Any, Final

from plano.clock import Clock, SystemClock
from plano.config.document import Config
from plano.exchange import Record
from plano.gateway.pipeline import Pipeline
from plano.gateway.request_ids import RequestIds
from plano.http.client.pool import Pool
from plano.http.client.proxy import ProxySettings
from plano.http.client.resolver import Resolver
from plano.http.server.binding import Place
from plano.http.server.caps import Caps, Room
from plano.http.server.listener import Listener, ListenerSettings
from plano.http.wire.head import RequestHead
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker
from plano.plugins.guards import same_plugins
from plano.plugins.loader import LoadedPlugins
from plano.plugins.observers import Observers
from plano.routing.own_latency import OwnLatency
from plano.run.ports import sockets_for
from plano.run.setup import Lasting, Setup, wait_idle
from plano.telemetry.access_log import AccessLog

log: Final = logging.getLogger("plano.run")

#: How often batched log lines are written, in seconds.
FLUSH_INTERVAL_S: Final = 0.2
#: How often is looked whether log rotation has moved the access log away, in seconds.
ROTATION_INTERVAL_S: Final = 2.0
#: How long cut exchanges may take to tell their clients, in seconds.
_LAST_WORDS_S: Final = 1.0


class App:
    """One gateway: listeners, what they serve, and the provider connections they share.

    `sockets` are listening sockets by place, bound by somebody else; the others are bound here.
    """

    def __init__(
        self,
        config: Config,
        *,
        access_log: AccessLog | None = None,
        clock: Clock | None = None,
        plugins: LoadedPlugins | None = None,
        sockets: Mapping[Place, list[socket]] | None = None,
        workers: int = 1,
        proxies: ProxySettings | None = None,
    ) -> None:
        """Raises what `Setup` raises; nothing is opened. `access_log` is closed by `stop`."""
        self.clock: Clock = SystemClock() if clock is None else clock
        self.started_unix_s = self.clock.unix_s()
        self._resolver = Resolver(self.clock)
        #: A reload does not make a provider well.
        self.lasting = Lasting(self.clock)
        self.setup = Setup(
            config,
            clock=self.clock,
            started_unix_s=self.started_unix_s,
            workers=workers,
            plugins=plugins,
            proxies=proxies,
            resolver=self._resolver,
            lasting=self.lasting,
        )
        self.setup.sockets.update(sockets or {})
        self.listeners: dict[Place, Listener] = {}
        self.ticker = Ticker()
        #: The client connections of all listeners together.
        self.room = Room()
        self.access_log = access_log
        #: Those of former configs whose last exchanges still run, and listeners that are on their way out.
        self.former: list[Setup] = []
        self.leaving: list[Listener] = []
        self._hurried = asyncio.Event()
        self._timers: list[asyncio.TimerHandle] = []
        self._served_before = 0
        self._farewells: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open every listener. Raises `CannotListen` or `PluginLoadError`; nothing stays open then."""
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox(self._loop.call_soon)
        self._request_ids = RequestIds()
        self.pool = Pool(self.setup.dialer, self.ticker, self._outbox, self.clock.monotonic_s)
        try:
            self._bind(self.setup)
            await self.setup.start(self.ticker, self._outbox)
            await self._serve(self.setup)
        except BaseException:
            self.setup.close_sockets()
            raise
        self._every(lambda: self.ticker.interval_s, lambda: self.ticker.tick(self.clock.monotonic_s()))
        if self.access_log is not None:
            self._every(lambda: FLUSH_INTERVAL_S, self.access_log.flush)
            self._every(lambda: ROTATION_INTERVAL_S, self.access_log.reopen_if_moved)

    # Another config.

    async def prepare(
        self,
        config: Config,
        *,
        sockets: Mapping[Place, list[socket]] | None = None,
        workers: int = 1,
        proxies: ProxySettings | None = None,
    ) -> Setup:
        """Do all that can fail, while the present config is served on. Raises what start-up raises.

        What is returned goes to `commit` or to `discard`. Plugins whose settings are the same are kept.
        """
        now = self.setup
        keeps_plugins = same_plugins(config, now.config)
        # Compiling a large config takes a while: not on the loop.
        setup = await asyncio.to_thread(
            Setup,
            config,
            clock=self.clock,
            started_unix_s=self.started_unix_s,
            workers=workers,
            plugins=now.plugins if keeps_plugins else None,
            observers=now.observers if keeps_plugins else None,
            proxies=proxies,
            resolver=self._resolver,
            lasting=self.lasting,
            before=now,
        )
        setup.sockets.update(sockets or {})
        try:
            self._bind(setup)
            await setup.start(self.ticker, self._outbox)
            await setup.load()
        except BaseException:
            await self.discard(setup)
            raise
        return setup

    async def commit(self, setup: Setup) -> None:
        """Serve another setup from the next request on. What is under way goes on as it began."""
        former = self.setup
        gone = [self.listeners.pop(place) for place in tuple(self.listeners) if place not in setup.places]
        self.setup = setup
        self.former.append(former)
        self.pool.dialer = setup.dialer
        if setup.dialer_settings != former.dialer_settings:
            self.pool.close_idle()  # They were opened under other rules.
        await self._serve(setup)
        for listener in gone:
            self.leaving.append(listener)
            self._in_background(self._see_off(listener, float(setup.config.shutdown_delay)))
        self._in_background(self._retire(former))

    async def discard(self, setup: Setup) -> None:
        """Give up what was prepared."""
        setup.close_sockets()
        await setup.stop(*self._setups())

    # The end.

    async def stop(self, *, delay_s: float | None = None, grace_s: float | None = None) -> None:
        """Tell load balancers, accept no more, let busy exchanges finish, tell the rest, close everything.

        `delay_s` and `grace_s` are the config's unless given.
        """
        config = self.setup.config
        delay_s = float(config.shutdown_delay) if delay_s is None else delay_s
        grace_s = float(config.shutdown_grace) if grace_s is None else grace_s
        for task in tuple(self._farewells):
            task.cancel()
        listeners = (*self.listeners.values(), *self.leaving)
        for pipeline in self.setup.pipelines.values():
            pipeline.is_draining = True
        for listener in listeners:
            listener.begin_draining()
        await self._unless_hurried(_closed(listeners, delay_s))
        for listener in listeners:
            await listener.stop_accepting()
            listener.drain()
        self.pool.close()
        deadline = self.clock.monotonic_s() + grace_s
        await self._unless_hurried(wait_idle(self._setups(), grace_s))
        if self.running():
            self._cut()
            await wait_idle(self._setups(), _LAST_WORDS_S)
        # An exchange is over when its answer is written, not when a slow client has taken it.
        await self._unless_hurried(_closed(listeners, max(deadline - self.clock.monotonic_s(), 0.0)))
        await _closed(listeners, _LAST_WORDS_S)
        await self._close(listeners)

    def hurry(self) -> None:
        """Have a stop that is under way wait for nobody: busy exchanges are told now."""
        self._hurried.set()

    def running(self) -> int:
        """Exchanges under way."""
        return sum(setup.running() for setup in self._setups())

    def served(self) -> int:
        """Exchanges that have ended since the start."""
        return self._served_before + sum(setup.served() for setup in self._setups())

    async def _close(self, listeners: tuple[Listener, ...]) -> None:
        for listener in listeners:
            listener.abort()
        for connection in tuple(self.pool.open):
            connection.abort()
        for timer in self._timers:
            timer.cancel()
        setups = self._setups()
        for place, setup in enumerate(setups):
            await setup.stop(*setups[place + 1 :])
        if self.access_log is not None:
            self.access_log.close()

    async def _unless_hurried(self, waiting: Coroutine[Any, Any, None]) -> None:
        tasks = [asyncio.ensure_future(waiting), asyncio.ensure_future(self._hurried.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    def _cut(self) -> None:
        for setup in self._setups():
            setup.cut()

    def _setups(self) -> tuple[Setup, ...]:
        return (self.setup, *self.former)

    # From a setup to open listeners.

    def _bind(self, setup: Setup) -> None:
        """Have sockets for every place that is not open yet."""
        for settings in setup.settings:
            if settings.place not in self.listeners and settings.place not in setup.sockets:
                setup.sockets[settings.place] = sockets_for(settings.name, settings.place)

    async def _serve(self, setup: Setup) -> None:
        """Point every listener at the setup's pipelines at once, then open the new ones."""
        opened: list[Listener] = []
        for plan, settings, chains in zip(setup.plans, setup.settings, setup.chains, strict=True):
            place = settings.place
            listener = self.listeners.get(place)
            caps = self._new_caps(settings) if listener is None else listener.caps
            caps.change(settings.name, settings.caps)
            pipeline = setup.pipelines[place] = Pipeline(
                plan,
                self.pool,
                loop=self._loop,
                clock=self.clock,
                request_ids=self._request_ids,
                settle=self._settle(setup),
                caps=caps,
                chains=chains,
            )
            if pipeline.pings is not None:
                self.ticker.members.add(pipeline.pings)
            if listener is None:
                opened.append(self._opened(setup, settings, pipeline, caps))
            else:
                listener.take_over(settings, handle=pipeline.begin, refusal=pipeline.refusal)
        for place, listener in self.listeners.items():
            if listener in opened:
                await listener.start()
                log.info("listener %s is open on %s:%s", listener.settings.name, place[0], listener.port)
            else:
                await listener.reopen(setup.tls.get(place), setup.sockets.pop(place, None))
        setup.close_sockets()

    def _opened(self, setup: Setup, settings: ListenerSettings, pipeline: Pipeline, caps: Caps) -> Listener:
        place = settings.place
        listener = self.listeners[place] = Listener(
            settings,
            handle=pipeline.begin,
            refusal=pipeline.refusal,
            ticker=self.ticker,
            outbox=self._outbox,
            loop=self._loop,
            tls=setup.tls.get(place),
            sockets=setup.sockets.pop(place),
            caps=caps,
        )
        return listener

    def _new_caps(self, settings: ListenerSettings) -> Caps:
        return Caps(settings.name, settings.caps, self.room, self._loop.call_later)

    def _settle(self, setup: Setup) -> Callable[[Record, RequestHead], None]:
        """What is done with a finished record; nothing for what nobody wants."""
        takers: list[Callable[[Record, RequestHead], None]] = []
        if self.access_log is not None:
            takers.append(self.access_log.add)
        if setup.notes_latency:
            takers.append(partial(_note_latency, self.lasting.latency))
        if setup.observers:
            takers.append(partial(_offer, setup.observers))
        if len(takers) < 2:
            return takers[0] if takers else _nothing
        return partial(_give_all, tuple(takers))

    # What ends by itself.

    async def _see_off(self, listener: Listener, delay_s: float) -> None:
        """Close a listener the config no longer has: its clients are told with their next answer."""
        listener.begin_draining()
        await _closed((listener,), delay_s)
        await listener.stop_accepting()
        listener.drain()
        await listener.wait_closed(None)
        self.leaving.remove(listener)
        log.info("listener %s is closed", listener.settings.name)

    async def _retire(self, setup: Setup) -> None:
        await setup.wait_idle()
        for pipeline in setup.pipelines.values():
            self.ticker.members.discard(pipeline.pings)
        self.former.remove(setup)
        self._served_before += setup.served()
        await setup.stop(*self._setups())

    def _in_background(self, farewell: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(farewell)
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    def _every(self, interval_s: Callable[[], float], action: Callable[[], None]) -> None:
        loop = self._loop
        place = len(self._timers)

        def run() -> None:
            self._timers[place] = loop.call_later(interval_s(), run)
            action()

        self._timers.append(loop.call_later(interval_s(), run))


def _nothing(record: Record, head: RequestHead) -> None:
    """Nobody wants finished records."""


def _offer(observers: Observers, record: Record, head: RequestHead) -> None:
    observers.offer(record)


def _note_latency(latency: OwnLatency, record: Record, head: RequestHead) -> None:
    """How long the model took to the first byte of an answer; refusals come quickly and say nothing."""
    if record.provider_status == 200 and record.first_byte_at:
        latency.note(record.model, record.first_byte_at - record.sent_at)


def _give_all(takers: tuple[Callable[[Record, RequestHead], None], ...], record: Record, head: RequestHead) -> None:
    for take in takers:
        take(record, head)


async def _closed(listeners: tuple[Listener, ...], limit_s: float) -> None:
    await asyncio.gather(*(listener.wait_closed(limit_s) for listener in listeners))

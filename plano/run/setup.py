"""Everything one config comes to: plugins, plans, TLS; made whole before any of it is used.

A reload makes a second one beside it. The first lives on until its last exchange has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from socket import socket
from typing import Final

from plano.clock import Clock
from plano.config.document import Config
from plano.config.listeners import Listener as ListenerConfig
from plano.config.router_choice import ENCODER, GENERATOR, router_type
from plano.config.routing import LatencySource
from plano.errors import RouterUnusable
from plano.filters.chains import Chains, chains_of
from plano.filters.server_links import ServerLink
from plano.gateway.own_call import ask
from plano.gateway.pipeline import Pipeline
from plano.gateway.plan import Plan, compile_plans
from plano.http.client.dialer import Dialer
from plano.http.client.proxy import ProxySettings
from plano.http.client.resolver import Resolver
from plano.http.server.access import access_of
from plano.http.server.binding import Place, close_all
from plano.http.server.caps import cap_numbers
from plano.http.server.listener import ListenerSettings
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker
from plano.intent import RouterTools, RouteSet
from plano.plugins.guards import load_configured
from plano.plugins.loader import LoadedPlugins
from plano.plugins.observers import Observers
from plano.plugins.tools import Encoder, PluginTools
from plano.resilience.target_states import TargetStates
from plano.routing.affinity import Affinity
from plano.routing.metrics_refresh import ModelMetrics
from plano.routing.own_latency import OwnLatency
from plano.routing.router import Router
from plano.routing.router_models.encoder.lent import LentEncoder, can_lend
from plano.routing.router_models.kinds import new_router
from plano.run.filter_servers import FilterServers
from plano.run.listener_tls import expiry_notices, tls_contexts
from plano.state.stores import open_store
from plano.storing import Store

log: Final = logging.getLogger("plano.run")

#: How long observing hooks may take for what is queued when their plugins go, in seconds.
OBSERVERS_S: Final = 1.0


class Lasting:
    """What configs come and go around: how the targets are doing, how fast models answer, which session has which, and
    the encoder that plugins borrow.
    """

    def __init__(self, clock: Clock) -> None:
        self.states = TargetStates()
        self.latency = OwnLatency(clock.monotonic_s)
        self.affinity = Affinity(clock.monotonic_s)
        self.encoder = LentEncoder(clock.monotonic_s)


class Setup:
    """`pipelines` are made when it is first served; until then nothing of it has touched the loop."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        started_unix_s: float,
        workers: int = 1,
        plugins: LoadedPlugins | None = None,
        observers: Observers | None = None,
        proxies: ProxySettings | None = None,
        resolver: Resolver | None = None,
        lasting: Lasting | None = None,
        before: Setup | None = None,
    ) -> None:
        """Raises `ConfigProblems`, `PluginLoadError`, `UnusableKey` or `OSError` (a file that cannot be read).

        `plugins`, `observers`, `resolver` and `lasting` of another setup may be shared; of the one `before` what need
        not be loaded again is taken over. Caps are divided among the `workers`.
        """
        self.config = config
        self.plugins = load_configured(config) if plugins is None else plugins
        self.lasting = lasting = Lasting(clock) if lasting is None else lasting
        proxies = ProxySettings() if proxies is None else proxies
        self.metrics: ModelMetrics = ModelMetrics(
            config.model_metrics_sources,
            lasting.latency,
            clock=clock,
            tls_ca_path=config.overrides.upstream_tls_ca_path,
            proxies=proxies,
            before=None if before is None else before.metrics,
        )
        self.router: Router
        is_same = before is not None and _router_key(config) == _router_key(before.config)
        if before is not None and is_same and not before.router.trouble:  # What failed to load gets another chance.
            self.router = before.router
        else:
            tools = RouterTools(self._ask, clock.monotonic_s)
            self.router = new_router(config, tools, clock, self.plugins.router_models)
        self.plans: tuple[Plan, ...] = compile_plans(
            config,
            self.plugins.plan,
            started_unix_s=started_unix_s,
            states=lasting.states,
            dialects=self.plugins.dialects,
            vendors=self.plugins.vendors,
            router=self.router,
            affinity=lasting.affinity,
            ranked=self.metrics.ranking.ordered,
            clock=clock,
        )
        self.settings = tuple(_listener_settings(listener, workers) for listener in config.listeners)
        self.dialer_settings = (*_dialer_settings(config), proxies)
        self.dialer = Dialer(*self.dialer_settings, resolver=resolver)
        self.tls = tls_contexts(config)
        for notice in expiry_notices(config, clock.unix_s()):
            log.warning("%s", notice)
        self.observers = (
            Observers(self.plugins.plan.post_response, clock=clock, exporters=self.plugins.exporters)
            if observers is None
            else observers
        )
        self.pipelines: dict[Place, Pipeline] = {}
        #: What requests and answers are filtered by, listener for listener; from `start` on.
        self.chains: tuple[Chains, ...] = ()
        #: Listening sockets for its places, until listeners take them over.
        self.sockets: dict[Place, list[socket]] = {}
        self._starts_plugins = plugins is None
        #: What plugins keep things in; whoever shares the plugins shares these.
        self.stores: list[Store] = [] if plugins is None or before is None else before.stores
        self._monotonic_s = clock.monotonic_s
        self._resolver = resolver
        self._servers: FilterServers | None = None
        self._starts_observers = observers is None

    @property
    def places(self) -> frozenset[Place]:
        """Where it listens."""
        return frozenset(settings.place for settings in self.settings)

    async def start(self, ticker: Ticker, outbox: Outbox) -> None:
        """Start the plugins that are not shared, and begin to load the router model. Raises `PluginLoadError`.

        `ticker` and `outbox` are what connections to filter servers live by.
        """
        self.lasting.encoder.share(self.router.model)
        if self._starts_plugins:
            await self.plugins.start(PluginTools(self._encoder, self._open_store))
        servers: dict[str, ServerLink] = {}
        if self.config.filters:
            self._servers = FilterServers(
                self.config, ticker, outbox, self._monotonic_s, proxies=self.dialer.proxies, resolver=self._resolver
            )
            servers = self._servers.links
        hooks = self.plugins.plan
        self.chains = tuple(chains_of(listener, self.config, hooks, servers) for listener in self.config.listeners)
        if self._starts_observers:
            self.observers.start()
        if (routes := self._routes()) is not None:
            self.router.begin(routes)
        await self.metrics.start()

    async def load(self) -> None:
        """Wait until nothing is left to be loaded. Raises `RouterUnusable`."""
        if (routes := self._routes()) is not None:
            await self.router.prepare(routes)

    async def stop(self, *others: Setup) -> None:
        """Let go of what none of the other setups shares."""
        await self.metrics.stop()
        if all(other.router is not self.router for other in others):
            await self.router.stop()
        if all(other.observers is not self.observers for other in others):
            await self.observers.stop(OBSERVERS_S)
        if all(other.plugins is not self.plugins for other in others):
            self.plugins.stop()
        if self._servers is not None:
            await self._servers.close()
            self._servers = None
        if all(other.stores is not self.stores for other in others):
            while self.stores:
                await self.stores.pop().close()
        if not others:
            await self.lasting.encoder.stop()

    def _encoder(self) -> Encoder | None:
        return self.lasting.encoder if can_lend() else None

    def _open_store(self, url: str) -> Store:
        """Lent to plugins, and closed when nobody has them any more. Raises `ValueError`."""
        store = open_store(url, self.plugins.stores, self._monotonic_s)
        self.stores.append(store)
        return store

    def _routes(self) -> RouteSet | None:
        preferences = self.plans[0].routing.preferences if self.plans else None
        return None if preferences is None else preferences.routes

    async def _ask(self, model: str, body: bytes, timeout_s: float) -> bytes:
        """What router models ask providers by: the way of the first listener's exchanges."""
        if not self.pipelines:
            raise RouterUnusable("nobody can be asked before this config is served")
        return await ask(next(iter(self.pipelines.values())), model, body, timeout_s)

    @property
    def notes_latency(self) -> bool:
        """Whether the order of a route's models goes by how fast they have answered here."""
        has_source = any(isinstance(source, LatencySource) for source in self.config.model_metrics_sources)
        return not has_source and any(
            preference.selection_policy.prefer == "fastest" for preference in self.config.routing_preferences
        )

    def close_sockets(self) -> None:
        """Close what no listener has taken over."""
        while self.sockets:
            close_all(self.sockets.popitem()[1])

    def running(self) -> int:
        """Exchanges under way."""
        return sum(len(pipeline.running) for pipeline in self.pipelines.values())

    def served(self) -> int:
        """Exchanges that have ended."""
        return sum(pipeline.served for pipeline in self.pipelines.values())

    def cut(self) -> None:
        """Tell the clients of all busy exchanges that it is over, now."""
        for pipeline in self.pipelines.values():
            pipeline.cut()

    async def wait_idle(self) -> None:
        """Until no exchange is under way."""
        for pipeline in self.pipelines.values():
            while pipeline.running:
                idle = asyncio.Event()
                pipeline.on_idle = idle.set
                await idle.wait()


async def wait_idle(setups: Iterable[Setup], limit_s: float) -> None:
    """Until no exchange of any setup is under way, for at most `limit_s` seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(limit_s, 0.0)):
            for setup in setups:
                await setup.wait_idle()


def _router_key(config: Config) -> object:
    """Routers of equal keys are the same one; those that ask providers, or a plugin, belong to their config."""
    kind = router_type(config)
    if kind not in (ENCODER, GENERATOR):
        return object()
    return kind, config.routing.router, config.overrides.orchestrator_model_context_length


def _listener_settings(listener: ListenerConfig, workers: int) -> ListenerSettings:
    return ListenerSettings(
        name=listener.name,
        address=listener.address,
        port=listener.port,
        max_header_bytes=listener.max_header_bytes,
        max_body_bytes=listener.max_body_bytes,
        request_timeout_s=float(listener.request_timeout),
        keepalive_timeout_s=float(listener.keepalive_timeout),
        write_timeout_s=float(listener.idle_timeout),
        access=access_of(listener),
        caps=cap_numbers(listener, workers),
    )


def _dialer_settings(config: Config) -> tuple[float, str | None]:
    overrides = config.overrides
    return float(overrides.upstream_connect_timeout), overrides.upstream_tls_ca_path

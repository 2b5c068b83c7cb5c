"""The filter servers of one config, and the connections to them: a pool of their own, apart from the providers'."""

from __future__ import annotations

from collections.abc import Callable

from plano.config.document import Config
from plano.filters.declared import CONNECT_S, remote_filters
from plano.filters.server_links import ServerLink
from plano.http.client.dialer import Dialer
from plano.http.client.pool import Pool
from plano.http.client.proxy import ProxySettings
from plano.http.client.resolver import Resolver
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker


class FilterServers:
    """`links` by id. Nothing is connected before a first request asks."""

    def __init__(
        self,
        config: Config,
        ticker: Ticker,
        outbox: Outbox,
        now: Callable[[], float],
        *,
        proxies: ProxySettings,
        resolver: Resolver | None,
    ) -> None:
        dialer = Dialer(CONNECT_S, config.overrides.upstream_tls_ca_path, proxies, resolver=resolver)
        self._pool = Pool(dialer, ticker, outbox, now)
        self._filters = remote_filters(config, self._pool, now)
        self.links = {name: ServerLink(one) for name, one in self._filters.items()}

    async def close(self) -> None:
        """End sessions, then close every connection."""
        for one in self._filters.values():
            await one.close()
        self._pool.close()
        for connection in tuple(self._pool.open):
            connection.abort()

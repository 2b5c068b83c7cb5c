"""Connections that wait for their next call, a stack per origin: the warmest first."""

from __future__ import annotations

import math
from collections.abc import Callable

from plano.errors import ProviderUnreachable
from plano.http.client.dialer import Dialer
from plano.http.client.provider_connection import ProviderConnection
from plano.http.wire.origin import Origin
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker

#: Most servers and load balancers close an idle connection after 60 s or more; plano is the first to let go.
IDLE_LIMIT_S = 55.0
MAX_IDLE_PER_ORIGIN = 4096


class Pool:
    """Every open provider connection of this process."""

    def __init__(self, dialer: Dialer, ticker: Ticker, outbox: Outbox, now: Callable[[], float]) -> None:
        self.outbox = outbox
        self.now = now
        self.open: set[ProviderConnection] = set()
        self.dialer = dialer
        self.ticker = ticker
        self.idle: dict[Origin, list[ProviderConnection]] = {}
        self.is_closed = False

    def take_idle(self, origin: Origin) -> ProviderConnection | None:
        """A connection that is open as far as anybody knows, or None: then `dial`."""
        idle = self.idle.get(origin)
        return idle.pop() if idle else None

    async def dial(
        self, origin: Origin, within_s: float = math.inf, connect_timeout_s: float | None = None
    ) -> ProviderConnection:
        """A new connection. Raises `ProviderUnreachable` or `ProviderTimeout` (phase connect)."""
        connection = ProviderConnection(origin, self)
        await self.dialer.dial(origin, connection, within_s, connect_timeout_s)
        if connection.is_lost:
            raise ProviderUnreachable("the provider closed the connection as soon as it was open")
        self.open.add(connection)
        self.ticker.members.add(connection)
        return connection

    def idle_count(self) -> int:
        return sum(map(len, self.idle.values()))

    def idle_counts(self) -> dict[Origin, int]:
        """How many wait, by origin."""
        return {origin: len(connections) for origin, connections in self.idle.items()}

    def close(self) -> None:
        """Close what is idle now and the rest when its call is done."""
        self.is_closed = True
        self.close_idle()

    def close_idle(self) -> None:
        """Close what is idle now."""
        for idle in self.idle.values():
            for connection in idle:
                connection.transport.close()
            idle.clear()

    # What connections call.

    def returned(self, connection: ProviderConnection) -> None:
        idle = self.idle.get(connection.origin)
        if idle is None:
            idle = self.idle[connection.origin] = []
        if self.is_closed or len(idle) >= MAX_IDLE_PER_ORIGIN:
            connection.transport.close()
            return
        connection.quiet_since = 0.0
        idle.append(connection)

    def lost(self, connection: ProviderConnection) -> None:
        self.open.discard(connection)
        self.ticker.members.discard(connection)
        self.forget(connection)

    def forget(self, connection: ProviderConnection) -> None:
        """Hand it out no more."""
        idle = self.idle.get(connection.origin)
        if idle is not None and connection in idle:
            idle.remove(connection)
            if not idle:
                del self.idle[connection.origin]

    def tick_idle(self, connection: ProviderConnection, now: float) -> None:
        if connection.quiet_since == 0.0:
            connection.quiet_since = now
        elif now - connection.quiet_since > IDLE_LIMIT_S:
            self.forget(connection)
            connection.transport.close()

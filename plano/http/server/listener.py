"""One listening port: its socket, its limits, and the connections it has accepted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from plano.errors import BadRequest
from plano.http.server.client_connection import ClientConnection, ResponseSink
from plano.http.wire.head import RequestHead
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker

BACKLOG = 4096


class ListenerSettings(Struct, frozen=True):
    """What a listener accepts. Sizes in bytes, times in seconds.

    `request_timeout_s`: for a request head (and, more generously, a body) to arrive; `keepalive_timeout_s`: for the
    next request to begin; `write_timeout_s`: for a client that has stopped reading.
    """

    name: str
    address: str
    port: int
    max_header_bytes: int = 65536
    max_body_bytes: int = 32 * 1024 * 1024
    request_timeout_s: float = 30.0
    keepalive_timeout_s: float = 75.0
    write_timeout_s: float = 120.0


class Listener:
    """Accepts connections and hands complete requests to `handle(head, body, sink)`.

    `refusal(error, head)` gives the complete bytes that answer a request too broken to be handed on; of its head some
    or all may be missing.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        *,
        handle: Callable[[RequestHead, bytes, ResponseSink], None],
        refusal: Callable[[BadRequest, RequestHead], bytes],
        ticker: Ticker,
        outbox: Outbox,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.settings = settings
        self.max_header_bytes = settings.max_header_bytes
        self.max_body_bytes = settings.max_body_bytes
        self.request_timeout_s = settings.request_timeout_s
        self.keepalive_timeout_s = settings.keepalive_timeout_s
        self.write_timeout_s = settings.write_timeout_s
        self.handle = handle
        self.refusal = refusal
        self.outbox = outbox
        self.loop = loop
        self.connections: set[ClientConnection] = set()
        self._ticker = ticker
        self._server: asyncio.Server | None = None
        self._emptied: asyncio.Event | None = None

    @property
    def port(self) -> int:
        """The port bound, also when 0 was asked for."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Bind and listen. Raises `OSError` when the address cannot be had."""
        address = self.settings.address
        family = socket.AF_INET6 if ":" in address else socket.AF_UNSPEC
        self._server = await self.loop.create_server(
            lambda: ClientConnection(self),  # type: ignore[arg-type,return-value]  # A plain class will do for uvloop.
            address,
            self.settings.port,
            family=family,
            backlog=BACKLOG,
            reuse_address=True,
        )

    def stop_accepting(self) -> None:
        """Close the listening socket; connections live on."""
        if self._server is not None:
            self._server.close()

    def drain(self) -> None:
        """Close idle connections now and busy ones after their answer."""
        for connection in tuple(self.connections):
            connection.drain()

    async def wait_closed(self, limit_s: float) -> None:
        """Until every connection is closed: what was answered last has left then. At most `limit_s` seconds."""
        if self.connections:
            self._emptied = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), limit_s)

    def abort(self) -> None:
        """Cut every connection."""
        for connection in tuple(self.connections):
            connection.abort()

    # What connections call.

    def opened(self, connection: ClientConnection) -> None:
        self.connections.add(connection)
        self._ticker.members.add(connection)

    def closed(self, connection: ClientConnection) -> None:
        self.connections.discard(connection)
        self._ticker.members.discard(connection)
        if self._emptied is not None and not self.connections:
            self._emptied.set()

"""One listening port: its sockets, its limits, and the connections it has accepted."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from typing import Any, Final

from msgspec import Struct

from plano.errors import BadRequest
from plano.http.server.access import ApiKeys
from plano.http.server.binding import BACKLOG, Place, bound_sockets, close_all
from plano.http.server.caps import CapNumbers, Caps, Room
from plano.http.server.client_connection import ClientConnection, ResponseSink
from plano.http.server.tls import HANDSHAKE_TIMEOUT_S
from plano.http.wire.head import RequestHead
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker

log: Final = logging.getLogger("plano.http")


#: How long a drained listener waits for the first request of a connection that was just opened, in seconds.
FIRST_REQUEST_S: Final = 0.5

Handle = Callable[[RequestHead, bytes, ResponseSink], None]
Refusal = Callable[[BadRequest, RequestHead, str], bytes]


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
    access: ApiKeys | None = None
    caps: CapNumbers = CapNumbers()

    @property
    def place(self) -> Place:
        """Where it listens: listeners are the same one, before and after a reload, if this is the same."""
        return self.address, self.port


class Listener:
    """Accepts connections and hands complete requests to `handle(head, body, sink)`.

    `refusal(error, head, client_address)` gives the complete bytes that answer a request that is not handed on; of its
    head some or all may be missing. `sockets` that already listen may be handed in; they are closed with the listener.
    Connections are counted in `caps`; left out, the listener has its own.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        *,
        handle: Handle,
        refusal: Refusal,
        ticker: Ticker,
        outbox: Outbox,
        loop: asyncio.AbstractEventLoop,
        tls: ssl.SSLContext | None = None,
        sockets: list[socket] | None = None,
        caps: Caps | None = None,
    ) -> None:
        self.outbox = outbox
        self.loop = loop
        #: Open ones, and when (on the loop's clock) each was opened.
        self.connections: dict[ClientConnection, float] = {}
        self.is_draining = False
        self._ticker = ticker
        self._sockets: list[socket] = [] if sockets is None else sockets
        self._servers: list[asyncio.Server] = []
        self._emptied: asyncio.Event | None = None
        self._tls = tls
        self.caps = Caps(settings.name, settings.caps, Room(), loop.call_later) if caps is None else caps
        self.take_over(settings, handle=handle, refusal=refusal)

    @property
    def port(self) -> int:
        """The port bound, also when 0 was asked for."""
        return int(self._sockets[0].getsockname()[1])

    @property
    def is_tls(self) -> bool:
        return self._tls is not None

    async def start(self) -> None:
        """Listen. Raises `OSError` when the address cannot be had."""
        if not self._sockets:
            self._sockets = bound_sockets(*self.settings.place)
        await self._serve()

    def take_over(self, settings: ListenerSettings, *, handle: Handle, refusal: Refusal) -> None:
        """Go on with other settings, from the next request of every connection."""
        self.settings = settings
        self.max_header_bytes = settings.max_header_bytes
        self.max_body_bytes = settings.max_body_bytes
        self.request_timeout_s = settings.request_timeout_s
        self.keepalive_timeout_s = settings.keepalive_timeout_s
        self.write_timeout_s = settings.write_timeout_s
        self.access = settings.access
        for connection in self.connections:
            connection.access = settings.access
        self.handle = handle
        self.refusal = refusal

    async def reopen(self, tls: ssl.SSLContext | None, sockets: list[socket] | None = None) -> None:
        """Greet new connections with another certificate, or none, or on other sockets of the same place.

        Connections that are open stay as they are. A socket given up is closed here only: whoever handed it out keeps
        it, or what waits in it would be reset.
        """
        given_up = self._exchanged(sockets)
        if tls is not self._tls or given_up:
            self._tls = tls
            former, self._servers = self._servers, []
            await self._serve()
            for server in former:
                server.close()
        for sock in given_up:
            sock.close()

    async def stop_accepting(self) -> None:
        """Close the listening sockets; connections live on, also those the kernel has completed by now."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        # The loop closes its duplicates in its next round. Whatever is completed between our last look and the last
        # close would be reset: that must be our close, with nothing in between.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for sock in self._sockets:
            self._accept_the_last(sock)
            sock.close()
        self._sockets.clear()

    def begin_draining(self) -> None:
        """Tell every client with its next answer that the connection ends; idle ones may still ask once."""
        self.is_draining = True
        for connection in self.connections:
            connection.is_draining = True

    def drain(self) -> None:
        """Close idle connections now and busy ones after their answer.

        One that was opened a moment ago is not idle: its first request is on the way.
        """
        young = self.loop.time() - FIRST_REQUEST_S
        for connection, opened_at in tuple(self.connections.items()):
            if opened_at > young:
                connection.is_draining = True
                self.loop.call_later(FIRST_REQUEST_S, connection.drain)
            else:
                connection.drain()

    async def wait_closed(self, limit_s: float | None) -> bool:
        """Until every connection is closed: what was answered last has left then. False after `limit_s`
        seconds (None: however long it takes)."""
        if self.connections:
            self._emptied = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), limit_s)
        return not self.connections

    def abort(self) -> None:
        """Cut every connection."""
        for connection in tuple(self.connections):
            connection.abort()

    # What connections call.

    def opened(self, connection: ClientConnection) -> None:
        if self.is_draining:
            connection.is_draining = True
        self.connections[connection] = self.loop.time()
        self._ticker.members.add(connection)

    def closed(self, connection: ClientConnection) -> None:
        self.connections.pop(connection, None)
        self._ticker.members.discard(connection)
        if self._emptied is not None and not self.connections:
            self._emptied.set()

    def _exchanged(self, sockets: list[socket] | None) -> list[socket]:
        """The sockets that `sockets` take the place of; none if they are the same ones."""
        if sockets is None:
            return []
        if {os.fstat(sock.fileno()).st_ino for sock in sockets} == {
            os.fstat(sock.fileno()).st_ino for sock in self._sockets
        }:
            close_all(sockets)
            return []
        given_up, self._sockets = self._sockets, sockets
        return given_up

    async def _serve(self) -> None:
        """Serve duplicates of the sockets: a server can then be replaced while the sockets stay open."""
        for sock in self._sockets:
            # Unless told, the loop would listen anew, with a backlog of 100: in a burst the rest waits a second.
            self._servers.append(
                await self.loop.create_server(
                    self._connection, sock=sock.dup(), backlog=BACKLOG, **self._tls_options()
                )
            )

    def _accept_the_last(self, sock: socket) -> None:
        """A connection the kernel has completed and nobody accepted would be reset with the socket."""
        while True:
            try:
                accepted, _ = sock.accept()
            except OSError:
                return  # Nothing waits, or nothing can be accepted.
            accepted.setblocking(False)
            opening = self.loop.connect_accepted_socket(self._connection, accepted, **self._tls_options())
            self.loop.create_task(_opened(opening))

    def _connection(self) -> Any:
        return ClientConnection(self)

    def _tls_options(self) -> dict[str, Any]:
        if self._tls is None:
            return {}
        return {
            "ssl": self._tls,
            "ssl_handshake_timeout": HANDSHAKE_TIMEOUT_S,
            # What OpenSSL has taken waits there for a slow reader: as long as any other answer.
            "ssl_shutdown_timeout": self.write_timeout_s,
        }


async def _opened(opening: Any) -> None:
    try:
        await opening
    except OSError as error:
        log.debug("a client left before its connection was served: %s", error)

"""A tunnel through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6), asked for and granted.

Nothing but the origin's name and the proxy's own credentials is said to the proxy; of its answer only the status
counts. The caller owns the deadline.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from typing import Any, Final

from plano.errors import ProviderUnreachable
from plano.http.client.proxy import Proxy
from plano.http.wire.origin import Origin

MAX_ANSWER_BYTES: Final = 8192
_START: Final = b"HTTP/1."
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?\Z")
_FIELD_LINE: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\Z")


def connect_request(proxy: Proxy, origin: Origin) -> bytes:
    """The whole request; its target always has a port (RFC 9112 section 3.2.3)."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    lines = [f"CONNECT {host}:{origin.port} HTTP/1.1", f"Host: {host}:{origin.port}", "User-Agent: plano"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization.reveal()}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


class TunnelAnswer:
    """Reads the proxy's answer. Sans-IO."""

    def __init__(self, proxy: Proxy, origin: Origin) -> None:
        self._proxy = proxy
        self._origin = origin
        self._seen = b""
        self._size = 0

    def feed(self, data: bytes) -> bool:
        """Whether the tunnel is open now. Raises `ProviderUnreachable`; its message is fit for a client."""
        self._size += len(data)
        self._seen += data
        while True:
            if not self._seen.startswith(_START[: len(self._seen)]):
                raise self.fault("did not answer in HTTP/1")
            if self._size > MAX_ANSWER_BYTES:
                raise self.fault(f"answered with a head over {MAX_ANSWER_BYTES} bytes")
            head, end, self._seen = self._seen.partition(b"\r\n\r\n")
            if not end:
                self._seen = head
                return False
            status = self._status(head)
            if status >= 200:
                break
        if self._seen:
            # Nobody who waits for a ClientHello or a request speaks first: these bytes are not the origin's.
            raise self.fault("sent more than its answer before anything was asked of the provider")
        return True

    def end(self) -> ProviderUnreachable:
        """What it means that the connection ended before the answer did."""
        return self.fault("closed the connection without an answer")

    def _status(self, head: bytes) -> int:
        """Of a head that lets us go on: 2xx, or interim. Length and coding mean nothing here."""
        first, *fields = head.split(b"\r\n")
        found = _STATUS_LINE.match(first)
        if found is None or not all(map(_FIELD_LINE.match, fields)):
            raise self.fault("did not answer in HTTP/1")
        status = int(found[1])
        if status == 407:
            sent = self._proxy.authorization is not None
            raise self.fault("does not accept its credentials (407)" if sent else "asks for credentials (407)")
        if status == 101 or status >= 300:
            raise self.fault(f"refused the connection with status {status}")
        return status

    def fault(self, what: str) -> ProviderUnreachable:
        return ProviderUnreachable(f"cannot connect to {self._origin}: the proxy {self._proxy} {what}")


async def open_tunnel(sock: socket.socket, proxy: Proxy, origin: Origin) -> None:
    """Make a socket that is connected to the proxy one that leads to the origin. Raises `ProviderUnreachable`."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, connect_request(proxy, origin))
    answer = TunnelAnswer(proxy, origin)
    while data := await loop.sock_recv(sock, MAX_ANSWER_BYTES + 1):
        if answer.feed(data):
            return
    raise answer.end()


async def open_tunnel_in_tls(
    sock: socket.socket, proxy: Proxy, origin: Origin, protocol: Any, tls: ssl.SSLContext
) -> None:
    """The same with a proxy that is spoken to by TLS; `protocol` is connected to the origin at the end.

    `tls` verifies the proxy and, inside of that, the origin. Takes the socket over: it is closed when this fails.
    """
    loop = asyncio.get_running_loop()
    edge = _Edge(TunnelAnswer(proxy, origin), loop.create_future())
    try:
        outer, _ = await loop.create_connection(lambda: edge, sock=sock, ssl=tls, server_hostname=proxy.origin.host)
    except ssl.SSLCertVerificationError as error:
        raise ProviderUnreachable(
            f"the TLS certificate of the proxy {proxy} is not trusted: {error.verify_message}", detail=str(error)
        ) from None
    transport: Any = outer
    try:
        outer.write(connect_request(proxy, origin))
        await edge.opened
        if origin.is_tls:
            transport = await loop.start_tls(outer, edge, tls, server_hostname=origin.host)
        # uvloop reports a handshake that the outer connection's end cut short as done: only its own state tells.
        agreed = transport.get_extra_info("ssl_object")
        is_secret = not origin.is_tls or agreed not in (None, outer.get_extra_info("ssl_object"))
        if edge.is_spoilt or transport.is_closing() or not is_secret:
            raise edge.answer.fault("broke the tunnel as soon as it was open")
    except BaseException:
        outer.abort()
        raise
    transport.set_protocol(protocol)
    protocol.connection_made(transport)


class _Edge(asyncio.Protocol):
    """Stands at the connection until the origin's own protocol can."""

    def __init__(self, answer: TunnelAnswer, opened: asyncio.Future[None]) -> None:
        self.answer = answer
        self.opened = opened
        #: Lost, or spoken on, between the proxy's answer and the handing over.
        self.is_spoilt = False

    def data_received(self, data: bytes) -> None:
        if self.opened.done():
            self.is_spoilt = True
            return
        try:
            if self.answer.feed(data):
                self.opened.set_result(None)
        except ProviderUnreachable as error:
            self.opened.set_exception(error)

    def connection_lost(self, error: BaseException | None) -> None:
        self.is_spoilt = True
        if not self.opened.done():
            self.opened.set_exception(self.answer.end())

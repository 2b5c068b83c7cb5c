"""Asking the listeners whether they serve: one plain `GET /healthz` each, over and over until all said yes.

A socket and a status line are enough for that, and cost none of the start-up time an HTTP library would.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

_PAUSE_S: Final = 0.02
_PROBE_TIMEOUT_S: Final = 2.0
_ANY_V4: Final = ("0.0.0.0", "")
_ANY_V6: Final = "::"
_WANTS_A_CERTIFICATE: Final = ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE")


class Door(msgspec.Struct, frozen=True):
    """One listener as seen from this machine."""

    name: str
    kind: str
    address: str
    port: int
    tls: bool = False

    @property
    def reachable_host(self) -> str:
        """An address that can be connected to: the loopback one where the listener binds all of them."""
        if self.address in _ANY_V4:
            return "127.0.0.1"
        return "::1" if self.address == _ANY_V6 else self.address

    @property
    def place(self) -> str:
        """What is bound, as the config names it."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def url(self) -> str:
        """What a person types into a client."""
        host = self.reachable_host
        if self.address in (*_ANY_V4, _ANY_V6):
            host = "localhost"
        scheme = "https" if self.tls else "http"
        return f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"


def unhealthy_doors(
    doors: Iterable[Door], *, within_s: float, going_on: Callable[[], bool], pause_s: float = _PAUSE_S
) -> tuple[Door, ...]:
    """Poll until every door answered 200, `within_s` passed or `going_on()` turned false.

    The answer holds those that never did.
    """
    waiting = list(doors)
    deadline_s = time.monotonic() + within_s
    while going_on():
        left_s = deadline_s - time.monotonic()
        timeout_s = min(max(left_s, _PAUSE_S), _PROBE_TIMEOUT_S)
        waiting = [door for door in waiting if not is_healthy(door, timeout_s)]
        if not waiting or left_s <= 0:
            break
        time.sleep(pause_s)
    return tuple(waiting)


def is_healthy(door: Door, timeout_s: float = _PROBE_TIMEOUT_S) -> bool:
    """Whether `/healthz` answers 200 within `timeout_s`.

    Who asks for a client certificate, which nobody here has, is taken for healthy as well: TLS is served.
    """
    host = door.url.partition("://")[2]
    request = f"GET /healthz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode()
    try:
        with socket.create_connection((door.reachable_host, door.port), timeout_s) as connection:
            answer = _answer_by_tls(connection, request) if door.tls else _answer(connection, request)
    except OSError:
        return False
    return answer.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))


def _answer(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(request)
    return connection.recv(4096)


def _answer_by_tls(connection: socket.socket, request: bytes) -> bytes:
    import ssl

    # Nothing secret is said, and the certificate is for a name that need not be this machine's.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with context.wrap_socket(connection) as secured:
            return _answer(secured, request)
    except ssl.SSLError as error:
        if error.reason in _WANTS_A_CERTIFICATE:
            return b"HTTP/1.1 200 OK"
        raise

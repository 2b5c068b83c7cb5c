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


class Door(msgspec.Struct, frozen=True):
    """One listener as seen from this machine."""

    name: str
    kind: str
    address: str
    port: int

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
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


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
    """Whether `/healthz` answers 200 within `timeout_s`."""
    request = f"GET /healthz HTTP/1.1\r\nhost: {door.url[7:]}\r\nconnection: close\r\n\r\n".encode()
    try:
        with socket.create_connection((door.reachable_host, door.port), timeout_s) as connection:
            connection.sendall(request)
            answer = connection.recv(4096)
    except OSError:
        return False
    return answer.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))


def refusal_to_bind(door: Door) -> str | None:
    """Why the operating system would not let anybody listen there now; `None` if it would."""
    family = socket.AF_INET6 if ":" in door.address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            trial.bind((door.address, door.port))
    except OSError as problem:
        return problem.strerror or str(problem)
    return None

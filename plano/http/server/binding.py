"""Listening sockets: bound here, kept by whoever wants the port to stay open, served by a `Listener`."""

from __future__ import annotations

import socket
from typing import Final

#: Connections the kernel completes while nobody accepts them.
BACKLOG: Final = 4096

Place = tuple[str, int]


def bound_sockets(address: str, port: int, *, shares_port: bool = False) -> list[socket.socket]:
    """Listening sockets for every address that `address` stands for; a host name may stand for several.

    With `shares_port` more of them can be bound to the same place, and the kernel spreads connections over all
    (SO_REUSEPORT). Raises `OSError`; nothing stays open then.
    """
    bound: list[socket.socket] = []
    try:
        for family, sockaddr in _addresses(address, port):
            sock = socket.socket(family, socket.SOCK_STREAM)
            bound.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shares_port:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(sockaddr)
            sock.listen(BACKLOG)
            sock.setblocking(False)
    except OSError:
        close_all(bound)
        raise
    return bound


def refusal_to_bind(address: str, port: int) -> OSError | None:
    """Why a place cannot be had by one who would have it alone; None if it can.

    Binding a shared place does not tell: another gateway of the same user would silently get half the connections.
    """
    try:
        close_all(bound_sockets(address, port))
    except OSError as error:
        return error
    return None


def close_all(sockets: list[socket.socket]) -> None:
    """Close them; connections already accepted live on."""
    for sock in sockets:
        sock.close()
    sockets.clear()


def _addresses(address: str, port: int) -> list[tuple[socket.AddressFamily, tuple[object, ...]]]:
    found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, sockaddr) for family, _, _, _, sockaddr in found))

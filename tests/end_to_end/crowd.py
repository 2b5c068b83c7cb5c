"""Many connections at once, as bare sockets: what a hostile client opens, sends and never reads."""

from __future__ import annotations

import resource
import selectors
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from tests.end_to_end.wire import Address

ROUND_S: Final = 0.02


def allow_many_sockets() -> None:
    """This process may open as many as the system permits."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def crowd(address: Address, count: int, *, receive_buffer: int = 0) -> Iterator[list[socket.socket]]:
    """`count` open connections; a small `receive_buffer` makes them slow readers. Closed at the end."""
    allow_many_sockets()
    members: list[socket.socket] = []
    try:
        for _ in range(count):
            member = socket.socket()
            members.append(member)
            member.settimeout(5)
            if receive_buffer:
                member.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            member.connect((address.host, address.port))
        yield members
    finally:
        for member in members:
            member.close()


def drip(members: Iterable[socket.socket], data: bytes, seconds: float) -> None:
    """Every member sends `data` byte by byte, for as long as it lasts; who was cut off is left out."""
    ends = time.monotonic() + seconds
    at = 0
    living = list(members)
    while time.monotonic() < ends and living:
        piece = data[at : at + 1]
        at += 1
        living = [member for member in living if _sent(member, piece)]
        time.sleep(ROUND_S)


def answers(members: Iterable[socket.socket], timeout_s: float = 5.0) -> list[bytes]:
    """What each was sent before its connection was closed, in no order; `AssertionError` if one stays open."""
    found: list[bytes] = []
    deadline = time.monotonic() + timeout_s
    with selectors.DefaultSelector() as waiting:
        for member in members:
            member.setblocking(False)
            waiting.register(member, selectors.EVENT_READ, bytearray())
        while waiting.get_map():
            assert time.monotonic() < deadline, f"{len(waiting.get_map())} connections are still open"
            for key, _ in waiting.select(0.2):
                part = _received(key.fileobj)  # type: ignore[arg-type]
                key.data.extend(part)
                if not part:
                    waiting.unregister(key.fileobj)
                    found.append(bytes(key.data))
    return found


def reset(member: socket.socket) -> None:
    """Close with RST instead of FIN (socket(7), SO_LINGER)."""
    member.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    member.close()


def _sent(member: socket.socket, piece: bytes) -> bool:
    try:
        member.send(piece)
    except OSError:
        return False
    return True


def _received(member: socket.socket) -> bytes:
    try:
        return member.recv(65536)
    except ConnectionResetError:
        return b""

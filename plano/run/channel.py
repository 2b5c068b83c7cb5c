"""What supervisor and worker say to each other, over a socket pair: JSON lines, with listening sockets beside them.

The supervisor speaks first (`Start`), then asks; the worker answers every question, in order, and says `Ready` once.
Descriptors travel as ancillary data of the first bytes of their line (unix(7), SCM_RIGHTS).
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from plano.config.load import ConfigSource
from plano.http.server.binding import Place
from plano.run.control import WorkerFacts

_MOST_DESCRIPTORS: Final = 200
_READ_BYTES: Final = 65536


class PassedSockets(Struct, frozen=True):
    """How many of the descriptors beside a line belong to which place."""

    address: str
    port: int
    count: int


class Start(Struct, frozen=True, tag="start"):
    """What a new worker serves; `workers` is how many share the load."""

    source: ConfigSource
    workers: int
    sockets: tuple[PassedSockets, ...] = ()


class Prepare(Struct, frozen=True, tag="prepare"):
    """Get another config ready. Answered by `Prepared`."""

    source: ConfigSource
    workers: int
    sockets: tuple[PassedSockets, ...] = ()


class Commit(Struct, frozen=True, tag="commit"):
    """Serve what was prepared. Answered by `Done`."""


class Discard(Struct, frozen=True, tag="discard"):
    """Forget what was prepared. Answered by `Done`."""


class Tell(Struct, frozen=True, tag="tell"):
    """Answered by `Told`."""


class Ready(Struct, frozen=True, tag="ready"):
    """All listeners are open."""


class Prepared(Struct, frozen=True, tag="prepared"):
    """`problems` say why it cannot be served; empty: it can."""

    problems: tuple[str, ...] = ()


class Done(Struct, frozen=True, tag="done"):
    """It is done."""


class Told(Struct, frozen=True, tag="told"):
    """The worker's facts, as far as it knows them."""

    facts: WorkerFacts


Question = Start | Prepare | Commit | Discard | Tell
Answer = Ready | Prepared | Done | Told


class ChannelClosed(Exception):
    """The other side is gone."""


class Channel:
    """One end. Not for use by two tasks at once, but for `send` beside `receive`."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._socket = end
        self._buffer = bytearray()
        self._descriptors: deque[int] = deque()

    @classmethod
    def pair(cls) -> tuple[Channel, socket.socket]:
        """An end for us, and one to hand to a child."""
        ours, theirs = socket.socketpair()
        return cls(ours), theirs

    async def send(
        self, message: Question | Answer, sockets: Mapping[Place, Iterable[socket.socket]] | None = None
    ) -> None:
        """Raises `ChannelClosed`."""
        line = msgspec.json.encode(message) + b"\n"
        descriptors = [one.fileno() for several in (sockets or {}).values() for one in several]
        try:
            while descriptors:  # The kernel takes only so many at a time, and only beside a byte.
                await _writable(self._socket)
                sent = socket.send_fds(self._socket, [line[:1]], descriptors[:_MOST_DESCRIPTORS])
                if sent:
                    line, descriptors = line[1:], descriptors[_MOST_DESCRIPTORS:]
            await asyncio.get_running_loop().sock_sendall(self._socket, line)
        except OSError as error:
            raise ChannelClosed(str(error)) from None

    async def receive_question(self) -> Question:
        """Raises `ChannelClosed`."""
        question: Question = msgspec.json.decode(await self._line(), type=Question)
        return question

    async def receive_answer(self) -> Answer:
        """Raises `ChannelClosed`."""
        answer: Answer = msgspec.json.decode(await self._line(), type=Answer)
        return answer

    def taken(self, passed: Iterable[PassedSockets]) -> dict[Place, list[socket.socket]]:
        """The sockets that came with a message; each is taken once."""
        return {(one.address, one.port): [self._next_socket() for _ in range(one.count)] for one in passed}

    def close(self) -> None:
        self._socket.close()
        while self._descriptors:
            self._next_socket().close()

    async def _line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            await _readable(self._socket)
            try:
                data, descriptors, _, _ = socket.recv_fds(self._socket, _READ_BYTES, _MOST_DESCRIPTORS)
            except BlockingIOError:
                continue
            except OSError as error:
                raise ChannelClosed(str(error)) from None
            self._descriptors.extend(descriptors)
            if not data:
                raise ChannelClosed("the other side is gone")
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _next_socket(self) -> socket.socket:
        sock = socket.socket(fileno=self._descriptors.popleft())
        sock.set_inheritable(False)
        sock.setblocking(False)
        return sock


def described(sockets: Mapping[Place, list[socket.socket]]) -> tuple[PassedSockets, ...]:
    """What a message says about the sockets sent with it."""
    return tuple(PassedSockets(address, port, len(several)) for (address, port), several in sockets.items())


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(sock, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_reader(sock)


async def _writable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_writer(sock, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_writer(sock)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)

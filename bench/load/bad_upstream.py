"""The provider of the soak that misbehaves: the model's name says how. Runs in the driver's own process."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

EVENT: Final = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % (b"w" * 160)
#: `big`: so many chunks of `BIG_CHUNK`, then the end of the stream.
BIG_CHUNK: Final = EVENT * 80
BIG_CHUNKS: Final = 200
DONE: Final = b"data: [DONE]\n\n"
BIG_BYTES: Final = BIG_CHUNKS * len(BIG_CHUNK) + len(DONE)

_OK: Final = b"HTTP/1.1 200 OK\r\n"
_EVENTS: Final = _OK + b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_MODEL: Final = re.compile(rb'"model":\s*"([^"]*)"')
_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class BadUpstream(asyncio.Protocol):
    """One connection from plano."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._received = b""
        self._left = 0
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            return
        self._received = b""
        model = _MODEL.search(body)
        _BEHAVIOURS.get(model[1] if model else b"", BadUpstream.garbage)(self)

    def garbage(self) -> None:
        self._end(b"\x00\xff what is this?\r\n\r\n")

    def half_head(self) -> None:
        self._end(_OK + b"content-len")

    def long_head(self) -> None:
        self._end(_OK + b"x-long: y\r\n" * 20_000)

    def two_lengths(self) -> None:
        self._end(_OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}")

    def reset_in_body(self) -> None:
        self._transport.write(_OK + b"content-type: application/json\r\ncontent-length: 1000\r\n\r\n{")
        asyncio.get_running_loop().call_later(0.01, self._reset)

    def reset_in_stream(self) -> None:
        self._transport.write(_EVENTS + b"%x\r\n%b\r\n" % (len(EVENT), EVENT))
        asyncio.get_running_loop().call_later(0.01, self._reset)

    def twice(self) -> None:
        self._transport.write((_OK + b"content-type: application/json\r\ncontent-length: 2\r\n\r\n{}") * 2)

    def silent(self) -> None:
        """Nothing, until plano gives up because its client has."""

    def big(self) -> None:
        self._left = BIG_CHUNKS
        self._transport.write(_EVENTS)
        self._pump()

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._left:
            self._pump()

    def _pump(self) -> None:
        while self._left and not self._is_paused and not self._transport.is_closing():
            self._left -= 1
            self._transport.write(b"%x\r\n%b\r\n" % (len(BIG_CHUNK), BIG_CHUNK))
            if not self._left:
                self._transport.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(DONE), DONE))

    def _end(self, data: bytes) -> None:
        self._transport.write(data)
        self._transport.close()

    def _reset(self) -> None:
        make_reset(self._transport)
        self._transport.abort()


_BEHAVIOURS: Final[dict[bytes, Callable[[BadUpstream], None]]] = {
    b"garbage": BadUpstream.garbage,
    b"half-head": BadUpstream.half_head,
    b"long-head": BadUpstream.long_head,
    b"two-lengths": BadUpstream.two_lengths,
    b"reset-in-body": BadUpstream.reset_in_body,
    b"reset-in-stream": BadUpstream.reset_in_stream,
    b"twice": BadUpstream.twice,
    b"silent": BadUpstream.silent,
    b"big": BadUpstream.big,
}


def make_reset(transport: asyncio.BaseTransport) -> None:
    """Have the close that follows send RST instead of FIN (socket(7), SO_LINGER)."""
    given = transport.get_extra_info("socket")
    if given is None or given.fileno() < 0:
        return
    copy = socket.fromfd(given.fileno(), given.family, given.type)  # uvloop's own refuses options.
    copy.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    copy.close()


async def start() -> tuple[asyncio.Server, int]:
    """Listen on a free port; the server and the port."""
    server = await asyncio.get_running_loop().create_server(BadUpstream, "127.0.0.1", 0, backlog=1024)
    return server, server.sockets[0].getsockname()[1]

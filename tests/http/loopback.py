"""Real sockets on loopback under uvloop: running a test, a server of bare bytes, waiting for something."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import uvloop

PATIENCE_S = 5.0


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """On the loop that plano uses."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(coroutine)


async def until(is_true: Callable[[], bool], what: str = "") -> None:
    """Wait until something is true; fail after a few seconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while not is_true():
        assert loop.time() < end, what or "it never came true"
        await asyncio.sleep(0.002)


class Peer(asyncio.Protocol):
    """One accepted connection of a `Peers` server: everything received, and a handle to answer."""

    def __init__(self, peers: Peers) -> None:
        self.peers = peers
        self.received = b""
        self.lost_at = 0.0
        self.is_paused = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.peers.connections.append(self)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.peers.on_data(self)

    def pause_writing(self) -> None:
        self.is_paused = True

    def resume_writing(self) -> None:
        self.is_paused = False
        self.peers.on_resume(self)

    def connection_lost(self, error: BaseException | None) -> None:
        self.lost_at = asyncio.get_running_loop().time()


class Peers:
    """A server that does what its callables say."""

    def __init__(self) -> None:
        self.connections: list[Peer] = []
        self.on_data: Callable[[Peer], None] = lambda peer: None
        self.on_resume: Callable[[Peer], None] = lambda peer: None
        self.port = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def listen(cls, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[Peers]:
        peers = cls()
        server = await asyncio.get_running_loop().create_server(lambda: Peer(peers), host, 0, ssl=tls)
        peers.port = server.sockets[0].getsockname()[1]
        try:
            yield peers
        finally:
            server.close()
            for peer in peers.connections:
                peer.transport.abort()
            await asyncio.sleep(0)

"""Both sides of the wire on real sockets: what one side does is felt on the other, and memory stays bounded."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from plano.errors import PlanoError
from plano.http.client.dialer import Dialer
from plano.http.client.pool import Pool
from plano.http.server.listener import Listener, ListenerSettings
from plano.http.wire.origin import Origin
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker
from tests.http.loopback import Peer, Peers, run, until

GET = b"GET / HTTP/1.1\r\nhost: gateway\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b"data: word\n\n"
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)


class Gate:
    """The smallest gateway: every request is sent on, every answer pumped back, nothing else."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.ticker = Ticker()
        outbox = Outbox(loop.call_soon)
        self.pool = Pool(Dialer(2.0), self.ticker, outbox, loop.time)
        self.listener = Listener(
            ListenerSettings("gate", "127.0.0.1", 0),
            handle=self.handle,
            refusal=lambda error, head: b"HTTP/1.1 %d x\r\n\r\n" % error.status,
            ticker=self.ticker,
            outbox=outbox,
            loop=loop,
        )
        self.origin = Origin("http", "127.0.0.1", 0)
        self.tasks: set[asyncio.Task[None]] = set()
        self.left = 0

    def handle(self, head: Any, body: bytes, sink: Any) -> None:
        task = asyncio.ensure_future(self.exchange(head, body, sink))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def exchange(self, head: Any, body: bytes, sink: Any) -> None:
        connection = self.pool.take_idle(self.origin) or await self.pool.dial(self.origin)
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()

        def client_left() -> None:
            self.left += 1
            connection.abort()
            waiter.cancel()

        sink.on_client_left = client_left
        request = b"POST / HTTP/1.1\r\nhost: provider\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        connection.call(request, waiter, loop.time() + 10, loop.time() + 60, 10.0)
        with contextlib.suppress(asyncio.CancelledError):
            answer = await waiter
            sink.start(b"HTTP/1.1 %d x\r\n" % answer.status, answer.status, answer.content_length)
            sink.feed_from(connection)
            connection.attach(Pump(sink))


class Pump:
    def __init__(self, sink: Any) -> None:
        self.sink = sink

    def on_block(self, data: bytes, ended: bool) -> None:
        if ended:
            self.sink.finish(data)
        else:
            self.sink.write(data)

    def on_failure(self, error: PlanoError) -> None:
        self.sink.abort()


@contextlib.asynccontextmanager
async def between() -> AsyncIterator[tuple[Gate, Peers]]:
    """A gate, and the provider behind it."""
    async with Peers.listen() as provider:
        gate = Gate()
        gate.origin = Origin("http", "127.0.0.1", provider.port)
        await gate.listener.start()
        try:
            yield gate, provider
        finally:
            await gate.listener.stop_accepting()
            gate.listener.abort()
            for connection in tuple(gate.pool.open):
                connection.abort()
            await until(lambda: not gate.pool.open and not gate.listener.connections)


async def open_client(gate: Gate, receive_buffer: int = 0) -> socket.socket:
    client = socket.socket()
    client.setblocking(False)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", gate.listener.port))
    return client


async def read_until(client: socket.socket, is_enough: Any) -> bytes:
    loop = asyncio.get_running_loop()
    received = bytearray()
    async with asyncio.timeout(10):
        while not is_enough(received):
            data = await loop.sock_recv(client, 1 << 20)
            if not data:
                break
            received += data
    return bytes(received)


def test_exchanges_share_a_warm_connection() -> None:
    async def story() -> None:
        async with between() as (gate, provider):
            provider.on_data = lambda peer: peer.transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
            )
            with await open_client(gate) as client:
                for _ in range(5):
                    await asyncio.get_running_loop().sock_sendall(client, GET)
                    answer = await read_until(client, lambda got: got.endswith(b"\r\n\r\nok"))
                    assert answer == b"HTTP/1.1 200 x\r\ncontent-length: 2\r\n\r\nok"
            assert len(provider.connections) == 1
            assert gate.pool.idle_count() == 1

    run(story())


def test_a_slow_client_stops_the_provider_and_memory_stays_bounded() -> None:
    """64 MiB for a client that reads nothing at first: only socket buffers fill, then all of it arrives."""
    total, block = 64 << 20, b"b" * 65536
    sent = 0

    def pour(peer: Peer) -> None:
        nonlocal sent
        while sent < total and not peer.is_paused:
            peer.transport.write(block)
            sent += len(block)

    def begin(peer: Peer) -> None:
        peer.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % total)
        pour(peer)

    async def story() -> None:
        async with between() as (gate, provider):
            provider.on_data = begin
            provider.on_resume = pour
            with await open_client(gate, receive_buffer=65536) as client:
                await asyncio.get_running_loop().sock_sendall(client, GET)
                await until(lambda: bool(gate.listener.connections))
                (connection,) = gate.listener.connections
                before = -1
                while before != sent or not sent:
                    before = sent
                    await asyncio.sleep(0.05)
                assert sent < total / 2
                assert connection.is_write_paused
                assert connection.transport.get_write_buffer_size() <= 1 << 20
                received = await read_until(client, lambda got: len(got) > total)
                assert len(received.partition(b"\r\n\r\n")[2]) == total
                assert sent == total
            assert gate.pool.idle_count() == 1, "and the connection serves the next call"

    run(story())


@pytest.mark.parametrize("streaming", [True, False])
def test_a_client_that_leaves_closes_the_provider_connection_within_100_ms(streaming: bool) -> None:
    def begin(peer: Peer) -> None:
        if streaming:
            peer.transport.write(STREAM + CHUNK)

    async def story() -> None:
        async with between() as (gate, provider):
            provider.on_data = begin
            loop = asyncio.get_running_loop()
            took = []
            for number in range(3):
                client = await open_client(gate)
                await loop.sock_sendall(client, GET)
                await until(lambda number=number: len(provider.connections) > number)  # type: ignore[misc]
                peer = provider.connections[number]
                if streaming:
                    await read_until(client, lambda got: got.endswith(CHUNK))
                else:
                    await until(lambda peer=peer: bool(peer.received))  # type: ignore[misc]
                left_at = loop.time()
                client.close()
                await until(lambda peer=peer: bool(peer.lost_at))  # type: ignore[misc]
                took.append(peer.lost_at - left_at)
            assert min(took) < 0.1
            assert gate.left == 3
            assert gate.pool.idle_count() == 0

    run(story())


def test_a_client_that_leaves_while_it_is_slow_closes_the_provider_connection_too() -> None:
    """Reading from the provider is on hold then: nothing but the client's end says that it is over."""

    async def story() -> None:
        async with between() as (gate, provider):
            provider.on_data = lambda peer: peer.transport.write(STREAM + CHUNK * 2_000_000)
            client = await open_client(gate, receive_buffer=65536)
            await asyncio.get_running_loop().sock_sendall(client, GET)
            await until(lambda: any(connection.is_write_paused for connection in gate.listener.connections))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
            await until(lambda: bool(provider.connections[0].lost_at))
            assert gate.left == 1

    run(story())


def test_a_stream_that_breaks_off_is_seen_by_the_client() -> None:
    async def story() -> None:
        async with between() as (gate, provider):
            provider.on_data = lambda peer: peer.transport.write(STREAM + CHUNK)
            with await open_client(gate) as client:
                await asyncio.get_running_loop().sock_sendall(client, GET)
                await read_until(client, lambda got: got.endswith(CHUNK))
                provider.connections[0].transport.close()
                with contextlib.suppress(ConnectionResetError):
                    assert await read_until(client, lambda got: False) == b""
            assert gate.pool.idle_count() == 0

    run(story())


def test_each_event_reaches_the_client_as_it_comes() -> None:
    async def story() -> None:
        async with between() as (gate, provider):
            provider.on_data = lambda peer: peer.transport.write(STREAM)
            with await open_client(gate) as client:
                await asyncio.get_running_loop().sock_sendall(client, GET)
                await until(lambda: bool(provider.connections) and bool(provider.connections[0].received))
                for number in range(5):
                    provider.connections[0].transport.write(CHUNK)
                    answer = await read_until(client, lambda got: got.endswith(CHUNK))
                    assert answer.count(EVENT) == 1, number
                provider.connections[0].transport.write(b"0\r\n\r\n")
                assert await read_until(client, lambda got: got.endswith(b"0\r\n\r\n")) == b"0\r\n\r\n"

    run(story())


def test_a_provider_that_accepts_and_closes_is_told_at_once() -> None:
    async def story() -> None:
        async with Peers.listen() as provider:
            loop = asyncio.get_running_loop()
            pool = Pool(Dialer(2.0), Ticker(), Outbox(loop.call_soon), loop.time)
            accepted = provider.connections
            codes: list[str] = []
            for _ in range(20):
                before = len(accepted)
                try:
                    connection = await pool.dial(Origin("http", "127.0.0.1", provider.port))
                    await until(lambda before=before: len(accepted) > before)  # type: ignore[misc]
                    accepted[-1].transport.close()
                    waiter = loop.create_future()
                    connection.call(
                        b"GET / HTTP/1.1\r\n\r\n", waiter, loop.time() + 60, loop.time() + 60, 60.0
                    )
                    async with asyncio.timeout(2):
                        await waiter
                except PlanoError as error:
                    codes.append(error.code)
            assert codes == ["provider_unreachable"] * 20
            await until(lambda: not pool.open)

    run(story())


def test_the_listener_tells_its_port_and_stops_accepting() -> None:
    async def story() -> None:
        async with between() as (gate, _):
            port = gate.listener.port
            assert port > 0
            client = await open_client(gate)
            await until(lambda: len(gate.listener.connections) == 1)
            await gate.listener.stop_accepting()
            with pytest.raises(ConnectionRefusedError), socket.socket() as late:
                late.connect(("127.0.0.1", port))
            assert len(gate.listener.connections) == 1, "what is open lives on"
            gate.listener.drain()
            assert await asyncio.get_running_loop().sock_recv(client, 1) == b""
            client.close()

    run(story())


def test_a_port_that_is_taken_is_an_error() -> None:
    async def story() -> None:
        async with between() as (gate, _):
            second = Gate().listener
            second.settings = ListenerSettings("second", "127.0.0.1", gate.listener.port)
            with pytest.raises(OSError, match="in use"):
                await second.start()

    run(story())


def test_a_listener_on_ipv6() -> None:
    async def story() -> None:
        listener = Gate().listener
        listener.settings = ListenerSettings("six", "::1", 0)
        await listener.start()
        with socket.socket(socket.AF_INET6) as client:
            client.connect(("::1", listener.port))
            await until(lambda: len(listener.connections) == 1)
            assert next(iter(listener.connections)).address == "::1"
        await until(lambda: not listener.connections)
        await listener.stop_accepting()

    run(story())

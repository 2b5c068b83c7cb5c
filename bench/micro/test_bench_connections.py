"""The edges and the pump, each with the links it is joined to, and the corridor as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from bench.micro.builds import Build
from bench.micro.cases import OPERATIONS, bench
from bench.micro.peers import Listener, Owner, Transport, Turn
from bench.micro.transcripts import (
    ANSWER,
    CONFIG,
    EVENT,
    EVENT_CHUNK,
    LAST_EVENTS,
    NO_PROVIDER,
    REQUEST,
    RESPONSE,
    STREAM_HEAD,
    STREAM_REQUEST,
    record,
)

EVENTS = 20
FIELDS = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def client_of(build: Build, turn: Turn, handle: Callable[[Any, bytes, Any], object]) -> tuple[Any, Transport]:
    """A client connection whose requests go to `handle`, and its transport."""
    outbox = build("http.wire.outbox").Outbox(turn.call_soon)
    caps = build("http.server.caps")
    counted = caps.Caps("bench", caps.CapNumbers(), caps.Room(), None)
    connection = build("http.server.client_connection").ClientConnection(Listener(outbox, counted, handle))
    transport = Transport()
    connection.connection_made(transport)
    return connection, transport


def provider_of(build: Build, turn: Turn) -> tuple[Any, Transport, Owner]:
    owner = Owner(build("http.wire.outbox").Outbox(turn.call_soon), lambda: 0.0)
    connection = build("http.client.provider_connection").ProviderConnection("origin", owner)
    transport = Transport()
    connection.connection_made(transport)
    return connection, transport, owner


@bench("client edge: one request in, one answer out", "client_connection")
def test_bench_client_connection(build: Build) -> Callable[[], object]:
    turn = Turn()

    def handle(head: Any, body: bytes, sink: Any) -> None:
        sink.start(FIELDS, 200, len(ANSWER))
        sink.finish(ANSWER)

    connection, transport = client_of(build, turn, handle)

    def run() -> bytes:
        for _ in range(OPERATIONS):
            connection.data_received(REQUEST)
            turn.run()
        return transport.last

    assert run() == FIELDS + b"content-length: %d\r\n\r\n" % len(ANSWER) + ANSWER
    return run


class Target:
    """Takes blocks and keeps the last."""

    data = b""

    def on_block(self, data: bytes, ended: bool) -> None:
        self.data = data


@bench("provider edge: one request out, one answer in", "provider_connection")
def test_bench_provider_connection(build: Build) -> Callable[[], object]:
    turn, target = Turn(), Target()
    connection, transport, owner = provider_of(build, turn)
    signal_class = build("gateway.walk").Signal

    def run() -> bytes:
        for _ in range(OPERATIONS):
            connection.call(REQUEST, signal_class(), 1.0, 1.0, 1.0)
            turn.run()
            connection.data_received(RESPONSE)
            connection.attach(target)
        return transport.last

    assert run() == REQUEST
    assert (target.data, owner.returns) == (ANSWER, OPERATIONS)
    return run


@bench(
    "pump: one event from the provider's socket to the client's",
    "relay",
    "provider_connection",
    "sse_tap",
    at_least=1.5,
)
def test_bench_relay_chain(build: Build) -> Callable[[], object]:
    turn, sinks = Turn(), []
    client, to_client = client_of(build, turn, lambda head, body, sink: sinks.append(sink))
    provider, _, _ = provider_of(build, turn)
    client.data_received(STREAM_REQUEST)
    provider.call(REQUEST, build("gateway.walk").Signal(), 1.0, 1.0, 1.0)
    turn.run()
    provider.data_received(STREAM_HEAD)
    tap = build("http.wire.sse_tap").SseTap(build("dialects.openai_chat.stream").MARKS, True)
    sinks[0].start(FIELDS, 200, None)
    sinks[0].feed_from(provider)
    provider.attach(build("gateway.relay").Relay(sinks[0], tap, record(build), lambda: 0.0))

    def run() -> bytes:
        for _ in range(OPERATIONS):
            provider.data_received(EVENT_CHUNK)
            turn.run()
        return to_client.last

    assert run() == b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
    return run


def corridor(
    build: Build, request: bytes, blocks: tuple[bytes, ...], operations: int, policy: str = "", sections: str = ""
) -> Iterator[Callable[[], object]]:
    """A whole app on its loop between two transports; every write to one side is answered through the loop's queue."""
    text = CONFIG.replace("PROVIDER", NO_PROVIDER).replace("default: true}", f"default: true{policy}}}") + sections
    config = build("config.load").load_text(text, name="bench", environ={"KEY": "sk-bench"}).config
    config = msgspec.structs.replace(config, listeners=(msgspec.structs.replace(config.listeners[0], port=0),))
    app = build("run.app").App(config)
    app.access_log = build("telemetry.access_log").AccessLog(Path(os.devnull))
    loop = uvloop.new_event_loop()
    loop.run_until_complete(app.start())

    class Dialer:
        async def dial(self, origin: Any, protocol: Any, *limits: Any) -> None:
            def answered(data: bytes) -> None:
                for block in blocks:
                    loop.call_soon(protocol.data_received, block)

            protocol.connection_made(Transport(answered))

    app.pool.dialer = Dialer()
    left = 0

    def to_client(data: bytes) -> None:
        nonlocal left
        if not data.endswith(ending):
            return
        left -= 1
        if left:
            loop.call_soon(client.data_received, request)
        else:
            loop.stop()

    ending = b"0\r\n\r\n" if len(blocks) > 1 else ANSWER[-20:]
    client = build("http.server.client_connection").ClientConnection(next(iter(app.listeners.values())))
    transport = Transport(to_client)
    client.connection_made(transport)

    def run() -> bytes:
        nonlocal left
        left = operations
        loop.call_soon(client.data_received, request)
        loop.run_forever()
        return transport.last

    try:
        assert run().endswith(ending)
        assert (app.running(), len(app.pool.open)) == (0, 1)
        yield run
    finally:
        loop.run_until_complete(app.stop(delay_s=0, grace_s=0))
        loop.close()


@bench(
    "the whole gateway: one exchange, answered in one piece",
    *("pipeline", "attempt", "exchange", "head", "relay", "client_connection", "provider_connection", "walk"),
    at_least=1.2,
)
def test_bench_exchange(build: Build) -> Iterator[Callable[[], object]]:
    return corridor(build, REQUEST, (RESPONSE,), OPERATIONS)


@bench(
    f"the whole gateway: one exchange streamed in {EVENTS} events",
    *("pipeline", "attempt", "relay", "sse_tap", "outbox"),
    operations=10,
    at_least=1.2,
)
def test_bench_streamed_exchange(build: Build) -> Iterator[Callable[[], object]]:
    blocks = (STREAM_HEAD + EVENT_CHUNK, *[EVENT_CHUNK] * (EVENTS - 2), LAST_EVENTS)
    return corridor(build, STREAM_REQUEST, blocks, 10)


POLICY = ", retry_policy: {default_max_attempts: 3}"


@bench(
    "the same with a retry policy that is not needed",
    *("failover", "guard", "held_relay"),
    at_least=1.2,
)
def test_bench_guarded_exchange(build: Build) -> Iterator[Callable[[], object]]:
    return corridor(build, REQUEST, (RESPONSE,), OPERATIONS, POLICY)


@bench(
    f"a stream of {EVENTS} events with a retry policy that is not needed",
    *("guard", "held_relay", "sse_tap"),
    operations=10,
    at_least=1.2,
)
def test_bench_guarded_stream(build: Build) -> Iterator[Callable[[], object]]:
    blocks = (STREAM_HEAD + EVENT_CHUNK, *[EVENT_CHUNK] * (EVENTS - 2), LAST_EVENTS)
    return corridor(build, STREAM_REQUEST, blocks, 10, POLICY)

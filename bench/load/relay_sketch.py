"""The floor: the least a Python relay can do and still read `model`. Not a gateway; a number to compare with.

No limits, no retries, no backpressure, no cancellation. Reads a request, decodes its body's members, sends it
on with
another key, hands the answer's bytes back as they come, writes an access log line.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from io import BufferedWriter
from pathlib import Path
from typing import Any

import httptools
import msgspec
import uvloop

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_REQUEST = (
    b"POST %b HTTP/1.1\r\nhost: %b\r\nauthorization: Bearer provider-key\r\n%bcontent-length: %d\r\n\r\n%b"
)
_SENT_ON = frozenset({b"accept", b"content-type", b"user-agent"})


class Upstream(asyncio.Protocol):
    """A kept connection to the provider."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._parser: Any = httptools.HttpResponseParser(self)
        self._is_over = False
        self.transport: Any = None
        self.client: Client | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)
        client = self.client
        if client is not None:
            client.transport.write(data)
            if self._is_over:
                self._is_over = False
                self.client = client.upstream = None
                self._relay.free.append(self)
                client.settle()

    def on_message_complete(self) -> None:
        self._is_over = True

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self._relay.free:
            self._relay.free.remove(self)
        if self.client is not None:
            self.client.transport.close()


class Client(asyncio.Protocol):
    """A client's connection."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._parser: Any = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = b""
        self._began_s = 0.0
        self._model = b""
        self.transport: Any = None
        self.upstream: Upstream | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url, self._headers, self._body = url, [], b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._began_s = time.perf_counter()
        self._model = bytes(_decode(self._body)["model"])
        sent_on = b"".join([b"%b: %b\r\n" % pair for pair in self._headers if pair[0] in _SENT_ON])
        message = _REQUEST % (self._url, self._relay.host, sent_on, len(self._body), self._body)
        if self._relay.free:
            self._send(self._relay.free.pop(), message)
        else:
            task = asyncio.ensure_future(self._dial(message))
            self._relay.dialing.add(task)
            task.add_done_callback(self._relay.dialing.discard)

    async def _dial(self, message: bytes) -> None:
        self._send(await self._relay.dial(), message)

    def _send(self, upstream: Upstream, message: bytes) -> None:
        self.upstream = upstream
        upstream.client = self
        upstream.transport.write(message)

    def settle(self) -> None:
        took_ms = (time.perf_counter() - self._began_s) * 1000
        self._relay.log.write(b"%b %b %.3f ms\n" % (self._url, self._model, took_ms))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.upstream is not None:
            self.upstream.client = None
            self.upstream.transport.abort()


class Relay:
    """What the connections share."""

    def __init__(self, port: int, log: BufferedWriter) -> None:
        self.port = port
        self.host = b"127.0.0.1:%d" % port
        self.log = log
        self.free: list[Upstream] = []
        self.dialing: set[asyncio.Future[None]] = set()

    async def dial(self) -> Upstream:
        loop = asyncio.get_running_loop()
        _, upstream = await loop.create_connection(lambda: Upstream(self), "127.0.0.1", self.port)
        return upstream


async def serve(port: int, upstream_port: int, log_path: Path) -> None:
    with log_path.open("ab") as log:
        relay = Relay(upstream_port, log)
        server = await asyncio.get_running_loop().create_server(
            lambda: Client(relay), "127.0.0.1", port, backlog=4096
        )
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("port", "upstream-port"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.upstream_port, options.log))

"""What one machine writes the other reads: requests and responses over a wire that cuts them anywhere."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from plano.http.wire.head_writer import join_fields
from plano.http.wire.response_reader import ResponseReader
from tests.corpus import cuts
from tests.http.fakes import Port
from tests.twins import both_builds

BODIES = [b"", b"x", b'{"model":"m"}', bytes(range(256)) * 20, b"0\r\n\r\n"]


class Outlet:
    """Collects requests and responses alike."""

    def __init__(self) -> None:
        self.head: Any = None
        self.body = b""
        self.ended = False

    def on_head(self, head: Any, *_: object) -> None:
        self.head = head

    def on_request(self, head: Any, body: bytes) -> None:
        self.body = body
        self.ended = True

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_end(self) -> None:
        self.ended = True


def some_cuts(data: bytes) -> list[list[bytes]]:
    """All of them for short messages, else a few: ends, and every 97th byte."""
    if len(data) < 300:
        return list(cuts(data))
    return [[data], [data[:-1], data[-1:]], [data[at : at + 97] for at in range(0, len(data), 97)]]


@both_builds("request_reader")
@pytest.mark.parametrize("body", BODIES, ids=len)
def test_a_written_request_is_read_as_it_was_meant(build: ModuleType, body: bytes) -> None:
    headers = [
        (b"accept", b"*/*"),
        (b"connection", b"x-hop"),
        (b"x-hop", b"1"),
        (b"x-a", b"1"),
        (b"x-a", b"2"),
    ]
    head = join_fields(
        b"POST /v1/x?y=z HTTP/1.1\r\nhost: h\r\n",
        headers,
        frozenset((b"connection",)),
        (),
        (b"content-length: %d\r\n" % len(body), b"\r\n"),
    )
    for pieces in some_cuts(head + body):
        outlet = Outlet()
        reader = build.RequestReader(outlet, 65536, 1 << 20)
        for piece in pieces:
            reader.feed(piece)
        assert outlet.ended
        assert reader.is_between_requests()
        assert (outlet.head.method, outlet.head.path, outlet.head.query) == (b"POST", b"/v1/x", b"y=z")
        assert outlet.head.headers == [
            (b"host", b"h"),
            (b"accept", b"*/*"),
            (b"x-a", b"1"),
            (b"x-a", b"2"),
            (b"content-length", b"%d" % len(body)),
        ]
        assert outlet.body == body


@both_builds("client_connection")
@pytest.mark.parametrize("length", [True, False], ids=["length", "chunked"])
@pytest.mark.parametrize("body", BODIES, ids=len)
def test_a_written_response_is_read_as_it_was_meant(build: ModuleType, body: bytes, length: bool) -> None:
    port = Port(build)
    transport = port.connect()
    transport.receive(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    sink = port.exchanges[0].sink
    sink.start(b"HTTP/1.1 201 Created\r\ncontent-type: t/x\r\n", 201, len(body) if length else None)
    for at in range(0, len(body), 1000):
        sink.write(body[at : at + 1000])
    sink.finish()
    port.run()
    for pieces in some_cuts(transport.written):
        outlet = Outlet()
        reader = ResponseReader(outlet, 65536)
        reader.expect()
        for piece in pieces:
            reader.feed(piece)
        assert outlet.ended
        assert reader.is_reusable
        assert (outlet.head.status, outlet.head.content_type) == (201, b"t/x")
        assert outlet.head.content_length == (len(body) if length else None)
        assert outlet.body == body

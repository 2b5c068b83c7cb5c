"""Where response bytes go: framing per case, one write for head and first bytes, taking a head back. Both builds."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import pytest

from plano.testing import FakeTransport
from tests.http.fakes import Port
from tests.twins import both_builds

every_build = both_builds("client_connection")
HEAD = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"content-length: 5\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
CLOSE = b"connection: close\r\n"


def open_sink(
    build: ModuleType, method: bytes = b"GET", version: bytes = b"1.1"
) -> tuple[Port, FakeTransport, Any]:
    port = Port(build)
    transport = port.connect()
    transport.receive(method + b" / HTTP/" + version + b"\r\nhost: gateway\r\n\r\n")
    return port, transport, port.exchanges[0].sink


class Case(NamedTuple):
    method: bytes
    version: bytes
    status: int
    length: int | None
    framing: bytes
    body: bytes
    state: str = "open"


CASES = {
    "length": Case(b"GET", b"1.1", 200, 5, LENGTH, b"hello"),
    "chunked": Case(b"GET", b"1.1", 200, None, CHUNKED, b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
    "until close": Case(b"GET", b"1.0", 200, None, CLOSE, b"hello", "closing"),
    "HTTP/1.0 length": Case(b"GET", b"1.0", 200, 5, LENGTH + CLOSE, b"hello", "closing"),
    "HEAD length": Case(b"HEAD", b"1.1", 200, 5, LENGTH, b""),
    "HEAD unknown": Case(b"HEAD", b"1.1", 200, None, b"", b""),
    "HEAD HTTP/1.0": Case(b"HEAD", b"1.0", 200, None, CLOSE, b"", "closing"),
    "204": Case(b"GET", b"1.1", 204, None, b"", b""),
    "204 with a length": Case(b"DELETE", b"1.1", 204, 5, b"", b""),
    "304": Case(b"GET", b"1.1", 304, None, b"", b""),
    "error": Case(b"POST", b"1.1", 503, 5, LENGTH, b"hello"),
}


@every_build
@pytest.mark.parametrize("name", CASES)
def test_a_response_is_framed_for_its_case(build: ModuleType, name: str) -> None:
    case = CASES[name]
    port, transport, sink = open_sink(build, case.method, case.version)
    sink.start(HEAD, case.status, case.length)
    sink.write(b"he")
    sink.write(b"")
    sink.write(b"llo")
    sink.finish()
    port.run()
    assert transport.written == HEAD + case.framing + b"\r\n" + case.body
    assert transport.state == case.state
    assert sink.body_bytes == 5
    transport.receive(b"GET /next HTTP/1.1\r\nhost: gateway\r\n\r\n")
    assert len(port.exchanges) == (2 if case.state == "open" else 1)


@every_build
def test_an_empty_body_has_its_framing_too(build: ModuleType) -> None:
    for length, framing in ((0, b"content-length: 0\r\n\r\n"), (None, CHUNKED + b"\r\n0\r\n\r\n")):
        port, transport, sink = open_sink(build)
        sink.start(HEAD, 200, length)
        sink.finish()
        port.run()
        assert transport.writes == [HEAD + framing]


@every_build
def test_the_head_travels_with_the_first_bytes_and_the_end_with_the_last(build: ModuleType) -> None:
    port, transport, sink = open_sink(build)
    sink.start(HEAD, 200, None)
    port.run()
    assert transport.writes == []
    sink.write(b"first")
    port.run()
    sink.write(b"second")
    port.run()
    sink.finish(b"last")
    port.run()
    assert transport.writes == [
        HEAD + CHUNKED + b"\r\n5\r\nfirst\r\n",
        b"6\r\nsecond\r\n",
        b"4\r\nlast\r\n0\r\n\r\n",
    ]


@every_build
def test_what_is_written_in_one_round_is_one_write(build: ModuleType) -> None:
    port, transport, sink = open_sink(build)
    sink.start(HEAD, 200, 6)
    for byte in (b"a", b"b", b"c"):
        sink.write(byte)
    sink.finish(b"def")
    port.run()
    assert transport.writes == [HEAD + b"content-length: 6\r\n\r\nabcdef"]


@every_build
def test_a_head_can_be_flushed_before_its_body(build: ModuleType) -> None:
    port, transport, sink = open_sink(build)
    sink.start(HEAD, 200, None)
    sink.flush()
    sink.flush()
    port.run()
    assert transport.take() == HEAD + CHUNKED + b"\r\n"
    assert not sink.take_back()
    sink.finish(b"x")
    port.run()
    assert transport.take() == b"1\r\nx\r\n0\r\n\r\n"


@every_build
def test_a_head_of_which_no_byte_left_is_taken_back(build: ModuleType) -> None:
    for length in (None, 5, 0):
        port, transport, sink = open_sink(build)
        assert sink.take_back(), "nothing was begun"
        sink.start(HEAD, 200, length)
        assert sink.is_started
        assert sink.take_back()
        assert not sink.is_started
        sink.start(b"HTTP/1.1 502 Bad Gateway\r\n", 502, 3)
        sink.finish(b"bad")
        port.run()
        assert transport.writes == [b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nbad"]


@every_build
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_it_is_too_late_to_take_back_what_has_begun(build: ModuleType, method: bytes) -> None:
    _, _, sink = open_sink(build, method)
    sink.start(HEAD, 200, 5)
    sink.write(b"h")
    assert not sink.take_back()
    _, _, sink = open_sink(build, method)
    sink.start(HEAD, 200, 0)
    sink.finish()
    assert not sink.take_back()


@every_build
def test_what_was_written_in_this_round_is_taken_back(build: ModuleType) -> None:
    for length in (None, 5):
        port, transport, sink = open_sink(build)
        sink.start(HEAD, 200, length)
        sink.write(b"h")
        sink.write(b"al")
        assert sink.take_back_unsent()
        assert (sink.is_started, sink.body_bytes) == (False, 0)
        sink.start(b"HTTP/1.1 502 Bad Gateway\r\n", 502, 3)
        sink.finish(b"bad")
        port.run()
        assert transport.take() == b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nbad"


@every_build
def test_what_has_left_or_has_ended_is_not_taken_back(build: ModuleType) -> None:
    port, transport, sink = open_sink(build)
    assert not sink.take_back_unsent(), "nothing was begun"
    sink.start(HEAD, 200, 5)
    sink.write(b"h")
    port.run()
    sink.write(b"a")
    assert not sink.take_back_unsent()
    port, transport, sink = open_sink(build)
    sink.start(HEAD, 200, 2)
    sink.finish(b"ok")
    assert not sink.take_back_unsent()
    port.run()
    assert transport.take() == HEAD + b"content-length: 2\r\n\r\nok"


@every_build
def test_nothing_follows_the_end(build: ModuleType) -> None:
    port, transport, sink = open_sink(build)
    sink.start(HEAD, 200, 2)
    sink.finish(b"ok")
    sink.finish(b"again")
    sink.write(b"more")
    port.run()
    assert transport.writes == [HEAD + b"content-length: 2\r\n\r\nok"]
    assert sink.is_finished


@every_build
def test_a_response_that_cannot_be_completed_cuts_the_connection(build: ModuleType) -> None:
    port, transport, sink = open_sink(build)
    left: list[str] = []
    sink.on_client_left = lambda: left.append("left")
    sink.start(HEAD, 200, None)
    sink.write(b"some")
    port.run()
    sink.abort()
    assert transport.state == "aborted"
    transport.lose()
    sink.finish()
    port.run()
    assert b"0\r\n\r\n" not in transport.written
    assert left == [], "plano cut it, the client did not leave"

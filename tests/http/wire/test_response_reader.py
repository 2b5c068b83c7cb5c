"""Responses: framing, interim answers, limits; both builds, cut at every byte."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import pytest

from plano.errors import ProviderProtocolError
from tests.corpus import cuts
from tests.twins import both_builds

OK = b"HTTP/1.1 200 OK\r\n"
CLOSED = b"<close>"


class Outlet:
    """Writes down what the reader says; neighbouring body pieces are joined, since cuts make them."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.heads: list[Any] = []

    def on_head(self, head: Any) -> None:
        self.heads.append(head)
        self.told.append(head.status)

    def on_body(self, data: bytes) -> None:
        if self.told and isinstance(self.told[-1], bytes):
            data = self.told.pop() + data
        self.told.append(data)

    def on_end(self) -> None:
        self.told.append("end")


class Case(NamedTuple):
    data: bytes
    told: list[Any]
    is_reusable: bool = True


CASES = {
    "length": Case(OK + b"content-length: 5\r\n\r\nhello", [200, b"hello", "end"]),
    "length 0": Case(OK + b"content-length: 0\r\n\r\n", [200, "end"]),
    "chunked": Case(
        OK + b"transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", [200, b"hello", "end"]
    ),
    "chunked in capitals": Case(OK + b"Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", [200, "end"]),
    "trailers are dropped": Case(
        OK + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-sum: 1\r\ncontent-type: evil\r\n\r\n",
        [200, b"a", "end"],
    ),
    "close": Case(OK + b"connection: close\r\ncontent-length: 2\r\n\r\nhi", [200, b"hi", "end"], False),
    "HTTP/1.0": Case(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi", [200, b"hi", "end"], False),
    "HTTP/1.0 kept": Case(
        b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nhi", [200, b"hi", "end"]
    ),
    "no reason": Case(b"HTTP/1.1 529 \r\ncontent-length: 0\r\n\r\n", [529, "end"]),
    "no reason and no space": Case(b"HTTP/1.1 429\r\ncontent-length: 0\r\n\r\n", [429, "end"]),
    "204": Case(b"HTTP/1.1 204 No Content\r\n\r\n", [204, "end"]),
    "304 with a length": Case(b"HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n", [304, "end"]),
    "100 is skipped": Case(
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"content-length: 2\r\n\r\nhi", [200, b"hi", "end"]
    ),
    "102, 103 are skipped": Case(
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\ncontent-type: x\r\n\r\n"
        + OK
        + b"content-length: 0\r\n\r\n",
        [200, "end"],
    ),
    "until the close": Case(OK + b"\r\nuntil the end" + CLOSED, [200, b"until the end", "end"], False),
    "until the close, empty": Case(OK + b"\r\n" + CLOSED, [200, "end"], False),
    "until the close, HTTP/1.0": Case(b"HTTP/1.0 200 OK\r\n\r\nab" + CLOSED, [200, b"ab", "end"], False),
    "not over": Case(OK + b"content-length: 5\r\n\r\nhel", [200, b"hel"]),
}

REFUSED = {
    "garbage": b"SSH-2.0-OpenSSH_9.6\r\n",
    "binary": b"\x15\x03\x01\x00\x02\x02\x16",
    "HTML alone": b"<html></html>\r\n\r\n",
    "101": b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "101 without upgrade": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "length and chunked": OK + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": OK + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nhi!",
    "gzip, chunked": OK + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "identity": OK + b"transfer-encoding: identity\r\n\r\nhi",
    "bad length": OK + b"content-length: two\r\n\r\nhi",
    "bad chunk": OK + b"transfer-encoding: chunked\r\n\r\nzz\r\nhi",
    "bare line feeds": b"HTTP/1.1 200 OK\ncontent-length: 0\n\n",
    "folded header": OK + b"x: a\r\n b\r\ncontent-length: 0\r\n\r\n",
    "NUL in a header": OK + b"x: a\0b\r\ncontent-length: 0\r\n\r\n",
    "status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/2": b"HTTP/2 200\r\n\r\n",
    "cut head": OK + b"content-le" + CLOSED,
    "nothing": CLOSED,
    "cut body": OK + b"content-length: 5\r\n\r\nhel" + CLOSED,
    "cut chunk": OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhel" + CLOSED,
    "no last chunk": OK + b"transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n" + CLOSED,
    "an interim answer alone": b"HTTP/1.1 100 Continue\r\n\r\n" + CLOSED,
}


def read(build: ModuleType, data: bytes, pieces: list[bytes], limit: int = 1000) -> tuple[Outlet, Any]:
    outlet = Outlet()
    reader = build.ResponseReader(outlet, limit)
    reader.expect()
    for piece in pieces:
        reader.feed(piece)
    if data.endswith(CLOSED):
        reader.close()
        reader.is_reusable = False
    return outlet, reader


@both_builds("response_reader")
@pytest.mark.parametrize("name", CASES)
def test_a_response_cut_anywhere_is_read_as_expected(build: ModuleType, name: str) -> None:
    case = CASES[name]
    for pieces in cuts(case.data.removesuffix(CLOSED)):
        outlet, reader = read(build, case.data, pieces)
        assert outlet.told == case.told
        assert reader.is_reusable == case.is_reusable


@both_builds("response_reader")
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_response_is_refused_wherever_it_is_cut(build: ModuleType, name: str) -> None:
    data = REFUSED[name]
    for pieces in cuts(data.removesuffix(CLOSED)):
        with pytest.raises(ProviderProtocolError):
            read(build, data, pieces)


@both_builds("response_reader")
def test_wanted_headers_are_kept_by_name_and_all_in_order(build: ModuleType) -> None:
    data = (
        OK
        + b"Content-Type: text/event-stream\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Encoding: gzip\r\n"
        b"X-Request-ID:  r-9 \r\nContent-Length: 2\r\n\r\nhi"
    )
    for pieces in cuts(data):
        outlet, _ = read(build, data, pieces)
        head = outlet.heads[0]
        assert head.reason == b"OK"
        assert head.content_length == 2
        assert (head.content_type, head.content_encoding) == (b"text/event-stream", b"gzip")
        assert head.request_id == b"r-9"
        assert [value for name, value in head.headers if name == b"set-cookie"] == [b"a", b"b"]
        assert head.get(b"set-cookie") == b"a"
        assert head.get(b"date") is None


@both_builds("response_reader")
def test_nothing_of_an_interim_answer_or_a_former_one_is_left_behind(build: ModuleType) -> None:
    outlet = Outlet()
    reader = build.ResponseReader(outlet, 1000)
    for _ in range(2):
        reader.expect()
        reader.feed(
            b"HTTP/1.1 103 Hints\r\ncontent-type: hint\r\nx-request-id: hint\r\n\r\n" + OK + b"\r\n"[:0]
        )
        reader.feed(b"transfer-encoding: chunked\r\ncontent-encoding: br\r\n\r\n0\r\n\r\n")
        reader.expect()
        reader.feed(OK + b"content-length: 0\r\n\r\n")
    chunked, plain = outlet.heads[:2]
    assert (chunked.reason, chunked.content_type, chunked.request_id) == (b"OK", b"", b"")
    assert chunked.headers == [(b"transfer-encoding", b"chunked"), (b"content-encoding", b"br")]
    assert chunked.content_length is None
    assert (plain.content_length, plain.content_encoding) == (0, b"")
    assert [head.status for head in outlet.heads] == [200] * 4


@both_builds("response_reader")
@pytest.mark.parametrize("extra", [b"x", OK + b"content-length: 0\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_bytes_nobody_asked_for_end_the_use_of_the_connection(build: ModuleType, extra: bytes) -> None:
    response = OK + b"content-length: 2\r\n\r\nhi"
    for pieces in ([response + extra], [response, extra]):
        outlet = Outlet()
        reader = build.ResponseReader(outlet, 1000)
        reader.expect()
        with pytest.raises(ProviderProtocolError):
            feed_all(reader, pieces)
        assert outlet.told == [200, b"hi", "end"]
        assert not reader.is_reusable


@both_builds("response_reader")
def test_bytes_before_the_first_request_are_refused(build: ModuleType) -> None:
    reader = build.ResponseReader(Outlet(), 1000)
    with pytest.raises(ProviderProtocolError, match="nobody asked for"):
        reader.feed(OK)
    assert not reader.is_reusable


@both_builds("response_reader")
def test_a_close_between_responses_is_nothing_special(build: ModuleType) -> None:
    outlet, reader = read(build, b"", [OK + b"content-length: 0\r\n\r\n"])
    reader.close()
    assert outlet.told == [200, "end"]


@both_builds("response_reader")
@pytest.mark.parametrize(
    "start",
    [OK + b"x: ", b"HTTP/1.1 200 ", OK, b"HTTP/1.1 103 Hints\r\n\r\n"],
    ids=["value", "reason", "name", "after 1xx"],
)
def test_a_head_without_end_is_refused(build: ModuleType, start: bytes) -> None:
    reader = build.ResponseReader(Outlet(), 1000)
    reader.expect()
    reader.feed(start)
    with pytest.raises(ProviderProtocolError):
        feed_all(reader, [b"a" * 100] * 11)


CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"


@both_builds("response_reader")
@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"1\r\na\r\n0\r\nx-sum: ", b"a" * 1000),
        (b"1\r\na\r\n0\r\n", b"x-sum: 1\r\n" * 100),
        (b"1\r\na\r\n0\r\n", b"x" * 1000),
        (b"1;name=", b"a" * 1000),
        (b"1;", b"a" * 1000),
        (b"0;", b"a" * 1000),
        (b"", b"1;" + b"a" * 996 + b"\r\na\r\n"),
        (b"", b"0" * 1000),
    ],
    ids=["value", "fields", "name", "extension", "extension name", "last chunk", "every chunk", "size"],
)
def test_what_stands_around_chunks_is_bounded(build: ModuleType, start: bytes, more: bytes) -> None:
    reader = build.ResponseReader(Outlet(), 1000)
    reader.expect()
    reader.feed(CHUNKED)
    with pytest.raises(ProviderProtocolError, match=r"over 65536 bytes of chunk framing|not valid HTTP"):
        feed_all(reader, [start, *[more] * 70])


@both_builds("response_reader")
def test_trailers_within_the_bound_are_dropped_and_the_connection_is_used_again(build: ModuleType) -> None:
    outlet = Outlet()
    reader = build.ResponseReader(outlet, 1000)
    for _ in range(3):
        reader.expect()
        reader.feed(CHUNKED + b"1;note=" + b"n" * 20_000)
        feed_all(reader, [b"\r\na\r\n0\r\n", *[b"x-sum: " + b"a" * 993 + b"\r\n"] * 40, b"\r\n"])
    assert outlet.told == [200, b"a", "end"] * 3
    assert reader.is_reusable


@both_builds("response_reader")
@pytest.mark.parametrize("chunk", [b"1\r\na\r\n", b"00000001\r\na\r\n"])
def test_a_body_of_tiny_chunks_is_read_however_long_it_is(build: ModuleType, chunk: bytes) -> None:
    outlet = Outlet()
    reader = build.ResponseReader(outlet, 1000)
    reader.expect()
    reader.feed(CHUNKED)
    feed_all(reader, [chunk * 20_000] * 3 + [chunk] * 20_000)
    reader.feed(b"0\r\n\r\n")
    assert len(outlet.told[1]) == 80_000
    assert outlet.told[-1] == "end"


@both_builds("response_reader")
def test_interim_answers_without_end_are_refused(build: ModuleType) -> None:
    reader = build.ResponseReader(Outlet(), 1000)
    reader.expect()
    with pytest.raises(ProviderProtocolError, match="over 1000 bytes"):
        feed_all(reader, [b"HTTP/1.1 100 Continue\r\n\r\n"] * 50)


@both_builds("response_reader")
def test_the_limit_of_the_head_counts_each_response_anew_and_no_body(build: ModuleType) -> None:
    outlet = Outlet()
    reader = build.ResponseReader(outlet, 200)
    for _ in range(5):
        reader.expect()
        feed_all(reader, [OK + b"content-length: 3000\r\n\r\n", b"b" * 1500, b"b" * 1500])
    assert outlet.told == [200, b"b" * 3000, "end"] * 5


def feed_all(reader: Any, pieces: list[bytes]) -> None:
    for piece in pieces:
        reader.feed(piece)

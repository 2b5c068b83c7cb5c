"""What the corpus cannot say as one transcript: facts kept by name, memory, floods, and outlets that fail."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plano.errors import BadRequest, BodyTooLarge, HeadTooLarge
from plano.http.wire import _request_reader
from tests.corpus import REQUESTS, load
from tests.corpus.requests_read import Notes, read_requests
from tests.twins import both_builds

HOST = b"host: gateway\r\n"
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"transfer-encoding: chunked\r\n\r\n"


class Kept:
    """An outlet that keeps heads and bodies themselves."""

    def __init__(self) -> None:
        self.heads: list[Any] = []
        self.bodies: list[bytes] = []

    def on_head(self, head: Any, expects_continue: bool) -> None:
        self.heads.append(head)

    def on_request(self, head: Any, body: bytes) -> None:
        assert head is self.heads[-1]
        self.bodies.append(body)


@both_builds("request_reader")
def test_headers_that_are_always_wanted_are_kept_by_name(build: ModuleType) -> None:
    kept = Kept()
    reader = build.RequestReader(kept, 1000, 1000)
    reader.feed(
        b"GET / HTTP/1.1\r\nHost: a:1\r\nOrigin: http://o\r\nUser-Agent: u/1\r\nX-Request-Id: r-1\r\n"
        b"X-Forwarded-For: 192.0.2.7\r\n\r\n" + b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
    )
    first, second = kept.heads
    assert (first.host, first.origin, first.user_agent) == (b"a:1", b"http://o", b"u/1")
    assert (first.request_id, first.forwarded_for) == (b"r-1", b"192.0.2.7")
    assert first.get(b"x-request-id") == b"r-1"
    assert first.get(b"cookie") is None
    assert (second.host, second.origin, second.user_agent) == (b"gateway", b"", b"")
    assert (second.request_id, second.forwarded_for) == (b"", b"")


@both_builds("request_reader")
@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/v1/models?key=secret", b"/v1/models"),
        (b"http://user:secret@host/v1/models?key=secret", b"/v1/models"),
        (b"http://user:secret@host", b""),
        (b"http://user:sec", b""),
        (b"user:secret@host:443", b""),
    ],
)
def test_of_a_target_that_is_refused_no_password_is_kept(build: ModuleType, target: bytes, path: bytes) -> None:
    reader = build.RequestReader(Kept(), 1000, 1000)
    with pytest.raises(BadRequest):
        reader.feed(b"GET " + target + b" HTTP/1.1\r\nbad line\r\n\r\n")
    assert reader.seen().path == path


@both_builds("request_reader")
def test_many_tiny_chunks_take_little_more_memory_than_the_body(build: ModuleType) -> None:
    kept = Kept()
    reader = build.RequestReader(kept, 1000, 1 << 20)
    reader.feed(CHUNKED)
    block = b"1\r\nx\r\n" * 2000
    tracemalloc.start()
    for _ in range(50):
        reader.feed(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    reader.feed(b"0\r\n\r\n")
    assert kept.bodies == [b"x" * 100_000]
    assert peak < 1_000_000


@both_builds("request_reader")
@pytest.mark.parametrize(
    "start",
    [b"0\r\nx-trailer: ", b"0\r\n", b"1;extension=", b"0;"],
    ids=["trailer", "name", "extension", "last"],
)
def test_framing_without_end_is_refused_before_it_fills_the_memory(build: ModuleType, start: bytes) -> None:
    reader = build.RequestReader(Kept(), 4096, 1 << 20)
    reader.feed(CHUNKED + start)
    for _ in range(4):
        reader.feed(b"a" * 1000)
    with pytest.raises(HeadTooLarge):
        reader.feed(b"a" * 1000)


@both_builds("request_reader")
def test_framing_between_the_pieces_of_a_long_body_does_not_add_up(build: ModuleType) -> None:
    kept = Kept()
    reader = build.RequestReader(kept, 100, 1 << 20)
    reader.feed(CHUNKED)
    for _ in range(1000):
        for piece in (b"1;some=extension\r\n", b"x", b"\r\n"):
            reader.feed(piece)
    reader.feed(b"0\r\n\r\n")
    assert kept.bodies == [b"x" * 1000]


@both_builds("request_reader")
def test_a_body_does_not_count_as_head_however_large_the_block(build: ModuleType) -> None:
    kept = Kept()
    reader = build.RequestReader(kept, 200, 1 << 20)
    request = b"POST / HTTP/1.1\r\n" + HOST + b"content-length: 9000\r\n\r\n" + b"b" * 9000
    reader.feed(request[:-1])
    reader.feed(request[-1:] + request[:3000])
    reader.feed(request[3000:])
    assert kept.bodies == [b"b" * 9000] * 2
    assert reader.is_between_requests()


@both_builds("request_reader")
def test_the_limits_are_the_listeners(build: ModuleType) -> None:
    head = b"GET / HTTP/1.1\r\n" + HOST
    for size, is_fine in ((65536, True), (65537, False)):
        reader = build.RequestReader(Kept(), 65536, 10)
        data = head + b"x: " + b"a" * (size - len(head) - 7) + b"\r\n\r\n"
        assert len(data) == size
        if is_fine:
            reader.feed(data)
        else:
            with pytest.raises(HeadTooLarge, match="over 65536 bytes"):
                reader.feed(data)
    reader = build.RequestReader(Kept(), 65536, 10)
    with pytest.raises(BodyTooLarge, match="over 10 bytes"):
        reader.feed(b"POST / HTTP/1.1\r\n" + HOST + b"content-length: 11\r\n\r\n")


@both_builds("request_reader")
def test_what_an_outlet_refuses_is_refused(build: ModuleType) -> None:
    class Refuses(Kept):
        def on_head(self, head: Any, expects_continue: bool) -> None:
            raise BadRequest("not this one")

    with pytest.raises(BadRequest, match="not this one"):
        build.RequestReader(Refuses(), 1000, 1000).feed(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")


TRANSCRIPTS = [load(path).data for path in sorted(REQUESTS.glob("*.http"))]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(TRANSCRIPTS) | st.binary(max_size=12), min_size=1, max_size=4),
    st.lists(st.integers(0, 600), max_size=6),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=2),
)
def test_the_twins_agree_on_anything_however_it_is_cut(
    parts: list[bytes], places: list[int], flips: list[tuple[int, int]]
) -> None:
    """Whole transcripts after one another, some bytes changed."""
    from plano._speedups import WANTED

    data = bytearray(b"".join(parts))
    for at, byte in flips:
        if at < len(data):
            data[at] = byte
    edges = sorted({0, len(data), *(place for place in places if place < len(data))})
    pieces = [bytes(data[start:end]) for start, end in pairwise(edges)]
    whole = read_requests(_request_reader.RequestReader, [bytes(data)], 65536, 1 << 20)
    cut = read_requests(_request_reader.RequestReader, pieces, 65536, 1 << 20)
    assert told(cut) == told(whole)
    assert cut.bodies == whole.bodies
    if WANTED:
        from plano._speedups import request_reader as compiled

        assert read_requests(compiled.RequestReader, pieces, 65536, 1 << 20).lines == cut.lines


def told(notes: Notes) -> list[str]:
    """All that was said but how much of an unfinished request there is: a block that also ends another hides it."""
    return [line for line in notes.lines if line not in ("idle", "waiting")]

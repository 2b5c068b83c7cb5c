"""Clients' bytes: both builds and every cut agree, refusals are documented ones, and h11 sees no other request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plano.http.wire import _request_reader
from tests.corpus import REQUESTS, load
from tests.corpus.beside_h11 import by_h11, by_plano, same_meaning
from tests.corpus.requests_read import read_requests
from tests.fuzz import MAX_INPUT_BYTES, some_cuts
from tests.fuzz.builds import builds

TOKENS = tuple(
    b"\r\n|\r|\n| |\t|\0|:|,|;|#|?|*|//|http://a/|HTTP/1.1|HTTP/1.0|RTSP/1.0|GET |POST |CONNECT |"
    b"OPTIONS |PRI * |host: a\r\n"
    b"|content-length: 5\r\n|transfer-encoding: chunked\r\n|connection: close\r\n|"
    b"connection: upgrade\r\nupgrade: x\r\n"
    b"|expect: 100-continue\r\n|\r\n\r\n|0\r\n\r\n|\r\n |\x0b|\xff|+|-|0x|00000000000000000000000"
    .split(b"|")
)
#: Small enough to be met; bytes around chunks are counted by the block, so requests with chunks have more room.
LIMIT = 300
ROOMY = 65536
READERS = builds("request_reader", _request_reader)
#: Where h11 is stricter for reasons of its own; the corpus has a transcript of each.
STRICTER_BY_CHOICE = ("no request line received", "illegal chunk header", "bad Content-Length", "Request line too long")


def seeds() -> Iterator[bytes]:
    for path in sorted(REQUESTS.glob("*.http")):
        data = load(path).data
        if len(data) <= MAX_INPUT_BYTES:
            yield data


def check(data: bytes) -> None:
    limit = ROOMY if b"chunked" in data.lower() else LIMIT
    for max_body_bytes in (ROOMY, 8):
        agree(data, limit, max_body_bytes)
    beside_h11(data)


def agree(data: bytes, max_head_bytes: int, max_body_bytes: int) -> None:
    first: Any = None
    for pieces in some_cuts(data):
        for build in READERS:
            notes = read_requests(build.RequestReader, pieces, max_head_bytes, max_body_bytes)
            if first is None:
                first = notes
            assert told(notes.lines) == told(first.lines), f"{build.__name__}: {notes.lines}"
            assert notes.bodies == first.bodies


def told(lines: list[str]) -> list[str]:
    """Of two things that are wrong, which one is told first may depend on the cut."""
    return [line.partition(":")[0] if line.startswith("refused") else line for line in lines]


def beside_h11(data: bytes) -> None:
    ours, _ = by_plano(data, ROOMY, ROOMY)
    theirs, their_word = by_h11(data, ROOMY)
    for mine, other in zip(ours, theirs, strict=False):
        assert same_meaning(mine, other), f"plano: {mine}, h11: {other}"
    if len(ours) > len(theirs):
        assert their_word.startswith(("h11 ", *STRICTER_BY_CHOICE)), f"{ours[len(theirs)]}, h11: {their_word!r}"

"""Providers' bytes: both builds and every cut agree; refusals are `ProviderProtocolError`s."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plano.http.wire import _response_reader
from tests.corpus import RESPONSES, load
from tests.corpus.responses_read import read_response
from tests.fuzz import MAX_INPUT_BYTES, some_cuts
from tests.fuzz.builds import builds
from tests.fuzz.request_head import told

TOKENS = tuple(
    b"\r\n|\r|\n| |\t|\0|:|,|;|HTTP/1.1 200 OK\r\n|HTTP/1.0 200 OK\r\n|HTTP/1.1 100 Continue\r\n\r\n|"
    b"HTTP/1.1 204 No\r\n"
    b"|HTTP/1.1 304 No\r\n|HTTP/1.1 101 Up\r\n|content-length: 5\r\n|content-length: 0\r\n|"
    b"transfer-encoding: chunked\r\n"
    b"|connection: close\r\n|connection: keep-alive\r\n|\r\n\r\n|0\r\n\r\n|\r\n |\x0b|\xff|+|-|0x|2\r\nhi\r\n"
    .split(b"|")
)
LIMIT = 300
READERS = builds("response_reader", _response_reader)


def seeds() -> Iterator[bytes]:
    for path in sorted(RESPONSES.glob("*.http")):
        data = load(path).data
        if len(data) <= MAX_INPUT_BYTES:
            yield data


def check(data: bytes) -> None:
    for closes in (False, True):
        first: Any = None
        for pieces in some_cuts(data):
            for build in READERS:
                answer = read_response(build.ResponseReader, pieces, LIMIT, closes)
                if first is None:
                    first = answer
                assert told(answer.lines) == told(first.lines), f"{build.__name__}: {answer.lines}"
                assert answer.body == first.body

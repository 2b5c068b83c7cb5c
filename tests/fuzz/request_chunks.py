"""What stands behind the head of a chunked request: as for heads, with every byte spent on the framing."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fuzz import request_head

TOKENS = (
    *b"\r\n|\r|\n|0\r\n\r\n|1\r\nx\r\n|;a=b|;|=|\"|\\|ffffffffffffffff|+|-|0x|_| |\t|x: y\r\n|content-length: 1\r\n"
    .split(b"|"),
    b"GET / HTTP/1.1\r\nhost: a\r\n\r\n",
)
HEAD = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"


def seeds() -> Iterator[bytes]:
    for data in request_head.seeds():
        head, blank, rest = data.partition(b"\r\n\r\n")
        if blank and b"chunked" in head.lower():
            yield rest


def check(data: bytes) -> None:
    request_head.check(HEAD + data)

"""The body of a chunked answer: both builds and every cut agree, and h11 finds the same body where it finds one."""

from __future__ import annotations

from collections.abc import Iterator

import h11

from plano.http.wire.response_reader import ResponseReader
from tests.corpus.responses_read import read_response
from tests.fuzz import request_chunks, response_head

TOKENS = request_chunks.TOKENS
HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def seeds() -> Iterator[bytes]:
    for data in response_head.seeds():
        head, blank, rest = data.partition(b"\r\n\r\n")
        if blank and b"chunked" in head.lower():
            yield rest


def check(data: bytes) -> None:
    response_head.check(HEAD + data)
    theirs = by_h11(HEAD + data)
    answer = read_response(ResponseReader, [HEAD + data], 65536, closes=False)
    if theirs is not None and answer.is_complete:
        assert answer.body == theirs


def by_h11(data: bytes) -> bytes | None:
    """The body, None when h11 refuses it or it is not complete."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=65536)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    body = b""
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            return None
        if event is h11.NEED_DATA or event is h11.PAUSED:
            return None
        if isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return body

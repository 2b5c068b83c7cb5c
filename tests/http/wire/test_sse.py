"""The data of one server-sent event (WHATWG HTML section 9.2.6)."""

from __future__ import annotations

import pytest

from plano.http.wire.sse import event_data


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: {}\n\n", b"{}"),
        (b"data:{}\n\n", b"{}"),
        (b"data:  two spaces\n\n", b" two spaces"),
        (b"data: a\ndata: b\n\n", b"a\nb"),
        (b"data: a\r\ndata: b\r\n\r\n", b"a\nb"),
        (b"data: a\rdata: b\r\r", b"a\nb"),
        (b"event: x\nid: 1\nretry: 5\n: comment\ndata: a\n\n", b"a"),
        (b"data\ndata: a\n\n", b"\na"),
        (b"data:\n\n", b""),
        (b"database: x\n Data: y\n\n", b""),
        (b": ping\n\n", b""),
        (b"data: a: b\n\n", b"a: b"),
    ],
)
def test_the_data_lines_are_joined(event: bytes, data: bytes) -> None:
    assert event_data(event) == data

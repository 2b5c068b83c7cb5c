"""Events out of blocks, however they are written and cut (WHATWG HTML section 9.2.6)."""

from __future__ import annotations

import pytest

from plano.errors import ProviderProtocolError
from plano.http.wire.sse_splitter import COMMENT, MOST_EVENT_BYTES, SseSplitter

EVENTS = [
    (b"data: {}\n\n", ("", b"{}")),
    (b"data:{}\n\n", ("", b"{}")),
    (b"data:  two spaces\n\n", ("", b" two spaces")),
    (b"event: a\ndata: {}\n\n", ("a", b"{}")),
    (b"event:a\ndata:{}\n\n", ("a", b"{}")),
    (b"event: a\r\ndata: {}\r\n\r\n", ("a", b"{}")),
    (b"event: a\rdata: {}\r\r", ("a", b"{}")),
    (b"data: {}\nevent: a\n\n", ("a", b"{}")),
    (b"event: a\ndata: b\ndata: c\n\n", ("a", b"b\nc")),
    (b"data: b\ndata: c\n\n", ("", b"b\nc")),
    (b"data: a: b\n\n", ("", b"a: b")),
    (b"id: 1\nretry: 5\n: comment\nevent: a\ndata: {}\n\n", ("a", b"{}")),
    (b"event: a\n\n", None),
    (b"database: x\n Data: y\n\n", None),
    (b": ping\n\n", (COMMENT, b"")),
    (b"data: a\n\n\n", ("", b"a")),
]


@pytest.mark.parametrize(("event", "found"), EVENTS)
def test_an_event_has_a_name_and_data(event: bytes, found: tuple[str, bytes] | None) -> None:
    splitter = SseSplitter()
    # A carriage return at the end may be half of a line's end: what follows settles it.
    assert splitter.feed(event) + splitter.feed(b": next\n\n") == [*([found] if found else []), (COMMENT, b"")]


def test_cuts_do_not_matter() -> None:
    whole = b"".join(event for event, _ in EVENTS)
    splitter = SseSplitter()
    expected = splitter.feed(whole) + splitter.end()
    assert expected == [found for _, found in EVENTS if found]
    for size in (1, 2, 3, 5, 11):
        splitter = SseSplitter()
        found = [one for at in range(0, len(whole), size) for one in splitter.feed(whole[at : at + size])]
        assert found + splitter.end() == expected


def test_events_are_given_as_soon_as_they_are_whole() -> None:
    for end in (b"\n\n", b"\r\n\r\n"):
        splitter = SseSplitter()
        found = [splitter.feed(bytes((byte,))) for byte in b"data: a" + end]
        assert found[-1] == [("", b"a")]


def test_the_last_blank_line_may_be_missing() -> None:
    splitter = SseSplitter()
    assert splitter.feed(b"data: a") == []
    assert splitter.end() == [("", b"a")]
    assert splitter.end() == []


def test_an_event_without_an_end_is_given_up() -> None:
    splitter = SseSplitter()
    for _ in range(MOST_EVENT_BYTES >> 20):
        splitter.feed(b"x" * (1 << 20))
    with pytest.raises(ProviderProtocolError):
        splitter.feed(b"x")

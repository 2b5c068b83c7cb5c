"""An event that goes on and on, in small pieces."""

from __future__ import annotations

import time
from types import ModuleType

import pytest

from plano.http.wire._sse_tap import MAX_EVENT_BYTES
from tests.http.wire.test_sse_tap import MARKS, USAGE, WORD
from tests.twins import both_builds


def seconds_for(build: ModuleType, pieces: int, withholds: bool, piece: bytes = b"b" * 20) -> float:
    tap = build.SseTap(MARKS, withholds)
    tap.feed(b'data: {"b":"')
    started = time.process_time()
    for _ in range(pieces):
        tap.feed(piece)
    return time.process_time() - started


@both_builds("sse_tap")
@pytest.mark.parametrize("withholds", [True, False])
def test_a_long_event_costs_no_more_than_its_length(build: ModuleType, withholds: bool) -> None:
    """A megabyte in pieces of 20 bytes took 16 s: it was joined and searched anew with each of them."""
    assert seconds_for(build, 40_000, withholds) < 1.0


@both_builds("sse_tap")
@pytest.mark.parametrize("line", [b"data: b\n", b"data: b\r\n", b"b\rb\r", b"\ndata: b\r\rb"])
def test_a_long_event_of_short_lines_costs_no_more_than_its_length(build: ModuleType, line: bytes) -> None:
    """Any line end had the whole event joined and searched anew: 0.3 ms for eight bytes, 10 ms in Python."""
    assert seconds_for(build, 40_000, False, line) < 1.0


@both_builds("sse_tap")
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 1000])
def test_an_event_of_many_lines_in_pieces_is_read_as_in_one(build: ModuleType, end: bytes, size: int) -> None:
    lines = [b'data: "prompt_tokens":%d,' % number for number in range(300)]
    event = end.join([b'data: {"usage":{', *lines, b'data: "a":1}}']) + end * 2
    tap = build.SseTap(MARKS, withholds_usage=False)
    pieces = [event[at : at + size] for at in range(0, len(event), size)]
    assert [tap.feed(piece) for piece in pieces] == pieces
    assert tap.usage_events == [event]
    assert tap.events == 1
    assert not tap.is_inside_event()


@both_builds("sse_tap")
def test_of_a_long_event_nothing_is_withheld_once_a_part_was_given(build: ModuleType) -> None:
    late = b'data: {"x":"' + b"b" * 20_000 + b'","choices":[],"usage":{"prompt_tokens":1}}\n\n'
    tap = build.SseTap(MARKS, withholds_usage=True)
    given = tap.feed(late[:18_000]) + tap.feed(late[18_000:]) + tap.end()
    assert given == late
    assert tap.usage_events == [late]


@both_builds("sse_tap")
@pytest.mark.parametrize("withholds", [True, False])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_long_event_in_pieces_is_read_as_in_one(build: ModuleType, withholds: bool, size: int) -> None:
    long = b'data: {"choices":[{"delta":{"content":"' + b"b" * 5000 + b'"}}],"usage":{"prompt_tokens":1}}\n\n'
    stream = WORD + long + USAGE + WORD
    tap = build.SseTap(MARKS, withholds)
    given = b"".join(tap.feed(stream[at : at + size]) for at in range(0, len(stream), size)) + tap.end()
    assert given == (WORD + long + WORD if withholds else stream)
    assert tap.usage_events == [long, USAGE]
    assert tap.events == 4
    assert not tap.is_inside_event()


@both_builds("sse_tap")
def test_an_event_past_the_limit_is_watched_no_more(build: ModuleType) -> None:
    tap = build.SseTap(MARKS, withholds_usage=False)
    piece = b"data: " + b"b" * 65530
    for _ in range(MAX_EVENT_BYTES // len(piece)):
        assert tap.feed(piece) is piece
    assert not tap.is_blind
    assert tap.feed(b"b") == b"b"
    assert tap.is_blind
    assert tap.feed(b"\n\n" + WORD) == b"\n\n" + WORD
    assert tap.is_inside_event()
    assert tap.events == 0

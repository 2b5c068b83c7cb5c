"""Event streams: both builds and every cut see the same, nothing is lost or made up, events are counted as WHATWG does.

A CR alone ends lines too, but the tap does not look for it where a stream also has line feeds: such CRs are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from plano.http.wire import _sse_tap
from tests.corpus import STREAMS, load
from tests.corpus.streams_seen import see_stream
from tests.fuzz import MAX_INPUT_BYTES, some_cuts
from tests.fuzz.builds import builds

TOKENS = tuple(
    b"\n|\n\n|\r\n|\r\n\r\n|\r\r|data: |data|data:|: |event: x\n|id: 1\n|[DONE]|{|}|\"|\\|"
    b"\xef\xbb\xbf|\"content\":\"x|"
    b"\"choices\":[]|\"usage\":{}|\"usage\" : {\"a\":1}|\"finish_reason\":\"stop\"|"
    b"data: {\"choices\":[],\"usage\":{}}\n\n"
    .split(b"|")
)
TAPS = builds("sse_tap", _sse_tap)
BARE_CR = re.compile(rb"\r(?!\n)")
LINE_END = re.compile(rb"\r\n|\n|\r")
BOM = b"\xef\xbb\xbf"


def seeds() -> Iterator[bytes]:
    for path in sorted(STREAMS.glob("*.sse")):
        data = load(path).data
        if len(data) <= MAX_INPUT_BYTES:
            yield data


def check(data: bytes) -> None:
    if b"\n" in data:
        data = BARE_CR.sub(b"", data)
    for withholds in (False, True):
        first: Any = None
        for pieces in some_cuts(data):
            for build in TAPS:
                seen = see_stream(build.SseTap, pieces, withholds)
                if first is None:
                    first = seen
                assert seen.lines == first.lines, f"{build.__name__}: {seen.lines}"
                assert seen.sent == first.sent
        assert first.lines[0] == f"events {events_in(data)}"
        assert withholds or first.sent == data
        assert len(first.sent) <= len(data)


def events_in(data: bytes) -> int:
    """WHATWG HTML section 9.2.6, counted line by line; an event is what has a field `data`."""
    count = 0
    has_data = False
    is_first = True
    lines = LINE_END.split(data)
    for line in lines[:-1]:
        if is_first:
            line = line.removeprefix(BOM)
        is_first = False
        if not line:
            count += has_data
            has_data = False
            is_first = True  # The tap takes a mark in front of any event: a stream in pieces has several beginnings.
        elif line == b"data" or line.startswith(b"data:"):
            has_data = True
    return count

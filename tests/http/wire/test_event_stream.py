from __future__ import annotations

import json
from itertools import pairwise
from types import ModuleType
from typing import Any
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from plano.errors import ProviderProtocolError
from plano.http.wire import _event_stream
from plano.http.wire.event_stream_headers import Frame
from plano.testing.event_stream import event_stream_frame, frame_of
from tests.twins import both_builds

START = event_stream_frame("messageStart", b'{"p":"abc","role":"assistant"}')
DELTA = event_stream_frame("contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"text":"Gr\xc3\xbc\xc3\x9fe"}}')
EMPTY = event_stream_frame("ping", b"")
FAILED = event_stream_frame("throttlingException", b'{"message":"slow down"}', kind="exception")
STREAM = START + DELTA + EMPTY + DELTA + FAILED
FRAMES = [
    Frame("messageStart", b'{"p":"abc","role":"assistant"}', "event"),
    Frame("contentBlockDelta", '{"contentBlockIndex":0,"delta":{"text":"Grüße"}}'.encode(), "event"),
    Frame("ping", b"", "event"),
    Frame("contentBlockDelta", '{"contentBlockIndex":0,"delta":{"text":"Grüße"}}'.encode(), "event"),
    Frame("throttlingException", b'{"message":"slow down"}', "exception"),
]
#: One header of each type that has a size of its own, none of them a string.
ODD_HEADERS = (
    b"\x01a\x00" + b"\x01b\x01" + b"\x01c\x02\x7f" + b"\x01d\x03\x00\x01" + b"\x01e\x04\x00\x00\x00\x01"
    b"\x01f\x05" + b"\x00" * 8 + b"\x01g\x06\x00\x03abc" + b"\x01h\x08" + b"\x00" * 8 + b"\x01i\x09" + b"\x00" * 16
)


def framed(headers: bytes, payload: bytes) -> bytes:
    """A frame with its checksums, whatever is in it."""
    prelude = (16 + len(headers) + len(payload)).to_bytes(4) + len(headers).to_bytes(4)
    message = prelude + crc32(prelude).to_bytes(4) + headers + payload
    return message + crc32(message).to_bytes(4)


def split(build: ModuleType, *blocks: bytes) -> list[Frame]:
    splitter = build.EventStreamSplitter()
    frames = [frame for block in blocks for frame in splitter.feed(block)]
    splitter.end()
    return frames


def until_fault(build: ModuleType, *blocks: bytes) -> list[Frame]:
    """The frames before the fault, which must come."""
    splitter = build.EventStreamSplitter()
    frames: list[Frame] = []
    with pytest.raises(ProviderProtocolError):
        _feed_all(splitter, frames, *blocks, b"")
    with pytest.raises(ProviderProtocolError):
        splitter.feed(DELTA)
    with pytest.raises(ProviderProtocolError):
        splitter.end()
    return frames


def _feed_all(splitter: Any, frames: list[Frame], *blocks: bytes) -> None:
    for block in blocks:
        frames += splitter.feed(block)


@both_builds("event_stream")
def test_frames_are_the_same_wherever_the_stream_is_cut(build: ModuleType) -> None:
    assert split(build, STREAM) == FRAMES
    assert split(build, *(STREAM[at : at + 1] for at in range(len(STREAM)))) == FRAMES
    for cut in range(len(STREAM) + 1):
        assert split(build, STREAM[:cut], STREAM[cut:]) == FRAMES, cut


@both_builds("event_stream")
@settings(max_examples=60)
@given(
    frames=st.lists(
        st.tuples(st.text(min_size=1, max_size=40), st.binary(max_size=400), st.sampled_from(["event", "exception"])),
        max_size=6,
    ),
    cuts=st.lists(st.integers(0, 3000), max_size=6),
)
def test_what_was_framed_is_split(build: ModuleType, frames: list[tuple[str, bytes, str]], cuts: list[int]) -> None:
    stream = b"".join(event_stream_frame(name, payload, kind=kind) for name, payload, kind in frames)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    blocks = [stream[start:end] for start, end in pairwise(places)]

    assert split(build, *blocks) == [Frame(name, payload, kind) for name, payload, kind in frames]
    beside = EventStreamBuffer()
    beside.add_data(stream)
    assert [message.payload for message in beside] == [payload for _, payload, _ in frames]


@both_builds("event_stream")
def test_a_changed_byte_never_makes_a_frame(build: ModuleType) -> None:
    for at in range(len(DELTA)):
        broken = DELTA[:at] + bytes((DELTA[at] ^ 0x41,)) + DELTA[at + 1 :]
        assert until_fault(build, broken + DELTA) == []


@both_builds("event_stream")
@pytest.mark.parametrize("cut", [0, 5, len(START), len(START) + 9, len(START) + 30])
def test_frames_before_a_fault_are_given(build: ModuleType, cut: int) -> None:
    stream = START + DELTA[:-1] + b"\x00" + DELTA

    assert until_fault(build, stream[:cut], stream[cut:]) == FRAMES[:1]


@both_builds("event_stream")
@pytest.mark.parametrize(
    ("total", "headers"),
    [(15, 0), (16, 1), ((16 << 20) + 1, 0), (1 << 20, (128 << 10) + 1), (2**32 - 1, 2**32 - 1)],
)
def test_impossible_lengths_are_refused_before_the_frame_has_come(
    build: ModuleType, total: int, headers: int
) -> None:
    prelude = total.to_bytes(4) + headers.to_bytes(4)

    assert until_fault(build, prelude + crc32(prelude).to_bytes(4)) == []


@both_builds("event_stream")
def test_the_longest_frame_may_come_in_small_pieces(build: ModuleType) -> None:
    payload = b"x" * ((16 << 20) - 16)
    stream = framed(b"", payload)
    blocks = [stream[at : at + 65536] for at in range(0, len(stream), 65536)]

    assert split(build, *blocks) == [Frame("", payload, "")]
    assert until_fault(build, framed(b"", payload + b"x")) == []


@both_builds("event_stream")
def test_headers_of_other_types_are_stepped_over(build: ModuleType) -> None:
    name = b"\x0b:event-type\x07\x00\x04stop"

    assert split(build, framed(ODD_HEADERS + name, b"{}")) == [Frame("stop", b"{}", "")]
    assert split(build, framed(b"", b"{}")) == [Frame("", b"{}", "")]


@both_builds("event_stream")
def test_headers_that_break_off_are_refused(build: ModuleType) -> None:
    whole = ODD_HEADERS + b"\x01j\x07\x00\x02hi"
    ends = {3, 6, 10, 15, 22, 33, 41, 52, 71, len(whole)}
    for size in range(1, len(whole)):
        frame = framed(whole[:size], b"{}")
        if size in ends:
            assert len(split(build, frame)) == 1
        else:
            assert until_fault(build, frame) == [], size
    assert until_fault(build, framed(b"\x01a\x0a", b"")) == []  # There is no type 10.


@both_builds("event_stream")
def test_an_error_told_in_headers_is_told_as_json(build: ModuleType) -> None:
    told = {":message-type": "error", ":error-code": "InternalFailure", ":error-message": 'Say "when"'}

    (frame,) = split(build, frame_of(told, b""))

    assert (frame.name, frame.kind) == ("InternalFailure", "error")
    assert json.loads(frame.payload) == {"message": 'Say "when"'}


@both_builds("event_stream")
def test_a_stream_that_ends_within_a_frame_has_not_ended_well(build: ModuleType) -> None:
    splitter = build.EventStreamSplitter()
    splitter.end()
    assert splitter.feed(START + DELTA[:20]) == FRAMES[:1]
    with pytest.raises(ProviderProtocolError, match="middle of a frame"):
        splitter.end()


@both_builds("event_stream")
def test_headers_without_end_do_not_fill_the_memory(build: ModuleType) -> None:
    splitter = build.EventStreamSplitter()
    for number in range(1000):
        (frame,) = splitter.feed(event_stream_frame(f"event-{number}", b"{}"))
        assert frame.name == f"event-{number}"


def test_the_python_twin_remembers_few_headers() -> None:
    splitter: Any = _event_stream.EventStreamSplitter()
    for number in range(1000):
        splitter.feed(event_stream_frame(f"event-{number}", b"{}"))
    assert len(splitter._known) == 64

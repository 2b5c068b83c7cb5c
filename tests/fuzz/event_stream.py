"""AWS event streams: both builds and every cut give the same frames, and fail in the same place.

Changed bytes hardly ever have the right checksum, so each input is tried once more with its checksums put right.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from plano.errors import ProviderProtocolError
from plano.http.wire import _event_stream
from plano.testing.event_stream import event_stream_frame, frame_of
from tests.fuzz import some_cuts
from tests.fuzz.builds import builds

TOKENS = (
    b"\x00\x00\x00\x10",
    b"\x00\x00\x00\x00",
    b"\x00\x00\x00\x20",
    b"\xff\xff\xff\xff",
    b"\x0b:event-type\x07\x00\x01x",
    b"\x0d:message-type\x07\x00\x05event",
    b"\x01a\x06\x00\x01b",
    b"\x01a\x09",
    b"{}",
)
SPLITTERS = builds("event_stream", _event_stream)


def seeds() -> Iterator[bytes]:
    start = event_stream_frame("messageStart", b'{"role":"assistant"}')
    delta = event_stream_frame("contentBlockDelta", b'{"contentBlockIndex":0,"delta":{"text":"Hi"}}')
    failed = event_stream_frame("throttlingException", b'{"message":"slow"}', kind="exception")
    error = frame_of({":message-type": "error", ":error-code": "x", ":error-message": "y"}, b"")
    yield from (b"", start, delta, failed, error, start + delta * 3 + failed, frame_of({}, b""), start + delta[:30])


def check(data: bytes) -> None:
    for stream in (data, put_right(data)):
        results = [run(build, pieces) for pieces in some_cuts(stream) for build in SPLITTERS]
        assert all(result == results[0] for result in results), results
        frames, _ = results[0]
        assert sum(len(frame.payload) for frame in frames if frame.kind != "error") <= len(stream)


def run(build: object, pieces: list[bytes]) -> tuple[list[_event_stream.Frame], str]:
    splitter = build.EventStreamSplitter()  # type: ignore[attr-defined]
    frames: list[_event_stream.Frame] = []
    try:
        for piece in (*pieces, b""):
            frames += splitter.feed(piece)
        splitter.end()
    except ProviderProtocolError as fault:
        return frames, fault.message
    return frames, ""


def put_right(data: bytes) -> bytes:
    """The same frames with the checksums they should have, as far as their lengths can be."""
    made = bytearray(data)
    at = 0
    while len(made) - at >= 16:
        total = int.from_bytes(made[at : at + 4])
        made[at + 8 : at + 12] = crc32(made[at : at + 8]).to_bytes(4)
        if not 16 <= total <= len(made) - at:
            break
        made[at + total - 4 : at + total] = crc32(made[at : at + total - 4]).to_bytes(4)
        at += total
    return bytes(made)

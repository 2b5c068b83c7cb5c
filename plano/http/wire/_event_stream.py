"""Splits an AWS event stream into its frames. Twin of `_speedups/event_stream.pyx`.

Theory of operation: a frame is four bytes of total length, four of headers' length, a CRC of these eight; the headers,
the payload, a CRC of all before it (numbers big-endian, CRC-32 of zlib). `feed` takes a block of any size. What is left
of one without a whole frame waits in `pieces`, and is joined only when all that is `wanted` has come: as long as the
lengths are unknown twelve bytes, then the frame. So a long frame in many blocks costs one copy. The headers of a stream
repeat from frame to frame; what they mean is read once and remembered by their bytes.

A fault ends the stream, but not what came before it in the same block: those frames are given first, and the fault is
raised by the next `feed`, or by `end`. So the frames are the same wherever the stream was cut.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

import msgspec

from plano.errors import ProviderProtocolError
from plano.http.wire.event_stream_headers import Frame, Headers, read_headers

MAX_FRAME_BYTES: Final = 16 << 20
MAX_HEADERS_BYTES: Final = 128 << 10
_PRELUDE: Final = 12
#: Prelude and the last CRC.
_LEAST: Final = 16
_MOST_REMEMBERED: Final = 64


class EventStreamSplitter:
    """One stream."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._held = 0
        self._wanted = _PRELUDE
        self._known: dict[bytes, Headers] = {}
        self._fault: ProviderProtocolError | None = None

    def feed(self, block: bytes) -> list[Frame]:
        """The frames that are whole now. Raises `ProviderProtocolError`."""
        if self._fault is not None:
            raise self._fault
        frames: list[Frame] = []
        if self._held + len(block) < self._wanted:
            self._keep(block)
            return frames
        if self._held:
            self._pieces.append(block)
            block = b"".join(self._pieces)
            self._pieces.clear()
            self._held = 0
        try:
            self._split(block, frames)
        except ProviderProtocolError as fault:
            self._fault = fault
            if not frames:
                raise
        return frames

    def end(self) -> None:
        """The stream is over. Raises `ProviderProtocolError` if it broke off within a frame."""
        if self._fault is not None:
            raise self._fault
        if self._held:
            raise ProviderProtocolError("the provider's event stream ended in the middle of a frame")

    def _split(self, block: bytes, frames: list[Frame]) -> None:
        at, size = 0, len(block)
        while size - at >= _PRELUDE:
            total = int.from_bytes(block[at : at + 4])
            headers = int.from_bytes(block[at + 4 : at + 8])
            said = int.from_bytes(block[at + 8 : at + 12])
            if crc32(block[at : at + 8]) != said:
                raise ProviderProtocolError("a frame of the provider's event stream has a wrong prelude checksum")
            if total > MAX_FRAME_BYTES or headers > MAX_HEADERS_BYTES or total < headers + _LEAST:
                raise ProviderProtocolError("a frame of the provider's event stream has an impossible length")
            if size - at < total:
                self._wanted = total
                self._keep(block[at:])
                return
            frames.append(self._frame(block, at, at + total, headers, said))
            at += total
        self._wanted = _PRELUDE
        self._keep(block[at:])

    def _frame(self, block: bytes, start: int, end: int, headers: int, so_far: int) -> Frame:
        if crc32(block[start + 8 : end - 4], so_far) != int.from_bytes(block[end - 4 : end]):
            raise ProviderProtocolError("a frame of the provider's event stream has a wrong checksum")
        payload_at = start + _PRELUDE + headers
        told = self._headers(block[start + _PRELUDE : payload_at])
        payload = block[payload_at : end - 4]
        if told.message and not payload:
            payload = msgspec.json.encode({"message": told.message})
        return Frame(told.name, payload, told.kind)

    def _headers(self, block: bytes) -> Headers:
        known = self._known.get(block)
        if known is None:
            known = read_headers(block)
            if len(self._known) < _MOST_REMEMBERED:
                self._known[block] = known
        return known

    def _keep(self, rest: bytes) -> None:
        if rest:
            self._pieces.append(rest)
            self._held += len(rest)

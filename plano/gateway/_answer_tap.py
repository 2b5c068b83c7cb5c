"""Usage and finish reason out of an answer that is one JSON document, without decoding it whole."""

from __future__ import annotations

import zlib
from typing import Final

#: Every dialect puts its usage near the end of the document.
TAIL_BYTES: Final = 4096
#: Of a packed body nothing is known until it is unpacked: past these sizes it is not looked at.
_LARGEST_PACKED: Final = 1 << 20
_LARGEST_UNPACKED: Final = 8 << 20


class AnswerTap:
    """Keeps the end of a body. Has what a relay asks of a tap; bytes pass through untouched."""

    def __init__(self, content_encoding: bytes) -> None:
        self.saw_first_token = False
        self.last = b""
        self.encoding = content_encoding
        self.packed: list[bytes] = []
        self.packed_bytes = 0

    def feed(self, block: bytes) -> bytes:
        """Take one block, give it back."""
        self.saw_first_token = True
        if self.encoding:
            self.packed_bytes += len(block)
            if self.packed_bytes <= _LARGEST_PACKED:
                self.packed.append(block)
            else:
                self.packed.clear()
        elif self.last:
            self.last = (self.last + block)[-TAIL_BYTES:]
        else:
            self.last = block
        return block

    def end(self) -> bytes:
        """Nothing is ever held back."""
        return b""

    def ended_properly(self) -> bool:
        """A document has no last word; only its framing tells."""
        return False

    def is_inside_event(self) -> bool:
        """There are no events."""
        return False

    def tail(self) -> bytes:
        """The end of the document; empty when it is packed in a way that is not understood, or too large."""
        if not self.encoding:
            return self.last[-TAIL_BYTES:]
        if self.encoding.lower() not in (b"gzip", b"x-gzip", b"deflate"):
            return b""
        # 32: zlib and gzip headers are told apart by zlib itself.
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            unpacked = unpacker.decompress(b"".join(self.packed), _LARGEST_UNPACKED)
        except zlib.error:
            return b""
        return unpacked[-TAIL_BYTES:] if unpacker.eof else b""

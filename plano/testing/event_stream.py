"""Frames of `application/vnd.amazon.eventstream`, as Amazon Bedrock streams them."""

from __future__ import annotations

from zlib import crc32


def event_stream_frame(name: str, payload: bytes, *, kind: str = "event") -> bytes:
    """One frame; `kind` is `event` or `exception`."""
    return frame_of(
        {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind},
        payload,
    )


def frame_of(headers: dict[str, str], payload: bytes) -> bytes:
    """A frame with any headers, all of them strings."""
    block = b"".join(map(_header, headers, headers.values()))
    prelude = (16 + len(block) + len(payload)).to_bytes(4) + len(block).to_bytes(4)
    message = prelude + crc32(prelude).to_bytes(4) + block + payload
    return message + crc32(message).to_bytes(4)


def _header(name: str, value: str) -> bytes:
    told, text = name.encode(), value.encode()
    return bytes((len(told),)) + told + b"\x07" + len(text).to_bytes(2) + text

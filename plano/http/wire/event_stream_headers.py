"""The headers of one frame of `application/vnd.amazon.eventstream`: what it is called and of which kind it is.

Format: docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream and the Smithy
specification of the same (smithy.io/2.0/aws/amazon-eventstream.html).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from plano.errors import ProviderProtocolError

#: Bytes of a value by its type; types 6 (bytes) and 7 (string) tell their own length in two bytes.
_SIZES: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_WITH_LENGTH: Final = (6, 7)
_NAMES: Final = (":event-type", ":exception-type", ":error-code")


class Frame(NamedTuple):
    """`name` of the event, exception or error; `kind` is `event`, `exception` or `error`, "" where it is not said."""

    name: str
    payload: bytes
    kind: str


class Headers(NamedTuple):
    """`message`: what a frame of the kind `error` says, which it does in a header."""

    name: str
    kind: str
    message: str


def read_headers(block: bytes) -> Headers:
    """Raises `ProviderProtocolError` for a block that breaks off or has a value of an unknown type."""
    values = _values(block)
    name = next((values[name] for name in _NAMES if name in values), "")
    return Headers(name, values.get(":message-type", ""), values.get(":error-message", ""))


def _values(block: bytes) -> dict[str, str]:
    """Values of the type string by name; others are stepped over."""
    values: dict[str, str] = {}
    at, size = 0, len(block)
    while at < size:
        name_end = at + 1 + block[at]
        if name_end >= size:
            raise _broken()
        kind = block[name_end]
        start = name_end + 1
        if kind in _WITH_LENGTH:
            start += 2
            end = start + int.from_bytes(block[start - 2 : start])
        elif kind in _SIZES:
            end = start + _SIZES[kind]
        else:
            raise _broken()
        if end > size or start > size:
            raise _broken()
        if kind == 7:
            values[block[at + 1 : name_end].decode("utf-8", "replace")] = block[start:end].decode("utf-8", "replace")
        at = end
    return values


def _broken() -> ProviderProtocolError:
    return ProviderProtocolError("a frame of the provider's event stream has headers that cannot be read")

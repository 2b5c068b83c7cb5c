"""JSON as text, for members that hold JSON inside of a string (arguments of tool calls, results of tools)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


def encoded(value: Any) -> str:
    return _encode(value).decode()


def decoded_object(text: str) -> dict[str, Any] | None:
    """The object a text holds; None when it holds none. No text at all is an empty object."""
    if not text.strip():
        return {}
    try:
        value = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None

"""Members out of JSON nobody wants to decode whole: the end of a long answer, or one event of a stream."""

from __future__ import annotations

import re
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

_AFTER_KEY: Final = re.compile(rb"\s*:\s*")
_STRING: Final = re.compile(rb'\s*:\s*"([^"\\]*)"')

T = TypeVar("T", bound=Struct)


def last_object(document: bytes, key: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """The last member `key` (with its quotes) that is an object the decoder accepts; None when there is none.

    A key inside of a string is preceded by a backslash, since its quote is escaped there.
    """
    at = len(document)
    while (at := document.rfind(key, 0, at)) >= 0:
        value = _AFTER_KEY.match(document, at + len(key))
        if value is not None and document[value.end() : value.end() + 1] == b"{" and document[at - 1 : at] != b"\\":
            end = _end_of_object(document, value.end())
            if end:
                try:
                    return decoder.decode(document[value.end() : end])
                except (msgspec.DecodeError, UnicodeDecodeError):
                    return None
    return None


def last_string(document: bytes, key: bytes) -> str:
    """The last member `key` (with its quotes) that is a plain string; empty when there is none."""
    at = len(document)
    while (at := document.rfind(key, 0, at)) >= 0:
        value = _STRING.match(document, at + len(key))
        if value is not None and document[at - 1 : at] != b"\\":
            return value[1].decode("utf-8", "replace")
    return ""


_BRACES: Final = re.compile(rb'[{}]|"(?:[^"\\]|\\.)*"')


def _end_of_object(document: bytes, start: int) -> int:
    """Behind the closing brace of the object at `start`; 0 when it is not there."""
    depth = 0
    for token in _BRACES.finditer(document, start):
        if token[0] == b"{":
            depth += 1
        elif token[0] == b"}":
            depth -= 1
            if depth == 0:
                return token.end()
    return 0

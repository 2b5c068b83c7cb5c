"""Members out of JSON nobody wants to decode whole. Twin of `_speedups/json_tail.pyx`.

A key is searched with its quotes, from the end; one inside of a string is preceded by a backslash, since its quote is
escaped there.
"""

from __future__ import annotations

import re
from typing import Final

_VALUE: Final = re.compile(rb'[ \t\r\n]*:[ \t\r\n]*([{"])')
_TOKEN: Final = re.compile(rb'[{}]|"(?:[^"\\]|\\.)*"|"', re.DOTALL)
_STRING: Final = re.compile(rb'[^"\\]*')


def last_object(document: bytes, key: bytes) -> bytes:
    """The last member `key` (with its quotes) whose value is an object: that object; empty when there is none whole."""
    start = _last_value(document, key, b"{")
    if start < 0:
        return b""
    depth = 0
    for token in _TOKEN.finditer(document, start):
        if token[0] == b"{":
            depth += 1
        elif token[0] == b"}":
            depth -= 1
            if depth == 0:
                return document[start : token.end()]
        elif token[0] == b'"':
            return b""  # A string that does not end.
    return b""


def last_string(document: bytes, key: bytes) -> str:
    """The last member `key` (with its quotes) whose value is a string without escapes; empty when there is none."""
    start = _last_value(document, key, b'"')
    if start < 0:
        return ""
    value = _STRING.match(document, start + 1)
    assert value is not None
    if document[value.end() : value.end() + 1] != b'"':
        return ""
    return value[0].decode("utf-8", "replace")


def _last_value(document: bytes, key: bytes, opening: bytes) -> int:
    """Where the value of the last member `key` that begins with `opening` begins; -1 when there is none."""
    at = len(document)
    while (at := document.rfind(key, 0, at)) >= 0:
        value = _VALUE.match(document, at + len(key))
        if value is not None and value[1] == opening and document[at - 1 : at] != b"\\":
            return value.start(1)
    return -1

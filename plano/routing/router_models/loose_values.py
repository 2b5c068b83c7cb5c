"""Finds values in what a model wrote: JSON, Python literals, and what lies between and below them.

Not a checker but a reader: either quote, either word for nothing, names without quotes, commas too many. A quote ends
its text only where something of the structure follows, so that apostrophes within names do no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

#: Places where a value may begin that are looked at, and values within values.
_MOST_STARTS: Final = 32
_DEEPEST: Final = 8
#: Longer texts name nothing, and stay as they are written.
_LONGEST_NAME: Final = 1024
_START: Final = re.compile(r"[{\[]")
#: What follows the quote that ends a text. Nothing here is tried twice: `++` and `*+` do not go back.
_ENDS: Final = r"\s*+(?:[,:}\])]|\Z)"
_TOKEN: Final = re.compile(
    rf"""\s*+(?:([{{}}\[\](),:])|"((?:[^"\\]++|\\.|"(?!{_ENDS}))*+)"|'((?:[^'\\]++|\\.|'(?!{_ENDS}))*+)'"""
    r"""|([^\s{}\[\](),:"'][^{}\[\](),:"'\n]*+))""",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_NOTHING: Final = frozenset(("null", "None", "none", "undefined", "nil", "false", "False"))
_CLOSERS: Final = {"{": "}", "[": "]", "(": ")"}


class _NoValue(Exception):
    """What stands here is no value."""


def values_in(text: str) -> Iterator[dict[str, Any] | list[Any]]:
    """The objects and lists that `text` holds, in its order, those within others left out.

    Their items are texts, None, objects and lists; numbers are texts.
    """
    place = 0
    for _ in range(_MOST_STARTS):
        start = _START.search(text, place)
        if start is None:
            return
        try:
            value, place = _Reader(text).value(start.start(), 0)
        except _NoValue:
            place = start.end()
        else:
            yield value


class _Reader:
    """Reads one value, from where it is told to."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, place: int, depth: int) -> tuple[Any, int]:
        """The value at `place`, and where it ends. Raises `_NoValue`."""
        mark, word, place = self._token(place)
        if mark == "{" and depth < _DEEPEST:
            return self._object(place, depth + 1)
        if mark in ("[", "(") and depth < _DEEPEST:
            return self._list(place, _CLOSERS[mark], depth + 1)
        if mark:
            raise _NoValue
        return word, place

    def _object(self, place: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        while True:
            mark, key, place = self._token(place)
            if mark == "}":
                return found, place
            if mark == ",":
                continue
            colon, _, place = self._token(place)
            if mark or colon != ":":
                raise _NoValue
            value, place = self.value(place, depth)
            found.setdefault(key or "", value)

    def _list(self, place: int, closer: str, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        while True:
            mark, _, after = self._token(place)
            if mark == closer:
                return found, after
            if mark == ",":
                place = after
                continue
            value, place = self.value(place, depth)
            found.append(value)

    def _token(self, place: int) -> tuple[str, str | None, int]:
        """A mark of the structure or "", a text or None for nothing, and where it ends."""
        found = _TOKEN.match(self._text, place)
        if found is None:
            raise _NoValue
        mark, double, single, bare = found.groups()
        if mark:
            return mark, None, found.end()
        if bare is not None:
            word = bare.strip()
            return "", None if word in _NOTHING else word, found.end()
        return "", _unescaped(double if double is not None else single), found.end()


def _unescaped(text: str) -> str:
    if "\\" not in text or len(text) > _LONGEST_NAME:
        return text
    plain = _ESCAPE.sub(_letter, text)
    # Two halves of a letter beyond the first plane, each escaped, become one.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _letter(found: re.Match[str]) -> str:
    escape = found[1]
    return chr(int(escape[1:], 16)) if len(escape) > 1 else _ESCAPED.get(escape, escape)

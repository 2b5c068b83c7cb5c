"""A JSON document in which values have places, so that some can be replaced and every other byte stays.

Theory of operation: msgspec reads an object as raw members; their lengths, walked one after the other, give where each
stands. Nothing is read deeper than asked for, and nothing is encoded again.
"""

from __future__ import annotations

import json
import re
from typing import Final

import msgspec

from plano.errors import ProviderProtocolError

_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_text: Final = msgspec.json.Decoder(str).decode
_encode: Final = msgspec.json.Encoder().encode
_WRONG: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
#: Half a surrogate pair, which msgspec does not read: some vendors cut texts between the halves.
_SURROGATE: Final = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
#: What follows a member: comma and brace.
_ENDS: Final = b",}"
_BLANK: Final = b" \t\r\n"
_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_KEY: Final = re.compile(rb'[ \t\r\n]*"(?:[^"\\]|\\.)*"[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)


def unreadable() -> ProviderProtocolError:
    """What nobody can look into must not pass by those who have to."""
    return ProviderProtocolError("an event of the provider's stream is no JSON that filters can read")


class Located:
    """One value. `raw`: its bytes, `start`: where they begin in the document."""

    __slots__ = ("_shape", "raw", "start")

    def __init__(self, raw: bytes, start: int = 0, shape: bytes = b"") -> None:
        self.raw = raw
        self.start = start
        #: As long as `raw`, and readable by msgspec.
        self._shape = shape or raw

    @property
    def end(self) -> int:
        return self.start + len(self.raw)

    def members(self) -> dict[str, Located]:
        """Of an object; empty for what is none. Raises `ProviderProtocolError` for a member that is there twice."""
        if not self.raw.startswith(b"{"):
            return {}
        shape, at = self._shape, 1
        try:
            told = _members(shape)
        except _WRONG:
            raise unreadable() from None
        found = {}
        for name, value in told.items():
            key = b'"%b":' % name.encode()
            # Most keys are spelled like this; space and escapes take longer.
            begin = at + len(key) if shape.startswith(key, at) else _after_key(shape, at)
            if shape[begin] in _BLANK:
                begin = _after_space(shape, begin)
            end = begin + len(memoryview(value))
            if shape[begin:end] != bytes(value):
                raise unreadable()
            found[name] = self._part(begin, end)
            at = end + 1 if shape[end] in _ENDS else _after_space(shape, end) + 1
        if found and at != len(shape):
            raise unreadable()
        return found

    def items(self) -> list[Located]:
        """Of a list; empty for what is none."""
        if not self.raw.startswith(b"["):
            return []
        shape, at = self._shape, 1
        found = []
        for value in _items(shape):
            begin = _after_space(shape, at)
            end = begin + len(memoryview(value))
            found.append(self._part(begin, end))
            at = _after_space(shape, end) + 1
        return found

    def text(self) -> str:
        """Of a string; "" for what is none. May hold halves of surrogate pairs."""
        return read_text(self.raw) if self.raw.startswith(b'"') else ""

    def number(self) -> int:
        """Of an index or a count; 0 for what is none."""
        return int(self.raw) if self.raw.isdigit() else 0

    def _part(self, begin: int, end: int) -> Located:
        raw = self.raw[begin:end]
        return Located(raw, self.start + begin, raw if self._shape is self.raw else self._shape[begin:end])


def located(document: bytes, start: int = 0) -> Located:
    """The object a document is, which stands at `start` of something. Raises `ProviderProtocolError`."""
    raw = document.strip(_BLANK)
    if not raw.startswith(b"{"):
        raise unreadable()
    return Located(raw, start + document.find(raw), _readable(raw) if b"\\u" in raw else raw)


def _readable(raw: bytes) -> bytes:
    """The same, with something else in place of halves of surrogate pairs."""
    try:
        _members(raw)
    except _WRONG:
        return _SURROGATE.sub(lambda found: found[1] or rb"\uE000", raw)
    return raw


def _after_space(shape: bytes, at: int) -> int:
    return _SPACE.match(shape, at).end()  # type: ignore[union-attr]


def _after_key(shape: bytes, at: int) -> int:
    key = _KEY.match(shape, at)
    if key is None:
        raise unreadable()
    return key.end()


def read_text(raw: bytes) -> str:
    """The text of a JSON string."""
    try:
        return _text(raw)
    except _WRONG:
        pass
    try:
        found = json.loads(raw)
    except ValueError:
        raise unreadable() from None
    assert isinstance(found, str)
    return found


def write_text(text: str) -> bytes:
    """A text as JSON string, halves of surrogate pairs included."""
    try:
        return _encode(text)
    except UnicodeEncodeError:
        return json.dumps(text).encode()


def joined_halves(half: str, text: str) -> str:
    """Half a surrogate pair and what follows it, as one character where that is the other half."""
    if not "\udc00" <= text[0] <= "\udfff":
        return half + text
    return chr(0x10000 + ((ord(half) - 0xD800) << 10) + ord(text[0]) - 0xDC00) + text[1:]


class Edits:
    """Replacements in one document."""

    def __init__(self) -> None:
        self._all: list[tuple[int, int, bytes]] = []

    def __bool__(self) -> bool:
        return bool(self._all)

    def replace(self, value: Located, raw: bytes) -> None:
        self._all.append((value.start, value.end, raw))

    def applied(self, document: bytes) -> bytes:
        pieces: list[bytes] = []
        at = 0
        for start, end, raw in sorted(self._all):
            pieces += (document[at:start], raw)
            at = end
        return b"".join((*pieces, document[at:]))

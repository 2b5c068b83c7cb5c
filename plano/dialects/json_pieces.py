"""The texts within JSON that comes in pieces: the arguments of a tool call, on their way to the client.

Theory of operation: structure flows on at once. Every string, keys too, is a text of its own, and so is every number of
`LONG_NUMBER` digits or more, which is held until it is complete. Escapes are decoded before a filter sees them, however
they are cut. What comes out of a filter is written in the original spelling as long as it says what went in; from the
first difference to the end of the string it is escaped anew. A changed number becomes a string. What turns out not to
be JSON is, from there on, one plain text. Line breaks within strings, which JSON forbids and models write, are let be.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Final

from plano.dialects.located_json import joined_halves, write_text
from plano.dialects.passages import Place, TextFilter

LONG_NUMBER: Final = 7

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
#: What a number or a word is made of.
_SCALAR: Final = re.compile(r"[-+.0-9A-Za-z_]*")
#: Who writes longer numbers writes no JSON.
_LONGEST_SCALAR: Final = 4096
_RUN: Final = re.compile(r'[^"\\]+')
_HEX: Final = re.compile(r"\\u[0-9a-fA-F]{4}\Z")
_ESCAPES: Final = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"
}  # fmt: skip
_WORDS: Final = frozenset(("true", "false", "null"))

# What may come next.
_VALUE, _FIRST_ITEM, _FIRST_KEY, _KEY, _COLON, _COMMA, _NOTHING = range(7)


class JsonPieces:
    """One JSON text; a `TextFilter`. Where the first text finds no filter, all goes on unread."""

    def __init__(self, open: Callable[[Place], TextFilter | None], place: Place) -> None:
        self._open = open
        self._place = place
        self._next = _VALUE
        self._inside: list[str] = []
        #: Of a token that is cut: its beginning.
        self._rest = ""
        self._string: _String | None = None
        self._plain: TextFilter | None = None
        self._is_unread = False
        self._out: list[str] = []

    def feed(self, piece: str) -> str:
        if self._is_unread:
            return piece
        if self._plain is not None:
            return self._plain.feed(piece)
        text = self._rest + piece
        self._rest = ""
        self._read(text, False)
        return self._taken()

    def finish(self) -> str:
        if self._is_unread:
            return ""
        if self._plain is None:
            text, self._rest = self._rest, ""
            self._read(text, True)
            if self._string is not None:
                self._out.append(self._string.finish())
                self._string = None
        if self._plain is not None:
            self._out.append(self._plain.finish())
        return self._taken()

    def _taken(self) -> str:
        out, self._out = self._out, []
        return "".join(out)

    def _read(self, text: str, is_all: bool) -> None:
        at = 0
        while at < len(text):
            if self._string is not None:
                at = self._within_string(text, at, is_all)
            else:
                at = self._between(text, at, is_all)
        if self._string is not None:
            self._out.append(self._string.flow())

    def _within_string(self, text: str, at: int, is_all: bool) -> int:
        string = self._string
        assert string is not None
        run = _RUN.match(text, at)
        if run is not None:
            string.add(run.group(), run.group())
            return run.end()
        if text[at] == '"':
            self._out += (string.finish(), '"')
            self._string = None
            return at + 1
        size = _escape_size(text, at)
        decoded = _decoded(text[at : at + size]) if size else None
        if not size and not is_all and _may_become_escape(text[at:]):
            self._rest = text[at:]
            return len(text)
        if decoded is None:
            self._out.append(string.finish())
            self._string = None
            return self._no_json(text, at)
        string.add(decoded, text[at : at + size])
        return at + size

    def _between(self, text: str, at: int, is_all: bool) -> int:
        """Structure, numbers and words."""
        end = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        if end > at:
            self._out.append(text[at:end])
            return end
        mark = text[at]
        if mark in "{[}]:,":
            if not self._structure(mark):
                return self._no_json(text, at)
            self._out.append(mark)
            return at + 1
        if mark == '"':
            return self._begin_string(text, at)
        end = _SCALAR.match(text, at).end()  # type: ignore[union-attr]
        if end == len(text) and not is_all and self._expects_value() and _may_become_scalar(text[at:]):
            self._rest = text[at:]
            return end
        return self._scalar(text, at, end)

    def _begin_string(self, text: str, at: int) -> int:
        is_key = self._next in (_KEY, _FIRST_KEY)
        if not is_key and not self._expects_value():
            return self._no_json(text, at)
        filter = self._open(self._place)
        if filter is None:
            return self._unread(text, at)
        self._next = _COLON if is_key else self._after_value()
        self._out.append('"')
        self._string = _String(filter)
        return at + 1

    def _scalar(self, text: str, at: int, end: int) -> int:
        token = text[at:end]
        is_number = _NUMBER.match(token) is not None
        if not self._expects_value() or not (is_number or token in _WORDS):
            return self._no_json(text, at)
        self._next = self._after_value()
        if is_number and sum(map(str.isdigit, token)) >= LONG_NUMBER:
            filter = self._open(self._place)
            if filter is None:
                return self._unread(text, at)
            new = filter.feed(token) + filter.finish()
            token = token if new == token else write_text(new).decode()
        self._out.append(token)
        return end

    def _structure(self, mark: str) -> bool:
        """Take one mark; False when it cannot stand here."""
        expected = self._next
        if mark in "{[":
            self._inside.append(mark)
            self._next = _FIRST_KEY if mark == "{" else _FIRST_ITEM
            return expected in (_VALUE, _FIRST_ITEM)
        if mark == ":":
            self._next = _VALUE
            return expected == _COLON
        if mark == ",":
            self._next = _KEY if self._inside and self._inside[-1] == "{" else _VALUE
            return expected == _COMMA
        if not self._inside or expected not in (_COMMA, _FIRST_KEY if mark == "}" else _FIRST_ITEM):
            return False
        fits = self._inside.pop() == ("{" if mark == "}" else "[")
        self._next = self._after_value()
        return fits

    def _expects_value(self) -> bool:
        return self._next in (_VALUE, _FIRST_ITEM)

    def _after_value(self) -> int:
        return _COMMA if self._inside else _NOTHING

    def _no_json(self, text: str, at: int) -> int:
        self._plain = self._open(self._place)
        if self._plain is None:
            return self._unread(text, at)
        self._out.append(self._plain.feed(text[at:]))
        return len(text)

    def _unread(self, text: str, at: int) -> int:
        self._is_unread = True
        self._out.append(text[at:])
        return len(text)


class _String:
    """One string: what was read and not yet written, beside how it was spelled."""

    def __init__(self, filter: TextFilter) -> None:
        self._filter = filter
        #: Read, and not yet fed.
        self._fresh: list[str] = []
        #: Pairs of text and spelling, not yet written.
        self._waiting: deque[tuple[str, str]] = deque()
        self._is_same = True
        #: The first half of a surrogate pair, and how it was spelled.
        self._half = ""
        self._half_spelled = ""

    def add(self, text: str, spelled: str) -> None:
        if self._half:
            text, spelled = joined_halves(self._half, text), self._half_spelled + spelled
            self._half = ""
        if "\ud800" <= text[-1] <= "\udbff":
            size = 1 if text[-1] == spelled[-1] else 6
            self._half, self._half_spelled = text[-1], spelled[-size:]
            text, spelled = text[:-1], spelled[:-size]
        if text:
            self._fresh.append(text)
            if self._is_same:
                self._waiting.append((text, spelled))

    def flow(self) -> str:
        """What may be written now."""
        if not self._fresh:
            return ""
        text = "".join(self._fresh)
        self._fresh.clear()
        return self._spelled(self._filter.feed(text))

    def finish(self) -> str:
        if self._half:
            self._fresh.append(self._half)
            if self._is_same:
                self._waiting.append((self._half, self._half_spelled))
            self._half = ""
        return self.flow() + self._spelled(self._filter.finish())

    def _spelled(self, text: str) -> str:
        """In the original spelling as far as it says the same."""
        if not text:
            return ""
        out = []
        at = 0
        while self._is_same and at < len(text):
            if not self._waiting:
                self._is_same = False
                break
            said, spelled = self._waiting.popleft()
            if text.startswith(said, at):
                out.append(spelled)
                at += len(said)
                continue
            size = _same(said, text[at:])
            if at + size == len(text) and said == spelled:
                self._waiting.appendleft((said[size:], said[size:]))
            else:
                self._is_same = False
            if said == spelled:
                out.append(said[:size])
                at += size
        if not self._is_same:
            self._waiting.clear()
            out.append(write_text(text[at:]).decode()[1:-1])
        return "".join(out)


def _same(one: str, other: str) -> int:
    """How many characters two texts begin alike with."""
    for at, (first, second) in enumerate(zip(one, other, strict=False)):
        if first != second:
            return at
    return min(len(one), len(other))


def _escape_size(text: str, at: int) -> int:
    """Of the whole escape that begins here; 0 when it is not whole."""
    if len(text) < at + 2:
        return 0
    size = 6 if text[at + 1] == "u" else 2
    return size if len(text) >= at + size else 0


def _may_become_escape(text: str) -> bool:
    return text == "\\" or (text[1] == "u" and all(one in "0123456789abcdefABCDEF" for one in text[2:]))


def _decoded(escape: str) -> str | None:
    """The character an escape stands for, which may be half of a pair; None for what is no escape."""
    if len(escape) == 2:
        return _ESCAPES.get(escape[1])
    return chr(int(escape[2:], 16)) if _HEX.match(escape) else None


def _may_become_scalar(text: str) -> bool:
    if len(text) > _LONGEST_SCALAR:
        return False
    return any(word.startswith(text) for word in _WORDS) or not text.strip("-+.eE0123456789")

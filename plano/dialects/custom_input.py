"""The free text of a custom tool, out of the JSON arguments of the function that stood in for it.

Theory of operation: a provider without custom tools is told of a function with one string, `input`. What its model
writes is nearly always `{"input": "..."}`, so the text can go on piece by piece: until the string begins, pieces are
collected; within it, escapes are undone, and what is cut in the middle of one waits for the rest; after it, nothing
counts. A model that writes something else is understood at the end, as a whole.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

_KEY: Final = '"input"'
#: So much before the string begins, and it is no such object.
_LONGEST_HEAD: Final = 64
_REPLACEMENT: Final = "\ufffd"
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


def input_of(arguments: str) -> str:
    """The input in whole arguments; the arguments as they are where they hold none."""
    try:
        told = _decode(arguments)
    except (msgspec.DecodeError, RecursionError):
        reading = CustomInput()  # Cut short, or with line breaks that JSON forbids: what can be read of it.
        return reading.feed(arguments) or arguments
    if isinstance(told, dict):
        return _of_object(told, arguments)
    return told if isinstance(told, str) else arguments


def _of_object(told: dict[str, Any], arguments: str) -> str:
    if not told:
        return ""
    if "input" not in told and len(told) > 1:
        return arguments
    value = told.get("input", next(iter(told.values())))
    return value if isinstance(value, str) else _encode(value).decode()


class CustomInput:
    """Reads the arguments of one call."""

    def __init__(self) -> None:
        #: Before the string: all of the arguments so far. Within: an escape that is not whole yet.
        self._held = ""
        self._is_within = False
        self._is_over = False

    def feed(self, piece: str) -> str:
        """More of the input, from more of the arguments."""
        if self._is_over:
            return ""
        held = self._held + piece
        if not self._is_within:
            start = _string_start(held)
            if start < 0:
                self._held = held
                return ""
            self._is_within = True
            held = held[start:]
        return self._unescaped(held)

    def finish(self) -> str:
        """What `feed` has held back, once the arguments are complete: the input, where they were no such object."""
        if self._is_within or not self._held.strip():
            return ""
        held, self._held = self._held, ""
        self._is_over = True
        return input_of(held)

    def _unescaped(self, raw: str) -> str:
        said: list[str] = []
        position = 0
        quote = raw.find('"')
        while True:
            slash = raw.find("\\", position)
            if -1 < quote < position:
                quote = raw.find('"', position)  # The one found before was escaped.
            if slash < 0 or -1 < quote < slash:
                said.append(raw[position : quote if quote >= 0 else len(raw)])
                self._held, self._is_over = "", quote >= 0
                break
            said.append(raw[position:slash])
            char, position = _escaped(raw, slash)
            if not position:
                self._held = raw[slash:]
                break
            said.append(char)
        return "".join(said)


def _string_start(head: str) -> int:
    """Where the string begins after `{"input": "`; -1 where that cannot be said (yet)."""
    if len(head) > _LONGEST_HEAD and _KEY not in head[:_LONGEST_HEAD]:
        return -1
    before, _, rest = head.partition(_KEY)
    if before.strip() != "{":
        return -1
    rest = rest.lstrip()
    if rest[:1] != ":":
        return -1
    rest = rest[1:].lstrip()
    return len(head) - len(rest) + 1 if rest[:1] == '"' else -1


def _escaped(raw: str, slash: int) -> tuple[str, int]:
    """The character an escape stands for, and where it ends; 0 where it is not whole."""
    kind = raw[slash + 1 : slash + 2]
    if kind != "u":
        return _ESCAPES.get(kind, kind), slash + 2 if kind else 0
    if len(raw) < slash + 6:
        return "", 0
    code = _code(raw, slash)
    if not 0xD800 <= code < 0xDC00:
        return chr(code) if 0 <= code < 0xD800 or code > 0xDFFF else _REPLACEMENT, slash + 6
    follows = raw[slash + 6 : slash + 12]
    if len(follows) < 6 and "\\u".startswith(follows[:2]):
        return "", 0
    low = _code(raw, slash + 6) if follows.startswith("\\u") else -1
    if not 0xDC00 <= low < 0xE000:
        return _REPLACEMENT, slash + 6
    return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), slash + 12


def _code(raw: str, slash: int) -> int:
    try:
        return int(raw[slash + 2 : slash + 6], 16)
    except ValueError:
        return -1

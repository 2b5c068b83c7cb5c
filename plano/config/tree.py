"""A YAML document as a tree that still knows the line of every key and value.

Scalars keep their text: whether `no` is a word or a truth value is decided by what the config expects there.
"""

from __future__ import annotations

import re
from typing import Any, Final

_INTEGER: Final = re.compile(r"[-+]?\d[\d_]*\Z")
_NUMBER: Final = re.compile(r"[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][-+]?\d+)?\Z")
_TRUTH: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Scalar:
    """A text. `plain`: written without quotes. `variables`: the environment variables its text came from."""

    __slots__ = ("line", "missing", "plain", "text", "variables")

    def __init__(self, text: str, line: int, *, plain: bool) -> None:
        self.text = text
        self.line = line
        self.plain = plain
        self.variables: tuple[str, ...] = ()
        self.missing = False

    @property
    def is_null(self) -> bool:
        return self.plain and not self.variables and self.text in ("", "~", "null", "Null", "NULL")


class Sequence:
    __slots__ = ("items", "line")

    def __init__(self, line: int) -> None:
        self.line = line
        self.items: list[Node] = []


class Mapping:
    """`key_lines` has the line of each key of `entries`."""

    __slots__ = ("entries", "key_lines", "line")

    def __init__(self, line: int) -> None:
        self.line = line
        self.entries: dict[str, Node] = {}
        self.key_lines: dict[str, int] = {}

    def put(self, key: str, value: Node, line: int) -> None:
        self.entries[key] = value
        self.key_lines[key] = line

    def take(self, key: str) -> Node | None:
        """Remove a key and return its value."""
        self.key_lines.pop(key, None)
        return self.entries.pop(key, None)


Node = Scalar | Sequence | Mapping


def copy_of(node: Node) -> Node:
    """A tree of its own, with the lines of the original. Depth is bounded by the parser."""
    if isinstance(node, Scalar):
        return Scalar(node.text, node.line, plain=node.plain)
    if isinstance(node, Sequence):
        items = Sequence(node.line)
        items.items = [copy_of(item) for item in node.items]
        return items
    mapping = Mapping(node.line)
    for key, value in node.entries.items():
        mapping.put(key, copy_of(value), node.key_lines[key])
    return mapping


def truth_in(scalar: Scalar) -> bool | None:
    """True or false as YAML 1.1 writes them, or None."""
    return _TRUTH.get(scalar.text.strip().lower())


def integer_in(scalar: Scalar) -> int | None:
    text = scalar.text.strip()
    return int(text.replace("_", "")) if _INTEGER.match(text) and len(text) <= 20 else None


def number_in(scalar: Scalar) -> float | None:
    text = scalar.text.strip()
    return float(text.replace("_", "")) if _NUMBER.match(text) and len(text) <= 40 else None


def plain_value(node: Node) -> Any:
    """Dicts, lists, texts, numbers, truth values and None, for places where anything may stand."""
    if isinstance(node, Mapping):
        return {key: plain_value(value) for key, value in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain_value(item) for item in node.items]
    if not node.plain or node.variables:
        return node.text
    if node.is_null:
        return None
    for reading in (truth_in, integer_in, number_in):
        value = reading(node)
        if value is not None:
            return value
    return node.text

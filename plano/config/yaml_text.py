"""YAML text into a tree. Refuses what no config needs: duplicate keys, tags, cycles, endless aliases."""

from __future__ import annotations

from typing import Any, Final

import yaml

from .findings import may_be_a_key
from .tree import Mapping, Node, Scalar, Sequence, copy_of

MAX_BYTES: Final = 4 * 1024 * 1024
_MAX_DEPTH: Final = 100
_MAX_NODES: Final = 100_000
_KNOWN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")
)
_QUOTES_IN_TAGS: Final = "tag:yaml.org,2002:str"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotYaml(Exception):
    """The text cannot be read. `line` counts from 1; the message shows nothing of the text but key names."""

    def __init__(self, message: str, line: int | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


def decode(content: bytes) -> str:
    """The text of a file. Raises `NotYaml` for too large a file or another encoding than UTF-8."""
    if len(content) > MAX_BYTES:
        raise NotYaml(f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NotYaml("the file is not UTF-8 text", line, "save it as UTF-8") from None


def parse(text: str) -> tuple[Mapping, list[NotYaml]]:
    """The document as a tree, and the keys that stand in it twice (the first one counts).

    Raises `NotYaml` for everything else: after such an error there is no safe way on.
    """
    builder = _Builder(text)
    try:
        root = builder.build()
    except yaml.YAMLError as error:
        raise _explained(error, text) from None
    if root is None:
        raise NotYaml("the file is empty", None, "`planoai init` writes one to begin with")
    if not isinstance(root, Mapping):
        raise NotYaml("the file must hold keys and values, such as `version: v0.4.0`", root.line)
    return root, builder.duplicates


def _explained(error: yaml.YAMLError, text: str) -> NotYaml:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = None if mark is None else mark.line + 1
    if isinstance(error, yaml.reader.ReaderError):
        return NotYaml("the file holds a character that YAML does not allow", _line_of_bad_character(error, text))
    problem = getattr(error, "problem", None) or "it cannot be read"
    lines = text.splitlines()
    written = lines[line - 1] if line is not None and line <= len(lines) else ""
    indentation = written[: len(written) - len(written.lstrip())]
    hint = "YAML does not allow tabs here: use spaces" if "\t" in indentation else ""
    return NotYaml(f"this is not valid YAML: {problem}", line, hint)


def _line_of_bad_character(error: yaml.reader.ReaderError, text: str) -> int | None:
    position = getattr(error, "position", None)
    return None if position is None else text.count("\n", 0, position) + 1


class _Builder:
    """Builds the tree from the parser's events, without recursion: a file cannot exhaust the stack."""

    def __init__(self, text: str) -> None:
        self.duplicates: list[NotYaml] = []
        self._text = text
        self._open: list[tuple[Mapping | Sequence, str | None]] = []
        self._pending_keys: list[tuple[str, int] | None] = []
        self._anchors: dict[str, Node] = {}
        self._root: Node | None = None
        self._documents = 0
        self._nodes = 0

    def build(self) -> Node | None:
        for event in yaml.parse(self._text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._begin(event, line)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event.anchor or "", line)
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise NotYaml("the file holds more than one YAML document", line, "remove the `---` line")
        root = self._root
        return None if isinstance(root, Scalar) and root.is_null else root

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        self._refuse_tag(event.tag, line)
        plain = event.style in (None, "") and event.tag not in ("!", _QUOTES_IN_TAGS)
        scalar = Scalar(event.value, line, plain=plain)
        if self._expects_key():
            self._key(scalar)
            return
        if event.anchor:
            self._anchors[event.anchor] = scalar
        self._place(scalar)

    def _begin(self, event: Any, line: int) -> None:
        self._refuse_tag(event.tag, line)
        if self._expects_key():
            raise NotYaml("a key must be a simple text", line)
        if len(self._open) >= _MAX_DEPTH:
            raise NotYaml(f"the file is nested deeper than {_MAX_DEPTH} levels", line)
        node: Mapping | Sequence
        node = Mapping(line) if isinstance(event, yaml.MappingStartEvent) else Sequence(line)
        self._place(node)
        self._open.append((node, event.anchor))
        self._pending_keys.append(None)

    def _end(self) -> None:
        node, anchor = self._open.pop()
        self._pending_keys.pop()
        if isinstance(node, Mapping) and "<<" in node.entries:
            self._merge(node, node.key_lines["<<"])
        if anchor:
            # Only now: an alias inside of what it names would be a cycle, and finds no anchor yet.
            self._anchors[anchor] = node

    def _alias(self, name: str, line: int) -> None:
        if name not in self._anchors:
            is_open = any(anchor == name for _, anchor in self._open)
            written = "`*` and a long text" if may_be_a_key(name) else f"`*{name}`"
            if is_open:
                raise NotYaml(f"{written} stands inside of what it names", line)
            raise NotYaml(f"{written} names nothing", line, "put a text that begins with `*` between quotes")
        node = self._anchors[name]
        if self._expects_key():
            if not isinstance(node, Scalar):
                raise NotYaml("a key must be a simple text", line)
            self._key(Scalar(node.text, line, plain=node.plain))
            return
        self._count(_size(node) - 1, line)
        self._place(copy_of(node))

    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1][0], Mapping) and self._pending_keys[-1] is None

    def _key(self, scalar: Scalar) -> None:
        self._pending_keys[-1] = (scalar.text, scalar.line)

    def _place(self, node: Node) -> None:
        self._count(1, node.line)
        if not self._open:
            self._root = node
            return
        parent = self._open[-1][0]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        pending = self._pending_keys[-1]
        self._pending_keys[-1] = None
        if pending is None:
            raise NotYaml("a key must be a simple text", node.line)
        key, line = pending
        if key in parent.entries:
            message = f"the key `{key}` stands here twice (first in line {parent.key_lines[key]})"
            self.duplicates.append(NotYaml(message, line))
        else:
            parent.put(key, node, line)

    def _merge(self, mapping: Mapping, line: int) -> None:
        """`<<: *anchor`: the keys of another mapping, where this one has none of its own."""
        merged = mapping.take("<<")
        for source in merged.items if isinstance(merged, Sequence) else [merged]:
            if not isinstance(source, Mapping):
                raise NotYaml("`<<` takes the alias of a mapping", line)
            for key, value in source.entries.items():
                if key not in mapping.entries:
                    mapping.put(key, value, source.key_lines[key])

    def _count(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > _MAX_NODES:
            raise NotYaml("the file, with its aliases written out, is too large", line)

    @staticmethod
    def _refuse_tag(tag: str | None, line: int) -> None:
        if tag is not None and tag not in _KNOWN_TAGS and tag != "!":
            name = tag.removeprefix("tag:yaml.org,2002:")
            written = "`!` and a long text" if may_be_a_key(name) else f"`{name}`"
            hint = "put a text that begins with `!` between quotes" if name.startswith("!") else ""
            raise NotYaml(f"the YAML tag {written} is not supported", line, hint)


def _size(node: Node) -> int:
    total, waiting = 0, [node]
    while waiting:
        current = waiting.pop()
        total += 1
        if isinstance(current, Mapping):
            waiting.extend(current.entries.values())
        elif isinstance(current, Sequence):
            waiting.extend(current.items)
    return total

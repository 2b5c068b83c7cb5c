"""A tree into Structs, with every mistake reported in plain words.

`msgspec.convert` stops at the first mistake and shows the value it tripped over. This walks the same type
descriptions (`msgspec.inspect`) and goes on: a bad value falls back to its default, a bad entry is left out.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, TypeVar

from msgspec import Struct, inspect

from .findings import Findings, at, did_you_mean, join, may_be_a_key
from .tree import Mapping, Node, Scalar, Sequence, integer_in, number_in, plain_value, truth_in
from .type_words import hint_for, number_is_in_range, type_words
from .values import Duration, Secret

_S = TypeVar("_S", bound=Struct)
_BAD: Final = object()


def read(kind: type[_S], root: Mapping, findings: Findings, **stand_ins: object) -> _S:
    """Read a whole document. `stand_ins` take the place of required keys that are missing or bad."""
    description = _described(kind)
    reader = _Reader(findings)
    values = reader.fields(description, root, "")[0]
    return kind(**{**stand_ins, **values})


@cache
def _described(kind: type) -> inspect.StructType:
    description = inspect.type_info(kind)
    assert isinstance(description, inspect.StructType)  # For the type checker: Structs are described so.
    return description


class _Reader:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def fields(self, kind: inspect.StructType, node: Mapping, path: str) -> tuple[dict[str, Any], bool]:
        """The values that could be read, and whether all required ones are among them."""
        self._unknown_keys(kind, node, path)
        values: dict[str, Any] = {}
        complete = True
        for field in kind.fields:
            name = field.encode_name
            written = node.entries.get(name)
            if written is None:
                if field.required:
                    self._findings.problem(path, _missing(name, field.type), hint_for(field.type))
                    complete = False
                continue
            here = join(path, name)
            self._findings.lines[here] = node.key_lines[name]
            if isinstance(written, Scalar) and not field.required and _stands_for_default(written, field.type):
                continue
            value = self._value(field.type, written, here)
            if value is not _BAD:
                values[field.name] = value
            elif field.required:
                complete = False
        return values, complete

    def _unknown_keys(self, kind: inspect.StructType, node: Mapping, path: str) -> None:
        known = [field.encode_name for field in kind.fields]
        if kind.tag_field is not None:
            known.append(kind.tag_field)
        for key, line in node.key_lines.items():
            if key in known:
                continue
            hint = did_you_mean(key, known)
            if kind.forbid_unknown_fields:
                self._findings.problem(join(path, key), "this key is not known here", hint, line=line)
            else:
                self._findings.notice(
                    f"`{join(path, key)}` (line {line}) is not known and has no effect" + (f": {hint}" if hint else ".")
                )

    def _value(self, kind: inspect.Type, node: Node, path: str) -> Any:
        kind = _bare(kind)
        self._findings.lines.setdefault(path, node.line)
        if isinstance(kind, inspect.StructType):
            return self._struct(kind, node, path)
        if isinstance(kind, inspect.UnionType):
            return self._union(kind, node, path)
        if isinstance(kind, inspect.VarTupleType):
            return self._list(kind, node, path)
        if isinstance(kind, inspect.DictType):
            return self._dict(kind, node, path)
        if isinstance(kind, inspect.AnyType):
            return plain_value(node)
        return self._scalar((kind,), kind, node, path)

    def _struct(self, kind: inspect.StructType, node: Node, path: str) -> Any:
        if not isinstance(node, Mapping):
            return self._wrong(kind, node, path)
        values, complete = self.fields(kind, node, path)
        return kind.cls(**values) if complete else _BAD

    def _union(self, kind: inspect.UnionType, node: Node, path: str) -> Any:
        members = tuple(member for member in kind.types if not isinstance(member, inspect.NoneType))
        structs = [member for member in members if isinstance(_bare(member), inspect.StructType)]
        if len(structs) > 1:
            return self._tagged(structs, node, path)
        if len(members) == 1:
            return self._value(members[0], node, path)
        return self._scalar(tuple(map(_bare, members)), kind, node, path)

    def _tagged(self, members: list[Any], node: Node, path: str) -> Any:
        """One of several Structs, told apart by a key."""
        by_tag = {member.tag: member for member in members}
        tag_field = members[0].tag_field
        if not isinstance(node, Mapping):
            return self._wrong(members[0], node, path)
        written = node.entries.get(tag_field)
        choice = ", ".join(f"`{tag}`" for tag in by_tag)
        if written is None:
            self._findings.problem(path, f"`{tag_field}` is missing; it is one of {choice}")
            return _BAD
        here = join(path, tag_field)
        self._findings.lines[here] = node.key_lines[tag_field]
        tag = written.text if isinstance(written, Scalar) else ""
        if tag not in by_tag:
            hint = did_you_mean(tag, by_tag)
            self._findings.problem(here, f"must be one of {choice}, not {self._shown(written, here, hint)}", hint)
            return _BAD
        self._report_keys_of_others(node, by_tag, tag, path)
        return self._struct(by_tag[tag], node, path)

    def _report_keys_of_others(self, node: Mapping, by_tag: dict[str, Any], tag: str, path: str) -> None:
        """A key that would be right for another type says more about the mistake than "not known"."""
        own = {field.encode_name for field in by_tag[tag].fields}
        for other, member in by_tag.items():
            for field in member.fields:
                name = field.encode_name
                if name in node.entries and name not in own:
                    tag_field = member.tag_field
                    message = f"only an entry with `{tag_field}: {other}` has this key, and this is `{tag}`"
                    self._findings.problem(join(path, name), message, line=node.key_lines[name])
                    node.take(name)

    def _list(self, kind: inspect.VarTupleType, node: Node, path: str) -> Any:
        if not isinstance(node, Sequence):
            return self._wrong(kind, node, path)
        if kind.min_length and len(node.items) < kind.min_length:
            self._findings.problem(path, "must have at least one entry")
            return _BAD
        values = [self._value(kind.item_type, item, at(path, index)) for index, item in enumerate(node.items)]
        kept = tuple(index for index, value in enumerate(values) if value is not _BAD)
        if len(kept) < len(values):
            self._findings.leave_out(path, kept)
        return tuple(values[index] for index in kept)

    def _dict(self, kind: inspect.DictType, node: Node, path: str) -> Any:
        if not isinstance(node, Mapping):
            return self._wrong(kind, node, path)
        for key, line in node.key_lines.items():
            self._findings.lines[join(path, key)] = line
        values = {key: self._value(kind.value_type, value, join(path, key)) for key, value in node.entries.items()}
        read = {key: value for key, value in values.items() if value is not _BAD}
        if len(read) < len(values):
            self._findings.leave_out(path)
        return read

    def _scalar(self, choices: tuple[inspect.Type, ...], kind: inspect.Type, node: Node, path: str) -> Any:
        if not isinstance(node, Scalar):
            return self._wrong(kind, node, path)
        if node.variables:
            self._findings.variables[path] = node.variables
        if node.missing:
            self._findings.unset.add(path)
        if not node.is_null:
            # Without quotes, 5 is a number before it is a text.
            for choice in sorted(choices, key=_is_text) if node.plain else choices:
                value = _read_scalar(choice, node)
                if value is not _BAD:
                    self._note_literal_secret(value, node, path)
                    return value
        return self._wrong(kind, node, path)

    def _note_literal_secret(self, value: Any, node: Scalar, path: str) -> None:
        if isinstance(value, Secret) and value and not node.variables:
            self._findings.literal_secrets.append(path)

    def _wrong(self, kind: inspect.Type, node: Node, path: str) -> Any:
        hint = meant = ""
        if isinstance(node, Scalar) and isinstance(kind, inspect.LiteralType) and not node.variables:
            hint = meant = did_you_mean(node.text, map(str, kind.values))
        elif isinstance(node, Scalar) and isinstance(kind, inspect.VarTupleType) and not node.is_null:
            hint = "write each entry in a line of its own, after `- `"
        hides = _is_secret(kind) or (isinstance(kind, inspect.DictType) and _is_secret(kind.value_type))
        shown = "a secret" if hides and isinstance(node, Scalar) else self._shown(node, path, meant)
        if isinstance(node, Scalar) and node.is_null:
            self._findings.problem(path, f"has no value; it must be {type_words(kind)}")
        elif isinstance(node, Scalar) and node.missing:
            names = ", ".join(f"`{name}`" for name in node.variables)
            self._findings.problem(path, f"the environment variable {names} is not set", even_unset=True)
        else:
            self._findings.problem(path, f"must be {type_words(kind)}" + (f", not {shown}" if shown else ""), hint)
        return _BAD

    def _shown(self, node: Node, path: str, meant: str) -> str:
        """A value that is wrong here, unless it may be a key that belongs elsewhere; `meant`: it is a misspelt word."""
        if isinstance(node, Scalar):
            if node.variables:
                self._findings.variables[path] = node.variables
            elif not meant and may_be_a_key(node.text):
                return "the long text that stands there"
            return self._findings.shown(path, node.text) if node.text or node.variables else ""
        return "a list" if isinstance(node, Sequence) else "keys and values"


def _stands_for_default(written: Scalar, kind: inspect.Type) -> bool:
    """`key:` with nothing behind it; or a variable that is not set, where text would not do."""
    return written.is_null or (written.missing and not _takes_text(kind))


def _takes_text(kind: inspect.Type) -> bool:
    kind = _bare(kind)
    if isinstance(kind, inspect.UnionType):
        return any(map(_takes_text, kind.types))
    return isinstance(kind, inspect.StrType) or _is_secret(kind)


def _is_text(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.StrType)


def _is_secret(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.CustomType) and kind.cls is Secret


def _bare(kind: inspect.Type) -> inspect.Type:
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def _missing(name: str, kind: inspect.Type) -> str:
    kind = _bare(kind)
    if isinstance(kind, inspect.LiteralType):
        return f"`{name}` is missing; it is {type_words(kind)}"
    return f"`{name}` is missing"


def _read_scalar(kind: inspect.Type, scalar: Scalar) -> Any:
    """The value, or `_BAD`. What was quoted, or came from the environment, may still be a number."""
    if isinstance(kind, inspect.StrType):
        return _read_text(kind, scalar)
    if isinstance(kind, inspect.BoolType):
        truth = truth_in(scalar)
        return _BAD if truth is None else truth
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        number = integer_in(scalar) if isinstance(kind, inspect.IntType) else number_in(scalar)
        return number if number is not None and number_is_in_range(kind, number) else _BAD
    if isinstance(kind, inspect.LiteralType):
        return scalar.text if scalar.text in kind.values else _BAD
    if isinstance(kind, inspect.CustomType) and kind.cls is Secret:
        return Secret(scalar.text)
    if isinstance(kind, inspect.CustomType) and issubclass(kind.cls, Duration):
        return _read_duration(kind.cls, scalar)
    return _BAD


def _read_text(kind: inspect.StrType, scalar: Scalar) -> Any:
    if scalar.missing:
        return scalar.text
    if kind.min_length and len(scalar.text.strip()) < kind.min_length:
        return _BAD
    if kind.pattern is not None and not re.search(kind.pattern, scalar.text):
        return _BAD
    return scalar.text


def _read_duration(kind: type[Duration], scalar: Scalar) -> Any:
    try:
        return kind.parse(scalar.text)
    except ValueError:
        return _BAD

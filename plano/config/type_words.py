"""Types in plain words, for messages: "a whole number from 1 to 65535", never "expected `int`"."""

from __future__ import annotations

from msgspec import inspect

from .values import Duration


def type_words(kind: inspect.Type) -> str:
    """What may stand here, to follow "must be"."""
    if isinstance(kind, inspect.Metadata):
        return str((kind.extra or {}).get("words") or type_words(kind.type))
    if isinstance(kind, inspect.UnionType):
        members = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
        return " or ".join(dict.fromkeys(map(type_words, members)))
    if isinstance(kind, inspect.LiteralType):
        values = [f"`{value}`" for value in kind.values]
        return values[0] if len(values) == 1 else "one of " + ", ".join(values)
    if isinstance(kind, inspect.IntType):
        return "a whole number" + _range_words(kind)
    if isinstance(kind, inspect.FloatType):
        return "a number" + _range_words(kind)
    if isinstance(kind, inspect.StrType):
        return "a text that is not empty" if kind.min_length else "a text"
    if isinstance(kind, inspect.BoolType):
        return "`true` or `false`"
    if isinstance(kind, inspect.VarTupleType):
        return "a list"
    if isinstance(kind, inspect.CustomType):
        return _length_words(kind.cls) if issubclass(kind.cls, Duration) else "a text"
    return "keys and values"


def _length_words(kind: type[Duration]) -> str:
    return "a length of time such as 300s, 500ms, 2m or 1h" + (", or 0" if kind.may_be_zero else "")


def hint_for(kind: inspect.Type) -> str:
    """What to write for a key that is missing, where the section says so."""
    return str((kind.extra or {}).get("hint", "")) if isinstance(kind, inspect.Metadata) else ""


def number_is_in_range(kind: inspect.IntType | inspect.FloatType, number: float) -> bool:
    is_above = (kind.ge is None or number >= kind.ge) and (kind.gt is None or number > kind.gt)
    return is_above and (kind.le is None or number <= kind.le)


def _range_words(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f" from {kind.ge} to {kind.le}"
    if kind.ge is not None:
        return f" of at least {kind.ge}"
    if kind.gt is not None:
        return f" above {kind.gt}" + (f" and up to {kind.le}" if kind.le is not None else "")
    return f" of at most {kind.le}" if kind.le is not None else ""

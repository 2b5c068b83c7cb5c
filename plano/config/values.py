"""The value types of a config file that are not plain data: secrets, and lengths of time.

A `Secret` refuses to show itself; a `Duration` is a float of seconds. The hooks at the end are for msgspec.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Final, NoReturn, Self

from msgspec import Meta

Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=1)]
Fraction = Annotated[float, Meta(ge=0, le=1)]

_HIDDEN: Final = "***"
_UNIT_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
DURATION_PATTERN: Final = r"^\s*(\d+(\.\d+)?|(\d+(\.\d+)?(ms|s|m|h|d))+)\s*$"
_DURATION: Final = re.compile(DURATION_PATTERN)
_LONGEST_SECONDS: Final = 10 * 365 * 86400.0


class Secret:
    """A text that never shows in `repr`, `str`, a format or JSON; `reveal()` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Secret({_HIDDEN})"

    def __str__(self) -> str:
        return _HIDDEN

    def __format__(self, spec: str) -> str:
        return format(_HIDDEN, spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: it would lie in the open")


class Duration(float):
    """A length of time in seconds, written `300s`, `500ms`, `2m`, `1h`, `1m30s` or as a bare number."""

    __slots__ = ()
    may_be_zero: ClassVar[bool] = False

    @classmethod
    def parse(cls, written: str | int | float) -> Self:
        """Raises `ValueError` for anything that is not a length of time above zero and below ten years."""
        seconds = float(written) if isinstance(written, int | float) else _seconds(written)
        is_too_short = seconds < 0.0 if cls.may_be_zero else seconds <= 0.0
        if is_too_short or not seconds <= _LONGEST_SECONDS:
            raise ValueError("a length of time must be longer than 0 and shorter than ten years")
        return cls(seconds)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({float(self)!r})"


class DurationOrZero(Duration):
    """A length of time, or 0 for "never"."""

    __slots__ = ()
    may_be_zero = True


def _seconds(written: str) -> float:
    if not _DURATION.match(written):
        raise ValueError("a length of time is written like 300s, 500ms, 2m or 1h")
    parts = _PART.findall(written)
    if not parts:
        return float(written)
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)


def dec_hook(kind: type, written: Any) -> Any:
    """For `msgspec.convert(..., dec_hook=dec_hook)`."""
    if kind is Secret and isinstance(written, str):
        return Secret(written)
    if issubclass(kind, Duration) and isinstance(written, str | int | float) and not isinstance(written, bool):
        return kind.parse(written)
    raise TypeError(f"no {kind.__name__} can be read from a {type(written).__name__}")


def enc_hook(value: Any) -> Any:
    """For `msgspec.to_builtins(..., enc_hook=enc_hook)`: a secret stays hidden, a duration is its seconds."""
    if isinstance(value, Secret):
        return _HIDDEN
    if isinstance(value, Duration):
        return float(value)
    raise TypeError(f"a {type(value).__name__} has no JSON form here")


def schema_hook(kind: type) -> dict[str, Any]:
    """For `msgspec.json.schema(..., schema_hook=schema_hook)`."""
    if kind is Secret:
        return {"type": "string"}
    if issubclass(kind, Duration):
        least = "minimum" if kind.may_be_zero else "exclusiveMinimum"
        return {"anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, {"type": "number", least: 0}]}
    raise TypeError(f"no schema for {kind.__name__}")

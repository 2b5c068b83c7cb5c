"""A dialect providers speak, with how they are reached: what a plugin registers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from plano.dialects.operation import Operation
from plano.dialects.translating import ProviderSide

_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]*")
_PATH: Final = re.compile(r"/(?:[!-\"$-z|~]|\{model\})*")  # Visible characters, neither `#` nor braces of its own.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE: Final = re.compile(r"[\t -~]*")
_SIDES: Final = ("write_request", "read_answer", "read_error", "reader")


class ProviderDialect(Struct, frozen=True, kw_only=True):
    """`side` says what goes over the line, the rest where to; its name is the value of `provider_interface`.

    `path` follows the path of a row's `base_url`; `{model}` in it stands for the model's id, percent-encoded, and what
    comes after `?` is the query. `streaming_path`: the same for streams, where it is another one. `auth`: how the key
    travels, `bearer` (in `authorization`) or the name of a header that holds it bare. `headers` are sent unless the
    client sent that name. Raises `ValueError`, or `TypeError` for a side that is none.
    """

    side: ProviderSide
    path: str
    streaming_path: str = ""
    auth: str = "bearer"
    headers: Mapping[str, str] = {}

    def __post_init__(self) -> None:
        if not isinstance(self.side, ProviderSide):
            raise TypeError(f"the side of a dialect must be a ProviderSide, not {type(self.side).__name__}")
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"the dialect name {self.name!r} is not made of a-z, 0-9, `_`, `.` and `-`")
        if fault := self._fault():
            raise ValueError(f"the dialect {self.name!r}: {fault}")

    @property
    def name(self) -> str:
        return self.side.name

    @property
    def operation(self) -> Operation:
        """What a provider of this dialect is asked for."""
        return Operation(self.name, self.name, self.path, streams=True)

    def _fault(self) -> str:
        for member in _SIDES:
            if not callable(getattr(self.side, member)):
                return f"{member} cannot be called"
        if self.side.framing not in ("sse", "aws_event_stream"):
            return f"there is no framing {self.side.framing!r}; it is `sse` or `aws_event_stream`"
        for path in (self.path, self.streaming_path or self.path):
            if not _PATH.fullmatch(path):
                return f"{path!r} is not a path (`/...`, with `{{model}}` where the model's id goes)"
        if not self.side.names_model and not all(
            "{model}" in path for path in (self.path, self.streaming_path or self.path)
        ):
            return "nothing names the model: neither the body (`names_model`) nor the path (`{model}`)"
        return header_fault(self.auth, self.headers)


def header_fault(auth: str, headers: Mapping[str, str]) -> str:
    """What is wrong with the headers a plugin wants sent; "" when nothing is."""
    if not _HEADER_NAME.fullmatch(auth):
        return f"auth is `bearer` or the name of a header, not {auth!r}"
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            return f"{name!r} is not a header that can be sent"
    return ""

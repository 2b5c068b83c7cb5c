"""A vendor that a plugin adds to plano's table: what a config may name before the first slash of a `model`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from plano.dialects.operation import OPERATIONS
from plano.dialects.provider_dialect import ProviderDialect, header_fault
from plano.http.wire.origin import Origin

_NAME: Final = re.compile(r"[a-z][a-z0-9_.-]*")
_URL: Final = re.compile(r"[!-~]+")
_SPOKEN: Final = frozenset(operation.name for operation in OPERATIONS)


class ProviderVendor(Struct, frozen=True, kw_only=True):
    """`name` is what stands before the first slash of a `model`, as are `aliases`; `display` is shown as `owned_by`.

    `base_url` is scheme, host and the path in front of every operation's own: `https://api.example.com/v1`. `speaks`
    are names of operations (`chat`, `responses`, `messages`, `embeddings` ...), or `dialect` is one of the plugin's
    own. `auth`: `bearer`, or the header that holds the key bare; a `dialect` has its own. `headers` are sent unless the
    client sent that name. `stream_usage`: it takes `stream_options`. Raises `ValueError` or `TypeError`.
    """

    name: str
    base_url: str
    speaks: tuple[str, ...] = ("chat",)
    dialect: ProviderDialect | None = None
    display: str = ""
    aliases: tuple[str, ...] = ()
    auth: str = "bearer"
    headers: Mapping[str, str] = {}
    needs_key: bool = True
    stream_usage: bool = True
    max_completion_tokens: bool = False

    def __post_init__(self) -> None:
        for name in (self.name, *self.aliases):
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise ValueError(f"the vendor name {name!r} is not made of a-z, 0-9, `_`, `.` and `-`")
        if fault := self._fault():
            raise ValueError(f"the vendor {self.name!r}: {fault}")

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)

    def _fault(self) -> str:
        try:
            Origin.parse(self.base_url)
        except (ValueError, TypeError, AttributeError) as error:
            return f"base_url: {error}"
        if not _URL.fullmatch(self.base_url):
            return "base_url holds what no URL may"
        if self.dialect is not None and not isinstance(self.dialect, ProviderDialect):
            return f"its dialect must be a ProviderDialect, not {type(self.dialect).__name__}"
        unknown = [name for name in self.speaks if name not in _SPOKEN] if self.dialect is None else []
        if unknown or not self.speaks or isinstance(self.speaks, str):
            return f"speaks is a tuple of {', '.join(sorted(_SPOKEN))}, not {self.speaks!r}"
        return header_fault(self.auth, self.headers)

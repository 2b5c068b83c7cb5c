"""Where things are kept for a while: the contract between those who keep something and the stores that hold it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol

from msgspec import Struct

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")


class Store(Protocol):
    """Values by key, for a while. Keys are plain text; whoever shares a store begins them with a name of his own."""

    async def get(self, key: str) -> bytes | None:
        """None when it is not there, or no longer. Raises `StoreUnusable`."""
        ...

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Raises `StoreUnusable`."""
        ...

    async def delete(self, key: str) -> None:
        """Raises `StoreUnusable`."""
        ...

    async def close(self) -> None:
        """No call follows."""
        ...


class StoreKind(Struct, frozen=True):
    """Stores whose URLs begin with `name:`. `open(url)` makes one and waits for nobody: the first call connects.

    `open` raises `ValueError` for a URL that makes no sense; it must not repeat passwords. Raises `ValueError` for a
    name that is no scheme.
    """

    name: str
    open: Callable[[str], Store]

    def __post_init__(self) -> None:
        if not _SCHEME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not the scheme of a URL (a-z, 0-9, `+`, `.` and `-`)")
        if not callable(self.open):
            raise TypeError(f"the store {self.name!r}: `open` cannot be called")

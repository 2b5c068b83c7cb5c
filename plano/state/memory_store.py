"""Values in this process: bounded by bytes, the least recently used go first, and each has its time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

#: What an entry costs beside its key and its value: objects, table, order. Measured on CPython 3.11, rounded up.
ENTRY_BYTES: Final = 400
DEFAULT_LIMIT: Final = 64 * 1024 * 1024


class _Entry(NamedTuple):
    value: bytes
    ends_at: float
    size: int


class MemoryStore:
    """A `Store` of at most `limit_bytes` (keys, values and what they cost); `now_s` is a clock that never goes back.

    A value that would not fit at all is not kept. What has run out of time goes when it is asked for, or pushed out.
    """

    def __init__(self, limit_bytes: int = DEFAULT_LIMIT, now_s: Callable[[], float] = time.monotonic) -> None:
        self.limit_bytes = limit_bytes
        self.size_bytes = 0
        self._now_s = now_s
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"MemoryStore({len(self)} entries, {self.size_bytes} of {self.limit_bytes} bytes)"

    async def get(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.ends_at <= self._now_s():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        self._drop(key)
        size = len(value) + len(key.encode()) + ENTRY_BYTES
        if size > self.limit_bytes or ttl_s <= 0:
            return
        while self.size_bytes + size > self.limit_bytes:
            self._drop(next(iter(self._entries)))
        self._entries[key] = _Entry(bytes(value), self._now_s() + ttl_s, size)
        self.size_bytes += size

    async def delete(self, key: str) -> None:
        self._drop(key)

    async def close(self) -> None:
        self._entries.clear()
        self.size_bytes = 0

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size_bytes -= entry.size

"""Answers in a store, and what becomes of a store that does not answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct

from plano.plugin_api import Store, StoreUnusable

log: Final = logging.getLogger("plano_cache")

LOG_EVERY_S: Final = 60.0
#: How long a store is left alone after it did not answer: nobody shall wait for it with every request.
PAUSE_S: Final = 5.0


class Kept(Struct, array_like=True, frozen=True):
    """One answer as the client got it: a document, or a stream's events. `at_unix_s`: when that was."""

    at_unix_s: float
    content_type: str
    body: bytes


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Kept).decode


class Answers:
    """Reads and keeps answers. A store in trouble is an empty one; its troubles are counted, and told once a minute."""

    def __init__(self, store: Store, ttl_s: float, now_s: Callable[[], float]) -> None:
        """`now_s` is a clock that never goes back."""
        self._store = store
        self._ttl_s = ttl_s
        self._now_s = now_s
        self._paused_until = float("-inf")
        self._silent_until = float("-inf")
        self.faults = 0
        #: What is being kept: the event loop holds tasks only weakly.
        self.running: set[asyncio.Task[None]] = set()

    async def get(self, key: str) -> Kept | None:
        if self._now_s() < self._paused_until:
            return None
        try:
            found = await self._store.get(key)
        except StoreUnusable as error:
            self._failed(error)
            return None
        if found is None:
            return None
        try:
            return _decode(found)
        except msgspec.DecodeError:  # Somebody else's value.
            return None

    def keep_soon(self, key: str, kept: Kept) -> None:
        """Keep it without anybody waiting."""
        task = asyncio.get_running_loop().create_task(self.keep(key, kept))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def keep(self, key: str, kept: Kept) -> None:
        if self._now_s() < self._paused_until:
            return
        try:
            await self._store.set(key, _encode(kept), self._ttl_s)
        except StoreUnusable as error:
            self._failed(error)

    def _failed(self, error: StoreUnusable) -> None:
        self.faults += 1
        now_s = self._now_s()
        self._paused_until = now_s + PAUSE_S
        if now_s >= self._silent_until:
            self._silent_until = now_s + LOG_EVERY_S
            log.warning("the store of the cache cannot be used (%s), %d times so far", error.detail, self.faults)

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from plano.state.memory_store import ENTRY_BYTES, MemoryStore
from plano.testing.clock import FakeClock

EACH = ENTRY_BYTES + 2  # A key and a value of one byte.


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


def test_a_value_is_there_until_its_time_is_over() -> None:
    async def scene() -> None:
        clock = FakeClock()
        store = MemoryStore(now_s=clock.monotonic_s)
        await store.set("a", b"1", 10)
        clock.advance(9.9)
        assert await store.get("a") == b"1"
        clock.advance(0.1)
        assert await store.get("a") is None
        assert (len(store), store.size_bytes) == (0, 0)

    run(scene())


def test_the_least_recently_used_goes_first() -> None:
    async def scene() -> None:
        store = MemoryStore(limit_bytes=3 * EACH)
        for key in "abc":
            await store.set(key, b"1", 60)
        assert await store.get("a") == b"1"
        await store.set("d", b"1", 60)
        assert [await store.get(key) for key in "abcd"] == [b"1", None, b"1", b"1"]
        assert store.size_bytes == 3 * EACH

    run(scene())


@pytest.mark.parametrize(("size", "is_kept"), [(EACH - ENTRY_BYTES - 1, True), (EACH, False)])
def test_what_does_not_fit_pushes_nothing_out(size: int, is_kept: bool) -> None:
    async def scene() -> None:
        store = MemoryStore(limit_bytes=2 * EACH)
        await store.set("a", b"1", 60)
        await store.set("b", b"x" * size if is_kept else b"x" * (2 * EACH), 60)
        assert await store.get("a") == b"1"
        assert (await store.get("b") is not None) == is_kept

    run(scene())


def test_a_value_set_again_is_counted_once_and_a_deleted_one_not_at_all() -> None:
    async def scene() -> None:
        store = MemoryStore()
        await store.set("a", b"1", 60)
        await store.set("a", b"22", 60)
        assert store.size_bytes == EACH + 1
        await store.delete("a")
        await store.delete("a")
        assert store.size_bytes == 0
        await store.set("a", b"1", 0)
        assert await store.get("a") is None
        await store.set("a", b"1", 60)
        await store.close()
        assert repr(store) == f"MemoryStore(0 entries, 0 of {store.limit_bytes} bytes)"

    run(scene())

"""With a real Redis, at a Unix socket."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from plano.errors import StoreUnusable
from plano.state.redis_store import RedisStore

from .conftest import RedisServer


def test_values_are_kept_with_their_time_and_deleted(redis_server: RedisServer) -> None:
    async def scene() -> None:
        store = RedisStore(redis_server.url)
        assert await store.get("a") is None
        await store.set("a", b"\x00\xff", 60)
        assert await store.get("a") == b"\x00\xff"
        other = RedisStore(redis_server.url)
        assert await other.get("a") == b"\x00\xff"
        assert 59_000 < await other._redis.pttl("a") <= 60_000
        await other.delete("a")
        assert await store.get("a") is None
        await store.set("b", b"1", 60)
        await store.set("b", b"1", 0)
        assert await store.get("b") is None
        await store.close()
        await other.close()

    asyncio.run(scene())


def test_a_connection_that_died_is_opened_anew(redis_server: RedisServer) -> None:
    async def scene() -> None:
        store = RedisStore(redis_server.url)
        await store.set("a", b"1", 60)
        redis_server.stop()
        redis_server.start()
        assert await store.get("a") is None  # The new server has nothing; what matters is that it was asked.
        await store.close()

    asyncio.run(scene())


def test_a_server_that_is_gone_makes_the_store_unusable(redis_server: RedisServer) -> None:
    async def scene() -> None:
        store = RedisStore(redis_server.url)
        await store.set("a", b"1", 60)
        redis_server.stop()
        for call in (store.get("a"), store.set("a", b"1", 60), store.delete("a")):
            with pytest.raises(StoreUnusable) as caught:
                await call
            assert str(redis_server.socket) not in f"{caught.value} {caught.value.detail}"
        await store.close()

    asyncio.run(scene())


def test_a_server_that_does_not_answer_makes_the_store_unusable(tmp_path: Path) -> None:
    pytest.importorskip("redis", reason="the extra `redis` is not installed")

    async def scene() -> None:
        gone = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await gone.wait()
            writer.close()

        server = await asyncio.start_unix_server(silent, tmp_path / "silent.sock")
        store = RedisStore(f"unix://{tmp_path / 'silent.sock'}", timeout_s=0.05)
        with pytest.raises(StoreUnusable):
            await store.get("a")
        await store.close()
        gone.set()
        server.close()
        await server.wait_closed()

    asyncio.run(scene())


def test_a_refusal_of_the_server_shows_no_password(redis_server: RedisServer) -> None:
    async def scene() -> None:
        redis_server.stop()
        redis_server.start("--requirepass", "right")
        store = RedisStore(f"unix://:hunter2@{redis_server.socket}")
        with pytest.raises(StoreUnusable) as caught:
            await store.get("a")
        assert "hunter2" not in f"{caught.value!r} {caught.value.detail} {caught.value.__cause__} {store!r}"
        await store.close()

    asyncio.run(scene())


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(ValueError, match=r"pip install 'planoai\[redis\]'"):
        RedisStore("redis://localhost")

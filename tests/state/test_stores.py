from __future__ import annotations

import pytest

from plano.plugins.registrations import STORE_NAMES
from plano.state.memory_store import DEFAULT_LIMIT, MemoryStore
from plano.state.redis_store import RedisStore
from plano.state.stores import OWN_SCHEMES, open_store
from plano.storing import StoreKind


@pytest.mark.parametrize(
    ("url", "limit"),
    [("memory:", DEFAULT_LIMIT), ("memory://", DEFAULT_LIMIT), ("Memory:256m", 256 * 2**20), ("memory:1000", 1000)],
)
def test_memory(url: str, limit: int) -> None:
    store = open_store(url)
    assert isinstance(store, MemoryStore)
    assert store.limit_bytes == limit


@pytest.mark.parametrize("url", ["redis://localhost:7/1", "rediss://u:p@h", "unix:///run/redis.sock"])
def test_redis_is_not_connected_yet(url: str) -> None:
    pytest.importorskip("redis", reason="the extra `redis` is not installed")
    assert isinstance(open_store(url), RedisStore)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("memory:lots", "`memory:256m`"),
        ("memory:0", "`memory:256m`"),
        ("memorie:", "there is no store 'memorie:' (did you mean 'memory:'?)"),
        ("reddis://me:hunter2@host", "there is no store 'reddis:' (did you mean 'redis:'?)"),
        ("cupboard:hunter2", "known are memory:, redis:, rediss:, unix:, drawer:"),
        ("drower:", "did you mean 'drawer:'?"),
        ("hunter2", "begins with its kind, one of memory:"),
        ("redis://me:hunter2@host:port", "the URL of the store is none: redis://[user"),
        ("redis://me:hunter2@host/0?socket_timeout=hunter2", "the URL of the store is none: redis://[user"),
    ],
)
def test_what_is_no_store_is_refused_without_its_password(url: str, said: str) -> None:
    with pytest.raises(ValueError, match="stor") as caught:
        open_store(url, [StoreKind("drawer", lambda url: MemoryStore())])
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_plugins_store_gets_its_url() -> None:
    opened = []

    def open_drawer(url: str) -> MemoryStore:
        opened.append(url)
        return MemoryStore(7)

    store = open_store("drawer://left?deep=1", [StoreKind("drawer", open_drawer)])
    assert isinstance(store, MemoryStore)
    assert (opened, store.limit_bytes) == (["drawer://left?deep=1"], 7)


def test_plugins_may_not_take_the_schemes_of_planos_own_stores() -> None:
    assert STORE_NAMES == OWN_SCHEMES


@pytest.mark.parametrize("name", ["", "Drawer", "a b", "1st"])
def test_a_kind_has_a_scheme_for_its_name(name: str) -> None:
    with pytest.raises(ValueError, match="is not the scheme of a URL"):
        StoreKind(name, lambda url: MemoryStore())

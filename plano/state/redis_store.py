"""Values in Redis, or in what speaks like it: shared by workers and machines.

Needs the extra `redis`. What the client library raises becomes `StoreUnusable`, without the address, key or value.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from plano.errors import StoreUnusable

#: For a connection, and for an answer. Whoever asks has a client waiting.
TIMEOUT_S: Final = 0.5
SCHEMES: Final = ("redis", "rediss", "unix")
MOST_CONNECTIONS: Final = 64

T = TypeVar("T")


class RedisStore:
    """A `Store` at `redis://`, `rediss://` or `unix://`; connects at the first call, and once more if that fails.

    Raises `ValueError` for a URL the library cannot read, or where the extra is not installed.
    """

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._redis = _client(url, timeout_s)
        self._timeout_s = timeout_s

    def __repr__(self) -> str:  # Never the URL: it may hold a password.
        return "RedisStore()"

    async def get(self, key: str) -> bytes | None:
        found: Any = await self._asked(lambda: self._redis.get(key))
        return None if found is None else bytes(found)

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        lasts_ms = math.ceil(ttl_s * 1000)
        if lasts_ms > 0:
            await self._asked(lambda: self._redis.set(key, value, px=lasts_ms))
        else:
            await self.delete(key)

    async def delete(self, key: str) -> None:
        await self._asked(lambda: self._redis.delete(key))

    async def close(self) -> None:
        # A server that is gone is no reason to fail at the end.
        try:
            await self._asked(self._redis.aclose)
        except StoreUnusable:
            return

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        """One call, all in all in at most twice the time-out: a connection that had died is opened anew once."""
        from redis.exceptions import RedisError

        try:
            async with asyncio.timeout(2 * self._timeout_s):
                return await ask()
        except (TimeoutError, OSError, RedisError) as error:
            # The library's messages name hosts and users; its class says what kind of trouble it is.
            raise StoreUnusable("a store cannot be used", detail=type(error).__name__) from None


def _client(url: str, timeout_s: float) -> Any:
    try:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import ConnectionError as Lost
        from redis.exceptions import TimeoutError as Late
    except ImportError:
        raise ValueError("stores in Redis need an extra: pip install 'planoai[redis]'") from None
    try:
        urlsplit(url).port  # noqa: B018  # It raises for what is no port, with nothing of the URL but that.
        return Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            max_connections=MOST_CONNECTIONS,
            retry=Retry(NoBackoff(), 1),
            retry_on_error=[Lost, Late, ConnectionResetError, BrokenPipeError],
        )
    except (ValueError, TypeError):
        raise ValueError("the URL of the store is none: redis://[user:password@]host[:port][/database]") from None

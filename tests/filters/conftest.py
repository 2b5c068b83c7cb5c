"""A filters' pool on a loop, as the gateway has one, and what filters are asked."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from plano.config.load import load_text
from plano.filters.asked import Asked
from plano.filters.declared import CONNECT_S, remote_filters
from plano.filters.remote_filter import RemoteFilter
from plano.http.client.dialer import Dialer
from plano.http.client.pool import Pool
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker

REQUEST = b'{"model": "gpt-4o-mini",  "messages": [{"role": "user", "content": "What is 2+2?"}]}'


@asynccontextmanager
async def filters_of(rows: str, more: frozenset[bytes] = frozenset()) -> AsyncIterator[dict[str, RemoteFilter]]:
    """`rows`: the entries of `filters`, one a line, in YAML's short form."""
    text = "version: v0.4.0\nlisteners: [{type: model, name: m}]\nmodel_providers: [{model: mock/a}]\nfilters:\n"
    text += "".join(f"  - {{{row}}}\n" for row in rows.splitlines())
    config = load_text(text, name="plano.yaml", environ={}).config
    loop = asyncio.get_running_loop()
    pool = Pool(Dialer(CONNECT_S), Ticker(), Outbox(loop.call_soon), time.monotonic)
    filters = remote_filters(config, pool, time.monotonic, more)
    try:
        yield filters
    finally:
        for one in filters.values():
            await one.close()
        pool.close()
        for connection in tuple(pool.open):  # What an answer left over is still on its way.
            connection.abort()
        await until(lambda: not pool.open)


async def until(happens: Callable[[], bool]) -> None:
    """Of what goes on without telling: wait for it, for 5 s at most."""
    async with asyncio.timeout(5):
        while not happens():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def asked(body: bytes | dict[str, Any] = REQUEST, path: str = "/v1/chat/completions", **more: Any) -> Asked:
    headers = more.pop("headers", ())
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Asked(body, path, headers, more.pop("request_id", "req-1"), time.monotonic() + more.pop("within_s", 30.0))


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """A coroutine on the loop plano uses."""
    import uvloop

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)

    return run

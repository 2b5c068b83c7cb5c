"""The same counts over loopback sockets: nothing the fake transports hide is made per exchange."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from plano.http.client.dialer import Dialer
from plano.testing import ScriptedProvider
from tests.budgets.corridor import ASK, corridor, request

EXCHANGES = 50


class Asker(asyncio.Protocol):
    """A client that asks again as soon as it has its answer."""

    def __init__(self, data: bytes, times: int, done: asyncio.Future[None]) -> None:
        self.data = data
        self.left = times
        self.done = done
        self.received = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.data)

    def data_received(self, data: bytes) -> None:
        try:
            self.take(data)
        except Exception as error:
            self.done.set_exception(error)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("closed before the last answer"))

    def take(self, data: bytes) -> None:
        self.received += data
        head, _, body = self.received.partition(b"\r\n\r\n")
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        assert head.startswith(b"HTTP/1.1 200 OK\r\n"), self.received
        json.loads(body)
        self.received = b""
        self.left -= 1
        if self.left:
            self.transport.write(self.data)
        else:
            self.done.set_result(None)
            self.transport.close()


def test_fifty_exchanges_on_one_connection_need_no_task_and_no_timer() -> None:
    data = request({**ASK, "model": "openai/gpt-4o"})
    with ScriptedProvider.in_thread() as provider, corridor(provider_url=provider.base_url) as gateway:
        gateway.app.pool.dialer = Dialer()
        loop = gateway.loop

        async def ask(times: int) -> None:
            done: asyncio.Future[None] = asyncio.Future()
            port = next(iter(gateway.app.listeners.values())).port
            await loop.create_connection(lambda: Asker(data, times, done), "127.0.0.1", port)
            loop.forget()
            await done

        loop.run_until_complete(ask(1))
        loop.run_until_complete(ask(EXCHANGES))
        assert provider.request_count == EXCHANGES + 1
        assert provider.connection_count == 1
        assert (loop.tasks, loop.timers, loop.futures) == ([], [], 0)

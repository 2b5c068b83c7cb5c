"""An HTTP proxy that speaks CONNECT, on a thread of its own: whatever it is asked for leads where the test says."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import threading
from collections.abc import Iterator


class ConnectProxy:
    """`leads_to` is the port on loopback behind every tunnel.

    `user` ("name:password") must be shown, if set. `answer` takes the place of the proxy's own; `falls_silent` lets it
    read and say nothing. `heads` are the requests as they came, `passed` what went through towards the provider.
    """

    def __init__(self, leads_to: int = 0, *, user: str = "") -> None:
        self.leads_to = leads_to
        self.user = user
        self.answer: bytes | None = None
        self.falls_silent = False
        self.heads: list[bytes] = []
        self.passed = bytearray()
        self.port = 0
        self.open = 0

    @classmethod
    @contextlib.contextmanager
    def in_thread(
        cls, leads_to: int = 0, *, user: str = "", host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> Iterator[ConnectProxy]:
        proxy = cls(leads_to, user=user)
        is_up = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(proxy._serve(host, tls, is_up)), daemon=True)
        thread.start()
        assert is_up.wait(5)
        try:
            yield proxy
        finally:
            proxy._loop.call_soon_threadsafe(proxy._leave.set)
            thread.join(5)

    async def _serve(self, host: str, tls: ssl.SSLContext | None, is_up: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._leave = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, host, 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        is_up.set()
        await self._leave.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._tunnel(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                await self._reply(head, reader, writer)
        finally:
            self.open -= 1
            writer.transport.abort()

    async def _reply(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.falls_silent:
            await reader.read()
            return
        token = base64.b64encode(self.user.encode())
        if self.user and b"\r\nProxy-Authorization: Basic " + token + b"\r\n" not in head:
            writer.write(b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n')
        elif self.answer is not None:
            writer.write(self.answer)
        else:
            await self._pump(reader, writer)
            return
        await writer.drain()
        if self.answer is None or not self.answer.endswith(b"<stay>"):
            writer.close()
            await writer.wait_closed()
        else:
            await reader.read()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.leads_to)
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\nContent-Length: 5\r\n\r\n")

        async def passes(source: asyncio.StreamReader, target: asyncio.StreamWriter, kept: bytearray) -> None:
            while data := await source.read(65536):
                kept += data
                target.write(data)
                await target.drain()

        ways = [
            asyncio.ensure_future(passes(reader, to_writer, self.passed)),
            asyncio.ensure_future(passes(to_reader, writer, bytearray())),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if writer.can_write_eof() or not writer.transport.is_closing():
                await asyncio.wait(ways, timeout=0.2)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            to_writer.transport.abort()

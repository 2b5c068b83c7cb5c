"""Clients that never stop asking: `python -m tests.run.steady_load PORT`, as a process of its own.

Some keep their connections, some open one for each request, some read streams; all say what went wrong. A line on
standard output says that everybody has been answered; on SIGTERM the counts follow as JSON.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.end_to_end.wire import chat

KEEPING, OPENING, STREAMING = 8, 4, 4
ASK = chat("mock/hello")
STREAM = chat("mock/hello", stream=True)
Answer = tuple[int, bool]


class Load:
    def __init__(self, port: int) -> None:
        self.port = port
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self.is_over = False

    async def run(self) -> None:
        kinds: list[tuple[str, int, Callable[[], Awaitable[None]]]] = [
            ("keeping", KEEPING, self.keep_asking),
            ("opening", OPENING, self.open_and_ask),
            ("streaming", STREAMING, self.read_streams),
        ]
        clients = [
            asyncio.create_task(self.client(name, act)) for name, count, act in kinds for _ in range(count)
        ]
        while not self.is_over and len(self.counts) < len(kinds):
            await asyncio.wait(clients, timeout=0.01)
        print("everybody has been answered", flush=True)
        await asyncio.gather(*clients)
        print(json.dumps({"counts": self.counts, "failures": self.failures[:10]}), flush=True)

    async def client(self, name: str, act: Callable[[], Awaitable[None]]) -> None:
        while not self.is_over:
            try:
                await act()
            except (OSError, EOFError, AssertionError) as error:
                self.failures.append(f"{name}: {type(error).__name__} {error}")
                self.is_over = self.is_over or len(self.failures) > 100

    async def keep_asking(self) -> None:
        """One connection until the answer says that it is the last."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            is_kept = True
            while is_kept and not self.is_over:
                is_kept = await self.ask(reader, writer, ASK)
                self.counts["keeping"] += 1
        finally:
            writer.close()

    async def open_and_ask(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            await self.ask(reader, writer, ASK)
            self.counts["opening"] += 1
        finally:
            writer.close()

    async def read_streams(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            await self.ask(reader, writer, STREAM)
            self.counts["streaming"] += 1
        finally:
            writer.close()

    async def ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
        """Send one request and read its whole answer; whether the connection may be used again."""
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            body = await reader.readuntil(b"\r\n0\r\n\r\n")
            assert b"data: [DONE]" in body, body[-300:]
        else:
            length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            json.loads(await reader.readexactly(length))
        return b"connection: close" not in lower


async def main(port: int) -> None:
    load = Load(port)

    def end() -> None:
        load.is_over = True

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    await load.run()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

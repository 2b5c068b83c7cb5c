"""One request, its answer as a whole: what is enough, what is too much, what becomes of the connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop

from plano.errors import ProviderProtocolError, ProviderTimeout, ProviderUnreachable
from plano.http.client.dialer import Dialer
from plano.http.client.document import Document, call_for_document
from plano.http.client.pool import Pool
from plano.http.wire.origin import Origin
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker

REQUEST = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n{}"


class Scene:
    """A server that answers each request with the next of `answers`, piece by piece when `more` is set in between."""

    def __init__(self, answers: list[list[bytes]]) -> None:
        self.answers = answers
        self.connections = 0
        self.closed = 0
        self.more = asyncio.Event()
        self.pool: Pool
        self.origin: Origin

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await reader.read(65536) and self.answers:
                first, *others = self.answers.pop(0)
                writer.write(first)
                for piece in others:
                    await self.more.wait()
                    writer.write(piece)
                    await writer.drain()
                if not first:
                    break
        except ConnectionError:
            pass
        finally:
            self.closed += 1
            writer.close()

    async def ask(self, **more: Any) -> Document:
        return await call_for_document(self.pool, self.origin, REQUEST, **{"most_bytes": 1000, **more})


@asynccontextmanager
async def scene_of(*answers: list[bytes]) -> AsyncIterator[Scene]:
    scene = Scene(list(answers))
    server = await asyncio.start_server(scene.serve, "127.0.0.1", 0)
    scene.origin = Origin("http", "127.0.0.1", server.sockets[0].getsockname()[1])
    scene.pool = Pool(Dialer(1.0), Ticker(), Outbox(asyncio.get_running_loop().call_soon), time.monotonic)
    try:
        yield scene
    finally:
        for connection in tuple(scene.pool.open):
            connection.abort()
        server.close()
        await until(lambda: scene.closed == scene.connections and not scene.pool.open)


async def until(happens: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not happens():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


def chunked(*pieces: bytes) -> list[bytes]:
    return [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"] + [
        b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces
    ]


def test_answers_one_after_the_other_on_one_connection() -> None:
    async def play() -> None:
        async with scene_of([answer(b"one")], [answer(b"")], [answer(b"three")]) as scene:
            assert [(await scene.ask()).body for _ in range(3)] == [b"one", b"", b"three"]
            assert scene.connections == 1
            assert scene.pool.idle_count() == 1

    run(play())


def test_a_redirect_is_an_answer_like_any_other() -> None:
    async def play() -> None:
        moved = b"HTTP/1.1 307 Moved\r\nlocation: http://elsewhere/\r\ncontent-length: 0\r\n\r\n"
        async with scene_of([moved]) as scene:
            assert (await scene.ask()).head.status == 307

    run(play())


def test_enough_is_given_back_at_once_and_the_rest_waited_for() -> None:
    async def play() -> None:
        async with scene_of([*chunked(b"enough", b" more"), b"0\r\n\r\n"], [answer(b"two")]) as scene:
            scene.more.set()
            told = await scene.ask(enough=lambda head, block: b"enough" in block)
            assert told.body.startswith(b"enough")
            await until(lambda: scene.pool.idle_count() == 1)
            assert (await scene.ask()).body == b"two"
            assert scene.connections == 1

    run(play())


def test_a_long_rest_is_not_read() -> None:
    async def play() -> None:
        async with scene_of(chunked(b"enough", *[b"x" * 8192] * 200)) as scene:
            scene.more.set()
            await scene.ask(enough=lambda head, block: True, most_bytes=1 << 20)
            await until(lambda: not scene.pool.open)

    run(play())


@pytest.mark.parametrize("pieces", [[answer(b"x" * 1001)], chunked(b"x" * 600, b"x" * 600)])
def test_too_much(pieces: list[bytes]) -> None:
    async def play() -> None:
        async with scene_of(pieces) as scene:
            scene.more.set()
            with pytest.raises(ProviderProtocolError, match="larger than 1000 bytes"):
                await scene.ask()
            await until(lambda: not scene.pool.open)

    run(play())


def test_what_enough_raises_ends_the_call() -> None:
    def enough(head: Any, block: bytes) -> bool:
        raise ProviderProtocolError("not like this")

    async def play() -> None:
        async with scene_of(chunked(b"a", b"b")) as scene:
            scene.more.set()
            with pytest.raises(ProviderProtocolError, match="not like this"):
                await scene.ask(enough=enough)
            await until(lambda: not scene.pool.open)

    run(play())


def test_cancelling_closes_the_connection() -> None:
    async def play() -> None:
        async with scene_of([answer(b"whole")[:-2], b"le"]) as scene:
            asking = asyncio.create_task(scene.ask())
            await until(lambda: bool(scene.pool.open))
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await until(lambda: not scene.pool.open)
            scene.more.set()

    run(play())


def test_a_connection_that_the_server_has_closed_is_replaced() -> None:
    async def play() -> None:
        async with scene_of([answer(b"one")], [b""], [answer(b"two")]) as scene:
            await scene.ask()
            # The second answer is none: the connection is closed as it is used again.
            assert (await scene.ask()).body == b"two"
            assert scene.connections == 2

    run(play())


def test_a_fresh_connection_that_is_closed_is_not_replaced() -> None:
    async def play() -> None:
        async with scene_of([b""], [answer(b"two")]) as scene:
            with pytest.raises(ProviderUnreachable):
                await scene.ask()
            assert scene.connections == 1

    run(play())


def test_connecting_has_its_own_limit() -> None:
    async def play() -> None:
        async with scene_of([answer(b"")]) as scene:
            with pytest.raises(ProviderTimeout, match="within 0 s"):
                await scene.ask(connect_timeout_s=0.0)

    run(play())

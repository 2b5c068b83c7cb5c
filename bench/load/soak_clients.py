"""The clients of the soak: each kind does one thing over and over and knows what must come of it.

A kind returns "" when all was as it must be, else what was wrong. Clients that go away in the middle are as much a part
of it as those that behave.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import httptools

from bench.load.bad_upstream import BIG_BYTES, make_reset

PATIENCE_S: Final = 20.0
EVENTS: Final = 30
_STREAM: Final = f"mock/bench-stream-300-{EVENTS}"
_PIPELINED: Final = 8
_SLOW_READ_S: Final = 0.02


class Answer(NamedTuple):
    """`is_whole`: its framing says that nothing is missing."""

    status: int
    body: bytes
    is_whole: bool


class World:
    """Where plano listens, and names nobody has asked for before."""

    def __init__(self, port: int, names: int) -> None:
        self.port = port
        self.random = random.Random(7)
        self._names = names

    def new_model(self) -> str:
        """One of very many: wildcards let clients invent models."""
        return f"mock/m-{self.random.randrange(self._names)}"


class Client(asyncio.Protocol):
    """One connection; answers in order, `None` once it ends without another."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._parser: Any = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self._is_inside = False
        self._answers: deque[Answer | None] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self.reads_slowly = False

    @classmethod
    async def open(cls, world: World, *, receive_buffer: int = 0) -> Client:
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(sock, ("127.0.0.1", world.port))
            _, client = await loop.create_connection(cls, sock=sock)
        except BaseException:
            sock.close()
            raise
        return client

    def send(self, data: bytes) -> None:
        self._transport.write(data)

    async def ask(self, data: bytes) -> Answer | None:
        self.send(data)
        return await self.answer()

    async def answer(self) -> Answer | None:
        while not self._answers:
            await self._wait()
        return self._answers.popleft()

    async def until_body(self) -> None:
        """The first bytes of a body are here, or the connection has ended."""
        while not self._body and not self._answers:
            await self._wait()

    def close(self) -> None:
        self._transport.close()

    def reset(self) -> None:
        make_reset(self._transport)
        self._transport.abort()

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await asyncio.wait_for(self._waiter, PATIENCE_S)

    def _told(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What the loop and the parser call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)
        self._told()
        if self.reads_slowly and not self._transport.is_closing():
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(_SLOW_READ_S, self._go_on)

    def _go_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        if self._is_inside:
            self._answers.append(Answer(self._parser.get_status_code(), bytes(self._body), False))
        self._answers.append(None)
        self._told()

    def on_message_begin(self) -> None:
        self._is_inside = True
        self._body.clear()

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        self._is_inside = False
        self._answers.append(Answer(self._parser.get_status_code(), bytes(self._body), True))


def chat(model: str, *, stream: bool = False, pad: int = 0, path: str = "/v1/chat/completions") -> bytes:
    body = {"model": model, "messages": [{"role": "user", "content": "w" * (120 + pad)}]}
    content = json.dumps({**body, "stream": True} if stream else body).encode()
    return f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {len(content)}\r\n\r\n".encode() + content


def _judged(answer: Answer | None, status: int, *marks: bytes, size: int | None = None) -> str:
    if answer is None:
        return "no answer"
    if (answer.status, answer.is_whole) != (status, True):
        return f"status {answer.status}, whole: {answer.is_whole}, {answer.body[:120]!r}"
    if size is not None and len(answer.body) != size:
        return f"{len(answer.body)} bytes instead of {size}"
    missing = [mark for mark in marks if mark not in answer.body]
    return f"without {missing[0]!r}: {answer.body[:120]!r}" if missing else ""


# Clients that behave.


async def kept(world: World) -> str:
    """Ten answers on one connection."""
    client = await Client.open(world)
    try:
        for _ in range(10):
            wrong = _judged(await client.ask(chat("mock/bench-700")), 200, size=700)
            if wrong:
                return wrong
    finally:
        client.close()
    return ""


async def fresh(world: World) -> str:
    """A connection and a model of its own."""
    client = await Client.open(world)
    try:
        return _judged(await client.ask(chat(world.new_model())), 200, b'"choices"')
    finally:
        client.close()


async def streamed(world: World) -> str:
    client = await Client.open(world)
    try:
        answer = await client.ask(chat(_STREAM, stream=True))
        wrong = _judged(answer, 200, b"data: [DONE]\n\n")
        if answer is not None and not wrong and answer.body.count(b'"content":"') < EVENTS:
            return f"{answer.body.count(b'content')} events"
        return wrong
    finally:
        client.close()


async def large(world: World) -> str:
    client = await Client.open(world)
    try:
        return _judged(await client.ask(chat("mock/hello", pad=300_000)), 200, b'"choices"')
    finally:
        client.close()


async def pipelined(world: World) -> str:
    """Several at once; every answer in its turn."""
    client = await Client.open(world)
    try:
        turns = [("mock/bench-700", 200), ("nobody/x", 404), ("mock/error-503", 503)]
        chosen = [world.random.choice(turns) for _ in range(_PIPELINED)]
        client.send(b"".join(chat(model) for model, _ in chosen))
        for model, status in chosen:
            wrong = _judged(await client.answer(), status)
            if wrong:
                return f"{model}: {wrong}"
    finally:
        client.close()
    return ""


async def slow(world: World) -> str:
    """A small receive buffer and many pauses, three megabytes to take."""
    client = await Client.open(world, receive_buffer=32768)
    client.reads_slowly = True
    try:
        return _judged(await client.ask(chat("bad/big", stream=True)), 200, size=BIG_BYTES)
    finally:
        client.close()


# Clients that leave.


async def leaves_a_stream(world: World) -> str:
    client = await Client.open(world)
    client.send(chat(world.random.choice((_STREAM, "mock/idle", "bad/big")), stream=True))
    await client.until_body()
    world.random.choice((client.close, client.reset))()
    return ""


async def leaves_before_an_answer(world: World) -> str:
    client = await Client.open(world)
    data = chat(world.random.choice(("bad/silent", "mock/idle", "mock/slow", "mock/hello")))
    client.send(data[: world.random.randrange(1, len(data))] if world.random.random() < 0.5 else data)
    await asyncio.sleep(world.random.random() * 0.1)
    world.random.choice((client.close, client.reset))()
    return ""


# Requests that are none.

_BAD: Final[tuple[tuple[bytes, int, bool], ...]] = (
    (b"hello\r\n\r\n", 400, True),
    (b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999\r\n\r\n", 413, True),
    (b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", 431, True),
    (b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400, True),
    (b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n{]}?", 400, False),
    (b"GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n", 404, False),
    (b"DELETE /v1/chat/completions HTTP/1.1\r\nhost: a\r\n\r\n", 405, False),
    (chat("nobody/x"), 404, False),
)


async def mistaken(world: World) -> str:
    data, status, closes = world.random.choice(_BAD)
    client = await Client.open(world)
    try:
        wrong = _judged(await client.ask(data), status, b'"error"')
        if wrong or not closes:
            return wrong or _judged(await client.ask(chat("mock/hello")), 200)
        return "" if await client.answer() is None else "served on after a request that cannot be trusted"
    finally:
        client.close()


# Providers that fail.

_FAILING: Final[tuple[tuple[str, int], ...]] = (
    ("mock/error-500", 500),
    ("mock/error-429", 429),
    ("mock/reset", 502),
    ("mock/close", 502),
    ("bad/garbage", 502),
    ("bad/half-head", 502),
    ("bad/long-head", 502),
    ("bad/two-lengths", 502),
    ("lost/x", 502),
)


async def failing(world: World) -> str:
    """The provider fails before its answer: an error, and the connection goes on."""
    model, status = world.random.choice(_FAILING)
    client = await Client.open(world)
    try:
        answer = await client.ask(chat(model, stream=world.random.random() < 0.5))
        return _judged(answer, status, b'"error"') or _judged(await client.ask(chat("bad/twice")), 200, size=2)
    finally:
        client.close()


async def broken(world: World) -> str:
    """The provider fails in the middle: a stream ends with an error event, a document is cut or refused."""
    streams = world.random.random() < 0.5
    client = await Client.open(world)
    try:
        if streams:
            answer = await client.ask(chat(world.random.choice(("mock/cut", "bad/reset-in-stream")), stream=True))
            return _judged(answer, 502 if answer is not None and answer.status == 502 else 200, b'"error"')
        answer = await client.ask(chat(world.random.choice(("mock/cut", "bad/reset-in-body"))))
        if answer is not None and answer.is_whole and answer.status != 502:
            return f"taken for whole: {answer.status} {answer.body[:99]!r}"
        return ""
    finally:
        client.close()


#: name -> what it does, how many do it at a time, seconds between two times.
KINDS: Final[dict[str, tuple[Callable[[World], Awaitable[str]], int, float]]] = {
    "kept": (kept, 6, 0.02),
    "fresh": (fresh, 3, 0.02),
    "streamed": (streamed, 20, 0.01),
    "large": (large, 1, 0.05),
    "pipelined": (pipelined, 2, 0.05),
    "slow": (slow, 4, 0.05),
    "leaves a stream": (leaves_a_stream, 4, 0.02),
    "leaves early": (leaves_before_an_answer, 4, 0.02),
    "mistaken": (mistaken, 2, 0.02),
    "failing": (failing, 3, 0.02),
    "broken": (broken, 2, 0.02),
}

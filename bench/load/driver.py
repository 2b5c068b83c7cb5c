"""The load: raw-protocol clients on uvloop that send ready-made bytes and look at answers no more than they
must.

Three kinds: closed loop (as fast as answers come), open loop (a fixed rate, so that queueing shows), streams.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import random
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import httptools

REQUEST_BODY_BYTES = 270
STAMP_DIGITS = 16
_LOOK_AGAIN_S = 0.05
_STAMP_BEFORE = b'"content":"'
_LIBC = ctypes.CDLL(None, use_errno=True)


def request_bytes(port: int, model: str, *, streams: bool) -> bytes:
    """A chat completion with a body of 270 bytes, as an SDK would send it."""
    head: dict[str, Any] = {"model": model, "stream": True} if streams else {"model": model}
    turns = [{"role": "system", "content": "You are a careful assistant."}, {"role": "user", "content": ""}]
    frame = len(json.dumps({**head, "messages": turns}, separators=(",", ":")))
    turns[1]["content"] = "w" * max(0, REQUEST_BODY_BYTES - frame)
    body = json.dumps({**head, "messages": turns}, separators=(",", ":")).encode()
    lines = (
        "POST /v1/chat/completions HTTP/1.1",
        f"host: 127.0.0.1:{port}",
        "accept: application/json",
        "content-type: application/json",
        "user-agent: OpenAI/Python 2.0.0",
        "authorization: Bearer client-key",
        f"content-length: {len(body)}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass(slots=True)
class Tally:
    """What a load has seen so far. Latencies and delays are in seconds."""

    completed: int = 0
    errors: int = 0
    bytes_received: int = 0
    latencies_s: list[float] = field(default_factory=list)
    events: int = 0
    first_event_s: list[float] = field(default_factory=list)
    event_delays_s: list[float] = field(default_factory=list)
    streams_ended: int = 0
    first_error: str = ""

    def fail(self, why: str) -> None:
        self.errors += 1
        self.first_error = self.first_error or why


class Caller(asyncio.Protocol):
    """One kept connection that sends a request and tells `on_answer` once the whole answer is there."""

    __slots__ = ("_on_answer", "_parser", "_tally", "asked_s", "is_leaving", "transport")

    def __init__(self, tally: Tally, on_answer: Callable[[Caller], None]) -> None:
        self._tally = tally
        self._on_answer = on_answer
        self._parser: Any = None
        self.transport: Any = None
        self.asked_s = 0.0
        self.is_leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._parser = httptools.HttpResponseParser(self)

    def ask(self, request: bytes, due_s: float) -> None:
        """Send; the latency counts from `due_s`, when the request should have left."""
        self.asked_s = due_s
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._tally.bytes_received += len(data)
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        tally = self._tally
        tally.latencies_s.append(time.perf_counter() - self.asked_s)
        if self._parser.get_status_code() == 200:
            tally.completed += 1
        else:
            tally.fail(f"status {self._parser.get_status_code()}")
        self._on_answer(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_leaving:
            self._tally.fail(f"connection lost: {exc!r}")

    def leave(self) -> None:
        self.is_leaving = True
        self.transport.abort()


class ClosedLoop:
    """`connections` callers, each asking again as soon as it was answered."""

    def __init__(self, port: int, request: bytes, connections: int) -> None:
        self.tally = Tally()
        self._port = port
        self._request = request
        self._wanted = connections
        self._callers: list[Caller] = []

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self._wanted):
            _, caller = await loop.create_connection(
                lambda: Caller(self.tally, self._again), "127.0.0.1", self._port
            )
            self._callers.append(caller)
            caller.ask(self._request, time.perf_counter())

    def _again(self, caller: Caller) -> None:
        caller.ask(self._request, time.perf_counter())

    async def stop(self) -> None:
        for caller in self._callers:
            caller.leave()
        await asyncio.sleep(0.05)


class OpenLoop:
    """Requests leave at a fixed rate, answered or not; each latency counts from the moment it was due.

    The schedule comes from a timerfd: the loop's own timers only know whole milliseconds.
    """

    def __init__(self, port: int, request: bytes, connections: int, rate: int) -> None:
        self.tally = Tally()
        self._port = port
        self._request = request
        self._wanted = connections
        self._interval_s = 1 / rate
        self._free: list[Caller] = []
        self._callers: list[Caller] = []
        self._late: deque[float] = deque()
        self._timer = -1
        self._next_s = 0.0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self._wanted):
            _, caller = await loop.create_connection(
                lambda: Caller(self.tally, self._answered), "127.0.0.1", self._port
            )
            self._callers.append(caller)
        self._free = list(self._callers)
        self._timer = _periodic_timer(self._interval_s)
        self._next_s = time.perf_counter() + self._interval_s
        loop.add_reader(self._timer, self._tick)

    def _tick(self) -> None:
        for _ in range(struct.unpack("Q", os.read(self._timer, 8))[0]):
            due_s, self._next_s = self._next_s, self._next_s + self._interval_s
            if self._free:
                self._free.pop().ask(self._request, due_s)
            else:
                self._late.append(due_s)

    def _answered(self, caller: Caller) -> None:
        if self._late:
            caller.ask(self._request, self._late.popleft())
        else:
            self._free.append(caller)

    async def stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self._timer)
        os.close(self._timer)
        for caller in self._callers:
            caller.leave()
        await asyncio.sleep(0.05)


class Reader(asyncio.Protocol):
    """One stream: counts events and reads the moment each of them left the provider.

    Chunk framing is left in: it never stands within an event of ours, and taking it off would cost more than
    all
    the rest.
    """

    __slots__ = (
        "_asked_s",
        "_has_begun",
        "_on_end",
        "_request",
        "_rest",
        "_tally",
        "is_leaving",
        "transport",
    )

    def __init__(self, tally: Tally, request: bytes, on_end: Callable[[Reader], None]) -> None:
        self._tally = tally
        self._request = request
        self._on_end = on_end
        self._rest = b""
        self._asked_s = 0.0
        self._has_begun = False
        self.is_leaving = False
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._asked_s = time.monotonic()
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now_s = time.monotonic()
        tally = self._tally
        tally.bytes_received += len(data)
        if not self._has_begun:
            self._begin(data, now_s)
        if self._rest:
            data = self._rest + data
        begin = 0
        while (end := data.find(b"\n\n", begin)) >= 0:
            at = data.find(_STAMP_BEFORE, begin, end)
            stamp = data[at + len(_STAMP_BEFORE) : at + len(_STAMP_BEFORE) + STAMP_DIGITS] if at >= 0 else b""
            if len(stamp) == STAMP_DIGITS and stamp.isdigit():
                tally.events += 1
                tally.event_delays_s.append(now_s - int(stamp) / 1e6)
            elif data.find(b"[DONE]", begin, end) >= 0:
                tally.streams_ended += 1
                self._on_end(self)
            begin = end + 2
        self._rest = data[begin:]

    def _begin(self, data: bytes, now_s: float) -> None:
        if b"data: " not in data:
            if not data.startswith(b"HTTP/1.1 200"):
                self._tally.fail(data[:60].decode("latin-1"))
            return
        self._has_begun = True
        self._tally.first_event_s.append(now_s - self._asked_s)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_leaving:
            self._tally.fail(f"stream lost: {exc!r}")

    def leave(self) -> None:
        self.is_leaving = True
        self.transport.abort()


class Streams:
    """`count` streams at once, begun spread over `spread_s` so that their events do not come in step."""

    def __init__(
        self,
        port: int,
        request: bytes,
        count: int,
        *,
        spread_s: float = 1.0,
        at_end: Literal["leave", "stay"] = "leave",
    ) -> None:
        self.tally = Tally()
        self.peak_open = 0
        self._port = port
        self._request = request
        self._count = count
        self._spread_s = spread_s
        self._at_end = at_end
        self._readers: list[Reader] = []

    async def start(self) -> None:
        """All streams asked for; most have their first event."""
        order = random.Random(0)  # Every proxy gets the same spread.
        waits = sorted(order.uniform(0, self._spread_s) for _ in range(self._count))
        began_s = time.monotonic()
        for wait_s in waits:
            remaining_s = began_s + wait_s - time.monotonic()
            if remaining_s > 0:
                await asyncio.sleep(remaining_s)
            await self._open()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, reader = await loop.create_connection(
                lambda: Reader(self.tally, self._request, self._ended), "127.0.0.1", self._port
            )
        except OSError as exc:
            self.tally.fail(f"cannot connect: {exc}")
        else:
            self._readers.append(reader)

    def _ended(self, reader: Reader) -> None:
        if self._at_end == "leave":
            reader.leave()

    async def until_begun(self, timeout_s: float = 30.0) -> None:
        """Every stream has its first event, or some have failed."""
        await self._until(lambda: len(self.tally.first_event_s), timeout_s)

    async def until_ended(self, timeout_s: float = 30.0) -> None:
        """Every stream has come to its `[DONE]`, or some have failed."""
        await self._until(lambda: self.tally.streams_ended, timeout_s)

    async def _until(self, reached: Callable[[], int], timeout_s: float) -> None:
        for _ in range(int(timeout_s / _LOOK_AGAIN_S)):
            if reached() + self.tally.errors >= self._count:
                return
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def stop(self) -> None:
        for reader in self._readers:
            if not reader.is_leaving:
                reader.leave()
        await asyncio.sleep(0.2)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lie; nan when there are none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _periodic_timer(interval_s: float) -> int:
    """A timerfd that fires every `interval_s` (timerfd_create(2)); Python has it only from 3.13 on."""
    descriptor = _LIBC.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "timerfd_create")
    seconds, nanoseconds = divmod(round(interval_s * 1e9), 1_000_000_000)
    setting = struct.pack("qqqq", seconds, nanoseconds, seconds, nanoseconds)
    if _LIBC.timerfd_settime(descriptor, 0, setting, None) != 0:
        raise OSError(ctypes.get_errno(), "timerfd_settime")
    return int(descriptor)

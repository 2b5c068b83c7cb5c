"""One client's connection: reads requests with httptools, plays answers step by step. Callbacks only, no
tasks.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import httptools

from plano.testing.scripted_provider.answer import (
    Answer,
    End,
    Gate,
    Pause,
    Repeat,
    Stamped,
    Step,
    closes_after,
    raw_answer,
    wire_steps,
)
from plano.testing.scripted_provider.ask import Outcome, RecordedRequest

if TYPE_CHECKING:
    from plano.testing.scripted_provider.server import ScriptedProvider

_BAD_REQUEST = raw_answer(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FLUSH_BYTES = 65536
_DONE: Iterator[Step] = iter(())


class Connection(asyncio.Protocol):
    """Requests are answered one after the other; later ones wait (RFC 9112 section 9.3.2)."""

    __slots__ = (
        "_body",
        "_closes",
        "_due_s",
        "_headers",
        "_is_paused",
        "_is_waiting",
        "_number",
        "_parser",
        "_pending",
        "_playing",
        "_provider",
        "_steps",
        "_timer",
        "_transport",
        "_url",
        "_waiting",
    )

    def __init__(self, provider: ScriptedProvider) -> None:
        self._provider = provider
        # For the life of the connection.
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._parser: Any = httptools.HttpRequestParser(self)
        self._number = 0
        self._is_paused = False
        # For the request being read.
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = b""
        # For the answer being played.
        self._playing: RecordedRequest | None = None
        self._steps: Iterator[Step] = _DONE
        self._pending: list[bytes] = []
        self._closes = False
        self._is_waiting = False  # A timer or a gate will go on.
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: deque[tuple[RecordedRequest, bool]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._number = self._provider.connection_opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._steps = _DONE
        self._is_waiting = False
        for request in (self._playing, *(request for request, _ in self._waiting)):
            if request is not None and request.outcome == "playing":
                request.end("client_left")
        self._playing = None
        self._waiting.clear()
        self._provider.connection_closed(self)

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._go_on()

    # Reading.

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._transport.close()
        except httptools.HttpParserCallbackError as exc:
            self._provider.failures.append(exc)
            self._transport.abort()
        except httptools.HttpParserError:
            self._play(_BAD_REQUEST.body, closes=True)

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = []
        self._body = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        expects = any(name.lower() == b"expect" for name, _ in self._headers)
        if expects and self._provider.sends_continue:
            self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        self._body = self._body + body if self._body else body

    def on_message_complete(self) -> None:
        target = self._url.decode("latin-1")
        path, _, query = target.partition("?")
        request = RecordedRequest(
            self._parser.get_method().decode(),
            path,
            query,
            self._headers,
            self._body,
            self._number,
            self._parser.get_http_version(),
            time.monotonic(),
        )
        self._provider.record(request)
        keeps_alive = self._parser.should_keep_alive()
        if self._playing is not None:
            self._waiting.append((request, keeps_alive))
            return
        if keeps_alive and request.http_version == "1.1":
            steps = self._provider.script.ready(target, self._body)
            if steps is not None:
                self._playing = request
                self._play(steps, closes=False)
                return
        self._answer(request, keeps_alive)

    def _answer(self, request: RecordedRequest, keeps_alive: bool) -> None:
        self._playing = request
        answer = self._provider.answer(request)
        is_http10 = request.http_version == "1.0"
        steps = wire_steps(answer, keeps_alive=keeps_alive, is_http10=is_http10)
        self._play(steps, closes=_closes(answer, keeps_alive, is_http10))

    # Playing.

    def _play(self, steps: tuple[Step, ...], *, closes: bool) -> None:
        if len(steps) == 2 and type(steps[0]) is bytes and type(steps[1]) is bytes:
            # PERF: head and body, by far the most answers of a load bench.
            self._transport.write(steps[0] + steps[1])
            self._closes = closes
            self._finish("answered")
            return
        self._steps = iter(steps)
        self._closes = closes
        self._due_s = self._provider.loop.time()
        self._go_on()

    def _resume(self) -> None:
        self._timer = None
        self._is_waiting = False
        self._go_on()

    def _go_on(self) -> None:
        """Play until a pause, a full socket or the end."""
        if self._is_waiting or (self._playing is None and self._steps is _DONE):
            return
        pending, size = self._pending, 0
        while not self._is_paused:
            step = next(self._steps, None)
            if isinstance(step, bytes):
                pending.append(step)
                size += len(step)
                if size >= _FLUSH_BYTES:
                    size = self._flush()
                continue
            if isinstance(step, Stamped):
                pending.append(b"%b%016d%b" % (step.before, time.monotonic_ns() // 1000, step.after))
            elif isinstance(step, Repeat):
                self._steps = itertools.chain(itertools.repeat(step.data, step.times), self._steps)
            else:
                self._flush()
                if not self._stops_at(step):
                    continue
                return
        self._flush()

    def _stops_at(self, step: Pause | Gate | End | None) -> bool:
        if step is None:
            self._finish("answered")
        elif isinstance(step, Pause):
            self._due_s = max(self._due_s + step.seconds, 0.0)
            self._wait_until(self._due_s)
        elif isinstance(step, Gate):
            self._is_waiting = True
            if step.passes(self._provider.loop, self._resume):
                self._is_waiting = False
                return False
            self._due_s = self._provider.loop.time()
        else:
            self._end(step)
        return True

    def _wait_until(self, due_s: float) -> None:
        """Late by more than a second means the client did not read: start the schedule anew."""
        loop = self._provider.loop
        now = loop.time()
        if now - due_s > 1.0:
            self._due_s = now
        self._is_waiting = True
        self._timer = loop.call_later(max(0.0, due_s - now), self._resume)

    def _flush(self) -> int:
        if self._pending:
            self._transport.write(b"".join(self._pending))
            self._pending.clear()
        return 0

    def _end(self, end: End) -> None:
        self._steps = _DONE
        if end is End.HANG:
            self._is_waiting = True  # For ever: nothing else is answered on this connection.
            return
        if self._playing is not None:
            self._playing.end("stopped")
        if end is End.RESET:
            _make_reset(self._transport)
            self._transport.abort()
        else:
            self._transport.close()

    def _finish(self, outcome: Outcome) -> None:
        self._steps = _DONE
        if self._playing is not None:
            self._playing.end(outcome)
            self._playing = None
        if self._closes:
            self._transport.close()
            return
        if self._provider.has_watchers:
            self._provider.changed()
        if self._waiting:
            request, keeps_alive = self._waiting.popleft()
            self._answer(request, keeps_alive)

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()


def _closes(answer: Answer, keeps_alive: bool, is_http10: bool) -> bool:
    return closes_after(answer, keeps_alive=keeps_alive, is_http10=is_http10)


def _make_reset(transport: asyncio.Transport) -> None:
    """Closing with a linger time of zero sends RST instead of FIN (socket(7), SO_LINGER)."""
    given = transport.get_extra_info("socket")
    if given is None:
        return
    # uvloop's socket object refuses options; a duplicate of its descriptor shares them.
    copy = socket.socket(fileno=os.dup(given.fileno()))
    try:
        copy.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    finally:
        copy.close()

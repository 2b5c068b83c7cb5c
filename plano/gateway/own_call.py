"""A call of plano's own: a router model at a provider is asked the way clients' requests go, without a client.

Keys, translation, timers and the access log are those of the listener's exchanges. Hooks, filters and routing are for
what clients say, and are passed by; so is failover: whoever asks has something to go on with when there is no answer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from plano.errors import ProviderRefused, ProviderTimeout
from plano.gateway.interpreter import WholeRelay
from plano.http.wire.head import RequestHead

if TYPE_CHECKING:
    from plano.gateway.pipeline import Pipeline

_HEADERS: Final = ((b"content-type", b"application/json"), (b"user-agent", b"plano"))
_LARGEST_ANSWER: Final = 1 << 20


class Answer:
    """A sink that keeps the whole answer; `done` gets its body once it is there."""

    address = "plano"

    def __init__(self, done: asyncio.Future[bytes]) -> None:
        self.done = done
        self.keep_alive = True
        self.is_started = False
        self.is_finished = False
        self.body_bytes = 0
        self.on_client_left: Any = None
        self.status = 0
        self._pieces: list[bytes] = []

    def feed_from(self, source: Any) -> None:
        """Nothing is held back: whatever comes is kept, up to a limit."""

    def take_back(self) -> bool:
        """Whoever waits has seen nothing yet."""
        if self.is_finished:
            return False
        self.is_started = False
        self._pieces.clear()
        return True

    def take_back_unsent(self) -> bool:
        return self.take_back()

    def start(self, fields: bytes, status: int, content_length: int | None) -> None:
        """Possibly after the first pieces: nobody reads before the end."""
        self.is_started = True
        self.status = status

    def write(self, data: bytes) -> None:
        self.body_bytes += len(data)
        if self.body_bytes <= _LARGEST_ANSWER:
            self._pieces.append(data)

    def flush(self) -> None:
        """There is nobody to be quick for."""

    def finish(self, data: bytes = b"") -> None:
        self.write(data)
        self.is_finished = True
        if self.done.done():
            return
        if self.status >= 400 or self.body_bytes > _LARGEST_ANSWER:
            self.done.set_exception(ProviderRefused(f"the router model answered {self.status}", status=self.status))
        else:
            self.done.set_result(b"".join(self._pieces))

    def give_up(self) -> None:
        """It has taken too long."""
        if not self.done.done():
            self.done.set_exception(ProviderTimeout("the router model did not answer in time", phase="total"))

    def abort(self) -> None:
        self.is_finished = True
        if not self.done.done():
            self.done.set_exception(ProviderRefused("the router model's answer broke off"))


class OwnRelay(WholeRelay):
    """A relay into such a sink; what it is handed need not be a socket's, and may come in pieces."""

    def on_block(self, data: bytes, ended: bool) -> None:
        if not ended:
            self._sink.write(data if self.tap is None else self.tap.feed(data))
            return
        super().on_block(data, ended)


async def ask(pipeline: Pipeline, model: str, body: bytes, timeout_s: float) -> bytes:
    """Send an unstreamed Chat Completions request to a configured model; the body of its answer.

    Raises `PlanoError` for whatever came instead, `ProviderTimeout` past its time. Cancelled, the call is given up.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bytes] = loop.create_future()
    sink = Answer(done)
    head = RequestHead(b"POST", b"/v1/chat/completions", b"", 1, list(_HEADERS))
    head.user_agent = b"plano"
    walk = pipeline.begin_own(head, body, sink, model)
    timer = loop.call_later(timeout_s, sink.give_up)
    try:
        return await done
    finally:
        timer.cancel()
        sink.is_finished = True  # As if a client had left.
        walk.cancel()

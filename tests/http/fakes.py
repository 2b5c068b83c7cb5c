"""Rounds of an event loop without a loop, and a listening port and a pool around fake transports."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from plano.errors import BadRequest
from plano.http.server.listener import Listener, ListenerSettings
from plano.http.wire.head import RequestHead
from plano.http.wire.origin import Origin
from plano.http.wire.outbox import Outbox
from plano.http.wire.ticker import Ticker
from plano.testing import FakeClock, FakeTransport


class Rounds:
    """Stands for the loop: what is to be called soon is called by `run`, round by round."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.soon: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self.later: list[tuple[float, Callable[..., None], tuple[Any, ...]]] = []
        self.clock = clock or FakeClock()

    def time(self) -> float:
        return self.clock.monotonic_s()

    def call_later(self, delay_s: float, callback: Callable[..., None], *args: Any) -> None:
        self.later.append((self.time() + delay_s, callback, args))

    def call_soon(self, callback: Callable[..., None], *args: Any) -> None:
        self.soon.append((callback, args))

    def run(self) -> None:
        """Until nothing is left to do."""
        due = [entry for entry in self.later if entry[0] <= self.time()]
        self.later = [entry for entry in self.later if entry not in due]
        self.soon += [(callback, args) for _, callback, args in due]
        while self.soon:
            soon, self.soon = self.soon, []
            for callback, args in soon:
                callback(*args)


class Port:
    """A real listener whose connections stand on fake transports. `exchanges` are the requests handed on."""

    def __init__(self, build: ModuleType, **settings: Any) -> None:
        self.build = build
        self.clock = FakeClock()
        self.rounds = Rounds(self.clock)
        self.ticker = Ticker()
        self.exchanges: list[Exchange] = []
        self.refused_paths: list[bytes] = []
        self.refused_addresses: list[str] = []
        self.listener = Listener(
            ListenerSettings("test", "127.0.0.1", 0, **settings),
            handle=self.handle,
            refusal=self.refusal,
            ticker=self.ticker,
            outbox=Outbox(self.rounds.call_soon),
            loop=self.rounds,  # type: ignore[arg-type]
        )

    def handle(self, head: Any, body: bytes, sink: Any) -> None:
        self.exchanges.append(Exchange(head, body, sink))

    def refusal(self, error: BadRequest, head: RequestHead, address: str) -> bytes:
        self.refused_paths.append(head.path)
        self.refused_addresses.append(address)
        return b"HTTP/1.1 %d x\r\nconnection: close\r\n\r\n" % error.status

    def connect(self, **options: Any) -> FakeTransport:
        return FakeTransport.connect(self.build.ClientConnection(self.listener), **options)

    def run(self) -> None:
        self.rounds.run()

    def pass_time(self, seconds: float) -> None:
        """A tick now and one `seconds` later: what is timed is timed from the first tick that sees it."""
        self.ticker.tick(self.clock.monotonic_s())
        self.clock.advance(seconds)
        self.ticker.tick(self.clock.monotonic_s())
        self.run()

    def paths(self) -> list[bytes]:
        return [exchange.head.path for exchange in self.exchanges]


class Exchange:
    """One request handed on, and its sink."""

    def __init__(self, head: Any, body: bytes, sink: Any) -> None:
        self.head = head
        self.body = body
        self.sink = sink

    def answer(self, body: bytes = b"ok") -> None:
        self.sink.start(b"HTTP/1.1 200 OK\r\n", 200, len(body))
        self.sink.finish(body)


class Source:
    """What feeds a sink, or is fed by a provider: writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


class Waiter:
    """A future without a loop."""

    def __init__(self) -> None:
        self.result: Any = None
        self.error: Any = None
        self.cancelled = False

    def done(self) -> bool:
        return self.cancelled or self.result is not None or self.error is not None

    def set_result(self, result: Any) -> None:
        assert not self.done()
        self.result = result

    def set_exception(self, error: BaseException) -> None:
        assert not self.done()
        self.error = error


class Target:
    """Where a provider connection pushes a body."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.ended = 0
        self.error: Any = None

    def on_block(self, data: bytes, ended: bool) -> None:
        assert not self.ended
        assert self.error is None
        self.blocks.append(data)
        self.ended += ended

    def on_failure(self, error: Any) -> None:
        assert not self.ended
        assert self.error is None
        self.error = error


class FakeDialer:
    """Connects to a fake transport at once, or raises `failure`."""

    def __init__(self) -> None:
        self.transports: list[FakeTransport] = []
        self.failure: Exception | None = None

    async def dial(self, origin: Origin, protocol: Any, *limits: Any) -> None:
        if self.failure is not None:
            raise self.failure
        self.transports.append(FakeTransport.connect(protocol))


def finish_now(coroutine: Any) -> Any:
    """The result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits for something")

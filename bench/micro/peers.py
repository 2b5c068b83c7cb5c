"""The other ends: a transport that takes everything, a listener and a pool owner with nothing behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Transport:
    """Takes writes and forgets them but the last; `on_write` is told."""

    def __init__(self, on_write: Callable[[bytes], object] | None = None) -> None:
        self.on_write = on_write
        self.last = b""

    def write(self, data: bytes) -> None:
        self.last = data
        if self.on_write is not None:
            self.on_write(data)

    def get_extra_info(self, name: str) -> Any:
        return ("192.0.2.1", 50000) if name == "peername" else None

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int) -> None: ...
    def write_eof(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...


class Turn:
    """`call_soon` and `run`: one turn of a loop, without a loop."""

    def __init__(self) -> None:
        self.due: list[Callable[[], object]] = []

    def call_soon(self, callback: Callable[[], object]) -> None:
        self.due.append(callback)

    def run(self) -> None:
        due, self.due = self.due, []
        for callback in due:
            callback()


class Listener:
    """What a client connection asks of its listener."""

    max_header_bytes = 65536
    max_body_bytes = 1 << 25
    access = None

    def __init__(self, outbox: Any, caps: Any, handle: Callable[[Any, bytes, Any], object]) -> None:
        self.outbox = outbox
        self.caps = caps
        self.handle = handle

    def opened(self, connection: Any) -> None: ...
    def closed(self, connection: Any) -> None: ...


class Owner:
    """What a provider connection asks of its pool."""

    def __init__(self, outbox: Any, now: Callable[[], float]) -> None:
        self.outbox = outbox
        self.now = now
        self.returns = 0

    def returned(self, connection: Any) -> None:
        self.returns += 1

    def lost(self, connection: Any) -> None: ...


class Outlet:
    """What readers report to."""

    def __init__(self) -> None:
        self.head: Any = None
        self.body: Any = b""
        self.bodies = 0
        self.ends = 0

    def on_head(self, head: Any, *more: Any) -> None:
        self.head = head

    def on_request(self, head: Any, body: bytes) -> None:
        self.body = body

    def on_body(self, body: bytes) -> None:
        self.body = body
        self.bodies += 1

    def on_end(self) -> None:
        self.ends += 1

"""Bytes an open stream holds while nothing moves: a gateway's memory is its idle streams."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

from plano._speedups import WANTED
from tests.budgets.corridor import STREAM_HEAD, STREAM_REQUEST, corridor, event

STREAMS = 300
#: Client connection, provider connection, two readers, exchange, record, request body, heads; without the sockets.
MOST_BYTES = 12_000 if WANTED else 14_000


class Nowhere:
    """The least a protocol needs of a transport, so that what is measured is plano's."""

    __slots__ = ("protocol",)

    def __init__(self, protocol: Any) -> None:
        self.protocol = protocol
        protocol.connection_made(self)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 50000) if name == "peername" else default

    def set_write_buffer_limits(self, high: int) -> None: ...
    def write(self, data: bytes) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None:
        self.protocol.connection_lost(None)

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def test_an_idle_stream_holds_little_memory() -> None:
    with corridor(connect=Nowhere) as gateway:

        def open_stream() -> None:
            gateway.client().protocol.data_received(bytes(bytearray(STREAM_REQUEST)))
            gateway.loop.settle()
            gateway.dialer.transports[-1].protocol.data_received(STREAM_HEAD + event("One"))
            gateway.loop.settle(1)

        open_stream()
        gc.collect()
        tracemalloc.start()
        try:
            for _ in range(STREAMS):
                open_stream()
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert gateway.app.running() == STREAMS + 1
        assert held / STREAMS < MOST_BYTES, f"{held / STREAMS:.0f} bytes per stream"
        assert held / STREAMS > 2_000, "nothing was measured"

"""A transport without a socket: keeps what a protocol does to it, plays the peer and the kernel for it."""

from __future__ import annotations

from typing import Any


class FakeTransport:
    """Stands where asyncio or uvloop would put a TCP transport (`asyncio.Transport`).

    The protocol's side: `writes` holds one entry per `write`, `late_writes` those that came after `close` or `abort`
    and went nowhere; `is_reading`, `pauses` and `resumes` tell about reading; `state` is `open`, `half-closed`
    (after `write_eof`), `closing`, `aborted` or `lost`.

    The peer's side: `receive` is one read from the socket, `stall` lets written bytes pile up, `drain` takes
    them, `lose` ends the connection. Nothing happens by itself: as with a real transport, `close` does not call
    `connection_lost` at once, the test says when with `lose`.
    """

    def __init__(
        self,
        protocol: Any = None,
        *,
        peername: Any = ("192.0.2.1", 50000),
        can_write_eof: bool = True,
    ) -> None:
        self.protocol = protocol
        self.peername = peername
        self.writes: list[bytes] = []
        self.late_writes: list[bytes] = []
        self.unread = b""
        self.state = "open"
        self.is_reading = True
        self.pauses = 0
        self.resumes = 0
        self.is_stalled = False
        self.high_water = 65536
        self.low_water = 16384
        self._can_write_eof = can_write_eof
        self._buffered = 0
        self._is_write_paused = False

    @classmethod
    def connect(cls, protocol: Any, **options: Any) -> FakeTransport:
        """A transport whose protocol has been told `connection_made`."""
        transport = cls(protocol, **options)
        protocol.connection_made(transport)
        return transport

    # What the protocol calls.

    def write(self, data: bytes) -> None:
        if self.state == "half-closed":
            raise RuntimeError("write() after write_eof()")
        if self.state != "open":
            self.late_writes.append(bytes(data))
            return
        self.writes.append(bytes(data))
        if self.is_stalled:
            self._buffered += len(data)
            if self._buffered > self.high_water and not self._is_write_paused:
                self._is_write_paused = True
                self.protocol.pause_writing()

    def writelines(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))

    def can_write_eof(self) -> bool:
        return self._can_write_eof

    def write_eof(self) -> None:
        if not self._can_write_eof:
            raise RuntimeError("this transport cannot half-close")
        if self.state == "open":
            self.state = "half-closed"

    def pause_reading(self) -> None:
        self.pauses += 1
        self.is_reading = False

    def resume_reading(self) -> None:
        self.resumes += 1
        self.is_reading = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """As asyncio: `low` is a quarter of `high` unless given."""
        self.high_water = 65536 if high is None else high
        self.low_water = self.high_water // 4 if low is None else low

    def get_write_buffer_size(self) -> int:
        return self._buffered

    def is_closing(self) -> bool:
        return self.state in ("closing", "aborted", "lost")

    def close(self) -> None:
        if not self.is_closing():
            self.state = "closing"

    def abort(self) -> None:
        if self.state != "lost":
            self.state = "aborted"
            self._buffered = 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.peername if name == "peername" else default

    # What the test calls.

    @property
    def written(self) -> bytes:
        """Everything written, in one piece."""
        return b"".join(self.writes)

    def take(self) -> bytes:
        """Everything written since the last `take`."""
        data = self.written
        self.writes.clear()
        return data

    def receive(self, data: bytes = b"") -> None:
        """The peer sent `data`: one read. While reading is paused it waits in `unread` for the next `receive`."""
        self.unread += data
        if self.is_reading and self.unread and not self.is_closing():
            data, self.unread = self.unread, b""
            self.protocol.data_received(data)

    def receive_eof(self) -> None:
        """The peer closed its side. As a real transport, close unless the protocol wants to stay."""
        if not self.protocol.eof_received():
            self.close()

    def stall(self) -> None:
        """From now on the peer takes nothing: writes pile up in the buffer."""
        self.is_stalled = True

    def drain(self) -> None:
        """The peer takes all that is buffered, and what is written from now on."""
        self.is_stalled = False
        self._buffered = 0
        if self._is_write_paused:
            self._is_write_paused = False
            self.protocol.resume_writing()

    def lose(self, error: BaseException | None = None) -> None:
        """The connection is over, whoever ended it: `connection_lost` once."""
        if self.state != "lost":
            self.state = "lost"
            self.protocol.connection_lost(error)

    def __repr__(self) -> str:
        reading = "reading" if self.is_reading else "paused"
        return f"<FakeTransport {self.state} {reading} writes={len(self.writes)} buffered={self._buffered}>"

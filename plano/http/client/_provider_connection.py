"""The asyncio edge of one provider connection: one call at a time, bytes pushed on as they come.

Theory of operation: `call` writes a whole request and gives back a future of its response head. Body bytes that arrive
before somebody `attach`es a target wait in `pieces` (reading stops when they are many); after that, each block read
leads to exactly one `target.on_block(data, ended)`. What goes wrong becomes the result: the future's exception before
the head, `target.on_failure(error)` after it. Once a response is whole the connection goes back to its `owner`, the
pool, at once if both sides may use it again.
"""

from __future__ import annotations

from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Any

from plano.errors import PlanoError, ProviderProtocolError, ProviderTimeout, ProviderUnreachable
from plano.http.wire.read_holds import FILTER_IS_BUSY, NOBODY_READS, PEER_IS_SLOW, ReadHolds
from plano.http.wire.response_reader import ResponseReader

#: Body bytes that may wait for a target before reading stops.
MAX_UNATTACHED_BYTES = 65536
MAX_HEAD_BYTES = 131072
#: A request up to this many bytes is taken whole by the system, whatever the provider does.
MAX_QUIET_BYTES = 65536
FOR_EVER = float("inf")


class StaleConnection(ProviderUnreachable):
    """A pooled connection turned out to be closed before any byte of an answer: safe to ask again once."""


class ProviderConnection:
    """One TCP or TLS connection to an origin. `owner` is the pool."""

    def __init__(self, origin: Any, owner: Any) -> None:
        # Process.
        self.origin = origin
        self.owner = owner
        # Connection.
        self.transport: Any = None
        self.holds: Any = None
        self.reader: Any = ResponseReader(self, MAX_HEAD_BYTES)
        self.is_lost = False
        self.calls = 0
        self.reads = 0
        # Call.
        self.in_call = False
        self.outgoing = b""
        self.request_bytes = 0
        self.waiter: Any = None
        self.head: Any = None
        self.head_at = 0.0
        self.target: Any = None
        self.pieces: list[bytes] = []
        self.waiting_bytes = 0
        self.ended = False
        self.failure: Any = None
        self.reads_before = 0
        self.head_deadline = 0.0
        self.total_deadline = 0.0
        self.token_deadline = 0.0
        self.idle_limit_s = 0.0
        self.reads_at_tick = -1
        self.quiet_since = 0.0

    # What the loop calls.

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.holds = ReadHolds(transport)

    def data_received(self, data: bytes) -> None:
        self.reads += 1
        if self.outgoing:
            self.spoke_unasked()
            return
        try:
            self.reader.feed(data)
        except ProviderProtocolError as error:
            if not (self.in_call and self.ended):
                self.fail(error)
                return
            # The answer is whole: what follows it is dropped (RFC 9112 section 6.3), and the connection after it.
            self.reader.is_reusable = False
        if self.waiter is not None:
            if self.head is not None:
                waiter = self.waiter
                self.waiter = None
                self.head_at = self.owner.now()
                if not waiter.done():
                    waiter.set_result(self.head)
        elif self.target is not None and (self.pieces or self.ended):
            self.push()
            return
        if self.waiting_bytes > MAX_UNATTACHED_BYTES:
            self.holds.hold(NOBODY_READS)

    def eof_received(self) -> None:
        """The provider closed its side; `connection_lost` follows and judges."""

    def connection_lost(self, error: BaseException | None) -> None:
        self.is_lost = True
        if self.in_call:
            try:
                self.reader.is_reusable = False
                if error is not None and not self.ended:
                    # A reset ends no body, not even one that runs until the close (RFC 9112 section 8).
                    raise ProviderProtocolError("the connection broke in the middle of the provider's answer")
                self.reader.close()
            except ProviderProtocolError as problem:
                if self.head is not None:
                    self.fail(problem)
                elif self.calls > 1 and self.reads == self.reads_before:
                    self.fail(StaleConnection("the provider closed the connection as it was used again"))
                else:
                    self.fail(ProviderUnreachable("the provider closed the connection without an answer"))
            else:
                if self.target is not None:
                    self.push()
        self.owner.lost(self)

    def pause_writing(self) -> None:
        """Requests are buffered whole already; nothing to pause."""

    def resume_writing(self) -> None:
        """See `pause_writing`."""

    # What the reader calls.

    def on_head(self, head: Any) -> None:
        self.head = head

    def on_body(self, data: bytes) -> None:
        self.pieces.append(data)
        self.waiting_bytes += len(data)

    def on_end(self) -> None:
        self.ended = True

    # The call.

    def call(
        self,
        request: bytes,
        waiter: Any,
        head_deadline: float,
        total_deadline: float,
        idle_limit_s: float,
        token_deadline: float = FOR_EVER,
    ) -> None:
        """Send a request; `waiter` (a future) gets its `ResponseHead` or a `PlanoError`.

        Deadlines are monotonic seconds, `idle_limit_s` the longest silence between two reads once the head is there.
        `token_deadline` counts as long as the head is not there or the target's `awaits_token` is true.
        """
        self.calls += 1
        self.in_call = True
        self.waiter = waiter
        self.head = None
        self.ended = False
        self.failure = None
        self.reads_before = self.reads
        self.head_deadline = head_deadline
        self.total_deadline = total_deadline
        self.token_deadline = token_deadline
        self.idle_limit_s = idle_limit_s
        self.reads_at_tick = -1
        self.reader.expect()
        self.outgoing = request
        self.request_bytes = len(request)
        self.owner.outbox.add(self)

    def send_now(self) -> None:
        outgoing = self.outgoing
        self.outgoing = b""
        if not self.is_lost:
            if outgoing:
                self.transport.write(outgoing)
        elif self.in_call:
            # Lost between being handed out and being called: nobody else would tell the caller.
            self.fail(ProviderUnreachable("the provider closed the connection as soon as it was open"))

    def spoke_unasked(self) -> None:
        """Bytes came before the request has left: they answer something else, such as a 408 for having been idle."""
        self.outgoing = b""
        if self.calls > 1:
            self.fail(StaleConnection("the provider gave up the connection as it was used again"))
        else:
            self.fail(ProviderProtocolError("the provider spoke before it was asked"))

    def attach(self, target: Any) -> None:
        """From now on `target` gets the body: `on_block(data, ended)` per block read, or `on_failure(error)`."""
        self.target = target
        if self.failure is not None:
            failure = self.failure
            self.failure = None
            if self.pieces:
                target.on_block(self.take(), False)
            target.on_failure(failure)
            return
        if self.pieces or self.ended:
            self.push()
        if not self.ended and self.holds.reasons:
            self.holds.release(NOBODY_READS)

    def take(self) -> bytes:
        pieces = self.pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.waiting_bytes = 0
        return data

    def push(self) -> None:
        target = self.target
        ended = self.ended
        data = self.take() if self.pieces else b""
        if ended:
            self.release()
        target.on_block(data, ended)

    def release(self) -> None:
        """The response is whole: back to the pool if the connection can carry another call, else close it."""
        self.in_call = False
        self.target = None
        self.head = None
        if self.is_lost:
            return
        if self.holds.reasons:
            self.holds.release(PEER_IS_SLOW)
            self.holds.release(NOBODY_READS)
            self.holds.release(FILTER_IS_BUSY)
        if self.transport.get_write_buffer_size() > 0 or (self.request_bytes > MAX_QUIET_BYTES and self.has_unsent()):
            # Answered before the request was taken whole: the rest may never be taken, and a close would wait for it.
            self.transport.abort()
        elif self.reader.is_reusable:
            self.owner.returned(self)
        else:
            self.transport.close()

    def has_unsent(self) -> bool:
        """Whether the provider's kernel has not taken the whole request.

        A TLS transport does not tell what the TCP transport below it still holds; but then the system holds some, too.
        """
        sock = self.transport.get_extra_info("socket")
        if sock is None:
            return False
        try:
            return bool(ioctl(sock.fileno(), TIOCOUTQ, bytes(4)) != bytes(4))
        except OSError:
            return True  # Closed below, and not told yet.

    def pause(self) -> None:
        """The client reads more slowly than the provider writes."""
        if self.in_call and not self.is_lost:
            self.holds.hold(PEER_IS_SLOW)

    def resume(self) -> None:
        if self.in_call and not self.is_lost:
            self.holds.release(PEER_IS_SLOW)

    def abort(self) -> None:
        """Give up the call, if any, and the connection with it."""
        self.in_call = False
        self.outgoing = b""
        self.waiter = None
        self.target = None
        self.pieces.clear()
        if not self.is_lost and self.transport is not None:
            self.transport.abort()

    def fail(self, error: PlanoError) -> None:
        """The call cannot be completed."""
        waiter = self.waiter
        target = self.target
        in_call = self.in_call
        self.waiter = None
        self.target = None
        self.in_call = False
        if waiter is not None:
            if not waiter.done():
                waiter.set_exception(error)
        elif target is not None:
            if self.pieces:
                target.on_block(self.take(), False)
            target.on_failure(error)
        elif in_call:
            self.failure = error
        if not self.is_lost:
            self.transport.abort()

    # Time.

    def awaits_token(self) -> bool:
        if self.head is None:
            return True
        if self.target is None or self.target.awaits_token:
            return not self.holds.reasons
        self.token_deadline = FOR_EVER
        return False

    def tick(self, now: float) -> None:
        if not self.in_call:
            self.owner.tick_idle(self, now)
        elif now > self.total_deadline:
            self.fail(ProviderTimeout("the provider did not finish its answer in time", phase="total"))
        elif now > self.token_deadline and self.awaits_token():
            self.fail(ProviderTimeout("the provider did not send a first token in time", phase="first_token"))
        elif self.head is None:
            if now > self.head_deadline:
                self.fail(ProviderTimeout("the provider did not begin to answer in time", phase="head"))
        elif self.reads != self.reads_at_tick or self.holds.reasons:
            self.reads_at_tick = self.reads
            self.quiet_since = now
        elif now - self.quiet_since > self.idle_limit_s:
            self.fail(ProviderTimeout("the provider fell silent in the middle of its answer", phase="idle"))

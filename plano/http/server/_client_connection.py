"""The asyncio edge of one client connection, and the sink its responses go into.

Theory of operation: bytes go to a `RequestReader`, which calls `on_head` and `on_request`. One exchange runs at a time;
requests pipelined behind it wait in `queue` (reading stops when it is full) so that answers keep their order. A request
that cannot be trusted becomes `refusal`: it is answered in its turn, then the connection is closed, lingering until the
client has stopped sending, since a reset would destroy the answer on its way (RFC 9112 section 9.6).

A client that half-closes is taken as gone, as nginx and Envoy do: TCP cannot tell it from one that left, and nothing
may be spent for a client that left.
"""

from __future__ import annotations

import socket
from typing import Any, Final

from plano.errors import BadRequest, SlowClient
from plano.http.server.caps import MOST_LEAVING, TURNED_AWAY
from plano.http.wire.read_holds import NOBODY_READS, ReadHolds
from plano.http.wire.request_reader import RequestReader

#: Requests that may wait behind the running one before reading stops.
MAX_PIPELINED = 16
#: A body of more bytes that waits there stops reading at once: sixteen of the largest would be half a gigabyte.
MAX_PIPELINED_BODY = 65536
#: How long a refused client may go on sending before the connection is cut, in seconds.
LINGER_S = 2.0
#: A body may take `request_timeout_s` plus this many seconds per byte: 10 KiB/s is the slowest pace accepted.
BODY_SECONDS_PER_BYTE = 1 / 10240
TCP_INFO: Final = getattr(socket, "TCP_INFO", None)
#: The first byte of Linux' `struct tcp_info`: TCP_CLOSE after a reset, TCP_CLOSE_WAIT after the client's FIN.
TCP_STATES_LEFT: Final = (7, 8)
WRITE_HIGH_WATER = 65536
#: Bytes gathered in one round of the loop before their source is held: a fast provider gives megabytes in a round.
MAX_UNSENT_BYTES = 262144


class ClientConnection:
    """One client's TCP or TLS connection. `listener` is what all connections of one port share (`Listener`)."""

    def __init__(self, listener: Any) -> None:
        # Process.
        self.listener = listener
        # Connection.
        self.transport: Any = None
        self.holds: Any = None
        self.reader: Any = RequestReader(self, listener.max_header_bytes, listener.max_body_bytes)
        self.queue: list[Any] = []
        self.outgoing: list[bytes] = []
        self.unsent_bytes = 0
        self.rounds_sent = 0
        self.is_full = False
        self.address = ""
        self.caps: Any = None
        #: Who may ask. The listener puts others here when it is given others.
        self.access: Any = listener.access
        self.is_gone = False
        self.is_draining = False
        self.is_write_paused = False
        self.refusal: Any = None
        self.lingers = False
        self.since = 0.0
        self.phase = 0
        # Exchange.
        self.sink: Any = None

    # What the loop calls.

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.holds = ReadHolds(transport)
        transport.set_write_buffer_limits(WRITE_HIGH_WATER)
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if isinstance(peer, tuple) else ""
        if not self.listener.caps.has_room():
            self.turn_away(self.listener.caps)
            return
        self.caps = self.listener.caps
        self.caps.opened()
        self.listener.opened(self)

    def data_received(self, data: bytes) -> None:
        if self.lingers or self.refusal is not None:
            return
        try:
            self.reader.feed(data)
        except BadRequest as error:
            self.refuse(error)

    def eof_received(self) -> None:
        """The client closed its side; the transport closes itself."""

    def connection_lost(self, error: BaseException | None) -> None:
        self.is_gone = True
        self.queue.clear()
        if self.caps is None:
            self.listener.caps.room.leaving -= 1
            return
        self.caps.closed()
        self.listener.closed(self)
        sink = self.sink
        self.sink = None
        if sink is not None:
            sink.client_left()

    def pause_writing(self) -> None:
        self.is_write_paused = True
        self.phase = 0
        self.hold_source()

    def resume_writing(self) -> None:
        self.is_write_paused = False
        if self.sink is None and self.queue:
            self.begin_next()
        else:
            self.release_source()

    # What the reader calls.

    def on_head(self, head: Any, expects_continue: bool) -> None:
        if self.access is not None:
            self.access.check(head)
        # A client that pipelines does not wait for 100; in front of another answer it would be out of order.
        if expects_continue and self.sink is None and not self.queue:
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_request(self, head: Any, body: bytes) -> None:
        if self.lingers:
            return  # Behind the last answer of a connection nothing is served (RFC 9112 section 9.6).
        # Answers that nobody takes must not pile up: the next one waits until the last has left.
        if self.sink is None and not self.queue and not self.outgoing and not self.is_write_paused:
            self.begin(head, body)
            return
        self.queue.append((head, body))
        if len(self.queue) >= MAX_PIPELINED or len(body) > MAX_PIPELINED_BODY:
            self.holds.hold(NOBODY_READS)

    # The exchange.

    def begin(self, head: Any, body: bytes) -> None:
        self.phase = 0
        self.sink = ResponseSink(self, head)
        self.listener.handle(head, body, self.sink)

    def response_done(self, keep_alive: bool) -> None:
        """The running response is written: go on with the next request, or close."""
        self.sink = None
        self.phase = 0
        if self.is_gone:
            return
        if not keep_alive:
            self.linger()
        elif self.queue:
            if not self.is_write_paused:
                self.begin_next()
        elif self.refusal is not None:
            self.answer_refusal()
        elif self.is_draining:
            self.linger()

    def begin_next(self) -> None:
        head, body = self.queue.pop(0)
        if len(self.queue) < MAX_PIPELINED and self.holds.reasons:
            self.holds.release(NOBODY_READS)
        # Not at once: a long pipeline of immediate answers must not become a deep recursion.
        self.listener.loop.call_soon(self.begin_queued, head, body)
        self.sink = PENDING

    def begin_queued(self, head: Any, body: bytes) -> None:
        if not self.is_gone:
            self.begin(head, body)

    def drain(self) -> None:
        """Close as soon as nothing is under way."""
        self.is_draining = True
        if self.sink is None and not self.queue and not self.is_gone and not self.lingers:
            self.linger()

    def abort(self) -> None:
        """Cut the connection without another byte."""
        if not self.is_gone:
            self.transport.abort()

    # Refusals.

    def turn_away(self, caps: Any) -> None:
        """One connection too many: say so at once and close. It is not counted, and nobody knows of it."""
        self.lingers = True
        caps.turned_away()
        room = caps.room
        room.leaving += 1
        may_linger = room.leaving <= MOST_LEAVING
        transport = self.transport
        if not transport.can_write_eof() and not may_linger:
            transport.abort()  # A goodbye in TLS takes the client's time.
            return
        transport.write(TURNED_AWAY)
        if may_linger and transport.can_write_eof():
            transport.write_eof()
        else:
            transport.close()
        self.listener.loop.call_later(LINGER_S, transport.abort)

    def refuse(self, error: BadRequest) -> None:
        """Answer `error` in its turn, then close."""
        if self.lingers:
            return
        self.refusal = error
        if self.sink is None and not self.queue:
            self.answer_refusal()

    def answer_refusal(self) -> None:
        self.send(self.listener.refusal(self.refusal, self.reader.seen(), self.address))
        self.linger()

    def linger(self) -> None:
        """Close, but let a client that is still sending read the answer first."""
        self.lingers = True
        self.phase = 0
        self.queue.clear()
        if self.holds.reasons:
            self.holds.release(NOBODY_READS)
        if not self.outgoing:
            self.close_or_half_close()

    # Writing.

    def send(self, data: bytes) -> None:
        """Have bytes leave at the end of this round of the loop."""
        if not self.outgoing:
            self.listener.outbox.add(self)
        self.outgoing.append(data)
        self.unsent_bytes += len(data)
        if self.unsent_bytes > MAX_UNSENT_BYTES and not self.is_full:
            self.is_full = True
            self.hold_source()

    def send_now(self) -> None:
        outgoing = self.outgoing
        if not self.is_gone and outgoing:
            self.transport.write(outgoing[0] if len(outgoing) == 1 else b"".join(outgoing))
            if self.lingers:
                self.close_or_half_close()
            elif self.queue and self.sink is None and not self.is_write_paused:
                self.begin_next()
        outgoing.clear()
        self.unsent_bytes = 0
        self.rounds_sent += 1
        if self.is_full:
            self.is_full = False
            self.release_source()

    def hold_source(self) -> None:
        """The client takes bytes more slowly than they come."""
        if self.sink is not None and self.sink.source is not None:
            self.sink.source.pause()

    def release_source(self) -> None:
        if not self.is_write_paused and not self.is_full and self.sink is not None and self.sink.source is not None:
            self.sink.source.resume()

    def close_or_half_close(self) -> None:
        if (self.reader.is_between_requests() and self.refusal is None) or not self.transport.can_write_eof():
            self.transport.close()
        else:
            self.transport.write_eof()

    # Time.

    def tick(self, now: float) -> None:
        """Idle, slow and stalled clients are let go. A phase is timed from the first tick that sees it."""
        listener = self.listener
        if self.lingers:
            # What is still in the buffer is an answer on its way to a slow reader, not lingering.
            has_unsent = self.transport.get_write_buffer_size() > 0
            if self.has_lasted(2, now, listener.write_timeout_s) if has_unsent else self.has_lasted(1, now, LINGER_S):
                self.abort()
        elif self.sink is not None or self.queue:
            stalls = self.is_write_paused and self.has_lasted(2, now, listener.write_timeout_s)
            if stalls or (self.holds.reasons and self.has_left_unread()):
                self.abort()
        elif self.reader.is_between_requests():
            if self.has_lasted(3, now, listener.keepalive_timeout_s):
                self.linger()
        else:
            allowed = listener.request_timeout_s + self.reader.body_bytes * BODY_SECONDS_PER_BYTE
            if self.refusal is None and self.has_lasted(4, now, allowed):
                self.refuse(SlowClient("the request did not arrive in time"))

    def has_left_unread(self) -> bool:
        """While nothing is read only the kernel knows that the client has closed its side, and only Linux tells."""
        sock = self.transport.get_extra_info("socket")
        if sock is None or TCP_INFO is None:
            return False
        return bool(sock.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 1)[0] in TCP_STATES_LEFT)

    def has_lasted(self, phase: int, now: float, limit_s: float) -> bool:
        if self.phase != phase:
            self.phase = phase
            self.since = now
        return now - self.since > limit_s


class ResponseSink:
    """Where the bytes of one response go.

    `start` once, `write` any number of times, `finish` once; the head travels with the first body bytes in one write.
    `source`, when set, has `pause()` and `resume()` and is told when the client reads more slowly than it writes.
    `on_client_left`, when set, is called once if the client leaves before the response is finished.
    """

    def __init__(self, connection: Any, head: Any) -> None:
        self.connection = connection
        self.keep_alive = head.keep_alive
        self.is_http10 = head.minor_version == 0
        self.is_for_head = head.method == b"HEAD"
        self.source: Any = None
        self.on_client_left: Any = None
        self.pending = b""
        self.first_round = -1
        self.first_place = 0
        self.is_started = False
        self.is_finished = False
        self.is_chunked = False
        self.has_body = True
        self.body_bytes = 0

    def feed_from(self, source: Any) -> None:
        """Bytes will come from `source`; it has `pause()` and `resume()` for when the client is slow."""
        self.source = source
        if self.connection.is_write_paused:
            source.pause()

    def take_back(self) -> bool:
        """Undo `start` if not a byte of it has left; False when it is too late for another answer."""
        if not self.is_started:
            return True
        if not self.pending or self.body_bytes or self.is_finished:
            return False
        self.is_started = False
        self.is_chunked = False
        self.has_body = True
        self.pending = b""
        return True

    def take_back_unsent(self) -> bool:
        """Undo also what was written, as long as that was in this round of the loop: none of it has left."""
        connection = self.connection
        if self.is_finished or connection.is_gone or connection.rounds_sent != self.first_round:
            return False
        place = self.first_place
        connection.unsent_bytes -= sum(map(len, connection.outgoing[place:]))
        del connection.outgoing[place:]
        self.is_started = False
        self.is_chunked = False
        self.has_body = True
        self.body_bytes = 0
        return True

    @property
    def address(self) -> str:
        """The client's network address."""
        return str(self.connection.address)

    def start(self, fields: bytes, status: int, content_length: int | None) -> None:
        """Begin with a status line and header lines, each closed by CRLF; framing is added here.

        `content_length` None: the length is not known; the body is chunked, or for HTTP/1.0 runs until the close.
        """
        self.is_started = True
        framing = b""
        if status == 204 or status == 304:
            self.has_body = False
        elif content_length is not None:
            framing = b"content-length: %d\r\n" % content_length
            self.has_body = not self.is_for_head and content_length > 0
        elif self.is_for_head:
            self.has_body = False
        elif self.is_http10:
            self.keep_alive = False
        else:
            self.is_chunked = True
            framing = b"transfer-encoding: chunked\r\n"
        if self.connection.is_draining:
            self.keep_alive = False
        if not self.keep_alive:
            framing += b"connection: close\r\n"
        elif self.is_http10:
            framing += b"connection: keep-alive\r\n"
        self.pending = fields + framing + b"\r\n"

    def write(self, data: bytes) -> None:
        """Send body bytes. Without any, nothing is sent, not even the head."""
        if not data or self.is_finished:
            return
        self.body_bytes += len(data)
        if not self.has_body:
            return
        if self.is_chunked:
            data = b"%b%x\r\n%b\r\n" % (self.pending, len(data), data)
        elif self.pending:
            data = self.pending + data
        connection = self.connection
        if self.pending:
            self.pending = b""
            self.first_round = connection.rounds_sent
            self.first_place = len(connection.outgoing)
        if not connection.is_gone:
            connection.send(data)

    def flush(self) -> None:
        """Send the head now if it still waits for a body."""
        if self.pending and not self.connection.is_gone:
            self.connection.send(self.pending)
        self.pending = b""

    def finish(self, data: bytes = b"") -> None:
        """Send the last body bytes, if any, and the end of the response in one write."""
        if self.is_finished:
            return
        self.is_finished = True
        self.body_bytes += len(data)
        out = self.pending
        self.pending = b""
        if self.has_body:
            if self.is_chunked:
                out = b"%b%x\r\n%b\r\n0\r\n\r\n" % (out, len(data), data) if data else out + b"0\r\n\r\n"
            elif data:
                out = out + data if out else data
        connection = self.connection
        if not connection.is_gone:
            if out:
                connection.send(out)
            connection.response_done(self.keep_alive)

    def abort(self) -> None:
        """The response cannot be completed: cut the connection, so that nobody takes it for whole."""
        self.is_finished = True
        self.connection.sink = None
        self.connection.abort()

    def client_left(self) -> None:
        if self.on_client_left is not None and not self.is_finished:
            self.is_finished = True
            self.on_client_left()


class _Pending:
    """Stands for the exchange between two pipelined requests."""

    source = None

    def client_left(self) -> None:
        """Nothing was begun."""


PENDING = _Pending()

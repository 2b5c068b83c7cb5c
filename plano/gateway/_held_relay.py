"""The pump of an attempt that may still be replaced: nothing reaches the client before the answer is known good.

Theory of operation: what comes from the provider is held. An error's body is held whole and left to whoever judges it.
A JSON document is held until it is whole and sound. An event stream is held until its first token, or its proper end;
from then on it flows, event by event: an event cut between two blocks waits for its rest, and a block that might hold
an error told inside the stream, or broken JSON, is read before it is passed on. So whatever goes wrong, the client
stands between two good events, where another answer can be joined on. What flows is kept by the guard for that case.

`waiter` gets its result when the attempt is over: `failure` is None when the client has its whole answer
(`is_released`), or when an error answer is complete and waits to be judged (`is_refusal`).
"""

from __future__ import annotations

from typing import Any, Final

from plano.dialects.soundness import has_content_in, is_json, sound_part
from plano.errors import PlanoError, ProviderProtocolError
from plano.gateway.answer_tap import AnswerTap
from plano.gateway.interpreter import unpacked
from plano.http.wire.sse import whole_events
from plano.http.wire.sse_tap import SseTap

#: A document this large is passed on as it comes; so are events without a token.
MOST_HELD_BYTES: Final = 8 << 20
MOST_HELD_EVENTS_BYTES: Final = 1 << 18


def looks_sound(events: bytes) -> bool:
    """Whether events may be passed on unread: whole ones, in which nothing hints at an error or at broken JSON."""
    return (
        events.endswith(b"\n\n")
        and b"error" not in events
        and b"failed" not in events
        and events.count(b"{") == events.count(b"}")
    )


def is_whole(tap: Any, pieces: list[bytes]) -> bool:
    """Whether the body of an answer is a whole JSON document, or of a kind that cannot be told."""
    if tap is None or tap.encoding:
        return True
    body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if body.endswith(b"}") and body.count(b"{") == body.count(b"}"):
        return True
    return is_json(body)


class HeldRelay:
    """The target one provider connection pushes into. `fields` and `length` begin the response, should it be good."""

    def __init__(self, guard: Any, call: Any, connection: Any, tap: Any, fields: bytes, length: int | None) -> None:
        head = connection.head
        self.guard = guard
        self.sink = guard.sink
        self.call = call
        self.connection = connection
        self.tap = tap
        self.fields = fields
        self.length = length
        self.status = head.status
        self.is_refusal = head.status >= 400
        self.headers = list(head.headers) if self.is_refusal else []
        self.sent_at = guard.record.sent_at
        self.dropped = guard.record.dropped
        #: What a provider of another dialect has refused the request with, in its own words.
        self.provider_error: Any = None
        self.head_at = connection.head_at
        self.is_stream = isinstance(tap, SseTap)
        self.holds_whole = self.is_refusal or isinstance(tap, AnswerTap)
        #: Streams of sound and images have no tokens to wait for, and no last event that is known.
        self.has_tokens = call.last_frame is not None
        self.held: list[bytes] = []
        self.held_bytes = 0
        self.tail = b""
        self.is_released = False
        #: When the client was given this answer; None before.
        self.chosen_at: float | None = None
        self.has_ended = False
        self.is_done = False
        self.failure: BaseException | None = None
        self.waiter: Any = None
        self.awaits_token = self.is_stream and self.has_tokens and not self.is_refusal

    def on_block(self, data: bytes, ended: bool) -> None:
        """One block of the body; `ended` with the last one, which may be empty."""
        if self.is_done:
            return
        try:
            self.has_ended = ended
            if self.tap is not None:
                data = self.tap.feed(data) if data else data
                if ended:
                    data += self.tap.end()
            if self.is_stream and not self.is_refusal:
                self.take_events(data, ended)
            else:
                self.take_piece(data, ended)
        except BaseException as error:
            # Nobody else would tell whoever waits; the connection it came by is closed by the loop.
            self.settle(error)
            raise

    def on_failure(self, error: PlanoError) -> None:
        """The connection was cut short; the body with it, unless an event stream had already said its last word."""
        if self.is_done:
            return
        self.has_ended = True
        if self.is_stream and not self.is_refusal and self.tap.ended_properly():
            self.take_events(b"", True)
        elif self.is_refusal:
            # The status is known, and of its body as much as there is: enough to judge it, and to be passed on.
            self.length = None
            self.settle(None)
        else:
            self.settle(error)

    # A document, or the body of an error.

    def take_piece(self, data: bytes, ended: bool) -> None:
        if self.is_released:
            if ended:
                self.sink.finish(data)
                self.settle(None)
            else:
                self.sink.write(data)
            return
        if data:
            self.held.append(data)
            self.held_bytes += len(data)
        if not ended:
            if not self.holds_whole or (self.held_bytes > MOST_HELD_BYTES and not self.is_refusal):
                if self.release():
                    self.sink.write(self.body())
            elif self.held_bytes > MOST_HELD_BYTES:
                self.fail(ProviderProtocolError("the provider's error answer has no end"))
        elif self.is_refusal:
            self.settle(None)
        elif self.holds_whole and not is_whole(self.tap, self.held):
            self.settle(ProviderProtocolError("the provider's answer is not a whole JSON document"))
        elif self.release():
            self.sink.finish(self.body())
            self.settle(None)

    def body(self) -> bytes:
        """What is held; it is held no longer."""
        held = self.held
        body = held[0] if len(held) == 1 else b"".join(held)
        self.held = []
        self.held_bytes = 0
        return body

    def plain(self) -> bytes:
        """What is held of a refusal, unpacked; empty where it cannot be."""
        body = b"".join(self.held)
        encoding = self.tap.encoding if isinstance(self.tap, AnswerTap) else b""
        try:
            return unpacked(body, encoding, MOST_HELD_BYTES) if encoding else body
        except ProviderProtocolError:
            return b""

    # A stream of events.

    def take_events(self, data: bytes, ended: bool) -> None:
        if not self.is_released:
            if data:
                self.held.append(data)
                self.held_bytes += len(data)
            if not (
                self.tap.saw_first_token
                or ended
                or not self.has_tokens
                or self.held_bytes > MOST_HELD_EVENTS_BYTES
                or b"error" in data
                or b"failed" in data
            ):
                return
            data = self.body()
            if not self.begin(data, ended):
                return
            data = b""
        if self.tail:
            data = self.tail + data
            self.tail = b""
        if data and not data.endswith(b"\n\n"):
            end = whole_events(data)
            self.tail = data[end:]
            data = data[:end]
        if data and not self.deliver(data):
            return
        if ended:
            self.end()

    def begin(self, data: bytes, ended: bool) -> bool:
        """Look at everything held. True when the client gets it now, and what follows as it comes."""
        failure: PlanoError | None = None
        if self.tap.saw_first_token and not ended and looks_sound(data):
            end = len(data)
            events = data
            has_content = True
        else:
            end = whole_events(data)
            events, failure = sound_part(self.call.dialect, data[:end])
            has_content = has_content_in(self.call.dialect, events)
        if failure is None and ended and self.has_tokens and not self.tap.ended_properly():
            failure = ProviderProtocolError("the provider's stream ended without its last event")
        if failure is not None and not has_content:
            self.fail(failure)
            return False
        if failure is None and self.has_tokens and not (has_content or ended or len(data) > MOST_HELD_EVENTS_BYTES):
            self.held.append(data)
            self.held_bytes = len(data)
            return False
        if not self.release():
            return False
        self.send(events)
        self.tail = data[end:] if failure is None else b""
        if failure is not None:
            self.fail(failure)
            return False
        return True

    def deliver(self, events: bytes) -> bool:
        """Pass whole events on; False when one of them says that the stream has failed."""
        if not looks_sound(events):
            events, failure = sound_part(self.call.dialect, events)
            if failure is not None:
                self.send(events)
                self.fail(failure)
                return False
        self.send(events)
        return True

    def send(self, events: bytes) -> None:
        if events:
            self.guard.keep(events)
            self.sink.write(events)

    def end(self) -> None:
        if self.tap.is_blind or not self.has_tokens or (self.tap.ended_properly() and not self.tail):
            self.sink.finish(self.tail)
            self.settle(None)
        else:
            self.settle(ProviderProtocolError("the provider's stream ended without its last event"))

    # Both.

    def release(self) -> bool:
        """The answer is good: what is held and what comes is the client's, unless another attempt was first."""
        refusal = self.guard.choose(self)
        if refusal is not None:
            self.fail(refusal)
            return False
        self.is_released = True
        self.awaits_token = False
        self.chosen_at = self.guard.now()
        record = self.guard.record
        record.first_byte_at = record.first_token_at = self.chosen_at
        return True

    def fail(self, error: PlanoError) -> None:
        """Give the attempt up although the provider may still be talking."""
        if not self.has_ended:
            self.connection.abort()
        self.settle(error)

    def settle(self, failure: BaseException | None) -> None:
        if self.is_done:
            return
        self.is_done = True
        self.failure = failure
        waiter = self.waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

"""The pump: body bytes of one provider connection into one sink, synchronously, with a tap on the way.

From here on no coroutine runs until the last byte: a block read from the provider is one write to the client. `waiter`
(a future) gets the outcome: None when the body is whole, the `PlanoError` that cut it short otherwise.
"""

from __future__ import annotations

from typing import Any

from plano.errors import PlanoError, ProviderProtocolError


class Relay:
    """The target a provider connection pushes into. `tap` is None, a `SseTap` or an `AnswerTap`.

    `last_frame`: for an event stream, what follows the event that says why it ended; None for everything else.
    """

    def __init__(self, sink: Any, tap: Any, record: Any, now: Any, last_frame: bytes | None = None) -> None:
        self.sink = sink
        self.tap = tap
        self.record = record
        self.now = now
        self.last_frame = last_frame
        self.is_done = False
        self.failure: BaseException | None = None
        self.waiter: Any = None
        self.awaits_token = tap is not None
        self.is_first = True

    def on_block(self, data: bytes, ended: bool) -> None:
        """One block of the body; `ended` with the last one, which may be empty."""
        try:
            self.pass_on(data, ended)
        except BaseException as error:
            # Nobody else would tell whoever waits; the connection it came by is closed by the loop.
            self.settle(error)
            raise

    def pass_on(self, data: bytes, ended: bool) -> None:
        tap = self.tap
        if self.is_first:
            self.is_first = False
            self.record.first_byte_at = self.now()
        if tap is not None:
            if data:
                data = tap.feed(data)
            if self.awaits_token and tap.saw_first_token:
                self.awaits_token = False
                self.record.first_token_at = self.now()
            if ended:
                rest = tap.end()
                if rest:
                    data += rest
        if ended:
            # A stream in which no token was seen is of a kind of its own: nothing is known about how it ends.
            if self.last_frame is not None and tap.saw_first_token and not (tap.is_blind or tap.ended_properly()):
                self.end_openly(data)
                return
            self.sink.finish(data)
            self.settle(None)
        elif data:
            self.sink.write(data)

    def end_openly(self, data: bytes) -> None:
        """The stream ended without its last event, though its framing is whole: nobody must take it for complete."""
        if self.tap.finish_event and self.last_frame and not self.tap.is_inside_event():
            self.sink.finish(data + self.last_frame)
            self.settle(None)
            return
        self.sink.write(data)
        if self.tap.is_inside_event():
            self.sink.write(b"\n\n")
        self.settle(ProviderProtocolError("the provider's stream ended without its last event"))

    def on_failure(self, error: PlanoError) -> None:
        """The connection was cut short; the body with it, unless an event stream had already said its last word."""
        tap = self.tap
        if tap is not None:
            if tap.ended_properly():
                self.sink.finish(tap.end())
                self.settle(None)
                return
            self.sink.write(tap.end())
            if tap.is_inside_event():
                # What follows must be an event of its own.
                self.sink.write(b"\n\n")
        self.settle(error)

    def settle(self, failure: BaseException | None) -> None:
        self.is_done = True
        self.failure = failure
        waiter = self.waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

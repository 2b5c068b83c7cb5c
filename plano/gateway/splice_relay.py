"""The pump of a rescue: the stream of another attempt, joined on where the first one broke off."""

from __future__ import annotations

from typing import Any

from plano.dialects.soundness import sound_part
from plano.errors import ProviderProtocolError
from plano.gateway.held_relay import HeldRelay
from plano.http.wire.sse import split_events, whole_events


class AnswersDiffer(ProviderProtocolError):
    """The new answer is not the one the client has the beginning of. Nobody is to blame: models are not functions."""

    code = "answers_differ"
    blame = "plano"


class SpliceRelay(HeldRelay):
    """As `HeldRelay`, but the client has begun to read: `splice` makes of each event what is new to it, or nothing."""

    def __init__(self, guard: Any, call: Any, connection: Any, tap: Any, splice: Any) -> None:
        super().__init__(guard, call, connection, tap, b"", None)
        self.splice = splice
        self.awaits_token = self.is_stream and not self.is_refusal

    def take_piece(self, data: bytes, ended: bool) -> None:
        if not self.is_refusal:
            self.fail(ProviderProtocolError("the provider answered without a stream"))
            return
        super().take_piece(data, ended)

    def take_events(self, data: bytes, ended: bool) -> None:
        if self.awaits_token and self.tap.saw_first_token:
            self.awaits_token = False
        data = self.tail + data
        end = whole_events(data)
        self.tail = data[end:]
        events, failure = sound_part(self.call.dialect, data[:end])
        for event in split_events(events):
            self.send(self.splice.feed(event))
            if self.splice.state == "mismatch":
                self.fail(AnswersDiffer("the other provider's answer differs from what was delivered"))
                return
        if failure is not None:
            self.fail(failure)
        elif ended:
            self.end()

    def send(self, events: bytes) -> None:
        if events and not self.is_released:
            self.is_released = True
            self.guard.take_over(self)
        super().send(events)


def relay_for(guard: Any, call: Any, connection: Any, tap: Any, fields: bytes, length: int | None) -> HeldRelay:
    """What the answer of an attempt goes to; `fields` and `length` begin the response, should it be the client's."""
    if guard.splice is not None:
        relay: HeldRelay = SpliceRelay(guard, call, connection, tap, guard.splice)
    else:
        relay = HeldRelay(guard, call, connection, tap, fields, length)
    guard.begun(relay)
    return relay

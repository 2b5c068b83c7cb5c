"""What the tap sees of an event stream, as the lines of an `.expect` file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plano.http.wire.sse import SseMarks, event_data
from tests.corpus import escape

#: Those of OpenAI's chat completions, spelled out: the corpus is about bytes, not about a dialect.
MARKS = SseMarks(first_token=(b'"content":"',), finish=b'"finish_reason"', terminal=(b"[DONE]",))


class Seen:
    """What a tap said, and what it let through."""

    def __init__(self, tap: Any, sent: bytes) -> None:
        self.sent = sent
        self.lines = [f"events {tap.events}"]
        if tap.saw_first_token:
            self.lines.append("first token")
        self.lines += [f"usage {escape(event_data(event))}" for event in tap.usage_events]
        if tap.finish_event:
            self.lines.append(f"finish {escape(event_data(tap.finish_event))}")
        self.lines.append("ended properly" if tap.ended_properly() else "not ended properly")
        if tap.is_inside_event():
            self.lines.append("inside an event")
        if tap.is_blind:
            self.lines.append("blind")


def see_stream(tap_class: Any, pieces: Iterable[bytes], withholds: bool) -> Seen:
    """Feed a tap piece by piece, then end it."""
    tap = tap_class(MARKS, withholds)
    data = sent = b""
    for piece in pieces:
        data += piece
        sent += tap.feed(piece)
    sent += tap.end()
    seen = Seen(tap, sent)
    seen.lines.append("all passed on" if sent == data else f"passed on {escape(sent)}")
    return seen

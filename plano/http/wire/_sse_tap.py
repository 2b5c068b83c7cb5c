"""Looks at a server-sent event stream as it goes by, without re-encoding it. Twin of `_speedups/sse_tap.pyx`.

Theory of operation: `feed` takes a block of any size and returns what may go to the client now: the very same block
unless something is withheld. Events (WHATWG HTML section 9.2.6) are found by their closing blank line, whatever the
line ends; an event cut between blocks is kept in `tail` until it is whole. In each whole event the tap looks for what
its marks name: the first token, a usage object, a finish reason. It keeps copies of those few events only; what they
mean is the dialect's business, after the last byte.

With `withholds_usage` an OpenAI usage-only chunk (`"choices":[]` and a usage object) is cut out of the stream: plano
asked for it, the client did not. The unfinished end of a block then waits only as long as it could still become such
a chunk. An event over `MAX_EVENT_BYTES` ends the watching: from there on bytes pass unseen.
"""

from __future__ import annotations

import re
from typing import Final

from plano.http.wire.sse import SseMarks

MAX_EVENT_BYTES: Final = 1 << 20
#: A usage-only chunk is a few hundred bytes: what is longer is none, and is not held back.
MAX_WITHHELD_BYTES: Final = 16384
_MAX_KEPT: Final = 4
#: Pieces of a few bytes each weigh more than what is in them.
_MOST_PIECES: Final = 1024
#: A field called `data`; in front of the first one may stand a byte order mark.
_DATA_LINE: Final = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|[\r\n])data[:\r\n]")


class SseTap:
    """Watches one response stream."""

    def __init__(self, marks: SseMarks, withholds_usage: bool) -> None:
        self.marks = marks
        self.withholds_usage = withholds_usage
        self.events = 0
        self.saw_first_token = False
        self.usage_events: list[bytes] = []
        self.finish_event = b""
        self.is_blind = False
        self._tail = b""
        self._tail_sent = 0
        self._more: list[bytes] = []
        self._more_bytes = 0
        self._edge = b""
        self._has_line_feed = False
        self._last_event = b""

    def feed(self, block: bytes) -> bytes:
        """Take one block, give back what may be sent."""
        if self.is_blind:
            return block
        if self._tail and self._tail_sent == len(self._tail) and not self._may_end(block):
            return self._longer(block)
        if self._more:
            self._tail = b"".join((self._tail, *self._more))
            self._tail_sent = len(self._tail)
            self._more.clear()
            self._more_bytes = 0
        tail_size = len(self._tail)
        buffer = self._tail + block if tail_size else block
        sent = self._tail_sent
        withheld: list[tuple[int, int]] = []
        start = 0
        while (end := _end_of_event(buffer, start)) >= 0:
            if self._look(buffer[start:end]) and start >= sent:
                withheld.append((start, end))
            start = end
        rest = buffer[start:]
        holds = self.withholds_usage and 0 < len(rest) <= MAX_WITHHELD_BYTES and _may_be_usage_only(rest)
        if len(rest) > MAX_EVENT_BYTES:
            self.is_blind = True
            holds = False
            rest = b""
        self._tail = rest
        self._tail_sent = len(rest) if not holds else sent if start == 0 else 0
        if not withheld and not holds and sent == tail_size:
            return block
        stop = start + self._tail_sent if holds else len(buffer)
        pieces = []
        for withheld_start, withheld_end in withheld:
            pieces.append(buffer[sent:withheld_start])
            sent = withheld_end
        pieces.append(buffer[sent:stop])
        return b"".join(pieces)

    def _may_end(self, block: bytes) -> bool:
        """Whether a blank line ends in this block: it may have begun in the last two bytes before it."""
        if not self._more:
            self._edge = self._tail[-2:]
            self._has_line_feed = b"\n" in self._tail
        for part in (self._edge + block[:2], block):
            if b"\n\n" in part or b"\n\r\n" in part or (b"\r\r" in part and not self._has_line_feed):
                return True
        return False

    def _longer(self, block: bytes) -> bytes:
        """The event goes on, nothing of it is withheld: joining and searching it anew each time would be quadratic."""
        self._edge = (self._edge + block[-2:])[-2:]
        self._has_line_feed = self._has_line_feed or b"\n" in block
        self._more.append(block)
        self._more_bytes += len(block)
        if len(self._more) >= _MOST_PIECES:
            self._more[:] = [b"".join(self._more)]
        if len(self._tail) + self._more_bytes > MAX_EVENT_BYTES:
            self.is_blind = True
            self._tail = b""
            self._tail_sent = 0
            self._more.clear()
        return block

    def end(self) -> bytes:
        """The stream is over: what was still held back, to be sent as it is."""
        rest = self._tail[self._tail_sent :]
        self._tail_sent = len(self._tail)
        return rest

    def ended_properly(self) -> bool:
        """The last whole event was one that closes a stream of this dialect, and no other has begun."""
        return not self._tail and any(mark in self._last_event for mark in self.marks.terminal)

    def is_inside_event(self) -> bool:
        """Of the last event only a part has come."""
        return bool(self._tail) or self.is_blind

    def _look(self, event: bytes) -> bool:
        """Note what the event says; True when it is to be withheld."""
        if _DATA_LINE.search(event) is None:
            return False  # Comments and blank lines keep a connection warm and say nothing.
        self.events += 1
        self._last_event = event
        if not self.saw_first_token:
            for mark in self.marks.first_token:
                at = event.find(mark)
                if at >= 0 and event[at + len(mark) : at + len(mark) + 1] != b'"':
                    self.saw_first_token = True
                    break
        if _value_start(event, self.marks.finish) == b'"':
            self.finish_event = event
        if _value_start(event, b'"usage"') != b"{":
            return False
        if len(self.usage_events) == _MAX_KEPT:
            self.usage_events.pop(1)
        self.usage_events.append(event)
        if not self.withholds_usage or len(event) > MAX_WITHHELD_BYTES or event[:1] == b":":
            return False  # Where it came in pieces, its beginning has been sent.
        return _has_empty_choices(event)


def _end_of_event(buffer: bytes, start: int) -> int:
    """Where the event that begins at `start` ends, its blank line included; -1 when it is not whole."""
    at = buffer.find(b"\n", start)
    if at < 0:
        at = buffer.find(b"\r\r", start)
        return at + 2 if at >= 0 else -1
    while at >= 0:
        following = buffer[at + 1 : at + 3]
        if following[:1] == b"\n":
            return at + 2
        if following == b"\r\n":
            return at + 3
        at = buffer.find(b"\n", at + 1)
    return -1


def _value_start(event: bytes, key: bytes) -> bytes:
    """The first byte of the value of any occurrence of a quoted key that begins like an object or a string."""
    at = event.find(key)
    while at >= 0:
        rest = event[at + len(key) : at + len(key) + 16].lstrip()
        if rest[:1] == b":":
            value = rest[1:].lstrip()[:1]
            if value in (b"{", b'"'):
                return value
        at = event.find(key, at + len(key))
    return b""


def _has_empty_choices(event: bytes) -> bool:
    at = event.find(b'"choices"')
    return at >= 0 and b"".join(event[at + 9 : at + 32].split())[:3] == b":[]"


def _may_be_usage_only(rest: bytes) -> bool:
    if rest[:1] == b":":
        return False
    at = rest.find(b'"choices"')
    return at < 0 or b"".join(rest[at + 9 : at + 32].split())[:3] in (b"", b":", b":[", b":[]")

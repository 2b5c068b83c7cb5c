"""One server-sent event (WHATWG HTML section 9.2): what to look for in it, and its data."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_BLANK_LINE: Final = re.compile(rb"\r\n\r\n|\n\n|\n\r\n|\r\r")


class SseMarks(NamedTuple):
    """What a dialect's events are watched for.

    `first_token`: any of these bytes in an event, not directly followed by a closing quote, means that the model has
    begun to answer. `finish`: the quoted JSON key whose string value says why it stopped. `terminal`: any of these
    bytes in the last event means that the stream ended as it should.
    """

    first_token: tuple[bytes, ...]
    finish: bytes
    terminal: tuple[bytes, ...]


def whole_events(block: bytes) -> int:
    """How many bytes of `block`, which begins with an event, are whole events; their blank lines included."""
    ends = (block.rfind(b"\n\n") + 2, block.rfind(b"\n\r\n") + 3, block.rfind(b"\r\r") + 2)
    return max(end if end > length else 0 for end, length in zip(ends, (1, 2, 1), strict=True))


def split_events(events: bytes) -> list[bytes]:
    """Whole events one by one, each with its blank line; comments between them count as events."""
    found = []
    start = 0
    for match in _BLANK_LINE.finditer(events):
        found.append(events[start : match.end()])
        start = match.end()
    return found if start == len(events) else [*found, events[start:]]


def event_data(event: bytes) -> bytes:
    """The `data` of one whole event: its lines joined by a line feed, one leading space of each removed."""
    lines = []
    for line in event.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if line.startswith(b"data:"):
            lines.append(line[6:] if line[5:6] == b" " else line[5:])
        elif line == b"data":
            lines.append(b"")
    return b"\n".join(lines)

"""One server-sent event (WHATWG HTML section 9.2): what to look for in it, and its data."""

from __future__ import annotations

from typing import NamedTuple


class SseMarks(NamedTuple):
    """What a dialect's events are watched for.

    `first_token`: any of these bytes in an event, not directly followed by a closing quote, means that the model has
    begun to answer. `finish`: the quoted JSON key whose string value says why it stopped. `terminal`: any of these
    bytes in the last event means that the stream ended as it should.
    """

    first_token: tuple[bytes, ...]
    finish: bytes
    terminal: tuple[bytes, ...]


def event_data(event: bytes) -> bytes:
    """The `data` of one whole event: its lines joined by a line feed, one leading space of each removed."""
    lines = []
    for line in event.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if line.startswith(b"data:"):
            lines.append(line[6:] if line[5:6] == b" " else line[5:])
        elif line == b"data":
            lines.append(b"")
    return b"\n".join(lines)

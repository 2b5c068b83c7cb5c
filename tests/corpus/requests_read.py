"""What a request reader makes of bytes, as the lines of an `.expect` file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plano.errors import BadRequest
from tests.corpus import escape


class Notes:
    """The outlet of a request reader that writes down what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.bodies: list[bytes] = []

    def on_head(self, head: Any, expects_continue: bool) -> None:
        target = head.path + (b"?" + head.query if head.query else b"")
        keeps = "keep-alive" if head.keep_alive else "close"
        words = ["head", escape(head.method), escape(target), f"HTTP/1.{head.minor_version}", keeps]
        if expects_continue:
            words.append("continue")
        self.lines.append(" ".join(words))
        for name, value in head.headers:
            self.lines.append(f"  {escape(name)}: {escape(value)}".rstrip())

    def on_request(self, head: Any, body: bytes) -> None:
        assert type(body) is bytes
        self.bodies.append(body)
        self.lines.append(f"body {escape(body)}".rstrip())


def read_requests(reader_class: Any, pieces: Iterable[bytes], max_head_bytes: int, max_body_bytes: int) -> Notes:
    """Feed `pieces` one by one until they end or one is refused."""
    notes = Notes()
    reader = reader_class(notes, max_head_bytes, max_body_bytes)
    try:
        for piece in pieces:
            reader.feed(piece)
    except BadRequest as error:
        notes.lines.append(f"refused {error.status} {error.code}: {error.message}")
    else:
        notes.lines.append("idle" if reader.is_between_requests() else "waiting")
    return notes

"""What a response reader makes of a provider's bytes, as the lines of an `.expect` file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plano.errors import ProviderProtocolError
from tests.corpus import escape


class Answer:
    """The outlet of a response reader that writes down what it is told; the pieces of a body are joined."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.body = b""
        self.is_complete = False

    def on_head(self, head: Any) -> None:
        length = "until told" if head.content_length is None else str(head.content_length)
        self.lines.append(f"head {head.status} {escape(head.reason)}, length {length}")
        for name, value in head.headers:
            self.lines.append(f"  {escape(name)}: {escape(value)}".rstrip())

    def on_body(self, data: bytes) -> None:
        assert type(data) is bytes
        self.body += data

    def on_end(self) -> None:
        assert not self.is_complete
        self.is_complete = True


def read_response(reader_class: Any, pieces: Iterable[bytes], max_head_bytes: int, closes: bool) -> Answer:
    """Feed the answer to one request piece by piece, until it ends or is refused; then maybe close."""
    answer = Answer()
    reader = reader_class(answer, max_head_bytes)
    reader.expect()
    refusal = ""
    try:
        for piece in pieces:
            reader.feed(piece)
        if closes:
            reader.close()
    except ProviderProtocolError as error:
        refusal = f"refused: {error.message}"
    if answer.body:
        answer.lines.append(f"body {escape(answer.body)}")
    if answer.is_complete:
        # What comes too late is told in other words where it comes in the same block.
        keeps = reader.is_reusable and not refusal and not closes
        answer.lines.append("end, reusable" if keeps else "end, not reusable")
    else:
        answer.lines.append(refusal or "waiting")
    return answer

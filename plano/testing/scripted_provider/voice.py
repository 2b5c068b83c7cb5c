"""What every dialect offers the script: a whole body, the same as events, and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from plano.testing.scripted_provider.ask import Json
from plano.testing.scripted_provider.reply import Reply

CREATED = 1_760_000_000  # Fixed, so that equal requests get equal answers.

encode = msgspec.json.encode
decode = msgspec.json.decode


class Voice(Struct, frozen=True):
    """One operation's way to speak. `write_events` yields whole SSE events, blank line included, or frames."""

    write_body: Callable[[Reply], Json]
    write_events: Callable[[Reply], Iterator[bytes]] | None
    write_error: Callable[[int, str], Json]


def data_event(data: object) -> bytes:
    """An SSE event without a name."""
    return b"data: %b\n\n" % encode(data)


def named_event(data: Json) -> bytes:
    """An SSE event named after its `type`."""
    return b"event: %b\ndata: %b\n\n" % (str(data["type"]).encode(), encode(data))


def halves(text: str, size: int = 12) -> list[str]:
    """`text` in pieces of `size` characters, as tool arguments are streamed."""
    return [text[start : start + size] for start in range(0, len(text), size)]

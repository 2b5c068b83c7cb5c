"""The passages of a streamed answer on their way: events of a client's dialect in, events out."""

from __future__ import annotations

from collections.abc import Callable

from plano.dialects.passages import Place, TextFilter

Open = Callable[[Place], TextFilter | None]


class StreamTexts:
    """One stream. `open` is asked for a filter whenever a text begins; it may be several filters joined."""

    def __init__(self, operation: str, open: Open) -> None:
        raise NotImplementedError

    def feed(self, block: bytes) -> bytes:
        """Take a block as it comes off the network, however it is cut; what may go on, always whole events.

        An event in which nothing changes is passed on byte for byte. Raises what filters raise.
        """
        raise NotImplementedError

    def end(self) -> bytes:
        """The stream is over: what was held back, written before the events that close it where those have come."""
        raise NotImplementedError

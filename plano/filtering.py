"""What a filter that sees answers is made of: the contract between `filter` hooks and the gateway.

A `filter` hook returns one of these three for the answer to its request; each is made for one exchange and may keep
what it needs of it. An exchange may have several attempts, the later ones from their beginning: of each, the filter
sees a whole new answer.

What a filter raises: `Refuse` ends the answer, as an error reply where the client has seen nothing yet, as an error
event where it has. Anything else does the same with status 500 and the plugin's name, unless the plugin's `on_fault` is
`open`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from plano.dialects.passages import Passage, Place, TextFilter

__all__ = ["AnswerCopy", "AnswerFilter", "PieceFilter", "WholeFilter"]


class PieceFilter:
    """Changes an answer as it comes, piece by piece; streams flow on."""

    def open(self, place: Place) -> TextFilter | None:
        """A text of the answer begins: what its pieces go through; None leaves it untouched."""
        return None


class WholeFilter:
    """Reads an answer when it is complete. A stream is held until then, and its client kept waiting with pings."""

    def read(self, passages: Sequence[Passage]) -> Awaitable[None] | None:
        """Everything the answer says; passages may be changed. A plain method, or `async def`."""
        return None


class AnswerCopy:
    """Gets what the client gets, unchanged: for those who keep answers."""

    def write(self, block: bytes) -> None:
        """More of the body, in the client's dialect: a document, or events."""

    def end(self, status: int, content_type: str, is_whole: bool) -> None:
        """The answer is over; `is_whole`: it was complete and no error. Called once, after the last `write`."""


AnswerFilter = PieceFilter | WholeFilter | AnswerCopy

"""The passages of a whole answer, one JSON document, by the operation it answers."""

from __future__ import annotations

from plano.dialects.passages import Passage


class AnswerTexts:
    """`passages` in the order the answer has them. Raises `ProviderProtocolError` for what is no JSON object."""

    def __init__(self, operation: str, document: bytes) -> None:
        raise NotImplementedError

    @property
    def passages(self) -> list[Passage]:
        raise NotImplementedError

    def encoded(self) -> bytes:
        """The document with the passages as they are now; the very same bytes where none was changed."""
        raise NotImplementedError

"""What a dialect must offer today: errors in its own shape, and sense out of its answers as they go by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from plano.dialects.usage import Usage
from plano.http.wire.sse import SseMarks


class ErrorFacts(Struct, frozen=True):
    """An error to be told to a client. `status` is an HTTP status, `code` a machine-readable word."""

    status: int
    code: str
    message: str
    request_id: str
    param: str | None = None


class Dialect(Protocol):
    """One API format."""

    @property
    def name(self) -> str: ...

    @property
    def marks(self) -> SseMarks:
        """What to look for in its event streams."""
        ...

    def write_error(self, facts: ErrorFacts) -> bytes:
        """The JSON body of an error reply."""
        ...

    def write_stream_error(self, facts: ErrorFacts) -> bytes:
        """Events that end a stream already begun, so that no client takes it for complete."""
        ...

    def read_usage(self, documents: Sequence[bytes]) -> Usage | None:
        """Tokens from the JSON documents of one answer that hold a usage object, in the order they came.

        A document may also be the mere tail of a long one, beginning at its usage object. None if there is none.
        """
        ...

    def read_finish(self, document: bytes) -> str:
        """Why the answer ended, in the dialect's own word; empty when the document does not say."""
        ...
